"""Meetings, who is invited, and what they were told."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from parvis.portal.booking.models import Booking
from parvis.portal.conferencing.models import Provider
from parvis.portal.directory.models import Agent, Entity
from parvis.portal.live_rooms.models import LiveRoom


class MeetingSeries(models.Model):
    """Meetings that repeat by Paris's wall clock."""

    uid = models.CharField(max_length=100, unique=True)
    """Of the calendar (RFC 5545 UID): one for the whole series."""
    rule = models.CharField(max_length=200)
    """RFC 5545 RRULE, without DTSTART."""

    class Meta:
        verbose_name = _("réunion récurrente")

    def __str__(self) -> str:
        return self.uid


class Meeting(models.Model):
    """People, a time, a way to meet."""

    class State(models.TextChoices):
        """Where it stands."""

        PREPARING = "preparing", _("En préparation")
        PLANNED = "planned", _("Prévue")
        WAITING = "waiting", _("En attente d’une place")
        CANCELLED = "cancelled", _("Annulée")

    class Audience(models.TextChoices):
        """Who may come."""

        INTERNAL = "internal", _("Agents seulement")
        GUESTS = "guests", _("Avec des personnes extérieures")
        PUBLIC = "public", _("Ouverte au public")

    entity = models.ForeignKey(Entity, on_delete=models.PROTECT, related_name="meetings")
    key = models.CharField(max_length=32, unique=True)
    """Names it in addresses; not a secret."""
    uid = models.CharField(max_length=100, unique=True)
    """Of the calendar (RFC 5545 UID), the same for life."""
    sequence = models.PositiveIntegerField(default=0)
    """RFC 5545 SEQUENCE: one more at each change that concerns the guests."""
    series = models.ForeignKey(MeetingSeries, null=True, blank=True, on_delete=models.SET_NULL, related_name="meetings")
    recurrence_at = models.DateTimeField(null=True, blank=True)
    """RFC 5545 RECURRENCE-ID: the start this one had in its series."""
    title = models.CharField(_("objet"), max_length=200)
    agenda = models.TextField(_("ordre du jour"), blank=True, max_length=4000)
    organiser = models.ForeignKey(
        Agent, verbose_name=_("organisateur"), on_delete=models.PROTECT, related_name="organised_meetings"
    )
    booked_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    starts_at = models.DateTimeField(_("début"))
    ends_at = models.DateTimeField(_("fin"))
    people = models.PositiveIntegerField(_("participants"), default=2)
    audience = models.CharField(_("public"), max_length=8, choices=Audience, default=Audience.INTERNAL)
    by_phone_only = models.BooleanField(_("au moins une personne n’a qu’un téléphone"), default=False)
    needs = models.JSONField(default=list, blank=True)
    """Codes of `rules.NEEDS` that led to the tool."""
    provider = models.ForeignKey(
        Provider, verbose_name=_("outil"), null=True, blank=True, on_delete=models.PROTECT, related_name="meetings"
    )
    """None: in one place only, nobody at a distance."""
    booking = models.OneToOneField(Booking, null=True, blank=True, on_delete=models.SET_NULL, related_name="meeting")
    """The place in the provider's pool: telephone room, host, licence."""
    room_booking = models.OneToOneField(
        Booking, null=True, blank=True, on_delete=models.SET_NULL, related_name="meeting_in_room"
    )
    """The physical room."""
    live_room = models.OneToOneField(LiveRoom, null=True, blank=True, on_delete=models.SET_NULL, related_name="meeting")
    external_id = models.CharField(max_length=300, blank=True)
    """How the provider names it."""
    join_url = models.CharField(max_length=1000, blank=True)
    phone_number = models.CharField(max_length=20, blank=True)
    pin = models.CharField(max_length=20, blank=True)
    is_opened = models.BooleanField(default=False)
    """The provider has answered; what to join with is known."""
    is_current = models.BooleanField(default=True)
    """False: the provider must still be told of a change, or of the end of a meeting given up."""
    asked_at = models.DateTimeField(null=True, blank=True)
    """A worker asks the provider since then; nobody else does until it has answered, or some time has passed."""
    tries = models.PositiveSmallIntegerField(default=0)
    """How often the present provider did not answer, since it last did."""
    tried = models.JSONField(default=list, blank=True)
    """Ids of providers that failed for this meeting: not asked again."""
    tool_changed_at = models.DateTimeField(null=True, blank=True)
    """The provider failed and another took over."""
    state = models.CharField(_("état"), max_length=9, choices=State, default=State.PLANNED)
    created_at = models.DateTimeField()
    changed_at = models.DateTimeField(null=True, blank=True)
    """Last change that concerns the guests."""
    cancelled_at = models.DateTimeField(null=True, blank=True)
    cancel_reason = models.CharField(max_length=300, blank=True)
    """In the organiser's words, for the guests."""

    class Meta:
        verbose_name = _("réunion")
        ordering = ["starts_at", "pk"]
        indexes = [
            models.Index(fields=["organiser", "starts_at"], name="meeting_organiser_start"),
            models.Index(fields=["state", "starts_at"], name="meeting_state_start"),
        ]
        constraints = [models.CheckConstraint(condition=Q(ends_at__gt=F("starts_at")), name="meeting_ends_after_start")]

    def __str__(self) -> str:
        return self.title


