"""The REST API of this room: movements and their steps, to read."""

# No `from __future__ import annotations` here: under `@paginate` Ninja would look for the names in its own module.

from datetime import date, datetime

from django.db.models import QuerySet
from django.http import HttpRequest
from ninja import Query, Router, Schema
from ninja.pagination import paginate

from parvis.portal.accounts.api import require_scope
from parvis.portal.accounts.paging import Paging
from parvis.portal.directory.access import one
from parvis.portal.directory.models import Role
from parvis.portal.kernel import clock
from parvis.portal.movements import queries, rules
from parvis.portal.movements.models import Kind, Movement, Step, StepKind

router = Router(tags=["movements"])


class MovementFilters(Schema):
    """What a list may be narrowed by."""

    kind: Kind | None = None
    state: Movement.State | None = None
    agent_id: int | None = None
    late: bool = False
    """Only those under way with a step whose day is past."""


class StepOut(Schema):
    """One thing to do, with its owner: a person, else a role in an entity."""

    id: int
    kind: StepKind
    room: str
    title: str
    owner_role: Role
    owner_entity_id: int | None
    owner_id: int | None
    due_date: date | None
    decision: bool
    """To keep or to remove; undecided, it is removed after `ends_date`."""
    ends_date: date | None
    outcome: Step.Outcome | str
    done_at: datetime | None


class MovementOut(Schema):
    """An arrival, a change of department or a departure."""

    id: int
    kind: Kind
    agent_id: int
    effective_date: date
    from_entity_id: int | None
    to_entity_id: int | None
    state: Movement.State
    origin: Movement.Origin
    opened_at: datetime
    closed_at: datetime | None


class MovementWithSteps(MovementOut):
    """The same, with its steps."""

    steps: list[StepOut]

    @staticmethod
    def resolve_steps(movement: Movement) -> list[Step]:
        """In the order of the page."""
        return list(queries.steps_of(movement))


@router.get("/movements", response=list[MovementOut], operation_id="list_movements", summary="Arrivals and departures")
@paginate(Paging)
def list_movements(request: HttpRequest, filters: Query[MovementFilters]) -> QuerySet[Movement]:
    """Newest day first. Scope `read`; heads of department, IT team, auditors; others those with a step of theirs."""
    movements = queries.movements_visible_to(require_scope(request, "read"))
    if filters.kind is not None:
        movements = movements.filter(kind=filters.kind)
    if filters.state is not None:
        movements = movements.filter(state=filters.state)
    if filters.agent_id is not None:
        movements = movements.filter(agent_id=filters.agent_id)
    if filters.late:
        movements = movements.filter(queries.is_late(clock.today()), state__in=rules.LIVE)
    return movements.order_by("-effective_date", "-pk")


@router.get(
    "/movements/{movement_id}", response=MovementWithSteps, operation_id="get_movement", summary="One, with its steps"
)
def get_movement(request: HttpRequest, movement_id: int) -> Movement:
    """Scope `read`."""
    return one(queries.movements_visible_to(require_scope(request, "read")), movement_id)
