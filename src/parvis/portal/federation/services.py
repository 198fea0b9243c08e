"""Setting up providers. The network is never asked here: see `checking`."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db import IntegrityError, transaction
from django.utils.text import slugify
from django.utils.translation import gettext as _

from parvis.portal.accounts import vault
from parvis.portal.accounts.models import User
from parvis.portal.directory.models import Entity
from parvis.portal.federation import logouts, permissions, rules, transport
from parvis.portal.federation.models import FederatedSignIn, IdentityProvider
from parvis.portal.kernel import audit
from parvis.portal.kernel.authz import require
from parvis.portal.kernel.errors import Conflict, Invalid
from parvis.ticket.addresses import AddressForbidden

FACTS = (
    "name", "kind", "issuer", "client_id", "entity", "email_domains", "opens_accounts", "trusts_second_factor",
    "accepted_acr", "accepted_amr", "button_text", "position",
)  # fmt: skip
RESERVED = ("fournisseurs", "identites", "au-revoir", "retour", "nouveau")
"""First words of this room's other addresses: no provider's slug."""


@transaction.atomic
def create_provider(*, actor: User, now: datetime, secret: str, **facts: Any) -> IdentityProvider:
    """A new provider, not offered to anybody yet.

    Raises:
        NotAllowed: not head of IT of its entity.
        Invalid: an issuer that cannot be, no secret, or one that exists already.
    """
    require(permissions.can_manage(actor, facts["entity"]))
    if not secret:
        raise Invalid(fields={"secret": [_("Collez le secret donné par le fournisseur.")]})
    provider = IdentityProvider(slug=_free_slug(facts["name"]), stored_secret=vault.encrypt(secret))
    _fill(provider, facts)
    _save(provider)
    audit.record(actor=actor, action="federation.provider_created", target=provider, now=now, data=_told(provider))
    return provider


@transaction.atomic
def update_provider(*, actor: User, provider: IdentityProvider, now: datetime, secret: str = "", **facts: Any) -> None:
    """Change what is known of it; an empty secret stays as it is.

    Raises:
        NotAllowed: not head of IT of its entity, or of the new one.
        Conflict: another issuer for a provider people are linked to.
        Invalid: see `create_provider`.
    """
    require(permissions.can_manage(actor, provider.entity))
    if isinstance(entity := facts.get("entity"), Entity):
        require(permissions.can_manage(actor, entity))
    before = _told(provider)
    moved = facts.get("issuer", provider.issuer) != provider.issuer or facts.get("kind", provider.kind) != provider.kind
    if moved and provider.identities.exists():
        raise Conflict(
            _("Des agents sont déjà liés à ce fournisseur\u202f: son adresse et son produit ne changent plus."),
            advice=_("Ajoutez un autre fournisseur, puis désactivez celui-ci."),
        )
    _fill(provider, facts)
    if secret:
        provider.stored_secret = vault.encrypt(secret)
    _save(provider)
    data = {"before": before, "after": _told(provider), "secret": bool(secret)}
    audit.record(actor=actor, action="federation.provider_updated", target=provider, now=now, data=data)


@transaction.atomic
def set_enabled(*, actor: User, provider: IdentityProvider, enabled: bool, now: datetime) -> int:
    """Offer it to people, or no longer: then the sign-ins that came from it end. How many did.

    Raises:
        NotAllowed: not head of IT of its entity.
        Conflict: it has never passed a test.
    """
    require(permissions.can_manage(actor, provider.entity))
    if enabled and (provider.tested_at is None or provider.tested_fault):
        raise Conflict(_("Testez d’abord ce fournisseur\u202f: le dernier test doit avoir réussi."), code="not_tested")
    if not IdentityProvider.objects.filter(pk=provider.pk, enabled=not enabled).update(enabled=enabled):
        return 0
    provider.enabled = enabled
    action = "federation.provider_enabled" if enabled else "federation.provider_disabled"
    audit.record(actor=actor, action=action, target=provider, now=now)
    if enabled:
        return 0
    came_from_it = FederatedSignIn.objects.filter(identity__provider=provider)
    return logouts.end(came_from_it, now=now, actor=actor, provider=provider)


@transaction.atomic
def remove_provider(*, actor: User, provider: IdentityProvider, now: datetime) -> None:
    """Take it away with its links; the sign-ins that came from it end.

    Raises:
        NotAllowed: not head of IT of its entity.
    """
    require(permissions.can_manage(actor, provider.entity))
    data = {**_told(provider), "identities": provider.identities.count()}
    logouts.end(FederatedSignIn.objects.filter(identity__provider=provider), now=now, actor=actor, provider=provider)
    audit.record(actor=actor, action="federation.provider_removed", target=provider, now=now, data=data)
    provider.delete()


def record_test(*, actor: User, provider: IdentityProvider, fault: str, now: datetime) -> None:
    """What the last test found: the code of what was wrong, or empty."""
    require(permissions.can_manage(actor, provider.entity))
    IdentityProvider.objects.filter(pk=provider.pk).update(tested_at=now, tested_fault=fault[:60])
    provider.tested_at, provider.tested_fault = now, fault[:60]


def _fill(provider: IdentityProvider, facts: dict[str, Any]) -> None:
    for name in FACTS:
        if name in facts:
            setattr(provider, name, facts[name])
    try:
        transport.check_url(provider.issuer)
    except AddressForbidden:
        problem = _("Une adresse qui commence par https:// est nécessaire.")
        raise Invalid(problem, fields={"issuer": [problem]}) from None
    if provider.kind == rules.ENTRA and not rules.tenant_of(provider.issuer):
        problem = _(
            "L’adresse doit contenir le numéro de votre locataire\u202f:"
            " https://login.microsoftonline.com/<numéro>/v2.0. «\u202fcommon\u202f» et «\u202forganizations\u202f»"
            " ouvriraient le portail à d’autres organisations."
        )
        raise Invalid(problem, fields={"issuer": [problem]})
    if provider.trusts_second_factor and not (provider.accepted_acr or provider.accepted_amr):
        problem = _("Indiquez à quels niveaux ou moyens on reconnaît une deuxième étape.")
        raise Invalid(problem, fields={"accepted_acr": [problem]})


def _save(provider: IdentityProvider) -> None:
    try:
        with transaction.atomic():
            provider.save()
    except IntegrityError:
        problem = _("Ce fournisseur est déjà enregistré avec cet identifiant client.")
        raise Invalid(problem, fields={"client_id": [problem]}) from None


def _free_slug(name: str) -> str:
    wanted = slugify(name)[:30] or "fournisseur"
    taken = {*RESERVED, *IdentityProvider.objects.filter(slug__startswith=wanted).values_list("slug", flat=True)}
    number, slug = 1, wanted
    while slug in taken:
        number += 1
        slug = f"{wanted}-{number}"
    return slug


def _told(provider: IdentityProvider) -> dict[str, Any]:
    return {name: getattr(provider, name) for name in FACTS if name != "entity"} | {"entity": provider.entity_id}
