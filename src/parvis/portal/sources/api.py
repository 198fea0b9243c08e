"""The REST API of this room: sources and their runs, to read."""

# No `from __future__ import annotations` here: under `@paginate` Ninja would look for the names in its own module.

from datetime import datetime

from django.db.models import QuerySet
from django.http import HttpRequest
from ninja import Field, Router, Schema
from ninja.pagination import paginate

from parvis.portal.accounts.api import require_scope
from parvis.portal.accounts.paging import Paging
from parvis.portal.directory.access import one
from parvis.portal.sources import queries
from parvis.portal.sources.models import Run, Source

router = Router(tags=["sources"])


class SourceOut(Schema):
    """Where agents come from. Settings that reach a server are not told."""

    id: int
    name: str
    kind: str = Field(description="`ldap` or `file`.")
    root_id: int = Field(description="The entity it speaks for, with all below.")
    is_active: bool
    priority: int = Field(description="Where sources differ, the lower number wins, field by field.")
    next_at: datetime | None = Field(description="When it is read next; null: when somebody asks.")


class RunOut(Schema):
    """One reading of a source, and what became of it."""

    id: int
    source_id: int
    state: str = Field(
        description="`queued`, `reading`, `planned`, `waiting`, `applying`, `applied`, `failed`, `stale`, `discarded`."
    )
    is_trial: bool
    created_at: datetime
    finished_at: datetime | None
    read: int = Field(description="Records read.")
    total: int = Field(description="People to write.")
    done: int = Field(description="People written so far.")
    leaving: int
    present: int = Field(description="People of the source in post when it was read.")
    counts: dict[str, int] = Field(description="People by kind of difference.")
    problem: str = Field(description="Code of what went wrong, or empty.")


@router.get("/sources", response=list[SourceOut], operation_id="list_sources", summary="Sources of the perimeter")
@paginate(Paging)
def list_sources(request: HttpRequest) -> QuerySet[Source]:
    """By rank. Scope `read`; IT team and auditors, others get an empty list."""
    return queries.sources_visible_to(require_scope(request, "read")).order_by("priority", "pk")


@router.get(
    "/sources/{int:source_id}/runs", response=list[RunOut], operation_id="list_runs", summary="Runs of a source"
)
@paginate(Paging)
def list_runs(request: HttpRequest, source_id: int) -> QuerySet[Run]:
    """Newest first. Scope `read`."""
    source = one(queries.sources_visible_to(require_scope(request, "read")), source_id)
    return Run.objects.filter(source=source).order_by("-created_at", "-pk")


@router.get("/source-runs/{int:run_id}", response=RunOut, operation_id="get_run", summary="One run")
def get_run(request: HttpRequest, run_id: int) -> Run:
    """Scope `read`."""
    return one(queries.runs_visible_to(require_scope(request, "read")), run_id)
