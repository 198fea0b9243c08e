"""What is done to many requests at once, from the lists."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import date
from typing import Any

from django.contrib import messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from parvis.portal.accounts.second_factor import require_fresh
from parvis.portal.directory.access import signed_in
from parvis.portal.directory.models import Role
from parvis.portal.directory.queries import STAFF_ROLES, has_role, is_staff
from parvis.portal.kernel import clock
from parvis.portal.kernel.errors import ParvisError
from parvis.portal.telework.forms import RefusalForm, SuspensionForm
from parvis.portal.telework.models import Request
from parvis.portal.telework.services import deciding_many, opening, requests
from parvis.portal.ui.listing import BulkAction

PROBLEMS_SHOWN = 10


def _leads(user: Any) -> bool:
    return has_role(user, Role.HEAD_OF_DEPARTMENT, *STAFF_ROLES)


def _warn(request: HttpRequest, problems: list[tuple[Request, str]]) -> None:
    for one, why in problems[:PROBLEMS_SHOWN]:
        messages.warning(request, format_html("{}\u202f: {}", str(one.agent), why))
    left = len(problems) - PROBLEMS_SHOWN
    if left > 0:
        said = ngettext("et %(n)d autre n’a pas pu l’être.", "et %(n)d autres n’ont pas pu l’être.", left)
        messages.warning(request, said % {"n": left})


def _grant(request: HttpRequest, rows: QuerySet[Request]) -> str:
    outcome = deciding_many.decide_many(actor=signed_in(request), requests=rows, granted=True, now=clock.now())
    _warn(request, outcome.problems)
    said = ngettext("%(n)d demande accordée.", "%(n)d demandes accordées.", outcome.done) % {"n": outcome.done}
    return _followed(said, outcome)


def _refuse(request: HttpRequest, rows: QuerySet[Request], reason: str = "") -> str:
    outcome = deciding_many.decide_many(
        actor=signed_in(request), requests=rows, granted=False, reason=reason, now=clock.now()
    )
    _warn(request, outcome.problems)
    said = ngettext("%(n)d demande refusée.", "%(n)d demandes refusées.", outcome.done) % {"n": outcome.done}
    return _followed(said, outcome)


def _followed(said: str, outcome: deciding_many.Outcome) -> str:
    """With what the worker does next, and with what a second click found done."""
    parts = [said]
    if outcome.already:
        again = ngettext("%(n)d l’était déjà.", "%(n)d l’étaient déjà.", outcome.already)
        parts.append(again % {"n": outcome.already})
    if outcome.done:
        parts.append(_("Les courriels partent dans les minutes qui viennent."))
    return " ".join(parts)


def _open(request: HttpRequest, rows: QuerySet[Request]) -> str:
    require_fresh(request)  # it gives rights
    outcome = opening.open_many(actor=signed_in(request), requests=list(rows), now=clock.now())
    _warn(request, outcome.problems)
    return ngettext("%(n)d télétravail ouvert.", "%(n)d télétravails ouverts.", outcome.opened) % {"n": outcome.opened}


def _suspend(request: HttpRequest, rows: QuerySet[Request], reason: str = "", resumes_date: date | None = None) -> str:
    user, now = signed_in(request), clock.now()
    count = _each(request, rows, lambda one: requests.suspend(
        actor=user, request=one, reason=reason, resumes_date=resumes_date, now=now
    ))  # fmt: skip
    return ngettext("%(n)d télétravail suspendu.", "%(n)d télétravails suspendus.", count) % {"n": count}


def _resume(request: HttpRequest, rows: QuerySet[Request]) -> str:
    user, now = signed_in(request), clock.now()
    count = _each(request, rows, lambda one: requests.resume(actor=user, request=one, now=now))
    return ngettext("%(n)d télétravail reprend.", "%(n)d télétravails reprennent.", count) % {"n": count}


def _each(request: HttpRequest, rows: Iterable[Request], act: Callable[[Request], None]) -> int:
    """Each by itself: one that cannot move does not keep the others from it."""
    count, problems = 0, []
    for one in list(rows):
        try:
            act(one)
        except ParvisError as problem:
            faults = getattr(problem, "fields", {})
            words = next((fault for each in faults.values() for fault in each), str(problem.message))
            problems.append((one, words))
        else:
            count += 1
    _warn(request, problems)
    return count


GRANT = BulkAction(
    name="grant",
    label=gettext_lazy("Accorder"),
    icon="check",
    run=_grant,
    question=gettext_lazy("Accorder ces demandes de télétravail\u202f?"),
    consequence=gettext_lazy("Les agents reçoivent un courriel. Vous pouvez changer d’avis jusqu’à l’ouverture."),
    allowed=_leads,
)
REFUSE = BulkAction(
    name="refuse",
    label=gettext_lazy("Refuser"),
    icon="x",
    run=_refuse,
    question=gettext_lazy("Refuser ces demandes de télétravail\u202f?"),
    consequence=gettext_lazy("Les agents reçoivent un courriel, avec le motif que vous donnez."),
    danger=True,
    allowed=_leads,
    form_class=RefusalForm,
)
OPEN = BulkAction(
    name="open",
    label=gettext_lazy("Ouvrir"),
    icon="lock-open",
    run=_open,
    question=gettext_lazy("Ouvrir le télétravail de ces agents\u202f?"),
    consequence=gettext_lazy(
        "Ils reçoivent leurs droits et un courriel qui les guide. Seules les demandes accordées sont ouvertes."
    ),
    allowed=is_staff,
)
SUSPEND = BulkAction(
    name="suspend",
    label=gettext_lazy("Suspendre"),
    icon="calendar-time",
    run=_suspend,
    question=gettext_lazy("Suspendre le télétravail de ces agents\u202f?"),
    consequence=gettext_lazy("Leurs accès à distance sont retirés tout de suite, et rendus à la reprise."),
    danger=True,
    allowed=_leads,
    form_class=SuspensionForm,
)
RESUME = BulkAction(
    name="resume",
    label=gettext_lazy("Reprendre"),
    icon="player-play",
    run=_resume,
    question=gettext_lazy("Faire reprendre le télétravail de ces agents\u202f?"),
    consequence=gettext_lazy("Leurs accès à distance sont rendus."),
    allowed=_leads,
)
