"""Providers, who is linked to whom, which sign-ins came from them."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from parvis.portal.accounts import vault
from parvis.portal.directory.models import Entity
from parvis.portal.federation import rules


class IdentityProvider(models.Model):
    """Who vouches for the agents of an entity and all below it."""

    class Kind(models.TextChoices):
        """Which product: how its claims are read (`rules.KINDS`)."""

        PROCONNECT = rules.PROCONNECT, "ProConnect"
        KEYCLOAK = rules.KEYCLOAK, "Keycloak"
        ENTRA = rules.ENTRA, "Microsoft Entra"
        OTHER = rules.OTHER, _("Autre (OpenID Connect)")

    name = models.CharField(_("nom"), max_length=80)
    slug = models.SlugField(max_length=40, unique=True, editable=False)
    """Its place in our addresses: it stays, since the provider knows them."""
    kind = models.CharField(_("produit"), max_length=20, choices=Kind)
    issuer = models.CharField(_("adresse du fournisseur (issuer)"), max_length=300)
    client_id = models.CharField(_("identifiant client"), max_length=200)
    stored_secret = models.TextField(editable=False)
    """Encrypted by `accounts.vault`."""
    entity = models.ForeignKey(
        Entity, verbose_name=_("pour les agents de"), on_delete=models.PROTECT, related_name="identity_providers"
    )
    email_domains = models.JSONField(_("domaines de courriel"), default=list, blank=True)
    """For the addresses in these domains it is believed at the first sign-in."""
    opens_accounts = models.BooleanField(_("ouvrir le compte à la première connexion"), default=False)
    """Of an agent of the directory who has none, or has never signed in. Nobody else gets one."""
    trusts_second_factor = models.BooleanField(_("sa deuxième étape suffit"), default=False)
    accepted_acr = models.JSONField(_("niveaux acceptés (acr)"), default=list, blank=True)
    accepted_amr = models.JSONField(_("moyens acceptés (amr)"), default=list, blank=True)
    button_text = models.CharField(_("texte du bouton"), max_length=60, blank=True)
    position = models.PositiveSmallIntegerField(_("ordre"), default=10)
    enabled = models.BooleanField(_("actif"), default=False)
    tested_at = models.DateTimeField(null=True, blank=True, editable=False)
    tested_fault = models.CharField(max_length=60, blank=True, editable=False)
    """The code of what was wrong at the last test; empty: nothing."""

    class Meta:
        verbose_name = _("fournisseur d’identité")
        ordering = ["position", "name"]
        constraints = [
            models.UniqueConstraint(fields=["issuer", "client_id"], name="identity_provider_once"),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def secret(self) -> str:
        """What we and the provider share."""
        return vault.decrypt(self.stored_secret)


class Identity(models.Model):
    """A person at a provider is this account."""

    provider = models.ForeignKey(IdentityProvider, on_delete=models.CASCADE, related_name="identities")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="identities")
    subject = models.CharField(max_length=rules.LONGEST)
    """Their name there, for ever (`rules.Person.subject`)."""
    email = models.CharField(max_length=254, blank=True)
    """The address there when it was linked: shown, never looked up."""
    linked_at = models.DateTimeField()
    last_used_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name = _("identité liée")
        ordering = ["linked_at"]
        constraints = [
            models.UniqueConstraint(fields=["provider", "subject"], name="identity_subject_once"),
            models.UniqueConstraint(fields=["provider", "user"], name="identity_user_once"),
        ]

    def __str__(self) -> str:
        return f"{self.provider} · {self.email or self.subject}"


class FederatedSignIn(models.Model):
    """A sign-in of ours that began at a provider; gone when it ends."""

    identity = models.ForeignKey(Identity, on_delete=models.CASCADE, related_name="sign_ins")
    sign_in = models.CharField(max_length=20, unique=True)
    """See `accounts.sign_ins.current`."""
    provider_subject = models.CharField(max_length=rules.LONGEST)
    """`sub` of the ID token: what a logout token names (for Entra it is not `Identity.subject`)."""
    provider_session = models.CharField(max_length=rules.LONGEST, blank=True, db_index=True)
    """`sid` of the ID token, where the provider gives one."""
    stored_id_token = models.TextField()
    """For signing out there too; encrypted by `accounts.vault`."""
    opened_at = models.DateTimeField(db_index=True)

    class Meta:
        verbose_name = _("connexion par un fournisseur")

    def __str__(self) -> str:
        return f"{self.identity} · {self.sign_in}"


class LogoutNotice(models.Model):
    """A logout token that was received: it is heard once, also by a sign-in that was not finished yet."""

    provider = models.ForeignKey(IdentityProvider, on_delete=models.CASCADE, related_name="logout_notices")
    token_id = models.CharField(max_length=255)
    """`jti`."""
    provider_subject = models.CharField(max_length=rules.LONGEST, blank=True)
    provider_session = models.CharField(max_length=rules.LONGEST, blank=True)
    received_at = models.DateTimeField(db_index=True)

    class Meta:
        verbose_name = _("avis de déconnexion")
        constraints = [models.UniqueConstraint(fields=["provider", "token_id"], name="logout_notice_once")]

    def __str__(self) -> str:
        return self.token_id
