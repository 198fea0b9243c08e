"""Declaring the tools of the authority. The network is never asked here: see `health`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from django.db import IntegrityError, transaction
from django.db.models import ProtectedError
from django.utils.translation import gettext as _

from parvis.portal.accounts import vault
from parvis.portal.accounts.models import User
from parvis.portal.booking.models import Pool
from parvis.portal.conferencing import capabilities, needs, permissions
from parvis.portal.conferencing.models import Provider
from parvis.portal.directory.models import Entity
from parvis.portal.directory.rules import covers
from parvis.portal.federation.transport import check_url
from parvis.portal.kernel import audit
from parvis.portal.kernel.authz import require
from parvis.portal.kernel.errors import Conflict, Invalid
from parvis.ticket.addresses import AddressForbidden


@dataclass(frozen=True, slots=True, kw_only=True)
class ProviderData:
    """What the IT team says of a tool; the secret apart, since it is never read again."""

    entity: Entity
    kind: str
    name: str
    note: str = ""
    by_hand: bool = False
    base_url: str = ""
    account: str = ""
    tenant: str = ""
    host_account: str = ""
    checksum: str = Provider.Checksum.SHA256
    booking_url: str = ""
    phone_number: str = ""
    pool: Pool | None = None
    features: list[str] = field(default_factory=list)
    max_people: int = 0
    rank: int = 50
    is_open: bool = True


FACTS = tuple(ProviderData.__dataclass_fields__)
CONNECTION = ("base_url", "account", "tenant", "host_account", "checksum", "by_hand", "pool", "booking_url")
"""What a check depends on: once changed, what was known of its health is not true any more."""


@transaction.atomic
def declare(*, actor: User, data: ProviderData, secret: str = "", now: datetime) -> Provider:
    """A new tool.

    Raises:
        NotAllowed: not head of IT of its entity.
        Invalid: something is missing, an address that may not be asked, a name taken.
    """
    require(permissions.can_manage(actor, data.entity))
    provider = Provider()
    _fill(provider, data, secret)
    _save(provider)
    audit.record(actor=actor, action="conferencing.tool_declared", target=provider, now=now, data=_told(provider))
    return provider


@transaction.atomic
def change(*, actor: User, provider: Provider, data: ProviderData, secret: str = "", now: datetime) -> Provider:
    """Change what is known of it; an empty secret stays as it is.

    Raises:
        NotAllowed: not head of IT of its entity, or of the new one.
        Invalid: see `declare`; another address without typing the secret again.
        Conflict: another kind.
    """
    require(permissions.can_manage(actor, provider.entity))
    require(permissions.can_manage(actor, data.entity))
    if data.kind != provider.kind:
        raise Conflict(_("Un outil ne change pas de type\u202f: déclarez-en un autre."), code="tool_kind")
    before = _told(provider)
    if provider.sealed_secret and not secret and data.base_url.rstrip("/") != provider.base_url.rstrip("/"):
        problem = _("L’adresse change\u202f: saisissez à nouveau le secret, il ne part pas ailleurs sans vous.")
        raise Invalid(problem, fields={"secret": [problem]})
    concerned = bool(secret) or any(getattr(data, name) != getattr(provider, name) for name in CONNECTION)
    _fill(provider, data, secret)
    if concerned:
        provider.health, provider.failures, provider.failing_since = Provider.Health.UNKNOWN, 0, None
        provider.checked_at, provider.failure, provider.failure_detail = None, "", ""
    _save(provider)
    facts = {"before": before, "after": _told(provider), "secret": bool(secret)}
    audit.record(actor=actor, action="conferencing.tool_changed", target=provider, now=now, data=facts)
    return provider


@transaction.atomic
def set_open(*, actor: User, providers: Sequence[Provider], is_open: bool, now: datetime) -> int:
    """Offer tools to agents, or no longer; how many changed. Meetings already planned keep theirs.

    Raises:
        NotAllowed: not of the IT team of one of them; then none changes.
    """
    for provider in providers:
        require(permissions.can_check(actor, provider.entity))
    changed = [provider for provider in providers if provider.is_open != is_open]
    Provider.objects.filter(pk__in=[provider.pk for provider in changed]).update(is_open=is_open)
    if changed:
        action = "conferencing.tool_offered" if is_open else "conferencing.tool_withheld"
        audit.record_many(actor=actor, action=action, targets=[(each, {}) for each in changed], now=now)
    return len(changed)


@transaction.atomic
def remove(*, actor: User, provider: Provider, now: datetime) -> None:
    """Take a tool away, with its secret.

    Raises:
        NotAllowed: not head of IT of its entity.
        Conflict: meetings were held with it, and keep its name: withhold it instead (`tool_used`).
    """
    require(permissions.can_manage(actor, provider.entity))
    data = _told(provider)
    try:
        with transaction.atomic():
            audit.record(actor=actor, action="conferencing.tool_removed", target=provider, now=now, data=data)
            provider.delete()
    except ProtectedError:
        raise Conflict(
            _("Des réunions ont cet outil, et gardent son nom."),
            code="tool_used",
            advice=_("Ne le proposez plus aux agents\u202f: il quitte la liste et garde ses réunions."),
        ) from None


def _fill(provider: Provider, data: ProviderData, secret: str) -> None:
    for name in FACTS:
        setattr(provider, name, getattr(data, name))
    provider.by_hand = data.by_hand or data.kind in capabilities.ALWAYS_BY_HAND
    provider.features = sorted(set(data.features) & set(capabilities.DECLARED))
    if secret:
        provider.sealed_secret = vault.encrypt(secret)
    if provider.by_hand:
        provider.sealed_secret = ""
    faults = _missing(provider) | _addresses(provider) | _pool(provider)
    if faults:
        raise Invalid(fields={name: [text] for name, text in faults.items()})


def _missing(provider: Provider) -> dict[str, str]:
    """Fields that must be filled, and are not."""
    absent = {}
    for name in needs.required(provider.kind, by_hand=provider.by_hand):
        value = provider.sealed_secret if name == "secret" else getattr(provider, name)
        if not value:
            absent[name] = _("Ce champ est nécessaire pour cet outil.")
    return absent


def _addresses(provider: Provider) -> dict[str, str]:
    faults = {}
    for name in ("base_url", "booking_url"):
        url = getattr(provider, name)
        if not url:
            continue
        try:
            parts = check_url(url)
        except AddressForbidden:
            faults[name] = _("Une adresse qui commence par https:// est nécessaire, sans mot de passe dedans.")
            continue
        if name == "base_url" and (parts.query or parts.fragment):
            faults[name] = _("L’adresse du serveur seule, sans «\u202f?\u202f» ni «\u202f#\u202f».")
    return faults


def _pool(provider: Provider) -> dict[str, str]:
    pool = provider.pool
    if pool is None:
        return {}
    if pool.kind not in needs.POOLS.get(provider.kind, ()):
        return {"pool": _("Ce groupe ne contient pas ce qu’il faut pour cet outil.")}
    if not covers(pool.entity.path, provider.entity.path):
        return {"pool": _("Ce groupe n’est pas ouvert à l’entité de l’outil.")}
    return {}


def _save(provider: Provider) -> None:
    try:
        with transaction.atomic():
            provider.save()
    except IntegrityError:
        problem = _("Un outil de cette entité porte déjà ce nom.")
        raise Invalid(problem, fields={"name": [problem]}) from None


def _told(provider: Provider) -> dict[str, object]:
    """For the audit trail: everything but the secret."""
    plain = {name: getattr(provider, name) for name in FACTS if name not in ("entity", "pool", "note")}
    return {**plain, "entity": provider.entity_id, "pool": provider.pool_id}
