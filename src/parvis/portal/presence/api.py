"""The REST API of this room: statuses, days as the caller may see them, declaring."""

# No `from __future__ import annotations` here: under `@paginate` Ninja would look for the names in its own module.

from datetime import date, timedelta
from typing import Literal

from django.db.models import QuerySet
from django.http import HttpRequest
from ninja import Field, Query, Router, Schema
from ninja.pagination import paginate

from parvis.portal.accounts.api import require_scope
from parvis.portal.accounts.api_types import Line
from parvis.portal.accounts.paging import Paging
from parvis.portal.directory import queries as directory
from parvis.portal.directory.access import one
from parvis.portal.directory.models import Agent
from parvis.portal.kernel import clock
from parvis.portal.kernel.errors import Invalid
from parvis.portal.presence import loading, queries, rules, services, showing

router = Router(tags=["presence"])

MOST_DAYS = 366


class StatusOut(Schema):
    """A kind of half-day."""

    code: str
    label: str
    letter: str
    place: rules.Place
    """`on_site`, `remote`, `away` (at work elsewhere) or `absent`."""
    is_active: bool


class HalfOut(Schema):
    """A half-day as the caller sees it."""

    code: str
    """A status, or `hidden` (absent: the caller is a colleague), `off`, `closed`, `unknown`."""
    label: str
    pending: bool
    """Waits for the head of department."""


class DayOut(Schema):
    """One agent's day as the caller sees it."""

    agent_id: int
    date: date
    am: HalfOut
    pm: HalfOut


class Span(Schema):
    """Which days. At most 366; a colleague's are known a week back and two months ahead only."""

    starts: date = Field(description="First day.")
    ends: date = Field(description="Last day, included.")


class WhoFilters(Schema):
    """Of whom, and when."""

    q: Line = Field("", max_length=100, description="Words in name, e-mail or job; accents and case ignored.")


class PersonOut(Schema):
    """An agent whose days may be asked for."""

    id: int
    first_name: str
    last_name: str
    entity_id: int


class DeclareIn(Schema):
    """Where an agent is, between two days."""

    starts: date = Field(description="First day.")
    ends: date = Field(description="Last day, included.")
    status: Line = Field(max_length=12, description="A status; empty: back to the usual week.")
    half: Literal["am", "pm"] | None = Field(None, description="Mornings or afternoons only.")


class OutcomeOut(Schema):
    """What was written."""

    operation_id: int | None
    days: int
    to_confirm: int
    """Of these, how many wait for the head of department."""
    skipped: list[date]
    """Days nobody works, left alone."""


@router.get(
    "/presence/statuses", response=list[StatusOut], operation_id="list_presence_statuses", summary="Statuses of a day"
)
def list_statuses(request: HttpRequest) -> list[StatusOut]:
    """In the order of lists, retired ones too. Scope `read`."""
    require_scope(request, "read")
    return [
        StatusOut(code=each.code, label=str(each.label), letter=each.letter, place=each.place, is_active=each.is_active)
        for each in queries.statuses().values()
    ]


@router.get(
    "/presence/agents", response=list[PersonOut], operation_id="list_presence_agents", summary="Whose days may be asked"
)
@paginate(Paging)
def list_people(request: HttpRequest, filters: Query[WhoFilters]) -> QuerySet[Agent]:
    """Colleagues and perimeter, by name. Scope `read`."""
    people = queries.people_visible_to(require_scope(request, "read"))
    return directory.search_agents(people, filters.q).order_by("last_name", "first_name", "pk")


@router.get(
    "/presence/agents/{agent_id}/days",
    response=list[DayOut],
    operation_id="list_presence_days",
    summary="An agent's days",
)
def list_days(request: HttpRequest, agent_id: int, span: Query[Span]) -> list[DayOut]:
    """In detail for the agent, their head and the head of IT; for a colleague, absences are only that. Scope `read`."""
    user, today = require_scope(request, "read"), clock.today()
    agent = one(queries.people_visible_to(user), agent_id)
    if not timedelta(0) <= span.ends - span.starts < timedelta(days=MOST_DAYS):
        raise Invalid(fields={"ends": ["Between `starts` and a year later."]})
    calendar, eyes = loading.of_agents([agent], span.starts, span.ends), showing.Eyes(user, today)
    days = rules.days_between(span.starts, span.ends)
    return [_day(eyes.day(calendar, agent.pk, agent.entity.path, day), agent.pk) for day in days]


@router.post(
    "/presence/agents/{agent_id}/days", response=OutcomeOut, operation_id="declare_presence", summary="Declare days"
)
def declare(request: HttpRequest, agent_id: int, body: DeclareIn) -> OutcomeOut:
    """One's own days, or as head of the agent's department; one operation, undone as one. Scope `write`."""
    user = require_scope(request, "write")
    agent = one(queries.people_visible_to(user), agent_id)
    half = rules.Half(body.half) if body.half else None
    outcome = services.declare(
        actor=user, agent=agent, starts=body.starts, ends=body.ends, status=body.status, half=half, now=clock.now()
    )
    return OutcomeOut(
        operation_id=outcome.operation.pk if outcome.operation else None,
        days=len(outcome.written),
        to_confirm=outcome.to_confirm,
        skipped=outcome.skipped,
    )


def _day(day: showing.DayShown, agent_id: int) -> DayOut:
    return DayOut(agent_id=agent_id, date=day.date, am=_half(day.am), pm=_half(day.pm))


def _half(shown: rules.Shown) -> HalfOut:
    return HalfOut(code=shown.code, label=str(shown.label), pending=shown.pending)
