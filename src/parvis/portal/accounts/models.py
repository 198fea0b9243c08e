"""Accounts."""

from __future__ import annotations

from datetime import date
from typing import Any, ClassVar

from django.contrib.auth.models import AbstractBaseUser, BaseUserManager, PermissionsMixin
from django.db import models
from django.db.models import Q
from django.db.models.functions import Lower
from django.utils.translation import gettext_lazy as _


class UserManager(BaseUserManager["User"]):
    """Creates users by e-mail."""

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
