"""What makes the counting page installable and usable without network."""

from __future__ import annotations

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.templatetags.static import static
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe


@login_not_required
@require_safe
def service_worker(request: HttpRequest) -> HttpResponse:
    """The service worker (W3C Service Workers): its address gives it the stock-takes as scope, and nothing else.

    Public: a browser asks for it again by itself, signed in or not; it holds nothing of anybody.
    """
    response = render(request, "stocktake/service_worker.js", content_type="text/javascript; charset=utf-8")
    response["Cache-Control"] = "no-cache"
    return response


@login_not_required
@require_safe
def manifest(request: HttpRequest) -> HttpResponse:
    """The web app manifest (W3C): browsers fetch it without cookies."""
    home = reverse("stocktake:stocktakes")
    body = {
        "id": home,
        "name": _("Inventaires · %(authority)s") % {"authority": settings.PARVIS.authority_name},
        "short_name": _("Inventaires"),
        "lang": "fr",
        "start_url": home,
        "scope": home,
        "display": "standalone",
        "background_color": "#ffffff",
        "theme_color": "#1b4f9c",
        "icons": [{"src": static("ui/favicon.svg"), "sizes": "any", "type": "image/svg+xml"}],
    }
    return JsonResponse(body, content_type="application/manifest+json")
