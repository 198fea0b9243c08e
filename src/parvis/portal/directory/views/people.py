"""Finding a colleague: every agent's page."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.cache import patch_vary_headers
from django.views.decorators.http import require_safe

from parvis.portal.directory import colleagues, queries
from parvis.portal.directory.access import signed_in

SHOWN = 30


@require_safe
def people(request: HttpRequest) -> HttpResponse:
    """The page, or what is found alone for htmx as one types."""
    user = signed_in(request)
    asked = request.GET.get("q", "").replace("\x00", "").strip()[:100]
    found = []
    if asked:
        rows = queries.search_agents(colleagues.found_by(user), asked).order_by("last_name", "first_name", "pk")
        found = list(rows[: SHOWN + 1])
    context = {"asked": asked, "found": found[:SHOWN], "more": len(found) > SHOWN, "page_has_search": True}
    fragment = (
        request.headers.get("HX-Target") == "people-found" and "HX-History-Restore-Request" not in request.headers
    )
    response = render(request, "directory/people_found.html" if fragment else "directory/people.html", context)
    patch_vary_headers(response, ["HX-Request", "HX-Target"])
    return response
