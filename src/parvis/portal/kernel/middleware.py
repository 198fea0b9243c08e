"""Correlation id and client address for every request; errors into pages."""

from __future__ import annotations

import re
from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from parvis.portal.kernel import context
from parvis.portal.kernel.errors import ParvisError

GetResponse = Callable[[HttpRequest], HttpResponse]
_BY_MACHINES = re.compile(r"/(?:internal/|(?:livez|readyz|metrics)$)")


class ContextMiddleware:
    """Sets `kernel.context`, answers with `X-Correlation-ID`."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """One request."""
        # Gateways and health checks come by an address of the inner network: its name is none of the site's, and
        # nothing is made of it there.
        if _BY_MACHINES.match(request.path_info):
            request.META["HTTP_HOST"] = settings.PARVIS.host
        # Only a gateway's is believed: a browser's would write into somebody else's story.
        internal = request.path.startswith("/internal/")
        correlation = context.new_correlation(request.headers.get("X-Correlation-ID", "") if internal else "")
        context.client_address.set(client_address(request))
        response = self.get_response(request)
        response["X-Correlation-ID"] = correlation
        return response


class ErrorPageMiddleware:
    """The one translator from `ParvisError` to a page (the API has its own)."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """One request."""
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        """A page with the error's sentence and what to do next; None for other exceptions."""
        if not isinstance(exception, ParvisError):
            return None
        fragment = "HX-Request" in request.headers
        template = "ui/error_fragment.html" if fragment else "ui/error.html"
        return render(request, template, {"error": exception}, status=exception.status)


def client_address(request: HttpRequest) -> str:
    """The browser's address. X-Forwarded-For counts only from a trusted proxy, right to left."""
    peer = str(request.META.get("REMOTE_ADDR", ""))
    known = settings.PARVIS
    if not known.is_proxy(peer):
        return peer
    hops = [hop.strip() for hop in request.headers.get("X-Forwarded-For", "").split(",") if hop.strip()]
    for hop in reversed(hops):
        if not known.is_proxy(hop):
            return hop[:45]
    return peer
