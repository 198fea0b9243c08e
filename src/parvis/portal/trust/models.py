"""Networks, supplied computers and their proofs, private devices, what each sign-in showed, and the rules."""

from __future__ import annotations

from typing import ClassVar

from allauth.mfa.models import Authenticator
from allauth.usersessions.models import UserSession
from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from parvis.portal.directory.models import Agent, Entity
from parvis.portal.parc.models import Computer


class Network(models.Model):
    """A range of addresses and what the authority says of it."""

    class Kind(models.TextChoices):
        """As `rules.NetworkKind`."""

        OFFICE = "office", _("Réseau de la collectivité")
        VPN = "vpn", _("VPN de la collectivité")
        HOME = "home", _("Domicile")
        ELSEWHERE = "elsewhere", _("Ailleurs")
        FORBIDDEN = "forbidden", _("Interdit")

    entity = models.ForeignKey(
        Entity, verbose_name=_("déclaré par"), on_delete=models.PROTECT, related_name="trust_networks"
    )
    name = models.CharField(_("nom"), max_length=80)
    kind = models.CharField(_("type"), max_length=10, choices=Kind)
    ranges = models.JSONField(_("plages d’adresses"), default=list)
    """CIDR, canonical (`10.0.0.0/8`, `2001:db8::/32`)."""
    note = models.CharField(_("remarque"), max_length=200, blank=True)

    class Meta:
        verbose_name = _("réseau")
        ordering: ClassVar[list[str]] = ["name"]
        constraints = [models.UniqueConstraint(fields=["entity", "name"], name="trust_network_once_per_entity")]

    def __str__(self) -> str:
        return self.name


class State(models.Model):
    """One row (id 1): a token that changes with networks and rules, so that every process knows when to read again."""

    token = models.CharField(max_length=32)

    def __str__(self) -> str:
        return self.token


class SuppliedDevice(models.Model):
    """A computer of the parc that may prove itself, for the agents named."""

    class Standing(models.TextChoices):
        """Is it still trusted?"""

        TRUSTED = "trusted", _("Reconnu")
        LOST = "lost", _("Perdu")
        STOLEN = "stolen", _("Volé")
        RETIRED = "retired", _("Retiré")

    computer = models.OneToOneField(
        Computer, verbose_name=_("ordinateur"), on_delete=models.CASCADE, related_name="trust_device"
    )
    agents = models.ManyToManyField(Agent, verbose_name=_("agents"), related_name="supplied_devices")
    standing = models.CharField(_("état"), max_length=8, choices=Standing, default=Standing.TRUSTED)
    enrolled_at = models.DateTimeField(_("enregistré le"))
    enrolled_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    revoked_at = models.DateTimeField(null=True, blank=True)
    last_used_at = models.DateTimeField(_("vu le"), null=True, blank=True)

    class Meta:
        verbose_name = _("poste fourni")
        ordering: ClassVar[list[str]] = ["computer__name"]
        constraints = [
            models.CheckConstraint(
                condition=Q(standing="trusted", revoked_at__isnull=True)
                | ~Q(standing="trusted") & Q(revoked_at__isnull=False),
                name="trust_device_revoked_is_dated",
            )
        ]

    def __str__(self) -> str:
        return self.computer.name


class Credential(models.Model):
    """What a supplied computer proves itself with: a certificate, or an agent's passkey that cannot leave it."""

    class Kind(models.TextChoices):
        """Which of the two."""

        CERTIFICATE = "certificate", _("Certificat")
        PASSKEY = "passkey", _("Clé d’accès liée au poste")

    device = models.ForeignKey(SuppliedDevice, on_delete=models.CASCADE, related_name="credentials")
    kind = models.CharField(_("preuve"), max_length=11, choices=Kind)
    fingerprint = models.CharField(_("empreinte SHA-256"), max_length=64, blank=True)
    """Of the certificate (DER), lower-case hexadecimal."""
    subject = models.CharField(_("sujet"), max_length=300, blank=True)
    issuer = models.CharField(_("autorité"), max_length=300, blank=True)
    serial = models.CharField(_("numéro de série"), max_length=64, blank=True)
    expires_at = models.DateTimeField(_("expire le"), null=True, blank=True)
    authenticator = models.OneToOneField(
        Authenticator, null=True, blank=True, on_delete=models.CASCADE, related_name="trust_credential"
    )
    added_at = models.DateTimeField()

    class Meta:
        verbose_name = _("preuve d’un poste")
        constraints = [
            models.UniqueConstraint(
                fields=["fingerprint"], condition=Q(kind="certificate"), name="trust_certificate_once"
            ),
            models.CheckConstraint(
                condition=(Q(kind="certificate", authenticator__isnull=True) & ~Q(fingerprint=""))
                | Q(kind="passkey", authenticator__isnull=False, fingerprint=""),
                name="trust_credential_is_of_its_kind",
            ),
        ]
        indexes = [models.Index(fields=["expires_at"], name="trust_credential_expiry")]

    def __str__(self) -> str:
        return self.subject or str(self.get_kind_display())


