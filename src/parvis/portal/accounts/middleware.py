"""Nobody goes further than the sign-in pages without a second factor; a sign-in's last activity is noted."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar
from urllib.parse import urlencode

from allauth.core.exceptions import ReauthenticationRequired
from django.contrib import messages
from django.contrib.auth import logout
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from parvis.portal.accounts import second_factor, sign_ins, terms
from parvis.portal.accounts.second_factor import Step
from parvis.portal.kernel import clock
from parvis.portal.kernel.middleware import GetResponse

PAGES = {
    Step.GIVE: "mfa_reauthenticate",
    Step.ENROL: "accounts:enrolment",
    Step.ENROL_PASSKEY: "accounts:add_passkey",
}
"""Where each missing step is done."""
ENDED = {
    sign_ins.Reason.TIME_LIMIT: gettext_lazy("Votre connexion a atteint sa durée maximale. Reconnectez-vous."),
    sign_ins.Reason.IDLE: gettext_lazy("Vous étiez absent depuis longtemps\u202f: reconnectez-vous."),
}

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
        step = second_factor.missing(request)
        return None if step is Step.NONE else _send_to(request, reverse(PAGES[step]))

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        """`require_fresh` from htmx or a script: they cannot follow a redirection to a page."""
        if isinstance(exception, ReauthenticationRequired) and not _is_page(request):
            return _send_to(request, reverse("mfa_reauthenticate"))
        return None  # django-allauth redirects, and replays the request afterwards


class SignInActivityMiddleware:
    """Holds a sign-in to its terms, notes when and from where it was last active. Its pages are kept nowhere."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """One request."""
        if request.user.is_authenticated and (reason := terms.of(request).over) is not None:
            return _sign_out(request, reason)
        response = self.get_response(request)
        if request.user.is_authenticated:
            # The next person at a shared PC does not find them with « Précédent ».
            response.headers.setdefault("Cache-Control", "private, no-store")
        return response


def _sign_out(request: HttpRequest, reason: sign_ins.Reason) -> HttpResponse:
    user, here = request.user, sign_ins.current(request)
    assert user.is_authenticated  # noqa: S101 its terms were looked at
    sign_ins.end(user=user, actor=None, now=clock.now(), reason=reason, only={here})
    logout(request)
    messages.info(request, ENDED[reason])
    return _send_to(request, reverse("account_login"))


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
