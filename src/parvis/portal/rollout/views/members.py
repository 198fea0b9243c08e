"""Members of a campaign: their list, choosing them, one of them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_http_methods, require_POST

from parvis.portal.directory.access import one, show_problems, signed_in
from parvis.portal.directory.models import Agent
from parvis.portal.kernel import authz, clock
from parvis.portal.kernel.errors import Invalid
from parvis.portal.rollout import permissions, population, queries, wording
from parvis.portal.rollout.forms import (
    ANSWERS,
    MemberForm,
    NeedsForm,
    PriorityForm,
    ReasonForm,
    SelectionForm,
    away_form,
    mondays_of,
)
from parvis.portal.rollout.models import Campaign, Member, Scenario
from parvis.portal.rollout.services import members as services
from parvis.portal.rollout.tables import MemberFilter, MemberTable, in_order, standing_of
from parvis.portal.rollout.views.campaigns import managed
from parvis.portal.ui.listing import BulkAction, ListingView

UNKNOWN_SHOWN = 20


def _did(count: int) -> str:
    return ngettext("C’est fait pour %(n)d participant.", "C’est fait pour %(n)d participants.", count) % {"n": count}


def _keys(rows: QuerySet[Member]) -> QuerySet[Member]:
    """The same rows without what lists add to them: services write them."""
    return Member.objects.filter(pk__in=list(rows.order_by().values_list("pk", flat=True)))


def set_priority(request: HttpRequest, rows: QuerySet[Member], *, priority: int) -> str:
    """Bulk."""
    actor = signed_in(request)
    return _did(services.set_priority(actor=actor, members=_keys(rows), priority=priority, now=clock.now()))


def set_needs(request: HttpRequest, rows: QuerySet[Member], **needs: str) -> str:
    """Bulk; what is not said stays."""
    said = {name: bool(ANSWERS[answer]) for name, answer in needs.items() if answer}
    return _did(services.set_needs(actor=signed_in(request), members=_keys(rows), now=clock.now(), **said))


def set_away(request: HttpRequest, rows: QuerySet[Member], *, away: list[str]) -> str:
    """Bulk."""
    mondays = mondays_of(away)
    return _did(services.set_away(actor=signed_in(request), members=_keys(rows), mondays=mondays, now=clock.now()))


def leave_out(request: HttpRequest, rows: QuerySet[Member], *, reason: str) -> str:
    """Bulk; who has a place in a published wave stays."""
    actor = signed_in(request)
    return _did(services.leave_out(actor=actor, members=_keys(rows), reason=reason, now=clock.now()))


def put_back(request: HttpRequest, rows: QuerySet[Member]) -> str:
    """Bulk."""
    return _did(services.put_back(actor=signed_in(request), members=_keys(rows), now=clock.now()))


def remove(request: HttpRequest, rows: QuerySet[Member]) -> str:
    """Bulk; who was ever in a published wave stays."""
    return _did(services.remove(actor=signed_in(request), members=_keys(rows), now=clock.now()))


ACTIONS: tuple[BulkAction, ...] = (
    BulkAction(
        name="priority",
        label=gettext_lazy("Changer la priorité"),
        icon="star",
        run=set_priority,
        question=gettext_lazy("Changer la priorité de ces participants\u202f?"),
        form_class=PriorityForm,
    ),
    BulkAction(
        name="needs",
        label=gettext_lazy("Changer les besoins"),
        icon="package",
        run=set_needs,
        question=gettext_lazy("Changer ce qu’il faut à ces participants\u202f?"),
        form_class=NeedsForm,
    ),
    BulkAction(
        name="leave_out",
        label=gettext_lazy("Écarter"),
        icon="ban",
        run=leave_out,
        question=gettext_lazy("Écarter ces participants du plan\u202f?"),
        consequence=gettext_lazy("Ils restent dans la liste, sans semaine. Ceux d’une vague annoncée n’y bougent pas."),
        form_class=ReasonForm,
    ),
    BulkAction(
        name="put_back",
        label=gettext_lazy("Remettre dans le plan"),
        icon="user-check",
        run=put_back,
        question=gettext_lazy("Remettre ces participants dans le plan\u202f?"),
        consequence=gettext_lazy("Même si Parvis les avait écartés."),
    ),
    BulkAction(
        name="remove",
        label=gettext_lazy("Retirer de la campagne"),
        icon="trash",
        run=remove,
        question=gettext_lazy("Retirer ces participants de la campagne\u202f?"),
        consequence=gettext_lazy("Ceux qui ont été dans une vague annoncée restent."),
        danger=True,
    ),
)


class MemberList(ListingView):
    """Who is in a campaign."""

    table_class, filterset_class = MemberTable, MemberFilter
    template_name = "rollout/members.html"
    search_folded_fields = ("agent__search",)
    search_label = gettext_lazy("Agent")
    export_name = "participants"
    empty_icon = "users"
    empty_title = gettext_lazy("Personne pour le moment")
    empty_text = gettext_lazy("Ajoutez des agents\u202f: par service, par métier, ou avec une liste.")

    @cached_property
    def campaign(self) -> Campaign:
        """The campaign, if the user sees its entity."""
        return one(queries.campaigns_visible_to(signed_in(self.request)), self.kwargs["campaign_id"])

    @cached_property
    def plan(self) -> Scenario | None:
        """The one it follows."""
        return queries.chosen_plan(self.campaign)

    @cached_property
    def manages(self) -> bool:
        """Whether the user runs the campaign, and it still goes on."""
        may = bool(permissions.can_manage(signed_in(self.request), self.campaign.entity))
        return may and self.campaign.state != Campaign.State.CLOSED

    @property
    def title(self) -> str:  # type: ignore[override]
        """Of what."""
        return _("Participants")

    @property
    def lead(self) -> str:  # type: ignore[override]
        """Of which campaign."""
        return self.campaign.name

    @property
    def actions(self) -> list[BulkAction]:
        """For who runs the campaign."""
        if not self.manages:
            return []
        weeks = BulkAction(
            name="away",
            label=_("Semaines impossibles"),
            icon="calendar-time",
            run=set_away,
            question=_("Quelles semaines ces participants ne peuvent-ils pas\u202f?"),
            form_class=away_form(self.campaign),
        )
        return [*ACTIONS[:2], weeks, *ACTIONS[2:]]

    @cached_property
    def filterset(self) -> Any:
        """The filters know the campaign's weeks and departments."""
        data, rows = self.request.GET, self.get_queryset()
        return MemberFilter(data, queryset=rows, request=self.request, campaign=self.campaign)

    def authorize(self) -> authz.Decision:
        """The IT team and auditors."""
        return permissions.can_watch(signed_in(self.request))

    def get_queryset(self) -> QuerySet[Member]:
        """By week of their wave or plan."""
        members = queries.members_visible_to(signed_in(self.request)).filter(campaign=self.campaign)
        return in_order(queries.with_weeks(members, self.plan))

    def extra_context(self) -> dict[str, object]:
        """The campaign."""
        return {"campaign": self.campaign, "manages": self.manages, "plan": self.plan}