class EnrolmentCode(models.Model):
    """Lets one agent register the computer they sit at as one of the parc, once, within a day."""

    computer = models.ForeignKey(Computer, on_delete=models.CASCADE, related_name="trust_codes")
    agent = models.ForeignKey(Agent, on_delete=models.CASCADE, related_name="trust_codes")
    digest = models.CharField(max_length=64, unique=True)
    """Keyed hash of the code; the code itself is shown once."""
    made_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    made_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name = _("code d’enregistrement")
        constraints = [
            models.CheckConstraint(condition=Q(expires_at__gt=F("made_at")), name="trust_code_lives_forward")
        ]

    def __str__(self) -> str:
        return f"{self.computer} {self.agent}"


class PrivateDevice(models.Model):
    """A browser a person has used before, for their own list and the “new device” notice. Never a proof."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="private_devices")
    digest = models.CharField(max_length=64)
    """SHA-256 of the random number in its cookie."""
    name = models.CharField(_("nom"), max_length=80)
    first_seen_at = models.DateTimeField()
    last_seen_at = models.DateTimeField()

    class Meta:
        verbose_name = _("appareil personnel")
        ordering: ClassVar[list[str]] = ["-last_seen_at"]
        constraints = [models.UniqueConstraint(fields=["user", "digest"], name="trust_private_device_once")]
        indexes = [models.Index(fields=["last_seen_at"], name="trust_private_seen")]

    def __str__(self) -> str:
        return self.name


class SignInTrust(models.Model):
    """What a sign-in last showed: what live remote sessions are judged by between two of its requests."""

    sign_in = models.OneToOneField(UserSession, primary_key=True, on_delete=models.CASCADE, related_name="trust")
    device = models.ForeignKey(
        SuppliedDevice, null=True, blank=True, on_delete=models.SET_NULL, related_name="sign_ins"
    )
    private_device = models.ForeignKey(
        PrivateDevice, null=True, blank=True, on_delete=models.SET_NULL, related_name="sign_ins"
    )
    level = models.PositiveSmallIntegerField()
    """As `rules.Level`."""
    address = models.CharField(max_length=45, blank=True)
    noted_at = models.DateTimeField()

    class Meta:
        verbose_name = _("confiance d’une connexion")

    def __str__(self) -> str:
        return f"{self.sign_in_id} {self.level}"


class RuleSet(models.Model):
    """One version of an entity's rules: a draft, the published one, or a former one."""

    class Status(models.TextChoices):
        """At most one draft and one published version an entity."""

        DRAFT = "draft", _("Brouillon")
        PUBLISHED = "published", _("En vigueur")
        FORMER = "former", _("Ancienne")

    entity = models.ForeignKey(Entity, on_delete=models.PROTECT, related_name="trust_rule_sets")
    number = models.PositiveIntegerField(_("version"))
    status = models.CharField(_("état"), max_length=9, choices=Status, default=Status.DRAFT)
    note = models.CharField(_("pourquoi ce changement"), max_length=200, blank=True)
    made_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    made_at = models.DateTimeField()
    published_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    published_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name = _("règles d’accès")
        ordering: ClassVar[list[str]] = ["-number"]
        constraints = [
            models.UniqueConstraint(fields=["entity", "number"], name="trust_rule_set_number_once"),
            models.UniqueConstraint(fields=["entity"], condition=Q(status="draft"), name="trust_one_draft"),
            models.UniqueConstraint(fields=["entity"], condition=Q(status="published"), name="trust_one_published"),
        ]

    def __str__(self) -> str:
        return f"{self.entity} · {self.number}"


class Rule(models.Model):
    """One rule of a version. Its meaning is `rules.Rule`; empty conditions match everything."""

    rule_set = models.ForeignKey(RuleSet, on_delete=models.CASCADE, related_name="rules")
    name = models.CharField(_("nom"), max_length=120)
    entity = models.ForeignKey(Entity, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    roles = models.JSONField(default=list)
    """Values of `directory.Role`, or `rules.NO_ROLE`."""
    up_to = models.PositiveSmallIntegerField(default=3)
    """As `rules.Level`: this one and every lower one."""
    kinds = models.JSONField(default=list)
    networks = models.JSONField(default=list)
    """Ids of networks."""
    days = models.JSONField(default=list)
    """0 is Monday."""
    starts_time = models.TimeField(null=True, blank=True)
    ends_time = models.TimeField(null=True, blank=True)
    effects = models.JSONField(default=dict)
    """Only what it takes away: names of `rules.Effects`."""

    class Meta:
        verbose_name = _("règle d’accès")
        ordering: ClassVar[list[str]] = ["pk"]

    def __str__(self) -> str:
        return self.name