class Guest(models.Model):
    """Somebody invited: an agent, or a person from outside known by their address."""

    class Answer(models.TextChoices):
        """RFC 5545 PARTSTAT."""

        NONE = "none", _("Pas de réponse")
        YES = "yes", _("Vient")
        MAYBE = "maybe", _("Peut-être")
        NO = "no", _("Ne vient pas")

    class Role(models.TextChoices):
        """What they do there."""

        HOST = "host", _("Coanimateur")
        SPEAKER = "speaker", _("Participant")
        LISTENER = "listener", _("Auditeur")

    meeting = models.ForeignKey(Meeting, on_delete=models.CASCADE, related_name="guests")
    agent = models.ForeignKey(Agent, null=True, blank=True, on_delete=models.CASCADE, related_name="invitations")
    email = models.EmailField(_("adresse électronique"), blank=True)
    name = models.CharField(_("nom"), max_length=120, blank=True)
    role = models.CharField(_("rôle"), max_length=8, choices=Role, default=Role.SPEAKER)
    answer = models.CharField(_("réponse"), max_length=5, choices=Answer, default=Answer.NONE)
    key = models.CharField(max_length=64, unique=True)
    """Secret part of their own address: answers and joins without an account. Agents sign in besides."""
    told_sequence = models.IntegerField(default=-1)
    """The last SEQUENCE they were told of; -1: nothing yet, or nothing any more."""
    told = models.JSONField(default=dict, blank=True)
    """What they were told then, in short: a change that changes nothing of it is not mailed."""
    told_at = models.DateTimeField(null=True, blank=True)
    told_times = models.PositiveSmallIntegerField(default=0)
    tell_after = models.DateTimeField(null=True, blank=True)
    """Not before: a worker is at it, or the mail server refused and it is tried again then."""
    failed_times = models.PositiveSmallIntegerField(default=0)
    """How often in a row the mail server refused their address."""
    reminded_at = models.DateTimeField(null=True, blank=True)
    """Of the day before."""
    reminded_soon_at = models.DateTimeField(null=True, blank=True)
    """Just before the start."""
    answered_at = models.DateTimeField(null=True, blank=True)
    removed_at = models.DateTimeField(null=True, blank=True)
    """No longer invited; they are told once."""

    class Meta:
        verbose_name = _("invité")
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["meeting", "agent"], condition=Q(agent__isnull=False), name="agent_invited_once"
            ),
            models.UniqueConstraint(
                fields=["meeting", "email"], condition=Q(agent__isnull=True), name="address_invited_once"
            ),
        ]

    def __str__(self) -> str:
        return self.name or self.email


class ToolUse(models.Model):
    """Who has already met with which kind of tool: whom to accompany."""

    agent = models.ForeignKey(Agent, on_delete=models.CASCADE, related_name="tools_used")
    kind = models.CharField(max_length=10, choices=Provider.Kind)
    first_at = models.DateTimeField()
    last_at = models.DateTimeField()
    times = models.PositiveIntegerField(default=1)

    class Meta:
        verbose_name = _("outil déjà utilisé")
        constraints = [models.UniqueConstraint(fields=["agent", "kind"], name="tool_use_once_per_kind")]

    def __str__(self) -> str:
        return f"{self.agent} {self.kind}"


class Feed(models.Model):
    """A calendar to subscribe to: an agent's meetings, by an address that is a secret."""

    agent = models.OneToOneField(Agent, on_delete=models.CASCADE, related_name="meeting_feed")
    digest = models.CharField(max_length=64, unique=True)
    """SHA-256 of the secret, which is shown once (256 random bits: no salt is needed)."""
    created_at = models.DateTimeField()
    read_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name = _("agenda à suivre")

    def __str__(self) -> str:
        return str(self.agent)


class Reminding(models.Model):
    """Which reminders an agent wants; who never chose has both."""

    agent = models.OneToOneField(Agent, on_delete=models.CASCADE, related_name="meeting_reminding")
    day_before = models.BooleanField(_("la veille"), default=True)
    soon = models.BooleanField(_("un quart d’heure avant"), default=True)

    class Meta:
        verbose_name = _("rappels de réunion")

    def __str__(self) -> str:
        return str(self.agent)
