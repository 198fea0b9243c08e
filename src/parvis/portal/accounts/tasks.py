"""Mails of this room. The links in them are made by the worker, so that none lies in the database."""

from __future__ import annotations

from datetime import datetime

from allauth.account.forms import default_token_generator
from allauth.account.utils import user_pk_to_url_str
from django.conf import settings
from django.core import signing
from django.core.mail import EmailMessage
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import translation

from parvis.portal.accounts import passwords, rules
from parvis.portal.accounts.models import RecoveryRequest, User
from parvis.portal.kernel import clock, context
from parvis.portal.kernel.tasks import task

REFUSAL = "accounts.recovery_refusal"
"""What the signature of a refusal link is for."""


def notify(*, user: User, what: str, now: datetime, detail: str = "") -> None:
    """Tell a user by mail what happened to their account (`what`: a template of `accounts/mail`)."""
    send_notice.enqueue(
        user_id=user.pk, what=what, at=now.isoformat(), client_address=context.client_address.get(), detail=detail
    )


@task()
def send_notice(user_id: int, what: str, at: str, client_address: str, detail: str) -> None:
    """The mail of `notify`."""
    user = User.objects.filter(pk=user_id).first()
    if user is not None:
        facts = {"at": datetime.fromisoformat(at), "client_address": client_address, "detail": detail}
        page = reverse("accounts:recoveries") if what.startswith("recovery_team") else reverse("accounts:security")
        _send(user, what, {**facts, "url": settings.PARVIS.url + page})


def offer_refusal(*, request: RecoveryRequest, now: datetime) -> None:
    """Tell the owner that one person alone is about to give the account back, with a link to refuse."""
    send_refusal_link.enqueue(request_id=request.pk, at=now.isoformat(), client_address=context.client_address.get())


@task()
def send_refusal_link(request_id: int, at: str, client_address: str) -> None:
    """The mail of `offer_refusal`. The link says nothing about the account; it works as long as the request."""
    request = RecoveryRequest.objects.select_related("user").filter(pk=request_id, state__in=rules.OPEN).first()
    if request is not None:
        link = reverse("refuse_recovery", kwargs={"token": signing.dumps(request.pk, salt=REFUSAL)})
        facts = {"at": datetime.fromisoformat(at), "client_address": client_address}
        _send(request.user, "recovery_alone", {**facts, "refuse_url": settings.PARVIS.url + link, "url": _security()})


def refusal_of(token: str) -> int | None:
    """The request a link of these mails is about; None if it is none of ours, or too old."""
    try:
        number = signing.loads(token, salt=REFUSAL, max_age=rules.STANDS_FOR)
    except signing.BadSignature:
        return None
    return number if isinstance(number, int) else None


@task()
def send_password_reset(email: str) -> None:
    """The link to a new password, if the address is an active account's; nobody sees the difference."""
    user = User.objects.filter(email=email.strip().lower(), is_active=True, is_demo_persona=False).first()
    if user is not None:
        _send_link(user, "password_reset")


@task()
def send_invitation(user_id: int) -> None:
    """The first mail of a new account: the link to choose a password."""
    user = User.objects.filter(pk=user_id, is_active=True).first()
    if user is not None:
        _send_link(user, "invitation")


def _security() -> str:
    return str(settings.PARVIS.url + reverse("accounts:security"))


def _send_link(user: User, what: str) -> None:
    """The link to choose a password; for an account of the directory, where its password is changed."""
    where = passwords.kept_elsewhere(user)
    if where:
        _send(user, "password_elsewhere", {"where": where, "url": settings.PARVIS.url + reverse("account_login")})
    else:
        _send(user, what, {"url": _reset_link(user)})


def _reset_link(user: User) -> str:
    key = {"uidb36": user_pk_to_url_str(user), "key": default_token_generator.make_token(user)}
    return str(settings.PARVIS.url + reverse("account_reset_password_from_key", kwargs=key))


def _send(user: User, what: str, facts: dict[str, object]) -> None:
    with translation.override(user.language):
        # Subject, empty line, body.
        text = render_to_string(
            f"accounts/mail/{what}.txt", {**facts, "user": user, "authority_name": settings.PARVIS.authority_name}
        )
    subject, _, body = text.strip().partition("\n")
    EmailMessage(subject=subject.strip(), body=body.strip() + "\n", to=[user.email]).send()


@task()
def expire_recoveries() -> None:
    """End the recovery requests whose time is over. Twice is once."""
    from parvis.portal.accounts import recovery  # it sends its mails from here

    recovery.expire(now=clock.now())
