"""Booking a meeting: one form, and beside it the tools that fit. Changing one is the same page."""

from __future__ import annotations

from dataclasses import replace

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_safe

from parvis.portal.directory import colleagues
from parvis.portal.directory.access import show_problems, signed_in
from parvis.portal.directory.models import Agent
from parvis.portal.directory.queries import agent_of, search_agents
from parvis.portal.kernel import authz, clock
from parvis.portal.kernel.errors import Conflict, Invalid
from parvis.portal.meetings import asking, permissions, queries, rules
from parvis.portal.meetings.asking import Asked
from parvis.portal.meetings.models import Meeting
from parvis.portal.meetings.services import planning
from parvis.portal.ui import formats
from parvis.portal.ui.search import fold

FOUND_SHOWN = 8
FOUND_READ = 60
LEAST_TYPED = 2


@require_http_methods(["GET", "HEAD", "POST"])
def new(request: HttpRequest) -> HttpResponse:
    """The form, filled for the next half hour; htmx gets what changed of it."""
    user, now = signed_in(request), clock.now()
    own = agent_of(user)
    if own is None:
        return render(request, "meetings/no_agent.html", status=200)
    asked = asking.read(request.POST if request.method == "POST" else asking.blank(now, request.GET), user, now)
    asking.answer(asked, now)
    do = request.POST.get("do", "")
    if do.startswith("book:"):
        return _book(request, asked, do[5:])
    return _page(request, asked)


@require_http_methods(["GET", "HEAD", "POST"])
def change(request: HttpRequest, meeting_key: str) -> HttpResponse:
    """Another time, tool, room or title; in a series, of this one or of all that follow."""
    user, now = signed_in(request), clock.now()
    meeting = queries.meeting_for(user, meeting_key)
    authz.require(permissions.can_run(user, meeting))
    given = request.POST if request.method == "POST" else asking.filled(meeting)
    asked = asking.read(given, user, now, meeting=meeting)
    asking.answer(asked, now, meeting=meeting)
    do = request.POST.get("do", "")
    if do.startswith("book:") or do == "save":
        return _save(request, asked, meeting, do.removeprefix("book:") if do != "save" else "same")
    return _page(request, asked, meeting=meeting)


def _page(request: HttpRequest, asked: Asked, *, meeting: Meeting | None = None, status: int = 200) -> HttpResponse:
    context = {
        "asked": asked,
        "form": asked.form,
        "meeting": meeting,
        "answer": asked.found.suggestion if asked.found else None,
        "chips": _chips(),
        "in_series": meeting is not None and meeting.series_id is not None,
        "when": _when(asked),
        "focus_who": request.POST.get("do", "").startswith(("add:", "remove:", "paste")),
    }
    target = request.headers.get("HX-Target", "")
    template = {"answer": "meetings/answer.html", "ask": "meetings/ask.html"}.get(target, "meetings/plan.html")
    return render(request, template, context, status=status)


def _when(asked: Asked) -> str:
    if asked.starts_at is None or asked.ends_at is None:
        return ""
    end = asked.ends_at.astimezone(rules.PARIS)
    return _("%(start)s, jusqu’à %(end)s") % {"start": formats.instant(asked.starts_at), "end": f"{end:%H:%M}"}


def _chips() -> list[tuple[str, str]]:
    return [
        ("now", _("Maintenant")),
        ("soon", _("Dans une demi-heure")),
        ("afternoon", _("Cet après-midi")),
        ("tomorrow_9", _("Prochain jour ouvré, 9 h")),
        ("tomorrow_14", _("Prochain jour ouvré, 14 h")),
    ]


def _chosen(asked: Asked, what: str) -> tuple[object, bool]:
    """The provider a button names (`12`, `12:wait`, `room`), and whether to wait.

    Raises:
        Conflict: it is not proposed any more.
    """
    number, _sep, rest = what.partition(":")
    if number == "room":
        return None, False
    found = asked.found.providers if asked.found else {}
    provider = found.get(int(number)) if number.isdecimal() and len(number) < 18 else None
    if provider is None:
        raise Conflict(_("Cet outil n’est plus proposé\u202f: choisissez-en un autre."), code="tool_gone")
    return provider, rest == "wait"


