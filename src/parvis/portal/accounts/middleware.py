"""Nobody goes further than the sign-in pages without a second factor; a sign-in's last activity is noted."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from typing import Any, TypeVar
from urllib.parse import urlencode

from allauth.core.exceptions import ReauthenticationRequired
from allauth.usersessions.models import UserSession
from django.core.cache import cache
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _

from parvis.portal.accounts import second_factor
from parvis.portal.kernel import clock
from parvis.portal.kernel.middleware import GetResponse, client_address

NOTED_EVERY_SECONDS = 60

V = TypeVar("V", bound=Callable[..., Any])


def second_factor_not_required(view: V) -> V:
    """Mark a view that a signed-in person reaches before having given a second factor: enrolment, sign-out."""
    view.second_factor_required = False  # type: ignore[attr-defined]
    return view


class SecondFactorMiddleware:
    """Requirement 9: after the password, the second factor or its enrolment, whatever the path that signed in."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """One request."""
        return self.get_response(request)

    def process_view(
        self, request: HttpRequest, view: Callable[..., Any], args: Any, kwargs: Any
    ) -> HttpResponse | None:
        """Send the person to enrolment, or to the page that asks for the code; None lets the view answer."""
        if not request.user.is_authenticated or not getattr(view, "login_required", True):
            return None
        if not getattr(view, "second_factor_required", True):
            return None
        if second_factor.given_at(request) is not None or second_factor.signed_in_as_persona(request):
            return None
        page = "mfa_reauthenticate" if second_factor.exists_for(request.user) else "accounts:enrolment"
        return _send_to(request, reverse(page))

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        """`require_fresh` from htmx or a script: they cannot follow a redirection to a page."""
        if isinstance(exception, ReauthenticationRequired) and not _is_page(request):
            return _send_to(request, reverse("mfa_reauthenticate"))
        return None  # django-allauth redirects, and replays the request afterwards


class SignInActivityMiddleware:
    """Writes when, and from where, a sign-in was last active: once a minute at most. Its pages are kept nowhere."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """One request."""
        if request.user.is_authenticated and request.session.session_key:
            key = request.session.session_key
            mark = "parvis-active:" + hashlib.sha256(key.encode()).hexdigest()
            if cache.add(mark, True, timeout=NOTED_EVERY_SECONDS):
                UserSession.objects.filter(session_key=key).update(
                    last_seen_at=clock.now(),
                    ip=client_address(request) or "0.0.0.0",  # noqa: S104 not a bind
                )
        response = self.get_response(request)
        if request.user.is_authenticated:
            # The next person at a shared PC does not find them with « Précédent ».
            response.headers.setdefault("Cache-Control", "private, no-store")
        return response


def _send_to(request: HttpRequest, address: str) -> HttpResponse:
    if "HX-Request" in request.headers:
        back = request.headers.get("HX-Current-URL", "")
        if not url_has_allowed_host_and_scheme(back, {request.get_host()}):
            back = "/"
        response = HttpResponse(status=204)
        response["HX-Redirect"] = f"{address}?{urlencode({'next': back})}"
        return response
    if not _is_page(request):
        title = _("Confirmez d’abord votre identité avec votre deuxième étape de connexion.")
        body = {"code": "second_factor_required", "title": title, "status": 403, "advice": "", "url": address}
        return JsonResponse(body, status=403, content_type="application/problem+json")
    back = request.get_full_path() if request.method == "GET" else "/"
    return HttpResponseRedirect(f"{address}?{urlencode({'next': back})}")


def _is_page(request: HttpRequest) -> bool:
    if "HX-Request" in request.headers:
        return False
    return request.content_type != "application/json" and "application/json" not in request.headers.get("Accept", "")
