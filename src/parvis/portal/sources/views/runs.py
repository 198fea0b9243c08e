"""One run: how far it is, what it would change or has changed, and the decision."""

from __future__ import annotations

from collections.abc import Iterator

from django.contrib import messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST

from parvis.portal.accounts.second_factor import require_fresh
from parvis.portal.directory.access import one, signed_in
from parvis.portal.kernel import audit, authz, clock
from parvis.portal.kernel.errors import Conflict
from parvis.portal.sources import permissions, queries, wording
from parvis.portal.sources.items import Kind, item_from
from parvis.portal.sources.models import Run, RunItem
from parvis.portal.sources.services import runs
from parvis.portal.sources.tables import ItemFilter, ItemTable, state_of
from parvis.portal.sources.views.sources import managed
from parvis.portal.ui import csv
from parvis.portal.ui.listing import ListingView


class RunPage(ListingView):
    """A run, with its differences as a list."""

    table_class = ItemTable
    filterset_class = ItemFilter
    template_name = "sources/run.html"
    search_folded_fields = ("search",)
    export_name = "synchronisation"
    empty_icon = "circle-check"

    @cached_property
    def run(self) -> Run:
        """The run, if the user sees its source."""
        return one(queries.runs_visible_to(signed_in(self.request)), self.kwargs["run_id"])

    @property
    def title(self) -> str:  # type: ignore[override]
        """Of which source."""
        return _("Synchronisation «\u202f%(source)s\u202f»") % {"source": self.run.source}

    @property
    def empty_title(self) -> str:  # type: ignore[override]
        """While nothing is known, and when nothing differs."""
        if self.run.state in Run.BUSY:
            return _("Lecture en cours")
        return _("Rien à montrer") if self.run.state == Run.State.FAILED else _("Aucune différence")

    @property
    def empty_text(self) -> str:  # type: ignore[override]
        """The same, in a sentence."""
        if self.run.state in Run.BUSY:
            return _("Les différences s’affichent ici dès qu’elles sont connues.")
        return "" if self.run.problem else _("L’annuaire et la source disent la même chose.")

    def get_queryset(self) -> QuerySet[RunItem]:
        """What people should see of it."""
        return queries.items_of(self.run).order_by("label")

    def table_kwargs(self) -> dict[str, object]:
        """Names of the entities, once."""
        return {"values": wording.Values.under(self.run.source.root.path)}

    def extra_context(self) -> dict[str, object]:
        """The run's state, figures and decision."""
        may_manage = bool(permissions.can_manage(signed_in(self.request), self.run.source.root))
        return {**_about(self.run), "may_manage": may_manage, "asks": may_manage and self.run.state in Run.OPEN}


def _about(run: Run) -> dict[str, object]:
    figures = [
        (str(kind), f"{label}\u202f: {run.counts[kind]}", colour, icon)
        for kind, (label, colour, icon) in wording.KINDS.items()
        if run.counts.get(kind)
    ]
    return {
        "run": run,
        "source": run.source,
        "state": state_of(run.state),
        "busy": run.state in Run.BUSY,
        "problem": wording.run_problem(run) if run.problem else "",
        "figures": figures,
        "rejects": sum(run.counts.get(kind, 0) for kind in (Kind.CONFLICT, Kind.FAULT)),
        "percent": round(100 * run.done / run.total) if run.total else 0,
        "share": round(100 * run.leaving / run.present) if run.present else 0,
    }


@require_GET
@never_cache
def progress(request: HttpRequest, run_id: int) -> HttpResponse:
    """How far it is, for htmx; the whole page again once it has come to an end."""
    run = one(queries.runs_visible_to(signed_in(request)), run_id)
    response = render(request, "sources/progress.html", _about(run))
    if run.state not in Run.BUSY:
        response["HX-Refresh"] = "true"
    return response


@require_POST
def start(request: HttpRequest, source_id: int) -> HttpResponse:
    """Read the source now: to see only (`trial`), or as the schedule would."""
    user, source = managed(request, source_id)
    try:
        run = runs.start_run(actor=user, source=source, now=clock.now(), trial=request.POST.get("trial") == "1")
    except Conflict as problem:
        messages.error(request, f"{problem.message} {problem.advice}".strip())
        return redirect("sources:source", source_id)
    return redirect("sources:run", run.pk)


@require_POST
def decide(request: HttpRequest, run_id: int) -> HttpResponse:
    """Apply, or not. Past the threshold: asked once more, with a fresh second factor."""
    user = signed_in(request)
    run = one(queries.runs_visible_to(user), run_id)
    authz.require(permissions.can_manage(user, run.source.root))
    back = redirect("sources:run", run.pk)
    try:
        if request.POST.get("decision") == "discard":
            runs.discard_run(actor=user, run=run, now=clock.now())
            messages.success(request, _("La synchronisation est abandonnée\u202f: rien n’est changé."))
            return back
        if run.state == Run.State.WAITING:
            require_fresh(request)
            if request.POST.get("confirmed") != "1":
                return _ask(request, run)
        runs.approve_run(actor=user, run=run, now=clock.now())
    except Conflict as problem:
        messages.error(request, str(problem.message))
    return back


def _ask(request: HttpRequest, run: Run) -> HttpResponse:
    leaving = RunItem.objects.filter(run=run, details__active=False).order_by("label")
    names = list(leaving.values_list("label", flat=True)[:10])
    context = {
        "question": _("Retirer l’accès à %(count)s agents\u202f?") % {"count": run.leaving},
        "consequence": _(
            "Leurs comptes seront désactivés, leurs sessions fermées, leurs rôles et ordinateurs retirés. "
            "C’est souvent le signe d’une source incomplète\u202f: vérifiez-la d’abord."
        ),
        "names": names,
        "more": max(run.leaving - len(names), 0),
        "yes": _("Appliquer quand même"),
        "danger": True,
        "hidden": [("decision", "apply")],
        "back_url": reverse("sources:run", args=[run.pk]),
    }
    return render(request, "ui/confirm.html", context)


@require_GET
def rejected(request: HttpRequest, run_id: int) -> HttpResponseBase:
    """The records left out, with the reason, as CSV."""
    user = signed_in(request)
    run = one(queries.runs_visible_to(user), run_id)
    authz.require(permissions.can_manage(user, run.source.root))
    rows = queries.rejected_of(run)
    audit.record(
        actor=user, action="sources.rejects_exported", target=run.source, now=clock.now(),
        data={"run": run.pk, "rows": rows.count()},
    )  # fmt: skip
    header = [_("Dans la source"), _("Identifiant"), _("Personne"), _("Adresse électronique"), _("Motif")]
    response = StreamingHttpResponse(csv.lines(header, _reasons(rows)), content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="rejets-{run.pk}.csv"'
    response["Cache-Control"] = "no-store"
    return response


def _reasons(rows: QuerySet[RunItem]) -> Iterator[list[str]]:
    for row in rows.iterator(chunk_size=1000):
        item = item_from(row.key, row.label, None, "", row.details)
        reasons = " ".join(wording.problem(each) for each in item.problems)
        yield [item.where, row.key, row.label, str(item.reported.get("email", "")), reasons]