@require_http_methods(["GET", "HEAD", "POST"])
def choose(request: HttpRequest, campaign_id: int) -> HttpResponse:
    """Who is added: asked, shown, then added."""
    user, campaign = managed(request, campaign_id)
    form = SelectionForm(request.POST or None, request.FILES or None, campaign=campaign)
    context: dict[str, Any] = {"campaign": campaign, "form": form}
    if request.method == "POST" and form.is_valid() and "change" not in request.POST:
        if request.POST.get("confirmed") != "1":
            return render(request, "rollout/choose_confirm.html", {**context, **_preview(campaign, form)})
        try:
            added = services.add(
                actor=user,
                campaign=campaign,
                selection=form.selection(),
                priority=form.cleaned_data["priority"],
                needs=form.needs(),
                now=clock.now(),
            )
        except Invalid as problem:
            show_problems(form, problem)
        else:
            messages.success(request, _said(added))
            return redirect("rollout:members", campaign.pk)
    return render(request, "rollout/choose.html", context)


def _said(added: services.Added) -> str:
    parts = [ngettext("%(n)d participant ajouté", "%(n)d participants ajoutés", added.people) % {"n": added.people}]
    if added.aside:
        parts.append(ngettext("%(n)d écarté", "%(n)d écartés", added.aside) % {"n": added.aside})
    if added.already:
        parts.append(ngettext("%(n)d y était déjà", "%(n)d y étaient déjà", added.already) % {"n": added.already})
    return ", ".join(parts) + "."


