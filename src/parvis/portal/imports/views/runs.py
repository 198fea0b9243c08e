"""Imports: their list; one of them, how far it is, what it would change or has changed, and the decisions on it."""

from __future__ import annotations

from collections.abc import Iterator

from django.contrib import messages
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from parvis.portal.directory.access import one, signed_in
from parvis.portal.imports import permissions, queries, wording
from parvis.portal.imports.models import Line, Run
from parvis.portal.imports.plan import LOCKED
from parvis.portal.imports.services import runs, undoing
from parvis.portal.imports.services.undoing import KEPT, UNDONE
from parvis.portal.imports.tables import LineFilter, LineTable, RunFilter, RunTable, state_of
from parvis.portal.kernel import audit, authz, clock
from parvis.portal.kernel.errors import Conflict, NotFound
from parvis.portal.parc.queries import assets_visible_to
from parvis.portal.ui import csv
from parvis.portal.ui.listing import BulkAction, ListingView


class RunList(ListingView):
    """The imports of the user's perimeter."""

    table_class, filterset_class = RunTable, RunFilter
    template_name = "imports/runs.html"
    title = gettext_lazy("Imports du parc")
    lead = gettext_lazy("Depuis un fichier ou depuis GLPI. Rien n’est écrit avant que vous ayez vu les différences.")
    search_fields = ("name", "root__name")
    export_name = "imports"
    empty_icon = "upload"
    empty_title = gettext_lazy("Aucun import")
    empty_text = gettext_lazy("Déposez un fichier CSV ou Excel\u202f: vous verrez d’abord ce qu’il changerait.")

    def authorize(self) -> authz.Decision:
        """For the IT team and the auditors."""
        return permissions.can_see(signed_in(self.request))

    def get_queryset(self) -> QuerySet[Run]:
        """The newest first."""
        return queries.runs_visible_to(signed_in(self.request)).order_by("-created_at")

    def extra_context(self) -> dict[str, object]:
        """Whether the user may bring a file."""
        return {"may_import": bool(permissions.can_import_somewhere(signed_in(self.request)))}


def take_all(request: HttpRequest, rows: QuerySet[Line]) -> str:
    """Bulk: in the chosen lines the file wins."""
    return _decide(request, rows, wins=True)


def keep_all(request: HttpRequest, rows: QuerySet[Line]) -> str:
    """Bulk: in the chosen lines what a person wrote stays."""
    return _decide(request, rows, wins=False)


def _decide(request: HttpRequest, rows: QuerySet[Line], *, wins: bool) -> str:
    lines = list(rows.exclude(conflicts={}))
    if not lines:
        return _("Aucune de ces lignes ne contredit une saisie.")
    run = lines[0].run
    wanted = {line.pk: list(line.conflicts) if wins else [] for line in lines}
    count = runs.take(actor=signed_in(request), run=run, lines=wanted, now=clock.now())
    if wins:
        return ngettext(
            "Le fichier l’emportera sur %(count)s ligne.", "Le fichier l’emportera sur %(count)s lignes.", count
        ) % {"count": count}
    return _("Les saisies sont gardées.")


class RunPage(ListingView):
    """A run, with its lines as a list."""

    table_class, filterset_class = LineTable, LineFilter
    template_name = "imports/run.html"
    search_folded_fields = ("search",)
    export_name = "import"
    empty_icon = "circle-check"
    empty_title = gettext_lazy("Rien à montrer")

    @cached_property
    def run(self) -> Run:
        """The run, if the user sees its entity."""
        return one(queries.runs_visible_to(signed_in(self.request)), self.kwargs["import_id"])

    @cached_property
    def may_decide(self) -> bool:
        """Whether the user decides on it."""
        return bool(permissions.can_import(signed_in(self.request), self.run.root))

    @property
    def title(self) -> str:  # type: ignore[override]
        """Of what."""
        return _("Import «\u202f%(name)s\u202f»") % {"name": self.run.name}

    @property
    def actions(self) -> list[BulkAction]:
        """While somebody decides: the file wins, or not."""
        if not self.may_decide or self.run.state != Run.State.PLANNED or not self.run.counts.get("conflict"):
            return []
        return [
            BulkAction(
                name="take", label=_("Prendre les valeurs du fichier"), icon="check", run=take_all,
                question=_("Remplacer ce que des personnes ont saisi\u202f?"),
                consequence=_("Les valeurs du fichier remplaceront celles de Parvis quand l’import sera appliqué."),
            ),
            BulkAction(
                name="keep", label=_("Garder les saisies"), icon="lock", run=keep_all,
                question=_("Garder ce que des personnes ont saisi\u202f?"),
            ),
        ]  # fmt: skip

    def get_queryset(self) -> QuerySet[Line]:
        """In the order of the file."""
        return queries.lines_of(self.run).select_related("asset", "agent", "run__root").defer("run__content")

    def extra_context(self) -> dict[str, object]:
        """The run's state, figures and decisions."""
        return {**_about(self.run), "may_decide": self.may_decide}


def _about(run: Run) -> dict[str, object]:
    figures = [
        (kind, f"{label}\u202f: {run.counts[kind]}", colour, icon)
        for kind, (label, colour, icon) in wording.KINDS.items()
        if run.counts.get(kind)
    ]
    return {
        "run": run,
        "state": state_of(run.state),
        "busy": run.state in Run.BUSY,
        "problem": wording.run_problem(run) if run.problem else "",
        "figures": figures,
        "rejects": run.counts.get(Line.Kind.REJECTED, 0) + run.counts.get("left_out", 0),
        "percent": round(100 * run.done / run.total) if run.total else 0,
        "left": max(run.total - run.done, 0),
    }


