"""« Exporter le parc »: a file per table, or all of them in one archive."""

from __future__ import annotations

from django.http import FileResponse, HttpRequest, HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET, require_POST

from parvis.portal.accounts.models import User
from parvis.portal.directory.access import signed_in
from parvis.portal.imports import exports, permissions
from parvis.portal.kernel import audit, authz, clock
from parvis.portal.kernel.errors import NotFound

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


@require_GET
def page(request: HttpRequest) -> HttpResponse:
    """What can be taken out."""
    authz.require(permissions.can_see(signed_in(request)))
    return render(request, "imports/export.html", {"tables": exports.tables()})


@require_POST
def one_table(request: HttpRequest, table: str, form: str) -> HttpResponseBase:
    """One table, as CSV or Excel."""
    user = signed_in(request)
    authz.require(permissions.can_see(user))
    wanted = exports.table(table)
    if wanted is None or form not in {"csv", "xlsx"}:
        raise NotFound
    _note(user, wanted.name, form)
    name = f"{wanted.name}-{clock.today()}.{form}"
    if form == "xlsx":
        response: HttpResponseBase = FileResponse(
            exports.as_xlsx(wanted, user), as_attachment=True, filename=name, content_type=XLSX
        )
    else:
        response = StreamingHttpResponse(exports.as_csv(wanted, user), content_type="text/csv; charset=utf-8")
    return _as_attachment(response, name)


@require_POST
def everything(request: HttpRequest) -> HttpResponseBase:
    """Every table, in one archive."""
    user = signed_in(request)
    authz.require(permissions.can_see(user))
    _note(user, "*", "zip")
    response = StreamingHttpResponse(exports.as_zip(user), content_type="application/zip")
    return _as_attachment(response, f"parc-{clock.today()}.zip")


def _note(user: User, table: str, form: str) -> None:
    data = {"table": table, "form": form}
    audit.record(actor=user, action="imports.parc_exported", now=clock.now(), data=data)


def _as_attachment(response: HttpResponseBase, name: str) -> HttpResponseBase:
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    response["Cache-Control"] = "no-store"
    response["X-Content-Type-Options"] = "nosniff"
    return response
