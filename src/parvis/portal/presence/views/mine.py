"""« Ma présence »: one's month, declaring, history, export. Also a colleague's month, and one's own for their head."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST, require_safe

from parvis.portal.accounts.models import User
from parvis.portal.directory import queries as directory
from parvis.portal.directory.access import one, show_problems, signed_in
from parvis.portal.directory.events import AgentSeen
from parvis.portal.directory.models import Agent
from parvis.portal.kernel import audit, clock, events
from parvis.portal.kernel.errors import Invalid, NotFound
from parvis.portal.presence import loading, permissions, queries, rules, services, showing
from parvis.portal.presence.forms import DeclareForm
from parvis.portal.presence.models import Day, Operation
from parvis.portal.ui import csv, formats

EXPORT_DAYS = 800


def own_agent(request: HttpRequest) -> Agent:
    """The agent of this account.

    Raises:
        NotFound: the account is no agent's.
    """
    agent = directory.agent_of(signed_in(request))
    if agent is None:
        raise NotFound(_("Votre compte n’est pas celui d’un agent\u202f: il n’a pas de présence."))
    return agent


@require_safe
def mine(request: HttpRequest) -> HttpResponse:
    """One's own month, and the form to declare."""
    return show_month(request, own_agent(request))


@require_safe
def person(request: HttpRequest, agent_id: int) -> HttpResponse:
    """Another agent's month, as this person may see it."""
    user = signed_in(request)
    agent = one(queries.people_visible_to(user), agent_id)
    if agent.user_id == user.pk:
        return redirect("presence:mine")
    if queries.sees_in_detail(user, agent):
        events.publish(AgentSeen(viewer_id=user.pk, agent_id=agent.pk, page="presence", at=clock.now()))
    return show_month(request, agent)


def show_month(request: HttpRequest, agent: Agent, form: DeclareForm | None = None) -> HttpResponse:
    """The month page of an agent; `form`: one to be corrected."""
    user, today = signed_in(request), clock.today()
    chosen = _chosen(request)
    month = _month(request, chosen[0] if chosen else today)
    starts, ends = showing.month_span(month)
    calendar = loading.of_agents([agent], starts, ends)
    eyes = showing.Eyes(user, today)
    days = [eyes.day(calendar, agent.pk, agent.entity.path, day) for day in rules.days_between(starts, ends)]
    own = agent.user_id == user.pk
    may_declare = bool(permissions.can_declare(user, agent))
    policy = calendar.policy(agent.pk)
    if form is None and may_declare:
        first, last = chosen or (today, today)
        form = DeclareForm(
            statuses=queries.offered(to_head=not own, every=calendar.statuses.values()),
            initial={"starts_date": first, "ends_date": last, "half": "", "seen": _seen(days)},
        )
    shown_codes = {half.code for day in days for half in (day.am, day.pm)}
    context = {
        "agent": agent,
        "own": own,
        "month": month,
        "previous": (month - timedelta(days=1)).replace(day=1),
        "next": (month + timedelta(days=32)).replace(day=1),
        "rows": showing.month_rows(month, days, today=today, zone=policy.school_zone, chosen=chosen),
        "form": form,
        "chosen": chosen,
        "anchor": chosen[0] if chosen and chosen[0] == chosen[1] else None,
        "legend": [status for status in calendar.statuses.values() if status.code in shown_codes],
        "zone": policy.school_zone,
        "confirms": bool(policy.confirms),
        "today": today,
        "path": request.path,
        "back": request.get_full_path(),
        **(_own_context(agent, today) if own else {}),
    }
    return render(request, "presence/month.html", context)


def _own_context(agent: Agent, today: date) -> dict[str, object]:
    waiting = list(Day.objects.filter(agent=agent, state=rules.State.TO_CONFIRM).order_by("date")[:50])
    statuses = queries.statuses()
    return {
        "waiting": [(row, showing.label_of(statuses, row.am), showing.label_of(statuses, row.pm)) for row in waiting],
        "refused": Day.objects.filter(agent=agent, state=rules.State.REFUSED, date__gte=today).order_by("date")[:10],
        "waiting_pattern": queries.patterns_of(agent).filter(state=rules.State.TO_CONFIRM).first(),
        "last_operation": _last_undoable(agent),
    }


def _last_undoable(agent: Agent) -> Operation | None:
    last = (
        Operation.objects.filter(agent=agent, actor_id=agent.user_id, kind__in=("declare", "copy"))
        .select_related("undone_by")
        .first()
    )
    fresh = last is not None and not hasattr(last, "undone_by") and clock.now() - last.at < timedelta(days=1)
    return last if fresh else None


@require_POST
def declare(request: HttpRequest, agent_id: int | None = None) -> HttpResponse:
    """One's own days, or those of an agent of one's department."""
    user = signed_in(request)
    agent = own_agent(request) if agent_id is None else one(queries.people_in_detail(user), agent_id)
    own = agent.user_id == user.pk
    form = DeclareForm(request.POST, statuses=queries.offered(to_head=not own))
    if form.is_valid():
        try:
            outcome = services.declare(actor=user, agent=agent, now=clock.now(), **form.arguments())
        except Invalid as problem:
            if _is_quick(request):
                messages.error(request, str(problem.message))
                return redirect(_back(request))
            show_problems(form, problem)
        else:
            _tell(request, outcome)
            return redirect(_back(request, default=_page_of(agent, user)))
    return show_month(request, agent, form)


