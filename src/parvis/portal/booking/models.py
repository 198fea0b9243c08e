"""Pools, what they hold, and who keeps what when."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from parvis.portal.directory.models import Agent, Entity
from parvis.portal.kernel import clock
from parvis.portal.parc.models import Site
from parvis.portal.parc.record_models import Contract


class Pool(models.Model):
    """Things that may stand for one another. `turn` is what two people race for: see `services.placing`."""

    class Kind(models.TextChoices):
        """What is kept."""

        PHONE_ROOM = "phone_room", _("Salles téléphoniques")
        HOST = "host", _("Comptes animateurs")
        LICENCE = "licence", _("Licences")
        ROOM = "room", _("Salles de réunion")

    class Assignment(models.TextChoices):
        """When a booking learns which one it has."""

        LATE = "late", _("Au dernier moment\u202f: jamais de refus tant qu’il en reste une")
        FIXED = "fixed", _("À la réservation\u202f: le numéro peut être imprimé")

    entity = models.ForeignKey(Entity, verbose_name=_("entité"), on_delete=models.PROTECT, related_name="pools")
    """Offered to this entity and all below it; run by its IT team."""
    kind = models.CharField(_("type"), max_length=10, choices=Kind)
    name = models.CharField(_("nom"), max_length=100)
    description = models.TextField(_("description"), blank=True, max_length=2000)
    assignment = models.CharField(_("attribution"), max_length=5, choices=Assignment, default=Assignment.LATE)
    assign_hours = models.PositiveSmallIntegerField(_("attribuée (heures avant)"), default=24)
    """LATE: how long before its start a booking learns which one it has, for good."""
    buffer_minutes = models.PositiveSmallIntegerField(_("battement entre deux (minutes)"), default=5)
    check_in_minutes = models.PositiveSmallIntegerField(_("libérée si personne après (minutes)"), default=0)
    """0: never released. Nobody there so long after the start: the resource is free again."""
    horizon_days = models.PositiveSmallIntegerField(_("réservable à l’avance (jours)"), default=365)
    max_minutes = models.PositiveSmallIntegerField(_("durée maximale (minutes)"), default=600)
    is_open = models.BooleanField(_("ouvert aux agents"), default=True)
    turn = models.PositiveIntegerField(default=0, editable=False)

    class Meta:
        verbose_name = _("groupe de salles")
        ordering = ["kind", "name"]
        constraints = [
            models.UniqueConstraint(fields=["entity", "name"], name="pool_name_once_per_entity"),
            models.CheckConstraint(condition=Q(max_minutes__range=(5, 1440)), name="pool_max_minutes"),
            models.CheckConstraint(condition=Q(buffer_minutes__lte=240), name="pool_buffer"),
        ]

    def __str__(self) -> str:
        return self.name


class Resource(models.Model):
    """One thing of a pool: a number with its PIN, a host's account, a licence, a room."""

    pool = models.ForeignKey(Pool, verbose_name=_("groupe"), on_delete=models.PROTECT, related_name="resources")
    name = models.CharField(_("nom"), max_length=100)
    phone_number = models.CharField(_("numéro d’appel"), max_length=20, blank=True)
    """E.164 with its plus sign (ITU-T E.164)."""
    pin = models.CharField(_("code"), max_length=12, blank=True)
    moderator_pin = models.CharField(_("code de l’animateur"), max_length=12, blank=True)
    account_ref = models.CharField(_("compte"), max_length=200, blank=True)
    """How the provider names the host's account."""
    capacity = models.PositiveIntegerField(_("places"), default=10)
    equipment = models.JSONField(_("équipement"), default=list, blank=True)
    """Codes of `rules.EQUIPMENT`."""
    site = models.ForeignKey(
        Site, verbose_name=_("site"), null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    location = models.CharField(_("où exactement"), max_length=120, blank=True)
    owner = models.CharField(_("propriétaire"), max_length=120, blank=True)
    """Whose it is, in words: an operator, a department."""
    contract = models.ForeignKey(
        Contract, verbose_name=_("contrat"), null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    feed_key = models.CharField(max_length=64, blank=True, editable=False)
    """Secret part of the address of its calendar; empty: no calendar is given out."""
    is_active = models.BooleanField(_("en service"), default=True)
    note = models.CharField(_("remarque"), max_length=300, blank=True)

    class Meta:
        verbose_name = _("salle")
        ordering = ["pool", "name", "pk"]
        constraints = [
            models.UniqueConstraint(fields=["pool", "name"], name="resource_name_once_per_pool"),
            models.UniqueConstraint(
                fields=["phone_number", "pin"], condition=~Q(phone_number=""), name="resource_number_and_pin_once"
            ),
        ]

    def __str__(self) -> str:
        return self.name


class Series(models.Model):
    """Bookings that repeat, by Paris's wall clock: 9:00 stays 9:00 when the clocks change."""

    pool = models.ForeignKey(Pool, on_delete=models.CASCADE, related_name="series")
    rule = models.CharField(max_length=200)
    """RFC 5545 RRULE, without DTSTART."""
    starts_local = models.DateTimeField()
    """The first one, as an instant; its wall clock in Paris is what repeats."""
    minutes = models.PositiveSmallIntegerField()
    created_at = models.DateTimeField(default=clock.now)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")

    class Meta:
        verbose_name = _("série")

    def __str__(self) -> str:
        return self.rule


class Booking(models.Model):
    """A resource, or a place in its pool, for a time. It holds its place from `starts_at` to `free_at`."""

    class State(models.TextChoices):
        """Where it stands; the table of moves is `rules.MOVES`."""

        WAITING = "waiting", _("Sur liste d’attente")
        BOOKED = "booked", _("Réservée")
        IN_USE = "in_use", _("En cours")
        DONE = "done", _("Terminée")
        RELEASED = "released", _("Libérée, personne n’est venu")
        CANCELLED = "cancelled", _("Annulée")

    class Priority(models.IntegerChoices):
        """Who may ask others to move."""

        NORMAL = 0, _("Normale")
        CRISIS = 1, _("Cellule de crise")

    pool = models.ForeignKey(Pool, verbose_name=_("groupe"), on_delete=models.PROTECT, related_name="bookings")
    resource = models.ForeignKey(
        Resource, verbose_name=_("salle"), null=True, blank=True, on_delete=models.PROTECT, related_name="bookings"
    )
    """Which one; None, or the one wished for, while it waits. Until `is_final` the engine may change it for another."""
    is_final = models.BooleanField(default=False)
    """True: this resource and no other (printed, chosen, told, or the time has come)."""
    series = models.ForeignKey(Series, null=True, blank=True, on_delete=models.SET_NULL, related_name="bookings")
    title = models.CharField(_("objet"), max_length=200)
    holder = models.ForeignKey(Agent, verbose_name=_("pour"), on_delete=models.PROTECT, related_name="bookings")
    booked_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    booked_at = models.DateTimeField()
    starts_at = models.DateTimeField(_("début"))
    ends_at = models.DateTimeField(_("fin"))
    free_at = models.DateTimeField()
    """`ends_at` and the pool's buffer: when another may begin. Earlier where it was released or ended early."""
    people = models.PositiveIntegerField(_("participants"), default=2)
    equipment = models.JSONField(_("équipement demandé"), default=list, blank=True)
    priority = models.SmallIntegerField(_("priorité"), choices=Priority, default=Priority.NORMAL)
    state = models.CharField(_("état"), max_length=9, choices=State, default=State.BOOKED)
    checked_in_at = models.DateTimeField(null=True, blank=True)
    ended_at = models.DateTimeField(null=True, blank=True)
    """When it ended, was released or was given up."""

    class Meta:
        verbose_name = _("réservation")
        ordering = ["starts_at", "pk"]
        indexes = [
            models.Index(fields=["pool", "starts_at"], name="booking_pool_start"),
            models.Index(fields=["resource", "starts_at"], name="booking_resource_start"),
            models.Index(fields=["holder", "starts_at"], name="booking_holder_start"),
            models.Index(fields=["state", "starts_at"], name="booking_state_start"),
        ]
        constraints = [
            models.CheckConstraint(condition=Q(ends_at__gt=F("starts_at")), name="booking_ends_after_start"),
            models.CheckConstraint(
                condition=Q(state__in=("waiting", "cancelled")) | Q(resource__isnull=False),
                name="booking_has_a_resource",
            ),
        ]

    def __str__(self) -> str:
        return self.title


class MoveRequest(models.Model):
    """A priority booking asks the holder of another to move. Nothing moves without their yes."""

    class State(models.TextChoices):
        """Where it stands."""

        ASKED = "asked", _("Demandé")
        ACCEPTED = "accepted", _("Accepté")
        DECLINED = "declined", _("Refusé")
        LAPSED = "lapsed", _("Sans objet")

    wanted_by = models.ForeignKey(Booking, on_delete=models.CASCADE, related_name="move_requests")
    """The priority booking; it waits until one of those asked says yes."""
    booking = models.ForeignKey(Booking, on_delete=models.CASCADE, related_name="asked_to_move")
    proposed_at = models.DateTimeField(null=True, blank=True)
    """The start proposed instead, free when asked; None: give up the booking."""
    state = models.CharField(max_length=8, choices=State, default=State.ASKED)
    asked_at = models.DateTimeField()
    answered_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name = _("demande de déplacement")
        ordering = ["-asked_at"]
        constraints = [
            models.UniqueConstraint(
                fields=["wanted_by", "booking"], condition=Q(state="asked"), name="asked_to_move_once"
            )
        ]

    def __str__(self) -> str:
        return f"{self.booking} → {self.wanted_by}"


class Refusal(models.Model):
    """Somebody wanted a place and there was none: what the gauge counts. No name is kept."""

    pool = models.ForeignKey(Pool, on_delete=models.CASCADE, related_name="refusals")
    at = models.DateTimeField()
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    people = models.PositiveIntegerField(default=2)

    class Meta:
        verbose_name = _("refus")
        indexes = [models.Index(fields=["pool", "starts_at"], name="refusal_pool_start")]

    def __str__(self) -> str:
        return f"{self.pool} {self.starts_at:%Y-%m-%d %H:%M}"
