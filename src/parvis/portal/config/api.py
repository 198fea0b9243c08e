"""The REST API under `/api/v1/`: one NinjaAPI, a router per room."""

from __future__ import annotations

from http import HTTPStatus

from django.http import HttpRequest, HttpResponse
from ninja import NinjaAPI
from ninja.errors import ValidationError

import parvis
from parvis.portal.accounts.api import TokenAuth
from parvis.portal.accounts.api import router as accounts_router
from parvis.portal.booking.api import router as booking_router
from parvis.portal.conferencing.api import router as conferencing_router
from parvis.portal.config import api_names
from parvis.portal.directory.api import router as directory_router
from parvis.portal.equipment.api import router as equipment_router
from parvis.portal.home.api import router as home_router
from parvis.portal.imports.api import router as imports_router
from parvis.portal.inventory.known_api import router as inventory_router
from parvis.portal.kernel.errors import ParvisError
from parvis.portal.loans.api import router as loans_router
from parvis.portal.meetings.api import router as meetings_router
from parvis.portal.movements.api import router as movements_router
from parvis.portal.parc.api import router as parc_router
from parvis.portal.parc.list_api import router as parc_asset_router
from parvis.portal.presence.api import router as presence_router
from parvis.portal.remote_desktop.api import router as remote_desktop_router
from parvis.portal.sources.api import router as sources_router

api_names.connect()

api = NinjaAPI(
    title="Parvis",
    version=parvis.__version__,
    description="Everything the pages do, for programs. Errors are `application/problem+json` (RFC 9457).",
    auth=TokenAuth(),
    docs_url=None,
    urls_namespace="api-v1",
)
api.add_router("", accounts_router)
api.add_router("", directory_router)
api.add_router("", loans_router)
api.add_router("", booking_router)
api.add_router("", conferencing_router)
api.add_router("", meetings_router)
api.add_router("", movements_router)
api.add_router("", parc_router)
api.add_router("", inventory_router)
api.add_router("", parc_asset_router)
api.add_router("", imports_router)
api.add_router("", presence_router)
api.add_router("", remote_desktop_router)
api.add_router("", equipment_router)
api.add_router("", home_router)
api.add_router("", sources_router)


@api.exception_handler(ParvisError)
def problem(request: HttpRequest, error: ParvisError) -> HttpResponse:
    """The one translator from `ParvisError` to an API answer."""
    body = {"code": error.code, "title": str(error.message), "status": int(error.status), "advice": str(error.advice)}
    if fields := getattr(error, "fields", None):
        body["fields"] = fields
    return _problem_json(request, body, int(error.status))


@api.exception_handler(ValidationError)
def invalid(request: HttpRequest, error: ValidationError) -> HttpResponse:
    """What the schema refuses, field by field."""
    fields = [{"at": list(map(str, item["loc"])), "problem": item["msg"]} for item in error.errors]
    return _problem_json(request, {"code": "invalid", "title": "Invalid request", "status": 422, "fields": fields}, 422)


def _problem_json(request: HttpRequest, body: dict[str, object], status: int) -> HttpResponse:
    response = api.create_response(request, body, status=status)
    response["Content-Type"] = "application/problem+json"
    if status == HTTPStatus.UNAUTHORIZED:
        response["WWW-Authenticate"] = "Bearer"  # RFC 6750, section 3
    return response