@require_GET
@never_cache
def progress(request: HttpRequest, import_id: int) -> HttpResponse:
    """How far it is, for htmx; the whole page again once it has come to an end."""
    run = one(queries.runs_visible_to(signed_in(request)), import_id)
    response = render(request, "imports/progress.html", _about(run))
    if run.state not in Run.BUSY:
        response["HX-Refresh"] = "true"
    return response


@require_POST
def decide(request: HttpRequest, import_id: int) -> HttpResponse:
    """Write it, or not."""
    user = signed_in(request)
    run = one(queries.runs_visible_to(user), import_id)
    authz.require(permissions.can_import(user, run.root))
    try:
        if request.POST.get("decision") == "discard":
            runs.discard(actor=user, run=run, now=clock.now())
            messages.success(request, _("L’import est abandonné\u202f: rien n’est changé."))
        else:
            runs.approve(actor=user, run=run, now=clock.now())
    except Conflict as problem:
        messages.error(request, f"{problem.message} {problem.advice}".strip())
    return redirect("imports:run", run.pk)


@require_http_methods(["GET", "HEAD", "POST"])
def undo(request: HttpRequest, import_id: int) -> HttpResponse:
    """Take it back, asked once more."""
    user = signed_in(request)
    run = one(queries.runs_visible_to(user), import_id)
    authz.require(permissions.can_import(user, run.root))
    if request.POST.get("confirmed") == "1":
        try:
            undoing.start(actor=user, run=run, now=clock.now())
        except Conflict as problem:
            messages.error(request, f"{problem.message} {problem.advice}".strip())
        return redirect("imports:run", run.pk)
    context = {
        "question": _("Annuler cet import\u202f?"),
        "consequence": _(
            "Les matériels qu’il a ajoutés sont supprimés, ceux qu’il a modifiés redeviennent comme avant. "
            "Ceux qui ont changé depuis, ou qui ont été prêtés, restent comme ils sont."
        ),
        "yes": _("Annuler l’import"),
        "danger": True,
        "back_url": reverse("imports:run", args=[run.pk]),
    }
    return render(request, "ui/confirm.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
def line(request: HttpRequest, import_id: int, line_id: int) -> HttpResponse:
    """One line, field by field; which of its conflicts the file wins."""
    user = signed_in(request)
    row = one(queries.lines_visible_to(user), line_id)
    if row.run_id != import_id:
        raise NotFound
    run = row.run
    may_decide = bool(permissions.can_import(user, run.root)) and run.state == Run.State.PLANNED
    if request.method == "POST":
        authz.require(permissions.can_import(user, run.root))
        runs.take(actor=user, run=run, lines={row.pk: request.POST.getlist("field")}, now=clock.now())
        messages.success(request, _("C’est noté pour cette ligne."))
        return redirect("imports:run", run.pk)
    asset = assets_visible_to(user).filter(pk=row.asset_id).first() if row.asset_id else None
    label, colour, icon = wording.KINDS[row.kind]
    context = {
        "line": row,
        "run": run,
        "asset": asset,
        "badge": (label, colour, icon),
        "problems": [wording.problem(each) for each in row.problems],
        "outcome": wording.outcome(row.outcome) if row.outcome else "",
        "cells": [(name, cell) for name, cell in zip(run.header, row.cells, strict=False) if cell],
        "changes": [
            (wording.field_name(name), wording.value(name, each[0], each[2]), wording.value(name, each[1], each[3]))
            for name, each in row.changes.items()
        ],
        "conflicts": [
            {
                "field": name,
                "name": wording.field_name(name),
                "here": wording.value(name, each[0], each[2]),
                "there": wording.value(name, each[1], each[3]),
                "why": wording.REASONS[each[4]],
                "locked": each[4] in LOCKED,
                "taken": name in row.taken,
            }
            for name, each in row.conflicts.items()
        ],
        "may_decide": may_decide,
    }
    return render(request, "imports/line.html", context)


@require_GET
def rejected(request: HttpRequest, import_id: int) -> HttpResponseBase:
    """The lines rejected or left out, as they came, with the reason as one more column: to be mended and sent again."""
    user = signed_in(request)
    run = one(queries.runs_visible_to(user), import_id)
    authz.require(permissions.can_import(user, run.root))
    left_out = ~Q(outcome__in=["", UNDONE, KEPT])
    rows = Line.objects.filter(Q(kind=Line.Kind.REJECTED) | left_out, run=run).order_by("number", "pk")
    data = {"run": run.pk, "rows": rows.count()}
    audit.record(actor=user, action="imports.rejects_exported", target=run.root, now=clock.now(), data=data)
    header = [*run.header, _("Motif du rejet")]
    response = StreamingHttpResponse(csv.lines(header, _reasons(rows)), content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="rejets-import-{run.pk}.csv"'
    response["Cache-Control"] = "no-store"
    return response


def _reasons(rows: QuerySet[Line]) -> Iterator[list[str]]:
    for row in rows.iterator(chunk_size=1000):
        why = [wording.problem(each) for each in row.problems]
        yield [*row.cells, " ".join([*why, wording.outcome(row.outcome)] if row.outcome else why)]
