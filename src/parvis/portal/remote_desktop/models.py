"""Display settings, rights, remote sessions, connections, gateways."""

from __future__ import annotations

import uuid

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from parvis.portal.directory.models import Agent
from parvis.portal.parc.models import Computer


class DisplaySettings(models.Model):
    """How a computer's screen is reached. No row: the computer is not reachable by telework."""

    class Protocol(models.TextChoices):
        """What the computer speaks."""

        RDP = "rdp", _("Bureau à distance Windows (RDP)")
        VNC = "vnc", "VNC"

    class Keyboard(models.IntegerChoices):
        """Windows keyboard layout ids (KLID)."""

        FRENCH = 0x040C, _("Français (AZERTY)")
        BELGIAN = 0x080C, _("Belge (point)")
        SWISS_FRENCH = 0x100C, _("Suisse romand")
        US = 0x0409, _("Anglais (QWERTY)")

    computer = models.OneToOneField(Computer, on_delete=models.CASCADE, related_name="display")
    enabled = models.BooleanField(_("accessible en télétravail"), default=True)
    sensitive_allowed = models.BooleanField(_("autoriser bien que ce soit une machine sensible"), default=False)
    """Servers and administration machines stay closed without it; only the head of IT sets it (requirement 17)."""
    protocol = models.CharField(_("protocole"), max_length=3, choices=Protocol, default=Protocol.RDP)
    port = models.PositiveIntegerField(_("port"), default=3389)
    keyboard_layout = models.PositiveIntegerField(_("clavier"), choices=Keyboard, default=Keyboard.FRENCH)
    color_depth = models.PositiveSmallIntegerField(
        _("profondeur de couleur"), choices=[(16, "16 bits"), (24, "24 bits"), (32, "32 bits")], default=32
    )
    autologon = models.BooleanField(_("ouverture de session directe"), default=True)
    domain = models.CharField(_("domaine Windows"), max_length=100, blank=True)
    clipboard_to_pc = models.BooleanField(_("copier vers l’ordinateur"), default=False)
    clipboard_from_pc = models.BooleanField(_("copier depuis l’ordinateur"), default=False)
    pin = models.CharField(_("empreinte du certificat"), max_length=64, blank=True)
    """SHA-256 of the leaf certificate, hexadecimal; empty until the first trusted use."""
    pinned_at = models.DateTimeField(null=True, blank=True)
    presented_pin = models.CharField(max_length=64, blank=True)
    """Another certificate that was presented and blocked, waiting for the DSI to accept it."""
    presented_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name = _("accès à l’écran")
        constraints = [
            models.CheckConstraint(condition=Q(port__gte=1, port__lte=65535), name="display_port_range"),
            models.CheckConstraint(condition=Q(color_depth__in=[16, 24, 32]), name="display_color_depth"),
        ]

    def __str__(self) -> str:
        return f"{self.computer} ({self.protocol})"


class Right(models.Model):
    """This agent may reach that computer's screen, between two days, both included."""

    agent = models.ForeignKey(Agent, verbose_name=_("agent"), on_delete=models.CASCADE, related_name="rights")
    computer = models.ForeignKey(
        Computer, verbose_name=_("ordinateur"), on_delete=models.CASCADE, related_name="rights"
    )
    starts_date = models.DateField(_("du"))
    ends_date = models.DateField(_("au"), null=True, blank=True)
    """Without end only for a computer assigned to the agent."""
    reason = models.CharField(_("motif"), max_length=200, blank=True)
    granted_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    granted_at = models.DateTimeField()
    revoked_at = models.DateTimeField(null=True, blank=True)
    revoked_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )

    class Meta:
        verbose_name = _("droit d’accès à l’écran")
        ordering = ["-starts_date"]
        constraints = [
            models.CheckConstraint(
                condition=Q(ends_date__isnull=True) | Q(ends_date__gte=F("starts_date")), name="right_dates_in_order"
            ),
            models.UniqueConstraint(
                fields=["agent", "computer", "starts_date"], condition=Q(revoked_at__isnull=True), name="right_once"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.agent} → {self.computer}"


class Gateway(models.Model):
    """A gateway process that has said hello."""

    name = models.CharField(max_length=63, unique=True)
    boot = models.UUIDField()
    version = models.CharField(max_length=40)
    booted_at = models.DateTimeField()
    heard_at = models.DateTimeField(null=True)
    """When it last spoke, to the half minute; to the second it is in the cache (`live`), which may be lost."""

    class Meta:
        verbose_name = _("passerelle")

    def __str__(self) -> str:
        return self.name


class RemoteSession(models.Model):
    """An agent on a computer's screen, from the click to the end, across cuts."""

    class State(models.TextChoices):
        """The table of moves is `rules.SESSION_MOVES`."""

        REQUESTED = "requested", _("Demandée")
        ACTIVE = "active", _("En cours")
        INTERRUPTED = "interrupted", _("Coupée")
        ENDED = "ended", _("Terminée")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="remote_sessions")
    agent = models.ForeignKey(Agent, null=True, on_delete=models.SET_NULL, related_name="remote_sessions")
    computer = models.ForeignKey(Computer, on_delete=models.PROTECT, related_name="remote_sessions")
    protocol = models.CharField(max_length=3, choices=DisplaySettings.Protocol)
    sign_in = models.CharField(max_length=64)
    """Which sign-in it belongs to: its end is the session's end."""
    state = models.CharField(max_length=12, choices=State, default=State.REQUESTED)
    policy = models.JSONField(default=dict)
    """The `parvis.ticket.Policy` it was opened under."""
    requested_at = models.DateTimeField(db_index=True)
    started_at = models.DateTimeField(null=True, blank=True)
    interrupted_at = models.DateTimeField(null=True, blank=True)
    ends_at = models.DateTimeField()
    """Absolute end."""
    ended_at = models.DateTimeField(null=True, blank=True)
    end_reason = models.CharField(max_length=30, blank=True)
    client_address = models.GenericIPAddressField(null=True, blank=True)
    bytes_up = models.PositiveBigIntegerField(default=0)
    bytes_down = models.PositiveBigIntegerField(default=0)
    correlation = models.CharField(max_length=32)

    class Meta:
        verbose_name = _("session à distance")
        ordering = ["-requested_at"]
        indexes = [
            # With who and what at its end: a search counts and pages the history without reading its rows.
            models.Index(fields=["state", "-requested_at", "agent", "computer"], name="session_history"),
            models.Index(fields=["end_reason", "-requested_at"], name="session_reason"),
            models.Index(fields=["user", "-requested_at"], name="session_user"),
            models.Index(fields=["computer", "-requested_at"], name="session_computer"),
        ]
        constraints = [
            models.CheckConstraint(
                condition=(Q(state="ended") & Q(ended_at__isnull=False) & ~Q(end_reason=""))
                | (~Q(state="ended") & Q(ended_at__isnull=True)),
                name="session_end_is_whole",
            )
        ]

    def __str__(self) -> str:
        return f"{self.computer} {self.requested_at:%Y-%m-%d %H:%M}"


