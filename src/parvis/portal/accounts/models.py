"""Accounts."""

from __future__ import annotations

from datetime import date
from typing import Any, ClassVar

from django.contrib.auth.models import AbstractBaseUser, BaseUserManager, PermissionsMixin
from django.db import models
from django.db.models import Q
from django.db.models.functions import Lower
from django.utils.translation import gettext_lazy as _

from parvis.portal.kernel import prepared


class UserManager(BaseUserManager["User"]):
    """Creates users by e-mail, and finds the account of a request by a statement built once."""

    def get(self, *args: Any, **kwargs: Any) -> User:
        """As always. By `pk` alone is what Django asks at every page of somebody signed in."""
        pk = kwargs.get("pk")
        # Of a related manager, which narrows what it finds, the class is another. A number beyond the column's is
        # nobody's, which a query set knows.
        if len(kwargs) != 1 or args or type(self) is not UserManager or type(pk) is not int or not 0 < pk < 2**63:
            return super().get(*args, **kwargs)
        found = _USER.first(pk=pk)
        if found is None:
            raise self.model.DoesNotExist
        return found

    def create_user(self, email: str, password: str | None = None, **fields: Any) -> User:
        """A user with a hashed password (unusable if None)."""
        user = self.model(email=self.normalize_email(email).lower(), **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def create_superuser(self, email: str, password: str | None = None, **fields: Any) -> User:
        """The first account of an installation."""
        return self.create_user(email, password, is_superuser=True, **fields)


class User(AbstractBaseUser, PermissionsMixin):
    """An account. What the person is in the authority is `directory.Agent`."""

    email = models.EmailField(_("adresse électronique"), max_length=254, unique=True)
    first_name = models.CharField(_("prénom"), max_length=100, blank=True)
    last_name = models.CharField(_("nom"), max_length=100, blank=True)
    language = models.CharField(
        _("langue"), max_length=5, default="fr", choices=[("fr", "Français"), ("en", "English")]
    )
    is_active = models.BooleanField(_("actif"), default=True)
    is_demo_persona = models.BooleanField(default=False)
    """May sign in with one click, in demo mode only."""
    last_totp_step = models.BigIntegerField(default=0, editable=False)
    """The last 30-second step whose code was accepted: no code works twice (`totp`)."""
    date_joined = models.DateTimeField(auto_now_add=True)

    USERNAME_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = []
    objects: ClassVar[UserManager] = UserManager()

    class Meta:
        verbose_name = _("compte")
        constraints = [models.UniqueConstraint(Lower("email"), name="user_email_once")]

    def __str__(self) -> str:
        return self.get_full_name() or self.email

    def get_full_name(self) -> str:
        """First and last name."""
        return f"{self.first_name} {self.last_name}".strip()

    @property
    def is_staff(self) -> bool:
        """Django's admin is for superusers only."""
        return self.is_superuser


class Scope(models.TextChoices):
    """What a token may do. None contains another: each is given on its own."""

    READ = "read", _("Lire")
    WRITE = "write", _("Modifier")
    CONNECT = "connect", _("Ouvrir un bureau à distance")
    ADMIN = "admin", _("Administrer")


_USER: prepared.Read[User] = prepared.Read(lambda pk: User.objects.filter(pk=pk), pk=models.BigIntegerField())


class Token(models.Model):
    """A personal API token. The token itself is shown once; only its hash is kept."""

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="tokens")
    name = models.CharField(_("nom"), max_length=100)
    digest = models.CharField(max_length=64, unique=True, editable=False)
    """SHA-256 of the token, hexadecimal. The token holds 256 random bits: no salt is needed."""
    scopes = models.JSONField(_("droits"), default=list)
    """Values of `Scope`."""
    created_at = models.DateTimeField()
    expires_date = models.DateField(_("valable jusqu’au"))
    """The last day it works, in Paris."""
    last_used_at = models.DateTimeField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name = _("jeton d’accès")
        ordering = ["-created_at"]
        indexes = [models.Index(fields=["user"], condition=Q(revoked_at__isnull=True), name="token_standing")]

    def __str__(self) -> str:
        return self.name

    def is_standing(self, today: date) -> bool:
        """Neither revoked nor past its last day."""
        return self.revoked_at is None and self.expires_date >= today


class RecoveryRequest(models.Model):
    """Somebody lost every second factor: two technicians give them a way back. The table of moves is `rules`."""

    class State(models.TextChoices):
        """Where it stands."""

        ASKED = "asked", _("Identité à vérifier")
        IDENTIFIED = "identified", _("À approuver")
        APPROVED = "approved", _("Code remis")
        USED = "used", _("Accès retrouvé")
        REFUSED = "refused", _("Refusée")
        CANCELLED = "cancelled", _("Annulée")
        EXPIRED = "expired", _("Expirée")

    class Means(models.TextChoices):
        """How the technician knew that it was the right person."""

        IN_PERSON = "in_person", _("En personne")
        VIDEO = "video", _("En visioconférence")
        CALL_BACK = "call_back", _("En rappelant le numéro de l’annuaire")

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="recoveries")
    state = models.CharField(max_length=12, choices=State, default=State.ASKED)
    opened_at = models.DateTimeField()
    opened_by = models.ForeignKey(User, null=True, on_delete=models.SET_NULL, related_name="+")
    """The person themselves, after their password, or a technician."""
    expires_at = models.DateTimeField()
    """Past it nothing more happens: 24 hours after the opening."""
    means = models.CharField(_("comment"), max_length=12, choices=Means, blank=True)
    note = models.CharField(_("remarque"), max_length=200, blank=True)
    identified_by = models.ForeignKey(User, null=True, on_delete=models.SET_NULL, related_name="+")
    identified_at = models.DateTimeField(null=True, blank=True)
    alone = models.BooleanField(default=False)
    """Fewer than two people could approve: the one who identified does, after `not_before_at`."""
    not_before_at = models.DateTimeField(null=True, blank=True)
    approved_by = models.ForeignKey(User, null=True, on_delete=models.SET_NULL, related_name="+")
    approved_at = models.DateTimeField(null=True, blank=True)
    code_digest = models.CharField(max_length=64, blank=True, editable=False)
    """SHA-256 of the code, hexadecimal; the code itself (50 bits, five tries, 30 minutes) is shown once."""
    code_expires_at = models.DateTimeField(null=True, blank=True)
    tries = models.PositiveSmallIntegerField(default=0)
    """Wrong codes."""
    ended_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name = _("demande de récupération")
        ordering = ["-opened_at"]
        indexes = [models.Index(fields=["state", "expires_at"], name="recovery_state")]
        constraints = [
            models.UniqueConstraint(
                fields=["user"],
                condition=Q(state__in=["asked", "identified", "approved"]),
                name="recovery_one_open",
            ),
            models.CheckConstraint(
                condition=Q(approved_by__isnull=True) | Q(alone=True) | ~Q(approved_by=models.F("identified_by")),
                name="recovery_two_people",
            ),
            models.CheckConstraint(
                condition=(Q(identified_by__isnull=True) | ~Q(identified_by=models.F("user")))
                & (Q(approved_by__isnull=True) | ~Q(approved_by=models.F("user"))),
                name="recovery_not_oneself",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.user} {self.opened_at:%Y-%m-%d %H:%M}"
