"""Mails of requests and decisions, queued in the transaction of what they tell. Called by `config.wiring`."""

from __future__ import annotations

from collections.abc import Iterable

from django.conf import settings
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import translation

from parvis.portal.accounts.models import User
from parvis.portal.directory.models import Role
from parvis.portal.kernel.mail import send_later
from parvis.portal.loans.events import LoanCancelled, LoanDecided, LoanRequested
from parvis.portal.loans.models import Loan, Offer
from parvis.portal.movements.queries import holders

MOST = 10
"""People told of one request: a team, not a crowd."""


def tell_requested(event: LoanRequested) -> None:
    """To who decides. The agent's own head never hears of their own request: the IT team does."""
    loan = _loan(event.loan_id)
    send("requested", loan, deciders(loan), reverse("loans:waiting"))


def tell_decided(event: LoanDecided) -> None:
    """To the agent, and to who asked for them."""
    loan = _loan(event.loan_id)
    people = [loan.agent.user, loan.requested_by]
    # Who has just decided knows.
    told = {user for user in people if user is not None and user.pk != event.actor_id}
    send("approved" if event.granted else "refused", loan, told, reverse("loans:mine"))


def tell_cancelled(event: LoanCancelled) -> None:
    """To the agent, if somebody else gave the loan up."""
    loan = _loan(event.loan_id)
    if loan.agent.user is not None and loan.agent.user_id != event.actor_id:
        send("cancelled", loan, [loan.agent.user], reverse("loans:mine"))


def deciders(loan: Loan) -> list[User]:
    """Who is told that a request waits: the nearest heads of the agent's department, or the nearest IT team."""
    people: list[User] = []
    if loan.offer.approval == Offer.Approval.HEAD:
        people = [user for user in holders(Role.HEAD_OF_DEPARTMENT, loan.agent.entity) if user != loan.agent.user]
    team = people or holders(Role.TECHNICIAN, loan.entity) or holders(Role.HEAD_OF_IT, loan.entity)
    return team[:MOST]


def send(kind: str, loan: Loan, people: Iterable[User], path: str) -> None:
    """Queue the mail `loans/mail/<kind>.txt` to each, in their language; its first line is the subject."""
    for user in people:
        if not user.is_active:
            continue
        with translation.override(user.language):
            facts = {
                "user": user,
                "loan": loan,
                "url": settings.PARVIS.url + path,
                "authority_name": settings.PARVIS.authority_name,
            }
            subject, _, body = render_to_string(f"loans/mail/{kind}.txt", facts).strip().partition("\n")
        send_later(subject=subject.strip(), body=body.strip() + "\n", to=[user.email])


def _loan(loan_id: int) -> Loan:
    loans = Loan.objects.select_related("offer", "agent__user", "agent__entity", "entity", "requested_by")
    return loans.get(pk=loan_id)
