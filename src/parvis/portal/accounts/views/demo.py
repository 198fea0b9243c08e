"""One-click sign-in of the demo's personas. The address exists in demo mode only, and refuses otherwise."""

from __future__ import annotations

from allauth.account.internal.flows.login import perform_login, record_authentication
from allauth.account.internal.flows.logout import logout
from allauth.account.models import Login
from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest
from django.http.response import HttpResponseBase
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_POST

from parvis.portal.accounts import queries
from parvis.portal.accounts.second_factor import DEMO


@login_not_required
@require_POST
def sign_in(request: HttpRequest) -> HttpResponseBase:
    """POST `persona`: signed in as that person, without password."""
    if not settings.PARVIS.demo:
        raise Http404
    asked = request.POST.get("persona", "")
    is_number = asked.isascii() and asked.isdigit() and len(asked) < 19
    persona = queries.personas().filter(pk=int(asked)).first() if is_number else None
    if persona is None:
        raise Http404
    if request.user.is_authenticated:
        logout(request, show_message=False)
    back = request.POST.get("next", "")
    safe = url_has_allowed_host_and_scheme(back, {request.get_host()})
    record_authentication(request, persona, method=DEMO)
    response: HttpResponseBase = perform_login(request, Login(user=persona, redirect_url=back if safe else None))
    return response