def _preview(campaign: Campaign, form: SelectionForm) -> dict[str, Any]:
    """What would happen: how many to equip, how many left out and why, who of the list is nobody."""
    found = population.find(campaign, form.selection())
    known = set(campaign.members.values_list("agent_id", flat=True))
    new = [agent for agent in found.agents if agent.pk not in known]
    standings = population.standings(campaign, new, clock.now())
    why: Counter[str] = Counter(each.left_out for each in standings.values() if each.left_out)
    return {
        "people": len(new) - why.total(),
        "already": len(found.agents) - len(new),
        "aside": [(wording.left_out(reason), count) for reason, count in why.most_common()],
        "unknown": found.unknown[:UNKNOWN_SHOWN],
        "more_unknown": max(len(found.unknown) - UNKNOWN_SHOWN, 0),
        "unknown_count": len(found.unknown),
        "laptops": _needing(new, standings, form.needs().laptop, lambda each: each.needs_laptop),
        "phones": _needing(new, standings, form.needs().phone, lambda each: each.needs_phone),
        "absent": sum(bool(each.absent) and not each.left_out for each in standings.values()),
        "again": form.again(),
        "priority": Member.Priority(form.cleaned_data["priority"]).label,
    }


def _needing(
    agents: list[Agent],
    standings: dict[int, population.Standing],
    all_of_them: bool | None,
    by_request: Callable[[population.Standing], bool],
) -> int:
    counted = [standings[agent.pk] for agent in agents if not standings[agent.pk].left_out]
    return sum(by_request(each) if all_of_them is None else all_of_them for each in counted)


@require_POST
def refresh(request: HttpRequest, campaign_id: int) -> HttpResponse:
    """Take in what has changed since: requests, computers, departments."""
    _user, campaign = managed(request, campaign_id)
    count = services.refresh(campaign=campaign, now=clock.now())
    words = ngettext("%(n)d participant a changé.", "%(n)d participants ont changé.", count) % {"n": count}
    messages.success(request, words if count else _("La liste était à jour."))
    return redirect("rollout:members", campaign.pk)


@require_http_methods(["GET", "HEAD", "POST"])
def show(request: HttpRequest, member_id: int) -> HttpResponse:
    """One member: priority, needs, weeks they cannot; where they stand."""
    user = signed_in(request)
    seen = queries.members_visible_to(user)
    campaign = one(seen, member_id).campaign
    member: Any = one(queries.with_weeks(seen, queries.chosen_plan(campaign)), member_id)
    manages = bool(permissions.can_manage(user, campaign.entity)) and campaign.state != Campaign.State.CLOSED
    form = MemberForm(request.POST or None, member=member)
    if request.method == "POST":
        authz.require(permissions.can_manage(user, campaign.entity))
        if form.is_valid():
            _save(request, member, form)
            messages.success(request, _("C’est enregistré. Le prochain plan en tiendra compte."))
            return redirect("rollout:members", campaign.pk)
    week = member.wave_week if member.wave_week is not None else member.planned_week
    context = {
        "member": member,
        "campaign": campaign,
        "form": form,
        "manages": manages,
        "standing": standing_of(member),
        "week": wording.week_name(campaign, week) if week is not None else "",
    }
    return render(request, "rollout/member.html", context)


def _save(request: HttpRequest, member: Member, form: MemberForm) -> None:
    data, now, actor = form.cleaned_data, clock.now(), signed_in(request)
    here = Member.objects.filter(pk=member.pk)
    if data["priority"] != member.priority:
        services.set_priority(actor=actor, members=here, priority=data["priority"], now=now)
    before = {"laptop": member.needs_laptop, "phone": member.needs_phone, "licence": member.needs_licence}
    needs = {name: data[name] for name in before}
    if needs != before:
        services.set_needs(actor=actor, members=here, now=now, **needs)
    if sorted(data["away"]) != sorted(member.away):
        services.set_away(actor=actor, members=here, mondays=mondays_of(data["away"]), now=now)
