"""Second factors of an account: added, removed, recovery codes renewed. Audited, told by mail.

The callers have checked that the second factor is fresh (`second_factor.require_fresh`), except
for the first one of an account.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import TOTP
from allauth.mfa.webauthn.internal.auth import WebAuthn
from django.db import transaction
from django.utils.translation import gettext_lazy as _

from parvis.portal.accounts import second_factor, sign_ins, tasks, tokens, totp
from parvis.portal.accounts.models import User
from parvis.portal.kernel import audit
from parvis.portal.kernel.errors import Conflict, NotFound

Kind = Authenticator.Type


@transaction.atomic
def add_app(*, actor: User, secret: str, step: int, now: datetime) -> Authenticator:
    """Keep an authenticator app whose code for `step` was just given; that step works no more.

    Raises:
        Conflict: the account has one already.
    """
    if Authenticator.objects.filter(user=actor, type=Kind.TOTP).exists():
        raise Conflict(_("Une application d’authentification est déjà enregistrée sur votre compte."))
    added: Authenticator = TOTP.activate(actor, secret).instance
    totp.use_up(actor.pk, step)
    _after_adding(actor, added, now)
    return added


@transaction.atomic
def add_passkey(*, actor: User, name: str, credential: dict[str, Any], now: datetime) -> Authenticator:
    """Keep a passkey whose registration was verified."""
    added: Authenticator = WebAuthn.add(actor, name[:100], credential).instance
    _after_adding(actor, added, now)
    return added


@transaction.atomic
def rename_passkey(*, actor: User, factor_id: int, name: str) -> None:
    """Give a passkey another name.

    Raises:
        NotFound: not a passkey of the actor.
    """
    factor = Authenticator.objects.filter(user=actor, type=Kind.WEBAUTHN, pk=factor_id).first()
    if factor is None:
        raise NotFound
    factor.data["name"] = name[:100]
    factor.save(update_fields=["data"])


@transaction.atomic
def remove(*, actor: User, factor_id: int, sign_in: str, now: datetime) -> None:
    """Remove an app or a passkey; the actor's other sign-ins end.

    Raises:
        NotFound: not a factor of the actor.
        Conflict: it is the last one, and an account needs one.
    """
    # The lock makes two removals at once queue: one of them sees that it is the last.
    User.objects.select_for_update().get(pk=actor.pk)
    mine = Authenticator.objects.filter(user=actor, type__in=second_factor.MAIN_TYPES)
    factor = mine.filter(pk=factor_id).first()
    if factor is None:
        raise NotFound
    if mine.count() == 1:
        raise Conflict(
            _("C’est votre seule deuxième étape de connexion."),
            code="last_second_factor",
            advice=_("Ajoutez-en une autre avant de retirer celle-ci."),
        )
    kind, label = factor.type, str(factor)
    factor.delete()
    audit.record(actor=actor, action="accounts.second_factor_removed", target=actor, now=now, data={"kind": kind})
    sign_ins.end(user=actor, actor=actor, now=now, reason=sign_ins.Reason.SECURITY_CHANGED, keep=sign_in)
    tasks.notify(user=actor, what="second_factor_removed", now=now, detail=label if kind == Kind.WEBAUTHN else "")


@transaction.atomic
def renew_recovery_codes(*, actor: User, now: datetime) -> None:
    """Ten new codes; the former ones work no more."""
    Authenticator.objects.filter(user=actor, type=Kind.RECOVERY_CODES).delete()
    RecoveryCodes.activate(actor)
    audit.record(actor=actor, action="accounts.recovery_codes_renewed", target=actor, now=now)
    tasks.notify(user=actor, what="recovery_codes_renewed", now=now)


def recovery_codes(user: User) -> list[str]:
    """The codes not used yet."""
    row = Authenticator.objects.filter(user=user, type=Kind.RECOVERY_CODES).first()
    return list(RecoveryCodes(row).get_unused_codes()) if row else []


def confirm_recovery_codes_kept(*, actor: User, now: datetime) -> None:
    """The person says that the codes are printed or copied."""
    row = Authenticator.objects.filter(user=actor, type=Kind.RECOVERY_CODES).first()
    if row is not None and "kept_at" not in row.data:
        row.data["kept_at"] = now.isoformat()
        row.save(update_fields=["data"])


def recovery_codes_kept(user: User) -> bool:
    """Whether they said so."""
    codes = Authenticator.objects.filter(user=user, type=Kind.RECOVERY_CODES)
    return bool(codes.filter(data__has_key="kept_at").exists())


@transaction.atomic
def remove_all(*, user: User, actor: User, now: datetime) -> None:
    """Take every factor off an account whose owner lost them (`recovery`); the next sign-in asks for a new one."""
    kinds = list(Authenticator.objects.filter(user=user).values_list("type", flat=True))
    Authenticator.objects.filter(user=user).delete()
    # A token asks for no second factor: one of somebody else's would work again at the owner's next enrolment.
    tokens.revoke_all(user=user, now=now)
    audit.record(actor=actor, action="accounts.second_factor_reset", target=user, now=now, data={"kinds": kinds})
    sign_ins.end(user=user, actor=actor, now=now, reason=sign_ins.Reason.SECURITY_CHANGED)
    tasks.notify(user=user, what="second_factor_reset", now=now)


def _after_adding(actor: User, added: Authenticator, now: datetime) -> None:
    if not Authenticator.objects.filter(user=actor, type=Kind.RECOVERY_CODES).exists():
        RecoveryCodes.activate(actor)
    audit.record(actor=actor, action="accounts.second_factor_added", target=actor, now=now, data={"kind": added.type})
    tasks.notify(user=actor, what="second_factor_added", now=now)
