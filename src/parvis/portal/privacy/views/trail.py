"""The audit trail: filters, pages, CSV, verification of the chain."""

from __future__ import annotations

import json
from collections.abc import Iterator
from itertools import islice
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.translation import get_language, override
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST

from parvis.portal.accounts.models import User
from parvis.portal.directory.access import signed_in
from parvis.portal.kernel import audit, authz, clock
from parvis.portal.kernel.models import AuditRecord
from parvis.portal.privacy import chain, permissions, sentences, trail
from parvis.portal.privacy.forms import TrailForm
from parvis.portal.privacy.trail import Asked
from parvis.portal.ui import csv

CHUNK = 1000


@never_cache
@require_GET
def lines(request: HttpRequest) -> HttpResponseBase:
    """One page of it."""
    user = signed_in(request)
    authz.require(permissions.can_read_trail(user))
    form = TrailForm(request.GET or None)
    asked = form.asked() if form.is_bound else Asked()
    before = request.GET.get("avant", "")
    start = int(before) if before.isascii() and before.isdigit() and len(before) < 19 else None
    found = trail.page(user, asked, before=start)
    query = request.GET.copy()
    query.pop("avant", None)
    context = {
        "form": form,
        "asked": asked,
        "rows": [_shown(line) for line in found.lines],
        "page": found,
        "first": start is None,
        "query": query.urlencode(),
        "check": chain.last(),
        "head": audit.head(),
    }
    return render(request, "privacy/trail.html", context)


@require_GET
def export(request: HttpRequest) -> HttpResponseBase:
    """The lines that answer the filters, as CSV, streamed."""
    user, now = signed_in(request), clock.now()
    authz.require(permissions.can_read_trail(user))
    form = TrailForm(request.GET)
    asked = form.asked()
    data = {"query": request.GET.urlencode()[:500]}
    audit.record(actor=user, action="privacy.trail_exported", now=now, data=data)
    response = StreamingHttpResponse(_csv(user, asked, get_language()), content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="journal-{clock.today(now)}.csv"'
    response["Cache-Control"] = "no-store"
    return response


@require_POST
def check(request: HttpRequest) -> HttpResponseBase:
    """Have the chain verified."""
    chain.ask(actor=signed_in(request), now=clock.now())
    messages.success(request, _("La vérification commence. Son résultat s’affichera ici."))
    return redirect("privacy:trail")


@never_cache
@require_GET
def check_state(request: HttpRequest) -> HttpResponseBase:
    """How far the verification is: asked for every few seconds while it runs."""
    authz.require(permissions.can_read_trail(signed_in(request)))
    return render(request, "privacy/chain.html", {"check": chain.last(), "head": audit.head()})


def _shown(line: AuditRecord) -> dict[str, Any]:
    return {
        "line": line,
        "actor": line.actor_label or _("Le système"),
        "phrase": sentences.phrase(line),
        "family": sentences.FAMILIES.get(sentences.family_of(line.action), ""),
        "target": f"{line.target_type}:{line.target_id}" if line.target_id else "",
        "details": [(key, _text(value)) for key, value in line.data.items()],
    }


def _text(value: object) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _csv(user: User, asked: Asked, language: str | None) -> Iterator[str]:
    with override(language):
        header = [
            _("Numéro"), _("Date"), _("Qui"), _("Quoi"), _("Action"), _("Objet"), _("Adresse"), _("Suite"), _("Détails")
        ]  # fmt: skip
        yield "".join(csv.lines(header, ()))
    found = trail.every(user, asked)
    while piece := list(islice(found, CHUNK)):
        # Other requests may use this thread between two pieces: the language is set for each.
        with override(language):
            text = csv.body(
                [
                    line.id,
                    line.at,
                    line.actor_label or _("Le système"),
                    sentences.phrase(line),
                    line.action,
                    line.target_label,
                    line.client_address,
                    line.correlation,
                    json.dumps(line.data, ensure_ascii=False) if line.data else "",
                ]
                for line in piece
            )
        yield text
