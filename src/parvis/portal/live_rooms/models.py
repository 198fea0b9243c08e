"""Live rooms, who has a seat in them, and what happened."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from parvis.portal.directory.models import Entity
from parvis.portal.kernel import clock


class LiveRoom(models.Model):
    """A room of the voice server for one meeting. The voice server makes it when the first person comes."""

    class Mode(models.TextChoices):
        """How it is run."""

        MEETING = "meeting", _("Réunion")
        SITTING = "sitting", _("Séance\u202f: présidence, liste des orateurs, public")

    entity = models.ForeignKey(Entity, on_delete=models.PROTECT, related_name="live_rooms")
    key = models.CharField(max_length=32, unique=True)
    """Names it in addresses; not a secret."""
    title = models.CharField(_("objet"), max_length=200)
    mode = models.CharField(_("mode"), max_length=8, choices=Mode, default=Mode.MEETING)
    starts_at = models.DateTimeField(_("début"))
    ends_at = models.DateTimeField(_("fin"))
    pin = models.CharField(_("code"), max_length=8)
    """Dialled after the number; no two rooms that are not closed have the same."""
    has_lobby = models.BooleanField(_("salle d’attente"), default=True)
    allows_video = models.BooleanField(_("caméras permises"), default=True)
    public_key = models.CharField(max_length=64, blank=True)
    """Secret part of the address where the public listens; empty: no public."""
    is_open_inside = models.BooleanField(_("ouverte aux agents de la collectivité"), default=True)
    """Agents who were not invited may ask to come in; they wait in the lobby."""
    is_locked = models.BooleanField(default=False)
    opened_at = models.DateTimeField(null=True, blank=True)
    closed_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(default=clock.now)

    class Meta:
        verbose_name = _("salle à distance")
        ordering = ["-starts_at"]
        indexes = [models.Index(fields=["closed_at", "ends_at"], name="live_room_to_close")]
        constraints = [
            models.CheckConstraint(condition=Q(ends_at__gt=F("starts_at")), name="live_room_ends_after_start"),
            models.UniqueConstraint(fields=["pin"], condition=Q(closed_at__isnull=True), name="pin_once_while_open"),
        ]

    def __str__(self) -> str:
        return self.title


class Seat(models.Model):
    """Somebody's place in a live room: who they are there and what they may do."""

    class Role(models.TextChoices):
        """What one may do; the table is `rules.RIGHTS`."""

        HOST = "host", _("Animateur")
        SPEAKER = "speaker", _("Participant")
        LISTENER = "listener", _("Auditeur")

    room = models.ForeignKey(LiveRoom, on_delete=models.CASCADE, related_name="seats")
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.CASCADE, related_name="+"
    )
    """None: a guest from outside, known by `key` alone."""
    key = models.CharField(max_length=64, blank=True)
    """Secret part of an outside guest's address."""
    name = models.CharField(_("nom"), max_length=120)
    role = models.CharField(_("rôle"), max_length=8, choices=Role, default=Role.SPEAKER)
    is_invited = models.BooleanField(default=True)
    """False: an agent of the authority who came by themselves."""
    is_public = models.BooleanField(default=False)
    """The one seat all of the public shares: it hears, and is nobody."""
    by_phone = models.BooleanField(default=False)
    """Came by number and PIN: who it is, nobody knows. `name` has two digits of the number."""
    sign_in = models.CharField(max_length=64, blank=True)
    """The sign-in they came with last: when it ends, so does their stay."""
    first_joined_at = models.DateTimeField(null=True, blank=True)
    last_left_at = models.DateTimeField(null=True, blank=True)
    seconds = models.PositiveIntegerField(default=0)
    """How long they were in the room, all stays together."""
    is_banned = models.BooleanField(default=False)
    """Sent away by a host: does not come back by itself."""

    class Meta:
        verbose_name = _("place")
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["room", "user"], condition=Q(user__isnull=False), name="seat_once_per_user"
            ),
            models.UniqueConstraint(fields=["key"], condition=~Q(key=""), name="seat_once_per_key"),
            models.UniqueConstraint(fields=["room"], condition=Q(is_public=True), name="one_public_per_room"),
        ]

    def __str__(self) -> str:
        return self.name


class Ticket(models.Model):
    """A ticket that was given out: it opens the door once."""

    id = models.UUIDField(primary_key=True, editable=False)
    seat = models.ForeignKey(Seat, on_delete=models.CASCADE, related_name="tickets")
    sign_in = models.CharField(max_length=64, blank=True)
    """The sign-in it was given to. Empty: guests and the public."""
    expires_at = models.DateTimeField(db_index=True)
    used_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name = _("ticket")

    def __str__(self) -> str:
        return str(self.id)


class Stay(models.Model):
    """Somebody in a room, from being let in until they are gone; a short cut does not end it. The voice server
    names it.
    """

    id = models.UUIDField(primary_key=True, editable=False)
    seat = models.ForeignKey(Seat, on_delete=models.CASCADE, related_name="stays")
    joined_at = models.DateTimeField()
    seen_at = models.DateTimeField()
    """The last heartbeat that had it."""
    left_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name = _("passage")
        indexes = [models.Index(fields=["left_at", "seen_at"], name="stay_still_there")]

    def __str__(self) -> str:
        return str(self.id)


class Happening(models.Model):
    """An event of a voice server that was taken in: heard again, it changes nothing."""

    id = models.UUIDField(primary_key=True, editable=False)
    at = models.DateTimeField(db_index=True)

    class Meta:
        verbose_name = _("événement")

    def __str__(self) -> str:
        return str(self.id)


class VoiceServer(models.Model):
    """A voice server, and what it last said of itself."""

    name = models.CharField(max_length=63, unique=True)
    boot = models.UUIDField()
    seen_at = models.DateTimeField()
    version = models.CharField(max_length=40, blank=True)
    available = models.BooleanField(default=False)
    reason = models.CharField(max_length=30, blank=True)
    phone = models.BooleanField(default=False)

    class Meta:
        verbose_name = _("serveur de voix")
        verbose_name_plural = _("serveurs de voix")

    def __str__(self) -> str:
        return self.name


class Speech(models.Model):
    """A turn in the speaking list of a sitting."""

    class State(models.TextChoices):
        """Where it stands."""

        WAITING = "waiting", _("Inscrit")
        SPEAKING = "speaking", _("A la parole")
        DONE = "done", _("A parlé")
        WITHDRAWN = "withdrawn", _("Retiré")

    room = models.ForeignKey(LiveRoom, on_delete=models.CASCADE, related_name="speeches")
    seat = models.ForeignKey(Seat, on_delete=models.CASCADE, related_name="speeches")
    rank = models.PositiveIntegerField()
    state = models.CharField(max_length=9, choices=State, default=State.WAITING)
    asked_at = models.DateTimeField()
    began_at = models.DateTimeField(null=True, blank=True)
    ended_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name = _("prise de parole")
        ordering = ["rank", "pk"]
        constraints = [
            models.UniqueConstraint(fields=["room"], condition=Q(state="speaking"), name="one_speaks_at_a_time"),
            models.UniqueConstraint(fields=["seat"], condition=Q(state="waiting"), name="waits_to_speak_once"),
        ]

    def __str__(self) -> str:
        return str(self.seat)
