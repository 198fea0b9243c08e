"""« Tester la connexion »."""

from __future__ import annotations

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.utils.translation import gettext as _

from parvis.portal.accounts import throttle
from parvis.portal.accounts.models import User
from parvis.portal.kernel import audit, clock
from parvis.portal.kernel.authz import require
from parvis.portal.kernel.errors import NotFound, Unavailable
from parvis.portal.sources.ldap import diagnosis, stored
from parvis.portal.sources.ldap.diagnosis import Outcome, Step
from parvis.portal.sources.models import Source
from parvis.portal.sources.permissions import can_manage
from parvis.portal.sources.queries import sources_visible_to
from parvis.portal.sources.records import Fault

LOOKS = {
    Outcome.GOOD: ("circle-check", "green"),
    Outcome.WARNING: ("alert-triangle", "orange"),
    Outcome.FAILED: ("circle-x", "red"),
}
TESTS_A_MINUTE = 10
"""A test says what answers on the network: not a tool to explore it."""


def test_connection(request: HttpRequest, source_id: int) -> HttpResponseBase:
    """GET: the page with its button. POST: what the steps found, as a fragment for htmx."""
    user = request.user
    assert isinstance(user, User)  # noqa: S101 the login middleware let nobody else in
    source = sources_visible_to(user).filter(pk=source_id, kind=Source.Kind.LDAP).first()
    if source is None:
        raise NotFound
    require(can_manage(user, source.root))
    context: dict[str, object] = {"source": source}
    if request.method == "POST":
        throttle.hit("ldap-test", str(user.pk), limit=TESTS_A_MINUTE, seconds=60)
        audit.record(actor=user, action="sources.connection_tested", target=source, now=clock.now())
        context["steps"] = [_shown(step) for step in _steps(source)]
    template = "sources/ldap/diagnosis.html" if "HX-Request" in request.headers else "sources/ldap/test.html"
    return render(request, template, context)


def _steps(source: Source) -> list[Step]:
    try:
        return diagnosis.diagnose(stored.settings_of(source))
    except Unavailable as broken:
        return [Step(title=_("Réglages"), outcome=Outcome.FAILED, detail=str(broken.message))]


def _shown(step: Step) -> dict[str, object]:
    icon, color = LOOKS[step.outcome]
    people = [
        {"where": each.where, "problem": each.problem} if isinstance(each, Fault) else {"record": each}
        for each in step.sample
    ]
    return {"step": step, "icon": icon, "color": color, "people": people}
