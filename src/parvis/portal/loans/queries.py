"""Reads of this room. What a user may see starts here."""

from __future__ import annotations

from datetime import date

from django.db.models import CharField, Exists, ExpressionWrapper, F, OuterRef, Q, QuerySet
from django.db.models.functions import Coalesce

from parvis.portal.accounts.models import User
from parvis.portal.directory.models import Agent, Role, RoleGrant
from parvis.portal.directory.queries import STAFF_ROLES, Someone, agent_of, perimeter, within
from parvis.portal.directory.rules import lineage
from parvis.portal.loans.models import Item, Loan, Offer, PoolAsset
from parvis.portal.parc.queries import VIEWING_ROLES

WAITING = (Loan.State.APPROVED, Loan.State.PREPARED)
"""Granted, not handed over yet."""
LIVE = (Loan.State.REQUESTED, *WAITING, Loan.State.OUT)
"""What an agent still has to think of."""


def loans_visible_to(user: Someone) -> QuerySet[Loan]:
    """One's own; those lent by one's perimeter (IT team, auditors); those of one's agents (heads of department).

    With offer, agent and entities.
    """
    condition = within(perimeter(user, *VIEWING_ROLES))
    if condition != Q():
        condition |= within(perimeter(user, Role.HEAD_OF_DEPARTMENT), "agent__entity__path")
        if user.is_authenticated and user.is_active:
            condition |= Q(agent__user_id=user.pk)
    return Loan.objects.filter(condition).select_related("offer__entity", "agent__entity", "agent__user", "entity")


def loans_run_by(user: Someone) -> QuerySet[Loan]:
    """Those of `loans_visible_to` that the user's team lends."""
    return loans_visible_to(user).filter(within(perimeter(user, *VIEWING_ROLES)))


def loans_of(agent: Agent) -> QuerySet[Loan]:
    """All of an agent's, newest first; with offer."""
    return Loan.objects.filter(agent=agent).select_related("offer", "agent", "entity").order_by("-starts_date", "-pk")


def offers_visible_to(user: Someone) -> QuerySet[Offer]:
    """Those of one's perimeter (IT team, auditors), and those made to one's own department; with entity."""
    condition = within(perimeter(user, *VIEWING_ROLES))
    agent = agent_of(user) if condition != Q() else None
    if agent is not None:
        condition |= Q(entity__path__in=lineage(agent.entity.path), is_open=True)
    return Offer.objects.filter(condition).select_related("entity")


def offers_run_by(user: Someone) -> QuerySet[Offer]:
    """The offers of the user's perimeter, open or not (IT team, auditors); with entity."""
    return Offer.objects.filter(within(perimeter(user, *VIEWING_ROLES))).select_related("entity")


def offers_for(agent: Agent) -> QuerySet[Offer]:
    """What is offered to an agent: by their department, or above; with entity and parts."""
    made = Offer.objects.filter(entity__path__in=lineage(agent.entity.path), is_open=True)
    return made.select_related("entity").prefetch_related("parts")


def pool(user: Someone) -> QuerySet[PoolAsset]:
    """What may be lent in the user's perimeter; with asset, entity, site, model."""
    seen = PoolAsset.objects.filter(within(perimeter(user, *VIEWING_ROLES), "asset__entity__path"))
    return seen.select_related("asset__entity", "asset__site", "asset__model")


def is_overdue(today: date) -> Q:
    """The condition on `Loan`: it should be back, and was not left anywhere for the IT team to look at."""
    return Q(state=Loan.State.OUT, ends_date__lt=today, dropped_at__isnull=True)


def overdue_of(agent: Agent, today: date) -> Loan | None:
    """What this agent should have given back first, if anything: it keeps them from new loans."""
    return Loan.objects.filter(is_overdue(today), agent=agent).select_related("offer").order_by("ends_date").first()


def to_decide(user: User) -> QuerySet[Loan]:
    """The requests that wait for this very user's word: see `permissions.can_decide`. With offer, agent, entity.

    What a head of department should agree to waits for the IT team where there is none but the agent.
    """
    team = within(perimeter(user, *STAFF_ROLES))
    headed = within(perimeter(user, Role.HEAD_OF_DEPARTMENT), "agent__entity__path")
    by_head = Q(offer__approval=Offer.Approval.HEAD)
    asked = by_head & headed | (~by_head | ~Q(_has_head())) & team
    waiting = Loan.objects.filter(asked, state=Loan.State.REQUESTED).exclude(agent__user_id=user.pk)
    return waiting.select_related("offer__entity", "agent__entity", "entity")


def _has_head() -> Exists:
    """The condition on `Loan`: somebody else than its agent is a head of the agent's department, or of one above."""
    heads = RoleGrant.objects.filter(role=Role.HEAD_OF_DEPARTMENT, user__is_active=True)
    others = heads.exclude(user_id=Coalesce(OuterRef("agent__user_id"), 0))
    there = ExpressionWrapper(OuterRef("agent__entity__path"), output_field=CharField())
    return Exists(others.annotate(there=there).filter(there__startswith=F("entity__path")))


def to_decide_count(user: User) -> int:
    """How many `to_decide` are: the menu's badge. One query within a page."""
    return to_decide(user).count()


def items_of(loan: Loan) -> QuerySet[Item]:
    """What is or was kept for a loan, without what was given back to others before hand-over; with asset and part."""
    return loan.items.exclude(state=Item.State.RELEASED).select_related("asset__model", "asset__site", "part")
