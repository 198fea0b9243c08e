"""Meetings: pools and bookings, tools, rooms, meetings."""

from __future__ import annotations

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

PHRASES: dict[str, Promise] = {
    "booking.assigned": _("a attribué sa salle à la réservation «\u202f%(target)s\u202f»"),
    "booking.booked": _("a réservé «\u202f%(target)s\u202f»"),
    "booking.cancelled": _("a annulé la réservation «\u202f%(target)s\u202f»"),
    "booking.checked_in": _("a signalé son arrivée pour «\u202f%(target)s\u202f»"),
    "booking.ended": _("a terminé la réservation «\u202f%(target)s\u202f»"),
    "booking.feed_closed": _("a fermé l’adresse du calendrier de %(target)s"),
    "booking.feed_opened": _("a créé une adresse pour le calendrier de %(target)s"),
    "booking.move_answered": _("a répondu à une demande de déplacer «\u202f%(target)s\u202f»"),
    "booking.moved": _("a déplacé la réservation «\u202f%(target)s\u202f»"),
    "booking.moves_asked": _("a demandé à d’autres de laisser leur place à «\u202f%(target)s\u202f»"),
    "booking.placed": _("a trouvé une place à «\u202f%(target)s\u202f», sur liste d’attente"),
    "booking.pool_created": _("a ajouté le groupe de salles «\u202f%(target)s\u202f»"),
    "booking.pool_deleted": _("a retiré le groupe de salles «\u202f%(target)s\u202f»"),
    "booking.pool_updated": _("a modifié le groupe de salles «\u202f%(target)s\u202f»"),
    "booking.released": _("a libéré la réservation «\u202f%(target)s\u202f», où personne n’est venu"),
    "booking.resource_created": _("a ajouté %(target)s à un groupe de salles"),
    "booking.resource_deleted": _("a retiré %(target)s d’un groupe de salles"),
    "booking.resource_updated": _("a modifié %(target)s, d’un groupe de salles"),
    "booking.seated_elsewhere": _("a changé de salle la réservation «\u202f%(target)s\u202f»"),
    "booking.series_booked": _("a réservé une série\u202f: %(target)s"),
    "booking.unseated": _("a remis sur liste d’attente «\u202f%(target)s\u202f», dont la salle n’est plus en service"),
    "booking.waits": _("s’est mis sur liste d’attente pour «\u202f%(target)s\u202f»"),
    "conferencing.tool_changed": _("a modifié l’outil de réunion «\u202f%(target)s\u202f»"),
    "conferencing.tool_declared": _("a déclaré l’outil de réunion «\u202f%(target)s\u202f»"),
    "conferencing.tool_offered": _("a proposé aux agents l’outil de réunion «\u202f%(target)s\u202f»"),
    "conferencing.tool_removed": _("a retiré l’outil de réunion «\u202f%(target)s\u202f»"),
    "conferencing.tool_withheld": _("ne propose plus aux agents l’outil de réunion «\u202f%(target)s\u202f»"),
    "meetings.guest_removed": _("a retiré une personne invitée à la réunion «\u202f%(target)s\u202f»"),
    "meetings.guest_role_set": _("a changé le rôle d’une personne invitée à «\u202f%(target)s\u202f»"),
    "meetings.guests_invited": _("a invité à la réunion «\u202f%(target)s\u202f»"),
    "meetings.meeting_cancelled": _("a annulé la réunion «\u202f%(target)s\u202f»"),
    "meetings.meeting_changed": _("a modifié la réunion «\u202f%(target)s\u202f»"),
    "meetings.meeting_opened": _("a ouvert la réunion «\u202f%(target)s\u202f» chez son outil"),
    "meetings.meeting_planned": _("a prévu la réunion «\u202f%(target)s\u202f»"),
    "meetings.tool_replaced": _("a remplacé l’outil de la réunion «\u202f%(target)s\u202f», qui ne répondait pas"),
}
