"""Addresses of probes: made, changed, revoked, recognised.

The secret is in the address because probes know no other way. So it opens one thing only (sending reports into one
entity), is stored as a hash, is shown once, and can be revoked at any time.
"""

from __future__ import annotations

import hashlib
import secrets
from datetime import datetime, timedelta

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from parvis.portal.accounts.models import User
from parvis.portal.accounts.tokens import PREFIX
from parvis.portal.directory.models import Entity
from parvis.portal.directory.permissions import require_open
from parvis.portal.inventory.models import ProbeToken
from parvis.portal.kernel import audit
from parvis.portal.kernel.authz import require
from parvis.portal.kernel.errors import Conflict, Invalid
from parvis.portal.parc.permissions import can_manage

FREQUENCIES = (4, 8, 12, 24, 48, 168)
"""Hours between two reports, to choose from."""
_NOTED_EVERY = timedelta(minutes=1)


@transaction.atomic
def create_token(
    *, actor: User, entity: Entity, name: str, frequency_hours: int, now: datetime
) -> tuple[ProbeToken, str]:
    """A new address for the probes of `entity`, and its secret, which nothing can show again.

    Raises:
        NotAllowed: not of the IT team of `entity`.
        Conflict: the entity is closed.
        Invalid: another address of the entity has this name; no such frequency.
    """
    require(can_manage(actor, entity))
    require_open(entity)
    _check_frequency(frequency_hours)
    secret = PREFIX + secrets.token_urlsafe(32)
    token = ProbeToken(
        entity=entity,
        name=name.strip(),
        digest=digest(secret),
        frequency_hours=frequency_hours,
        created_at=now,
        created_by=actor,
    )
    try:
        with transaction.atomic():
            token.save()
    except IntegrityError:
        problem = _("Une autre adresse de ce service porte déjà ce nom.")
        raise Invalid(problem, fields={"name": [problem]}) from None
    data = {"frequency_hours": frequency_hours}
    audit.record(actor=actor, action="inventory.token_created", target=token, now=now, data=data)
    return token, secret


@transaction.atomic
def change_frequency(*, actor: User, token: ProbeToken, frequency_hours: int, now: datetime) -> None:
    """Each probe learns it at its next report.

    Raises:
        NotAllowed: not of the IT team of its entity.
        Conflict: it is revoked.
        Invalid: no such frequency.
    """
    require(can_manage(actor, token.entity))
    _check_frequency(frequency_hours)
    before = token.frequency_hours
    if not ProbeToken.objects.filter(pk=token.pk, revoked_at=None).update(frequency_hours=frequency_hours):
        raise Conflict(_("Cette adresse est révoquée."), code="token_revoked")
    token.frequency_hours = frequency_hours
    if before != frequency_hours:
        data = {"frequency_hours": [before, frequency_hours]}
        audit.record(actor=actor, action="inventory.token_changed", target=token, now=now, data=data)


@transaction.atomic
def revoke_token(*, actor: User, token: ProbeToken, now: datetime) -> None:
    """Probes that have it are refused from now on; twice is once.

    Raises:
        NotAllowed: not of the IT team of its entity.
    """
    require(can_manage(actor, token.entity))
    if ProbeToken.objects.filter(pk=token.pk, revoked_at=None).update(revoked_at=now):
        token.revoked_at = now
        audit.record(actor=actor, action="inventory.token_revoked", target=token, now=now)


def recognise(secret: str) -> ProbeToken | None:
    """The standing address with this secret; with its entity.

    Found by the digest alone: how long the look-up takes says nothing of the secret.
    """
    standing = ProbeToken.objects.filter(digest=digest(secret), revoked_at=None, entity__closed_date=None)
    return standing.select_related("entity").first()


def note_use(token: ProbeToken, now: datetime) -> None:
    """When it was last used, to the minute."""
    if token.last_used_at is None or now - token.last_used_at >= _NOTED_EVERY:
        ProbeToken.objects.filter(pk=token.pk).update(last_used_at=now)


def digest(secret: str) -> str:
    """What is stored for a secret."""
    return hashlib.sha256(secret.encode("utf-8", "replace")).hexdigest()


def _check_frequency(hours: int) -> None:
    if hours not in FREQUENCIES:
        problem = _("Choisissez une fréquence de la liste.")
        raise Invalid(problem, fields={"frequency_hours": [problem]})
