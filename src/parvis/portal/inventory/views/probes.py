"""The address probes speak to: FusionInventory, OCS and GLPI-Agent, each in its own words.

Public: the secret in the address is the right to be there, and it opens nothing but sending. No session, no cookie.
"""

from __future__ import annotations

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext, override
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from parvis.portal.accounts import throttle
from parvis.portal.inventory import frequency
from parvis.portal.inventory.models import ProbeToken
from parvis.portal.inventory.services import reports, tokens
from parvis.portal.inventory.wire import limits, replies
from parvis.portal.inventory.wire.body import Packing
from parvis.portal.inventory.wire.messages import understand
from parvis.portal.inventory.wire.problems import PROBLEMS, Unreadable
from parvis.portal.inventory.wire.replies import Reply
from parvis.portal.inventory.wire.tree import Form
from parvis.portal.inventory.wire.values import text
from parvis.portal.kernel import clock, context
from parvis.portal.kernel.errors import TooMany, Unavailable

WRONG_PER_HOUR = 120
"""Unknown addresses from one place: a site whose address was revoked has many probes behind one router."""


@csrf_exempt
@login_not_required
@require_http_methods(["GET", "HEAD", "POST"])
def speak(request: HttpRequest, secret: str) -> HttpResponse:
    """One request of a probe. What is refused is kept nowhere."""
    with override("fr"):  # the words end in the log of a computer of the authority
        token = tokens.recognise(secret)
        if token is None:
            return _unknown(request)
        if request.method != "POST":
            return _asked(request, token)
        return _told(request, token)


def _unknown(request: HttpRequest) -> HttpResponse:
    """Who has the right address is heard all the same: nobody guesses it, and one sender would silence a whole site."""
    place = throttle.network(context.client_address.get())
    if throttle.counted("probe-wrong", place) >= WRONG_PER_HOUR:
        return _refused(request, 429, gettext("Trop de demandes avec une adresse de sonde inconnue."))
    throttle.count("probe-wrong", place, seconds=3600)
    return _refused(request, 403, gettext("Adresse de sonde inconnue ou révoquée."))


def _asked(request: HttpRequest, token: ProbeToken) -> HttpResponse:
    """GET: an agent that looks for tasks, or a technician who tries the address."""
    if request.GET.get("action"):
        return _answered(replies.nothing_to_do())
    words = gettext("Adresse de sonde valable pour «\u202f%(entity)s\u202f». Donnez-la à vos sondes d’inventaire.")
    return _hardened(
        HttpResponse(words % {"entity": token.entity} + "\n", content_type="text/plain; charset=utf-8")
    )  # fmt: skip


def _told(request: HttpRequest, token: ProbeToken) -> HttpResponse:
    now = clock.now()
    try:
        data = _body_of(request)
        message = understand(data)
        if message.wish == "inventory":
            reports.receive(token=token, message=message, client=_client(request), size=len(data), now=now)
    except Unreadable as problem:
        status = 413 if problem.key == "too_large" else 400
        return _refused(request, status, str(PROBLEMS[problem.key]))
    except (TooMany, Unavailable) as problem:
        return _refused(request, problem.status, str(problem.message))
    hours = frequency.hours_until_next(
        device_id=message.device_id, token_id=token.pk, period_hours=token.frequency_hours, now=now
    )
    return _answered(replies.answer(message, hours=hours, is_glpi=_is_glpi(request)))


def _body_of(request: HttpRequest) -> bytes:
    declared = request.META.get("CONTENT_LENGTH") or "0"
    if declared.isdigit() and int(declared) > limits.MOST_SENT:
        raise Unreadable("too_large")  # not even read
    data = request.read(limits.MOST_SENT + 1)
    if len(data) > limits.MOST_SENT:
        raise Unreadable("too_large")
    return data


def _is_glpi(request: HttpRequest) -> bool:
    return "GLPI-Agent-ID" in request.headers


def _client(request: HttpRequest) -> str:
    return text(request.headers.get("User-Agent", ""), 120)


def _refused(request: HttpRequest, status: int, words: str) -> HttpResponse:
    """In the form the agent can read, as far as its headers tell: the body may not have been looked at."""
    kind = request.content_type or ""
    form: Form = "json" if "json" in kind or _is_glpi(request) else "xml"
    packing: Packing = "gzip" if "gzip" in kind else "zlib" if "compress" in kind else "none"
    return _answered(replies.refusal(words, form=form, packing=packing), status)


def _answered(reply: Reply, status: int = 200) -> HttpResponse:
    return _hardened(HttpResponse(reply.body, status=status, content_type=reply.content_type))


def _hardened(response: HttpResponse) -> HttpResponse:
    response["Cache-Control"] = "no-store"
    response["Referrer-Policy"] = "no-referrer"
    response["X-Robots-Tag"] = "noindex"
    return response
