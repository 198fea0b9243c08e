"""Sign-ins that came from a provider: noted when they begin, ended when the provider says so."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db import IntegrityError, transaction
from django.db.models import Q

from parvis.portal.accounts import sign_ins, vault
from parvis.portal.accounts.events import SignInEnded
from parvis.portal.accounts.models import User
from parvis.portal.federation.models import FederatedSignIn, Identity, IdentityProvider, LogoutNotice
from parvis.portal.federation.tokens import TokenRefused
from parvis.portal.kernel import audit

NOTICES_KEPT = timedelta(days=1)
"""Longer than a logout token is accepted (`tokens.LOGOUT_OLDEST`)."""
SIGN_INS_KEPT = timedelta(days=7)
"""Longer than any sign-in lives: what is older lost its end (a browser session that just expired)."""


@transaction.atomic
def note(*, identity: Identity, sign_in: str, subject: str, session: str, id_token: str, now: datetime) -> bool:
    """This sign-in of ours came from the provider. False if the provider has ended it in the meantime."""
    FederatedSignIn.objects.filter(opened_at__lt=now - SIGN_INS_KEPT).delete()
    FederatedSignIn.objects.update_or_create(
        sign_in=sign_in,
        defaults={
            "identity": identity,
            "provider_subject": subject,
            "provider_session": session,
            "stored_id_token": vault.encrypt(id_token),
            "opened_at": now,
        },
    )
    Identity.objects.filter(pk=identity.pk).update(last_used_at=now)
    if not session:
        return True
    return not LogoutNotice.objects.filter(provider=identity.provider_id, provider_session=session).exists()


def receive(*, provider: IdentityProvider, token_id: str, subject: str, session: str, now: datetime) -> int:
    """A verified logout token: end the sign-ins it names, how many. A token is heard once.

    Raises:
        TokenRefused: `replayed`.
    """
    with transaction.atomic():
        try:
            with transaction.atomic():
                LogoutNotice.objects.create(
                    provider=provider,
                    token_id=token_id,
                    provider_subject=subject,
                    provider_session=session,
                    received_at=now,
                )
        except IntegrityError:
            raise TokenRefused("replayed") from None
        LogoutNotice.objects.filter(received_at__lt=now - NOTICES_KEPT).delete()
        named = Q(identity__provider=provider)
        if session:
            named &= Q(provider_session=session)
        if subject:
            named &= Q(provider_subject=subject)
        return end(FederatedSignIn.objects.filter(named), now=now, actor=None, provider=provider)


def end(rows: object, *, now: datetime, actor: User | None, provider: IdentityProvider) -> int:
    """End these federated sign-ins; what hangs on them (remote sessions) closes by the event."""
    by_user: dict[int, set[str]] = {}
    for user_id, sign_in in rows.values_list("identity__user_id", "sign_in"):  # type: ignore[attr-defined]
        by_user.setdefault(user_id, set()).add(sign_in)
    ended = 0
    for user in User.objects.filter(pk__in=by_user):
        ended += sign_ins.end(user=user, actor=actor, now=now, reason=sign_ins.Reason.PROVIDER, only=by_user[user.pk])
    if ended:
        audit.record(
            actor=actor, action="federation.signed_out_there", target=provider, now=now, data={"sign_ins": ended}
        )
    return ended


def forget(event: SignInEnded) -> None:
    """A sign-in is over: nothing is left to end at the provider."""
    FederatedSignIn.objects.filter(sign_in=event.sign_in).delete()
