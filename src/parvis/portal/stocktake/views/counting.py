"""The phone's side: the page that counts, what it takes along, what it sends back."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from parvis.portal.kernel import authz, clock
from parvis.portal.kernel.errors import Conflict, Invalid, ParvisError
from parvis.portal.parc import permissions
from parvis.portal.stocktake import queries, services
from parvis.portal.stocktake.models import Stocktake
from parvis.portal.stocktake.services import SightingIn
from parvis.portal.stocktake.views.stocktakes import ask

MAX_BODY = 400_000
"""Bytes of one sending: 500 sightings of the longest codes."""


@require_safe
def count(request: HttpRequest, stocktake_id: int) -> HttpResponse:
    """The page a phone keeps: it works without network once opened."""
    user, stocktake = ask(request, stocktake_id)
    authz.require(permissions.can_manage(user, stocktake.entity))
    if stocktake.state != Stocktake.State.OPEN:
        return redirect("stocktake:stocktake", stocktake_id=stocktake.pk)
    response = render(request, "stocktake/count.html", {"stocktake": stocktake})
    response["Permissions-Policy"] = "camera=(self)"
    return response


@require_safe
def sheet(request: HttpRequest, stocktake_id: int) -> HttpResponse:
    """What is expected, what was seen already, whether the count is still open."""
    user, stocktake = ask(request, stocktake_id)
    authz.require(permissions.can_manage(user, stocktake.entity))
    is_open = stocktake.state == Stocktake.State.OPEN
    body = {
        "open": is_open,
        "assets": queries.sheet(stocktake, user) if is_open else [],
        "seen": sorted(queries.seen_ids(stocktake)) if is_open else [],
    }
    response = JsonResponse(body)
    response["Cache-Control"] = "no-store"
    return response


@require_POST
def send(request: HttpRequest, stocktake_id: int) -> HttpResponse:
    """Sightings, as JSON: `{"sightings": [{"id", "code", "asset", "room", "at"}]}` → what each is."""
    user, stocktake = ask(request, stocktake_id)
    try:
        sightings = _sightings(request)
        found = services.record_sightings(actor=user, stocktake=stocktake, sightings=sightings, now=clock.now())
    except (Invalid, Conflict) as problem:
        return _problem(problem)
    body = {
        str(client_id): None if asset is None else {"id": asset.pk, "name": asset.name, "room": asset.room}
        for client_id, asset in found.items()
    }
    return JsonResponse({"noted": body})


def _problem(problem: ParvisError) -> JsonResponse:
    body = {"code": problem.code, "title": str(problem.message), "advice": str(problem.advice)}
    return JsonResponse(body, status=int(problem.status))


def _sightings(request: HttpRequest) -> list[SightingIn]:
    unreadable = Invalid(_("Ces lectures ne peuvent pas être comprises."))
    if len(request.body) > MAX_BODY:
        raise Invalid(_("Cet envoi est trop volumineux."))
    try:
        rows = json.loads(request.body)["sightings"]
        if not isinstance(rows, list):
            raise unreadable
        return [_sighting(row) for row in rows[: services.MAX_BATCH + 1]]
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError, OverflowError):
        raise unreadable from None


def _sighting(row: dict[str, Any]) -> SightingIn:
    asset, at = row.get("asset"), datetime.fromisoformat(row["at"])
    if at.tzinfo is None or not (asset is None or (type(asset) is int and 0 < asset < 2**62)):
        raise ValueError
    oldest = clock.now() - timedelta(days=90)
    return SightingIn(
        client_id=UUID(row["id"]),
        code=str(row.get("code", "")),
        asset_id=asset,
        room=str(row.get("room", "")),
        seen_at=max(at, oldest),
    )
