"""The REST API of this room: a file brought, compared, applied, undone; what became of each line."""

# No `from __future__ import annotations` here: under `@paginate` Ninja would look for the names in its own module.

from datetime import datetime
from typing import Any

from django.db.models import QuerySet
from django.http import HttpRequest
from ninja import Field, File, Form, Query, Router, Schema, Status
from ninja.files import UploadedFile
from ninja.pagination import paginate

from parvis.portal.accounts.api import require_scope
from parvis.portal.accounts.paging import Paging
from parvis.portal.directory.access import one
from parvis.portal.directory.queries import entities_visible_to
from parvis.portal.imports import fields, queries, wording
from parvis.portal.imports.models import Line, Run
from parvis.portal.imports.services import runs, undoing
from parvis.portal.kernel import clock
from parvis.portal.kernel.errors import Invalid
from parvis.portal.kernel.tabular import MAX_BYTES
from parvis.portal.parc.models import Asset

router = Router(tags=["imports"])


class ImportOut(Schema):
    """One import, and what became of it."""

    id: int
    root_id: int = Field(description="The entity it speaks for, with all below.")
    origin: str = Field(description="`file` or `glpi`.")
    name: str
    state: str = Field(
        description="`draft`, `queued`, `reading`, `planned`, `applying`, `applied`, `undoing`, `undone`, `failed`, "
        "`discarded`."
    )
    header: list[str]
    columns: dict[str, str] = Field(description="Field → column, as guessed or as said.")
    options: dict[str, Any]
    created_at: datetime
    finished_at: datetime | None
    read: int
    total: int = Field(description="Lines to write.")
    done: int = Field(description="Lines written so far.")
    counts: dict[str, int] = Field(description="Lines by what they do.")
    problem: str = Field(description="Code of what went wrong, or empty.")


class LineOut(Schema):
    """What one line would do or did."""

    id: int
    number: int
    kind: str = Field(description="`created`, `changed`, `conflict`, `unchanged` or `rejected`.")
    label: str
    asset_id: int | None
    changes: dict[str, list[Any]] = Field(description="Field → before, after, and both in words.")
    conflicts: dict[str, list[Any]] = Field(description="The same for what a person wrote and stays, and why.")
    problems: list[str]
    outcome: str

    @staticmethod
    def resolve_problems(line: Line) -> list[str]:
        """In words, in the caller's language."""
        return [wording.problem(each) for each in line.problems]


class CompareIn(Schema):
    """Which column is which field, and what holds for the whole file."""

    columns: dict[str, str] = Field(description=f"Field → column. Fields: {', '.join(fields.LABELS)}.")
    kind: str = Field("", description="What a line is that does not say it.")
    entity: int | None = Field(None, description="Where new assets go whose line names no entity; null: the root.")
    state: str = ""
    create_sites: bool = False
    skip_people: bool = False


class LineFilters(Schema):
    """What may be asked of the lines."""

    kind: Line.Kind | None = None


@router.get("/imports", response=list[ImportOut], operation_id="list_imports", summary="Imports of the perimeter")
@paginate(Paging)
def list_imports(request: HttpRequest) -> QuerySet[Run]:
    """Newest first. Scope `read`; IT team and auditors, others get an empty list."""
    return queries.runs_visible_to(require_scope(request, "read")).order_by("-created_at", "-pk")


@router.post("/imports", response={201: ImportOut}, operation_id="bring_file", summary="Bring a file")
def bring_file(request: HttpRequest, entity_id: Form[int], file: File[UploadedFile]) -> Status[Run]:
    """CSV or Excel, for an entity and what is below it. Nothing is compared yet. Scope `write`."""
    user = require_scope(request, "write")
    root = one(entities_visible_to(user), entity_id)
    raw = file.read(MAX_BYTES + 1)
    name = "".join(char for char in str(file.name or "") if char.isprintable())[:200]
    run = runs.bring_file(actor=user, root=root, name=name or "import", content=raw, now=clock.now())
    return Status(201, run)


@router.get("/imports/{int:import_id}", response=ImportOut, operation_id="get_import", summary="One import")
def get_import(request: HttpRequest, import_id: int) -> Run:
    """Scope `read`."""
    return one(queries.runs_visible_to(require_scope(request, "read")), import_id)


@router.get(
    "/imports/{int:import_id}/lines", response=list[LineOut], operation_id="list_import_lines", summary="Its lines"
)
@paginate(Paging)
def list_lines(request: HttpRequest, import_id: int, filters: Query[LineFilters]) -> QuerySet[Line]:
    """In the order of the file. Scope `read`."""
    run = one(queries.runs_visible_to(require_scope(request, "read")), import_id)
    lines = Line.objects.filter(run=run).order_by("number", "pk")
    return lines.filter(kind=filters.kind) if filters.kind is not None else lines


@router.post("/imports/{int:import_id}/compare", response=ImportOut, operation_id="compare_import", summary="Compare")
def compare(request: HttpRequest, import_id: int, said: CompareIn) -> Run:
    """Have its lines compared with the parc, by the worker; nothing is written. Scope `write`."""
    user = require_scope(request, "write")
    run = one(queries.runs_visible_to(user), import_id)
    for name, allowed in (("kind", Asset.Kind.values), ("state", Asset.State.values)):
        if getattr(said, name) and getattr(said, name) not in allowed:
            raise Invalid(fields={name: [f"One of {', '.join(allowed)}."]})
    entity = said.entity if said.entity is not None else run.root_id
    if not entities_visible_to(user).filter(pk=entity, path__startswith=run.root.path).exists():
        raise Invalid(fields={"entity": ["Not below the import's entity."]})
    options = {**said.dict(exclude={"columns"}), "entity": entity}
    runs.compare(actor=user, run=run, columns=said.columns, options=options, now=clock.now())
    return run


@router.post("/imports/{int:import_id}/apply", response=ImportOut, operation_id="apply_import", summary="Apply")
def apply(request: HttpRequest, import_id: int) -> Run:
    """Write what was planned, by the worker. Scope `write`."""
    user = require_scope(request, "write")
    run = one(queries.runs_visible_to(user), import_id)
    runs.approve(actor=user, run=run, now=clock.now())
    return run


@router.post("/imports/{int:import_id}/discard", response=ImportOut, operation_id="discard_import", summary="Discard")
def discard(request: HttpRequest, import_id: int) -> Run:
    """Write nothing of it. Scope `write`."""
    user = require_scope(request, "write")
    run = one(queries.runs_visible_to(user), import_id)
    runs.discard(actor=user, run=run, now=clock.now())
    return run


@router.post("/imports/{int:import_id}/undo", response=ImportOut, operation_id="undo_import", summary="Undo")
def undo(request: HttpRequest, import_id: int) -> Run:
    """Take back what it wrote, where nothing has changed since. Scope `write`."""
    user = require_scope(request, "write")
    run = one(queries.runs_visible_to(user), import_id)
    undoing.start(actor=user, run=run, now=clock.now())
    return run
