"""Every signed-in request is judged anew: a certificate that is no longer shown is trust that is gone."""

from __future__ import annotations

import structlog
from django.db import DatabaseError
from django.http import HttpRequest, HttpResponse

from parvis.portal.kernel import clock
from parvis.portal.kernel.middleware import GetResponse
from parvis.portal.trust import evaluation, private_devices
from parvis.portal.trust.services import sign_ins

log = structlog.get_logger("parvis.trust")


class TrustMiddleware:
    """Lets `accounts` ask about the request, notes what the sign-in showed, recognises the browser for its owner."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """One request."""
        token = evaluation.asking.set(request)
        try:
            made = _note(request) if request.user.is_authenticated else ""
            response = self.get_response(request)
        finally:
            evaluation.asking.reset(token)
        if made:
            private_devices.set_cookie(response, made)
        return response


def _note(request: HttpRequest) -> str:
    """Write down what is new of this sign-in; the number for the browser's cookie, if it gets one."""
    if not evaluation.has_proven_person(request):
        return ""
    trust = evaluation.of_request(request)
    noted = trust.known.noted
    here = None if sign_ins.says_the_same(noted, trust) else evaluation.sign_in_of(request)
    if here is None:
        return ""
    try:
        return sign_ins.note(request=request, trust=trust, sign_in=here, first=noted is None, now=clock.now())
    except DatabaseError:  # the sign-in ended meanwhile: the next request finds out
        log.info("sign_in_trust_not_noted", sign_in=here)
        return ""