def _book(request: HttpRequest, asked: Asked, what: str) -> HttpResponse:
    now = clock.now()
    form = asked.form
    if form.is_valid():
        try:
            provider, wait = _chosen(asked, what)
            draft = asked.draft(provider, wait=wait)  # type: ignore[arg-type]
            if form.cleaned_data["repeat"]:
                rule = rules.rule_for(form.cleaned_data["repeat"], form.cleaned_data["day"], form.cleaned_data["until"])
                planned = planning.plan_series(
                    actor=asked.user, draft=draft, rule=rule, now=now, skip=form.cleaned_data["skip"]
                )
                _say_series(request, planned)
                return _to(request, planned.meetings[0])
            meeting = planning.plan(actor=asked.user, draft=draft, now=now)
        except Invalid as problem:
            show_problems(form, problem)
        except Conflict as problem:
            form.add_error(None, f"{problem.message} {problem.advice}".strip())
            asking.answer(asked, now)
        else:
            _say(request, meeting)
            return _to(request, meeting)
    return _page(request, asked, status=422)


def _to(request: HttpRequest, meeting: Meeting) -> HttpResponse:
    response: HttpResponse = redirect("meetings:meeting", meeting_key=meeting.key)
    if "HX-Request" in request.headers:
        address = response["Location"]
        response = HttpResponse(status=204)
        response["HX-Redirect"] = address
    return response


def _say(request: HttpRequest, meeting: Meeting) -> None:
    if meeting.state == Meeting.State.WAITING:
        messages.warning(request, _("Tout est pris\u202f: la réunion attend une place. Vous serez prévenu."))
    else:
        messages.success(request, _("C’est réservé. Les invités reçoivent l’invitation par courriel."))


def _say_series(request: HttpRequest, planned: planning.Planned) -> None:
    count = len(planned.meetings)
    messages.success(
        request,
        ngettext("%(n)d réunion est réservée.", "%(n)d réunions sont réservées.", count) % {"n": count},
    )
    if planned.refused:
        days = ", ".join(formats.day(at) for at, _why in planned.refused[:8])
        messages.warning(request, _("Impossible ces jours-là\u202f: %(days)s.") % {"days": days})


def _save(request: HttpRequest, asked: Asked, meeting: Meeting, what: str) -> HttpResponse:
    now, form = clock.now(), asked.form
    if form.is_valid():
        try:
            provider = meeting.provider if what == "same" else _chosen(asked, what)[0]
            draft = replace(asked.draft(provider, wait=what.endswith(":wait")), organiser=meeting.organiser, guests=())  # type: ignore[arg-type]
            if request.POST.get("scope") == "following" and meeting.series_id:
                done, refused = planning.change_following(actor=asked.user, meeting=meeting, draft=draft, now=now)
                if refused:
                    days = ", ".join(formats.day(at) for at, _why in refused[:8])
                    messages.warning(request, _("Inchangées, faute de place\u202f: %(days)s.") % {"days": days})
                changed = done[0]
            else:
                changed = planning.change(actor=asked.user, meeting=meeting, draft=draft, now=now)
        except Invalid as problem:
            show_problems(form, problem)
        except Conflict as problem:
            form.add_error(None, f"{problem.message} {problem.advice}".strip())
        else:
            messages.success(request, _("C’est changé. Les invités sont prévenus."))
            return _to(request, changed)
    return _page(request, asked, meeting=meeting, status=422)


@require_safe
def people(request: HttpRequest) -> HttpResponse:
    """Colleagues whose name begins like this, as buttons that add them."""
    user = signed_in(request)
    typed = request.GET.get("who", "").replace("\x00", "").strip()[:100]
    found: list[Agent] = []
    if len(typed) >= LEAST_TYPED:
        seen = search_agents(colleagues.found_by(user), typed).exclude(user_id=user.pk)
        rows = list(seen.select_related("entity").order_by("last_name", "first_name", "pk")[:FOUND_READ])
        # Who is called so before those in whose name it merely occurs.
        start = fold(typed)
        found = sorted(rows, key=lambda agent: not _begins(agent, start))[:FOUND_SHOWN]
    return render(
        request, "meetings/people.html", {"found": found, "typed": typed if len(typed) >= LEAST_TYPED else ""}
    )


def _begins(agent: Agent, start: str) -> bool:
    names = (agent.last_name, agent.first_name, f"{agent.first_name} {agent.last_name}")
    return any(fold(name).startswith(start) for name in names)