class Connection(models.Model):
    """One WebSocket of a session: its ticket, then what the gateway reported."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    session = models.ForeignKey(RemoteSession, on_delete=models.CASCADE, related_name="connections")
    jti = models.CharField(max_length=32, unique=True)
    issued_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    redeemed_at = models.DateTimeField(null=True, blank=True)
    gateway = models.ForeignKey(Gateway, null=True, blank=True, on_delete=models.PROTECT, related_name="connections")
    boot = models.UUIDField(null=True, blank=True)
    client_address = models.GenericIPAddressField(null=True, blank=True)
    started_at = models.DateTimeField(null=True, blank=True)
    ended_at = models.DateTimeField(null=True, blank=True)
    end_reason = models.CharField(max_length=30, blank=True)
    """Set without `ended_at`: it must end, the gateway has not confirmed yet."""
    bytes_up = models.PositiveBigIntegerField(default=0)
    bytes_down = models.PositiveBigIntegerField(default=0)
    clipboard_to_pc = models.PositiveIntegerField(default=0)
    clipboard_from_pc = models.PositiveIntegerField(default=0)
    sign_in_refusal = models.CharField(max_length=20, blank=True)
    """Why the PC refused the sign-in, as the agent's browser read it (`rules.SIGN_IN_REFUSALS`); empty: not said."""

    class Meta:
        verbose_name = _("connexion")
        ordering = ["issued_at"]
        indexes = [
            models.Index(fields=["gateway"], condition=Q(ended_at__isnull=True), name="connection_open"),
        ]

    def __str__(self) -> str:
        return str(self.id)


class GatewayEvent(models.Model):
    """An event a gateway reported, once: the id makes a second report harmless."""

    id = models.UUIDField(primary_key=True)
    kind = models.CharField(max_length=20)
    at = models.DateTimeField()
    received_at = models.DateTimeField(db_index=True)

    class Meta:
        verbose_name = _("événement de passerelle")

    def __str__(self) -> str:
        return f"{self.kind} {self.at:%Y-%m-%d %H:%M:%S}"


class Refusal(models.Model):
    """Someone was refused a screen: by the portal (`portal`) or by a gateway, and why."""

    at = models.DateTimeField(db_index=True)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    computer = models.ForeignKey(Computer, null=True, on_delete=models.SET_NULL, related_name="refusals")
    session = models.ForeignKey(RemoteSession, null=True, on_delete=models.SET_NULL, related_name="refusals")
    source = models.CharField(max_length=10, choices=[("portal", _("Portail")), ("gateway", _("Passerelle"))])
    reason = models.CharField(max_length=30)
    detail = models.CharField(max_length=300, blank=True)
    client_address = models.GenericIPAddressField(null=True, blank=True)

    class Meta:
        verbose_name = _("refus")
        ordering = ["-at"]
        indexes = [models.Index(fields=["reason", "-at"], name="refusal_reason")]

    def __str__(self) -> str:
        return f"{self.at:%Y-%m-%d %H:%M} {self.reason}"
