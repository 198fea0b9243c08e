"""What meetings keep of people, why and for how long. See `config.personal_data`."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _


def connect() -> None:
    """Register every kind of the meetings. Called by `config.personal_data`."""
    from parvis.portal.booking import personal_data as booking
    from parvis.portal.config.personal_data import PUBLIC_SERVICE
    from parvis.portal.live_rooms import personal_data as live_rooms
    from parvis.portal.meetings import personal_data as meetings
    from parvis.portal.privacy.registry import Kind, register

    register(
        Kind(
            name="meetings",
            title=_("Réunions et invitations"),
            legal_basis=PUBLIC_SERVICE,
            retention_months=12,
            longest_months=36,
            export=meetings.export,
            rows=meetings.rows,
            dated_by="ends_at",
        )
    )
    register(
        Kind(
            name="meeting_outside",
            title=_("Personnes extérieures invitées à une réunion"),
            legal_basis=_(
                "Leur envoyer l’invitation et les laisser entrer (mission d’intérêt public, RGPD article 6.1.e). Leur"
                " nom et leur adresse sont ensuite effacés."
            ),
            retention_months=1,
            longest_months=12,
            purge=meetings.purge_outside,
        )
    )
    register(
        Kind(
            name="meeting_tools",
            title=_("Outils de réunion déjà utilisés"),
            legal_basis=_(
                "Accompagner qui se sert d’un outil pour la première fois (mission d’intérêt public, RGPD article"
                " 6.1.e)."
            ),
            retention_months=24,
            longest_months=36,
            export=meetings.export_uses,
            rows=meetings.uses,
            dated_by="last_at",
        )
    )
    register(
        Kind(
            name="meeting_settings",
            title=_("Agenda de réunions et rappels"),
            legal_basis=PUBLIC_SERVICE,
            retention_months=None,
            export=meetings.export_settings,
        )
    )
    register(
        Kind(
            name="bookings",
            title=_("Réservations de salles"),
            legal_basis=_(
                "Partager les salles et savoir combien il en faut (mission d’intérêt public, RGPD article 6.1.e)."
            ),
            retention_months=24,
            shortest_months=4,
            longest_months=36,
            export=booking.export,
            rows=booking.rows,
            dated_by="ends_at",
        )
    )
    register(
        Kind(
            name="live_rooms",
            title=_("Présence dans les salles Parvis"),
            legal_basis=_(
                "Savoir qui a participé à une réunion ou à une séance (mission d’intérêt public, RGPD article 6.1.e)."
                " Rien de ce qui s’y dit n’est gardé."
            ),
            retention_months=12,
            longest_months=36,
            export=live_rooms.export,
            rows=live_rooms.rows,
            dated_by="ends_at",
        )
    )
