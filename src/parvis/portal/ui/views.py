"""Pages that belong to no room: accessibility statement, site map, language, errors."""

from __future__ import annotations

import logging
import sys

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse, HttpResponseServerError
from django.shortcuts import render
from django.template import engines
from django.views.decorators.http import require_safe
from django.views.i18n import set_language as django_set_language

from parvis.portal.kernel import context
from parvis.portal.ui import outages

logger = logging.getLogger(__name__)

LAST_RESORT = (
    "<!doctype html><html lang='fr'><meta charset='utf-8'><title>Erreur</title>"
    "<h1>Le portail a rencontré un problème. Réessayez dans une minute.</h1></html>"
)

set_language = login_not_required(django_set_language)
"""POST `language`: remembered in a cookie, before and after sign-in."""


@login_not_required
@require_safe
def accessibility(request: HttpRequest) -> HttpResponse:
    """The statement the law asks for (loi 2005-102, article 47), readable by all."""
    return render(request, "ui/accessibility.html")


@require_safe
def site_map(request: HttpRequest) -> HttpResponse:
    """Every page the user has in a menu: the second way through the site (RGAA 12.1)."""
    return render(request, "ui/site_map.html")


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """400."""
    return render(request, "400.html", status=400)


def permission_denied(request: HttpRequest, exception: Exception) -> HttpResponse:
    """403."""
    return render(request, "403.html", status=403)


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """403 of a form that was open too long, or sent from elsewhere."""
    return render(request, "403_csrf.html", status=403)


def page_not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    """404."""
    return render(request, "404.html", status=404)


def server_error(request: HttpRequest) -> HttpResponse:
    """500, or 503 in an outage: touches neither the database nor a context processor, for they may be what failed."""
    # Called while the exception is handled: what failed is known.
    outage = outages.outage_of(sys.exc_info()[1])
    try:
        if outage is not None:
            return outages.answer(request, outage)
        page = (
            engines["django"].from_string("{% include '500.html' %}").render({"correlation": context.correlation.get()})
        )
    except Exception:
        # The last resort: whatever failed, say something.
        logger.exception("the error page itself failed")
        page = LAST_RESORT
    return HttpResponseServerError(page)
