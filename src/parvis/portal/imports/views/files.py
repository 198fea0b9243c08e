"""A file: the template, the upload, its columns, and off it goes."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from parvis.portal.directory.access import one, signed_in
from parvis.portal.imports import fields, permissions, queries
from parvis.portal.imports.forms import ColumnsForm, FileForm
from parvis.portal.imports.models import Run
from parvis.portal.imports.reading import ReadingBroken, table_of
from parvis.portal.imports.services import runs
from parvis.portal.imports.wording import RUN_PROBLEMS
from parvis.portal.kernel import authz, clock
from parvis.portal.kernel.errors import Conflict
from parvis.portal.ui import csv

SHOWN = 5
"""Lines of the file shown beside the columns."""


@require_GET
def template(request: HttpRequest) -> HttpResponse:
    """An empty file with the columns Parvis understands, and one example."""
    authz.require(permissions.can_see(signed_in(request)))
    example = [fields.EXAMPLE.get(field, "") for field in fields.SHORT]
    text = "".join(csv.lines(fields.SHORT.values(), [example]))
    response = HttpResponse(text, content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = 'attachment; filename="modele-parc.csv"'
    return response


@require_http_methods(["GET", "HEAD", "POST"])
def upload(request: HttpRequest) -> HttpResponse:
    """Choose a file; nothing is changed yet."""
    user = signed_in(request)
    authz.require(permissions.can_import_somewhere(user))
    form = FileForm(request.POST, request.FILES, user=user) if request.method == "POST" else FileForm(user=user)
    if form.is_valid():
        name, raw = form.cleaned_data["file"]
        run = runs.bring_file(
            actor=user, root=form.cleaned_data["root"], name=name or _("Fichier"), content=raw, now=clock.now()
        )
        return redirect("imports:columns", run.pk)
    return render(request, "imports/upload.html", {"form": form}, status=422 if form.is_bound else 200)


@require_http_methods(["GET", "HEAD", "POST"])
def columns(request: HttpRequest, import_id: int) -> HttpResponse:
    """Say which column is what, then have the differences worked out."""
    user = signed_in(request)
    run = one(queries.runs_visible_to(user).defer(None), import_id)
    authz.require(permissions.can_import(user, run.root))
    if run.state not in {Run.State.DRAFT, Run.State.PLANNED} or run.origin != Run.Origin.FILE:
        messages.error(request, _("Les colonnes de cet import ne peuvent plus être changées."))
        return redirect("imports:run", run.pk)
    try:
        table = table_of(run)
    except ReadingBroken as problem:
        messages.error(request, str(RUN_PROBLEMS[problem.code]))
        return redirect("imports:run", run.pk)
    initial = ColumnsForm.initial_of(run.columns, run.options)
    form = ColumnsForm(request.POST or None, header=table.header, root=run.root, initial=initial)
    if form.is_valid():
        try:
            runs.compare(actor=user, run=run, columns=form.columns, options=form.options, now=clock.now())
        except Conflict as problem:
            messages.error(request, f"{problem.message} {problem.advice}".strip())
        return redirect("imports:run", run.pk)
    ignored = [name for name in table.header if name and name not in run.columns.values()]
    context = {
        "form": form,
        "run": run,
        "table": table,
        "rows": [row for row, _n in zip(table.rows(), range(SHOWN), strict=False)],
        "ignored": ignored,
        "back_url": reverse("imports:upload"),
    }
    return render(request, "imports/columns.html", context, status=422 if form.is_bound else 200)
