"""File sources: the template, the upload, the columns, and off it goes."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from parvis.portal.accounts.models import User
from parvis.portal.directory.access import one, signed_in
from parvis.portal.kernel import authz, clock
from parvis.portal.kernel.errors import Conflict
from parvis.portal.kernel.tabular import open_table
from parvis.portal.sources import permissions
from parvis.portal.sources.files.columns import EXAMPLE, LABELS, TEMPLATE, propose
from parvis.portal.sources.forms import ColumnsForm, UploadForm
from parvis.portal.sources.models import Source, Upload
from parvis.portal.sources.services import uploads
from parvis.portal.sources.views.sources import managed
from parvis.portal.ui import csv

SHOWN = 5
"""Lines of the file shown beside the columns."""


@require_GET
def template(request: HttpRequest) -> HttpResponse:
    """An empty file with the columns Parvis understands, and one example."""
    authz.require(permissions.can_see_sources(signed_in(request)))
    response = HttpResponse("".join(csv.lines(TEMPLATE, [EXAMPLE])), content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = 'attachment; filename="modele-agents.csv"'
    return response


@require_http_methods(["GET", "HEAD", "POST"])
def upload(request: HttpRequest, source_id: int) -> HttpResponse:
    """Choose a file; nothing is changed yet."""
    user, source = _file_source(request, source_id)
    form = UploadForm(request.POST or None, request.FILES or None) if request.method == "POST" else UploadForm()
    if form.is_valid():
        name, raw = form.cleaned_data["file"]
        kept = uploads.keep(actor=user, source=source, name=name, content=raw, now=clock.now())
        return redirect("sources:columns", source.pk, kept.pk)
    context = {"form": form, "source": source, "back_url": reverse("sources:source", args=[source.pk])}
    return render(request, "sources/upload.html", context, status=422 if form.is_bound else 200)


@require_http_methods(["GET", "HEAD", "POST"])
def columns(request: HttpRequest, source_id: int, upload_id: int) -> HttpResponse:
    """Say which column is what, then have the differences worked out."""
    user, source = managed(request, source_id)
    kept = one(Upload.objects.filter(source=source), upload_id)
    _require_file(source)
    table = open_table(bytes(kept.content))
    initial = propose(table.header, source.settings.get("columns", {}))
    form = ColumnsForm(request.POST or None, header=table.header, initial=initial)
    if form.is_valid():
        try:
            run = uploads.compare(actor=user, source=source, upload=kept, columns=form.columns, now=clock.now())
        except Conflict as problem:
            messages.error(request, f"{problem.message} {problem.advice}")
        else:
            return redirect("sources:run", run.pk)
    rows = table.rows()
    context = {
        "form": form,
        "source": source,
        "upload": kept,
        "table": table,
        "rows": [row for row, _n in zip(rows, range(SHOWN), strict=False)],
        "found": [(LABELS[field], column) for field, column in initial.items()],
        "back_url": reverse("sources:upload", args=[source.pk]),
    }
    return render(request, "sources/columns.html", context, status=422 if form.is_bound else 200)


def _file_source(request: HttpRequest, source_id: int) -> tuple[User, Source]:
    user, source = managed(request, source_id)
    _require_file(source)
    return user, source


def _require_file(source: Source) -> None:
    if source.kind != Source.Kind.FILE:
        raise Conflict(_("Cette source ne se lit pas dans un fichier."), code="no_file_source")
