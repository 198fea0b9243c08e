"""What the guide « Premiers pas » says to an agent: what they have, what they may open, whom to call."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from django.db.models import Q

from parvis.portal.directory.models import Agent, Role, RoleGrant
from parvis.portal.directory.rules import lineage
from parvis.portal.loans.models import Loan
from parvis.portal.parc.models import Asset
from parvis.portal.remote_desktop.models import Right

CALLED = 3
"""Technicians named."""


@dataclass(frozen=True, slots=True)
class FirstSteps:
    """All that the page and the mail need."""

    assets: list[Asset]
    loans: list[Loan]
    """In their hands, or ready to be fetched."""
    screens: list[Right]
    """Computers whose screen they may open from elsewhere, today."""
    helpers: list[Agent]
    """Technicians of their department, the nearest first."""


def of(agent: Agent, today: date) -> FirstSteps:
    """For this agent. Four queries."""
    live = (Loan.State.APPROVED, Loan.State.PREPARED, Loan.State.OUT)
    rights = Right.objects.filter(agent=agent, revoked_at=None, starts_date__lte=today)
    return FirstSteps(
        list(Asset.objects.filter(assignments__agent=agent).select_related("model", "site").order_by("kind", "name")),
        list(Loan.objects.filter(agent=agent, state__in=live).select_related("offer").order_by("starts_date")),
        list(rights.filter(Q(ends_date=None) | Q(ends_date__gte=today)).select_related("computer")),
        _helpers(agent),
    )


def _helpers(agent: Agent) -> list[Agent]:
    grants = RoleGrant.objects.filter(
        role=Role.TECHNICIAN, entity__path__in=lineage(agent.entity.path), user__agent__is_active=True,
        user__agent__is_listed=True,
    ).exclude(user__agent=agent)  # fmt: skip
    near = sorted(grants.select_related("entity", "user__agent"), key=lambda grant: (-len(grant.entity.path), grant.pk))
    return list(dict.fromkeys(grant.user.agent for grant in near))[:CALLED]