@require_POST
def undo(request: HttpRequest, own_operation_id: int) -> HttpResponse:
    """Put back what one's last operation changed."""
    user = signed_in(request)
    operation = one(queries.operations_of(user), own_operation_id)
    outcome = services.undo(actor=user, operation=operation, now=clock.now())
    messages.success(request, _("C’est annulé."))
    if outcome.skipped:
        messages.warning(
            request,
            _("Changés entre-temps, ces jours restent comme ils sont\u202f: %(days)s.")
            % {"days": _days_text(outcome.skipped)},
        )
    return redirect(_back(request))


@require_POST
def copy_week(request: HttpRequest) -> HttpResponse:
    """Copy the week before into the chosen one."""
    monday = _date(request.POST.get("monday", "")) or clock.today()
    try:
        outcome = services.copy_week(actor=signed_in(request), agent=own_agent(request), monday=monday, now=clock.now())
    except Invalid as problem:
        messages.warning(request, str(problem.message))
    else:
        _tell(request, outcome)
    return redirect(_back(request))


@require_safe
def export(request: HttpRequest) -> HttpResponseBase:
    """One's own days as CSV, between two dates (the year around today if none is given)."""
    user, agent, now = signed_in(request), own_agent(request), clock.now()
    today = clock.today(now)
    starts = _date(request.GET.get("du", "")) or today.replace(month=1, day=1)
    ends = _date(request.GET.get("au", "")) or today.replace(month=12, day=31)
    ends = max(starts, min(ends, starts + timedelta(days=EXPORT_DAYS)))
    data = {"starts": starts, "ends": ends}
    audit.record(actor=user, action="presence.own_days_exported", target=agent, now=now, data=data)
    response = StreamingHttpResponse(_csv(agent, starts, ends), content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="ma-presence-{starts}-{ends}.csv"'
    response["Cache-Control"] = "no-store"
    return response


def _csv(agent: Agent, starts: date, ends: date) -> Iterator[str]:
    calendar = loading.of_agents([agent], starts, ends)
    header = [_("Date"), _("Jour"), _("Matin"), _("Après-midi"), _("À confirmer"), _("Férié ou fermé")]
    rows = (showing.shown(each, calendar, in_detail=True) for each in calendar.of(agent.pk))
    lines = [
        [row.date, formats.day(row.date), str(row.am.label), str(row.pm.label), row.pending, row.holiday]
        for row in rows
    ]
    return csv.lines(header, lines)


def _tell(request: HttpRequest, outcome: services.Outcome) -> None:
    count = len(outcome.written)
    if not count:
        messages.info(request, _("C’était déjà ainsi."))
        return
    text = ngettext("%(n)d jour enregistré.", "%(n)d jours enregistrés.", count) % {"n": count}
    if outcome.to_confirm:
        text += " " + _("Votre responsable doit encore confirmer.")
    messages.success(request, text)
    if outcome.overwritten:
        messages.warning(
            request,
            _("Ces jours avaient changé depuis l’ouverture de la page, votre choix compte\u202f: %(days)s.")
            % {"days": _days_text(outcome.overwritten)},
        )


def _days_text(days: list[date]) -> str:
    return ", ".join(formats.day(day) for day in days[:5]) + ("…" if len(days) > 5 else "")


def _seen(days: list[showing.DayShown]) -> str:
    return ",".join(f"{day.date}:{day.revision}" for day in days)


def _chosen(request: HttpRequest) -> tuple[date, date] | None:
    starts, ends = _date(request.GET.get("du", "")), _date(request.GET.get("au", ""))
    if starts is None:
        return None
    first, last = sorted((starts, ends or starts))
    return first, last


def _month(request: HttpRequest, default: date) -> date:
    asked = _date(f"{request.GET.get('mois', '')}-01")
    month = (asked or default).replace(day=1)
    # Beyond these, nothing was and nothing can be declared; and a calendar needs a day before and after.
    return min(max(month, date(2000, 1, 1)), date(2100, 1, 1))


def _date(text: str) -> date | None:
    try:
        found = date.fromisoformat(text)
    except ValueError:
        return None
    return found if 2000 <= found.year <= 2100 else None


def _is_quick(request: HttpRequest) -> bool:
    return request.POST.get("quick") == "1"


def _page_of(agent: Agent, user: User) -> str:
    return reverse("presence:mine") if agent.user_id == user.pk else reverse("presence:person", args=[agent.pk])


def _back(request: HttpRequest, default: str = "") -> str:
    asked = request.POST.get("back", "")
    if asked.startswith("/") and url_has_allowed_host_and_scheme(asked, {request.get_host()}):
        return asked
    return default or reverse("presence:mine")
