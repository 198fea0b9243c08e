"""The calendar of a department, for its head and the head of IT."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from typing import Any

from django.core.paginator import Page, Paginator
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import get_language, override
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from parvis.portal.accounts.models import User
from parvis.portal.directory.access import one, signed_in
from parvis.portal.directory.models import Agent, Entity
from parvis.portal.directory.queries import search_agents
from parvis.portal.kernel import audit, clock
from parvis.portal.kernel.errors import NotAllowed
from parvis.portal.presence import loading, permissions, queries, rules, team
from parvis.portal.presence.models import Day, Pattern
from parvis.portal.presence.permissions import NOT_HEAD
from parvis.portal.ui import csv

PAGE = 40
EXPORT_AT_ONCE = 200


@require_safe
def departments(request: HttpRequest) -> HttpResponse:
    """To the calendar of the department asked for (`service`), or the first this person heads."""
    seen = queries.departments_in_detail(signed_in(request))
    if asked := request.GET.get("service"):
        return redirect("presence:department", entity_id=one(seen, asked).pk)
    first = seen.first()
    if first is None:
        raise NotAllowed(NOT_HEAD.reason, code=NOT_HEAD.code, advice=NOT_HEAD.advice)
    return redirect("presence:department", entity_id=first.pk)


@require_safe
def department(request: HttpRequest, entity_id: int) -> HttpResponseBase:
    """The page, or the CSV of the span shown."""
    user = signed_in(request)
    entity = one(queries.departments_in_detail(user), entity_id)
    week = request.GET.get("vue") == "semaine"
    chosen = asked_day(request)
    days = team.span_of(chosen, week=week)
    agents = _agents(request, entity)
    ids = _narrowed(request, agents, days)
    if request.GET.get("format") == "csv":
        return _export(user, entity, agents, days, ids)
    page: Page[Any] = Paginator(agents if ids is None else ids, PAGE).get_page(request.GET.get("page"))
    shown = list(page.object_list if ids is None else agents.filter(pk__in=list(page.object_list)))
    today = clock.today()
    calendar = team.build(entity, shown, days, today=today, chosen=chosen)
    context = {
        "entity": entity,
        "entities": queries.departments_in_detail(user),
        "team": calendar,
        "page": page,
        "week": week,
        "chosen": chosen,
        "today": today,
        "days": days,
        "monday": rules.monday_of(chosen),
        "previous": days[0] - timedelta(days=1 if not week else 7),
        "next": days[-1] + timedelta(days=1),
        "previous_week": chosen - timedelta(days=7),
        "next_week": chosen + timedelta(days=7),
        "statuses": queries.statuses().values(),
        "status": request.GET.get("statut", ""),
        "asked": request.GET.get("q", "")[:100],
        "heads": bool(permissions.can_declare_for(user, entity)),
        "rules_it": bool(permissions.can_set_policy(user, entity)),
        "waiting": queries.waiting_days_for(user).filter(agent__entity__path__startswith=entity.path).count(),
        "kept": _kept(request),
    }
    return render(request, "presence/team/department.html", context)


def asked_day(request: HttpRequest, name: str = "du") -> date:
    """The day in the address; today if none, or one of another century."""
    try:
        day = date.fromisoformat(request.GET.get(name, ""))
    except ValueError:
        return clock.today()
    return day if 2000 <= day.year <= 2100 else clock.today()


def _agents(request: HttpRequest, entity: Entity) -> QuerySet[Agent]:
    agents = Agent.objects.filter(entity__path__startswith=entity.path, is_active=True).select_related("entity")
    if words := request.GET.get("q", "").replace("\x00", "").strip()[:100]:
        agents = search_agents(agents, words, numbers=True)
    return agents.order_by("last_name", "first_name", "pk")


def _narrowed(request: HttpRequest, agents: QuerySet[Agent], days: list[date]) -> Sequence[int] | None:
    """The ids of those with the status asked for, in order; None: no status is asked for."""
    status = request.GET.get("statut", "")
    if status not in queries.statuses():
        return None
    found = _with_status(status, days)
    return [pk for pk in agents.values_list("pk", flat=True) if pk in found]


def _with_status(code: str, days: list[date]) -> set[int]:
    """Agents who have it declared in the span, or in a usual week in force then (also where declared otherwise).

    Read apart and joined in memory: as one condition the database would judge each agent twice, for count and page.
    """
    declared = Day.objects.filter(Q(am=code) | Q(pm=code), date__range=(days[0], days[-1]))
    usual = Pattern.objects.filter(
        Q(ends_date=None) | Q(ends_date__gte=days[0]), starts_date__lte=days[-1], state__in=loading.IN_FORCE
    )
    found = set(declared.exclude(state=rules.State.REFUSED).order_by().values_list("agent_id", flat=True))
    # Codes stand between commas: `absent` is not `other_absent`.
    halves = usual.filter(halves__contains=code).order_by().values_list("agent_id", "halves")
    return found | {agent for agent, text in halves.iterator(5000) if code in rules.parse_halves(text)}


def _kept(request: HttpRequest) -> str:
    """The filters, for the links of other spans and pages."""
    query = request.GET.copy()
    for name in ("du", "page", "format"):
        query.pop(name, None)
    return query.urlencode()


def _export(
    user: User, entity: Entity, agents: QuerySet[Agent], days: list[date], ids: Sequence[int] | None
) -> StreamingHttpResponse:
    now = clock.now()
    rows = agents.count() if ids is None else len(ids)
    data = {"list": "presence", "entity": entity.pk, "from": days[0], "to": days[-1], "rows": rows}
    audit.record(actor=user, action="ui.list_exported", target=entity, now=now, data=data)
    response = StreamingHttpResponse(
        _csv(agents, days, get_language(), None if ids is None else set(ids)), content_type="text/csv; charset=utf-8"
    )
    response["Content-Disposition"] = f'attachment; filename="presence-{days[0]}-{days[-1]}.csv"'
    response["Cache-Control"] = "no-store"
    return response


def _csv(agents: QuerySet[Agent], days: list[date], language: str | None, only: set[int] | None) -> Iterator[str]:
    with override(language):
        halves = [f"{day:%d/%m/%Y} {moment}" for day in days for moment in (_("matin"), _("après-midi"))]
        yield "".join(csv.lines([_("Nom"), _("Prénom"), _("Service"), *halves], ()))
    several: list[Agent] = []
    for agent in agents.iterator(EXPORT_AT_ONCE):
        if only is None or agent.pk in only:
            several.append(agent)
        if len(several) == EXPORT_AT_ONCE:
            yield _piece(several, days, language)
            several = []
    yield _piece(several, days, language)


def _piece(agents: list[Agent], days: list[date], language: str | None) -> str:
    with override(language):
        calendar = loading.of_agents(agents, days[0], days[-1])
        return csv.body(team.rows_for_csv(calendar, agents, days))
