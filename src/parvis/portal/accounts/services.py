"""What is done to accounts."""

from __future__ import annotations

from datetime import datetime

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from parvis.portal.accounts import sign_ins, tasks, tokens
from parvis.portal.accounts.events import UserDisabled
from parvis.portal.accounts.models import User
from parvis.portal.accounts.permissions import can_administer, can_administer_accounts
from parvis.portal.kernel import audit, events
from parvis.portal.kernel.authz import require
from parvis.portal.kernel.errors import Invalid


@transaction.atomic
def invite_user(*, actor: User, email: str, first_name: str, last_name: str, now: datetime) -> User:
    """A new account without password, and the mail with the link to choose one.

    Raises:
        NotAllowed: not of the IT team.
        Invalid: the address has an account already.
    """
    require(can_administer_accounts(actor))
    try:
        with transaction.atomic():
            user = User.objects.create_user(email, None, first_name=first_name, last_name=last_name)
    except IntegrityError:
        problem = _("Cette adresse a déjà un compte.")
        raise Invalid(problem, fields={"email": [problem]}) from None
    audit.record(actor=actor, action="accounts.user_invited", target=user, now=now)
    tasks.send_invitation.enqueue(user_id=user.pk)
    return user


@transaction.atomic
def invite_again(*, actor: User, user: User, now: datetime) -> None:
    """Send the link to choose a password once more.

    Raises:
        NotAllowed: see `can_administer`.
    """
    require(can_administer(actor, user))
    audit.record(actor=actor, action="accounts.user_invited", target=user, now=now)
    tasks.send_invitation.enqueue(user_id=user.pk)


@transaction.atomic
def disable_user(*, actor: User | None, user: User, now: datetime) -> None:
    """The account opens nothing from now on: sign-ins end, tokens too. Disabling twice is once.

    `actor` None is the system (an account withdrawn by the directory).

    Raises:
        NotAllowed: see `can_administer`.
    """
    if actor is not None:
        require(can_administer(actor, user))
    if not User.objects.filter(pk=user.pk, is_active=True).update(is_active=False):
        return
    user.is_active = False
    audit.record(actor=actor, action="accounts.user_disabled", target=user, now=now)
    sign_ins.end(user=user, actor=actor, now=now, reason=sign_ins.Reason.DISABLED)
    tokens.revoke_all(user=user, now=now)
    events.publish(UserDisabled(user_id=user.pk, at=now))


@transaction.atomic
def enable_user(*, actor: User | None, user: User, now: datetime) -> None:
    """The account may sign in again, with its password and second factor; its tokens stay revoked.

    Raises:
        NotAllowed: see `can_administer`.
    """
    if actor is not None:
        require(can_administer(actor, user))
    if User.objects.filter(pk=user.pk, is_active=False).update(is_active=True):
        user.is_active = True
        audit.record(actor=actor, action="accounts.user_enabled", target=user, now=now)


@transaction.atomic
def change_profile(*, actor: User, language: str, now: datetime) -> None:
    """The actor's own preferences."""
    if language != actor.language:
        User.objects.filter(pk=actor.pk).update(language=language)
        actor.language = language
