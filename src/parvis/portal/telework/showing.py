"""What pages show of a request: how far it is, what comes next, what this person may do with it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from django import forms
from django.urls import reverse
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from parvis.portal.accounts.models import User
from parvis.portal.telework import permissions, queries, rules, team_permissions, wording
from parvis.portal.telework.models import Level, Request
from parvis.portal.telework.rules import Facts, Obstacle

State = Request.State
PATH = (State.REQUESTED, State.APPROVED, State.OPEN)


@dataclass(frozen=True, slots=True)
class Step:
    """One step of a request, for a line of progress."""

    label: str
    done: bool
    current: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """A request as its agent sees it."""

    request: Request
    state: SafeString
    steps: list[Step]
    next: str
    days: str
    period: str
    may_withdraw: bool
    may_end: bool


def of(request: Request, today: date) -> Shown:
    """The agent's own."""
    policy = queries.policy_of(request.agent.entity)
    words = wording.next_words(
        request, today=today, head_approves=bool(policy.head_approves), opens_alone=bool(policy.opens_alone)
    )
    return Shown(
        request=request,
        state=wording.state_of(request),
        steps=steps(request),
        next=words,
        days=wording.days(request.days),
        period=wording.period(request),
        may_withdraw=_may_go(request, State.WITHDRAWN),
        may_end=_may_go(request, State.ENDED),
    )


def steps(request: Request) -> list[Step]:
    """Asked, granted, open: how far it is. Nothing for one that stopped."""
    if request.state not in PATH:
        return []
    at = PATH.index(State(request.state))
    labels = (_("Demandée"), _("Accordée"), _("Ouverte"))
    return [Step(label, rank <= at, rank == at) for rank, label in enumerate(labels)]


@dataclass(frozen=True, slots=True, kw_only=True)
class Actions:
    """What a head of department or the IT team may do with a request now."""

    grant: bool
    refuse: bool
    open: bool
    suspend: bool
    resume: bool
    end: bool
    go_on: bool
    """Take away the last day."""

    @property
    def any(self) -> bool:
        """Whether there is something to do at all."""
        return any(getattr(self, name) for name in self.__dataclass_fields__)


def actions(user: User, request: Request) -> Actions:
    """What the table of moves and the permissions allow together."""
    decides = bool(permissions.can_decide(user, request))
    state = State(request.state)
    opens = state is State.APPROVED and bool(team_permissions.can_open(user, request))
    return Actions(
        grant=decides and _may_go(request, State.APPROVED),
        refuse=decides and _may_go(request, State.REFUSED),
        open=opens,
        suspend=decides and _may_go(request, State.SUSPENDED),
        resume=decides and state is State.SUSPENDED,
        end=_may_go(request, State.ENDED) and bool(permissions.can_end(user, request)),
        go_on=decides and state in rules.LIVE and request.ends_date is not None,
    )


def page_of(user: User, request: Request) -> str:
    """Where this person reads of this request: one's own is elsewhere than others'."""
    if request.agent.user_id == user.pk:
        return reverse("telework:mine")
    return reverse("telework_staff:request", args=[request.pk])


# What may be asked for


def levels_open(facts: Facts) -> list[int]:
    """The levels that may be asked for, the least first; empty: something stands in the way of both."""
    return [
        level
        for level in (rules.LEVEL_1, rules.LEVEL_2)
        if rules.may_ask(rules.obstacles(facts, level=level, days=(0,)))
    ]


def keep_levels(form: forms.Form, levels: Sequence[int]) -> None:
    """Offer these levels only."""
    form.fields["level"].choices = [  # type: ignore[attr-defined]
        choice for choice in Level.choices if choice[0] in levels
    ]


def why_level_1(facts: Facts) -> wording.Said:
    """Why the screen may not be asked for."""
    return wording.of(Obstacle.JOB_LEVEL_1, facts)


def _may_go(request: Request, to: State) -> bool:
    return to in rules.REQUEST_MOVES[request.state]
