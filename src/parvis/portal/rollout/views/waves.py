"""Waves of a campaign: against the plan, announced, taken back, stopped; the live board of one."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.contrib import messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_http_methods, require_safe

from parvis.portal.accounts.models import User
from parvis.portal.accounts.second_factor import require_fresh
from parvis.portal.directory.access import one, show_problems, signed_in
from parvis.portal.directory.queries import is_staff
from parvis.portal.kernel import audit, authz, clock
from parvis.portal.kernel.errors import Conflict, Invalid, NotFound
from parvis.portal.rollout import permissions, queries, wave_queries, wave_rules, wave_words
from parvis.portal.rollout.models import Campaign, Place, Wave
from parvis.portal.rollout.services import board, helping, opening, waves
from parvis.portal.rollout.wave_acts import ACTS
from parvis.portal.rollout.wave_forms import PublishForm
from parvis.portal.rollout.wave_rules import Standing
from parvis.portal.rollout.wave_tables import PlaceFilter, PlaceTable
from parvis.portal.ui import csv, formats
from parvis.portal.ui.listing import BulkAction, ListingView

NAMES_SHOWN = 10


@require_safe
def of_campaign(request: HttpRequest, campaign_id: int) -> HttpResponseBase:
    """Each week against the plan; `?format=csv`: the same as a file."""
    user = signed_in(request)
    authz.require(permissions.can_watch(user))
    campaign = one(queries.campaigns_visible_to(user), campaign_id)
    plan = queries.chosen_plan(campaign)
    weeks = board.against_plan(campaign, plan)
    if request.GET.get("format") == "csv":
        return _csv(request, user, campaign, weeks)
    context = {
        "campaign": campaign,
        "plan": plan,
        "rows": [_row(campaign, each) for each in weeks],
        "total": board.total(weeks),
        "manages": bool(permissions.can_manage(user, campaign.entity)),
        "goes_on": campaign.state in (Campaign.State.DRAFT, Campaign.State.RUNNING),
    }
    return render(request, "rollout/waves.html", context)


def _row(campaign: Campaign, week: board.Week) -> dict[str, object]:
    wave = week.wave
    return {
        "week": week,
        "wave": wave,
        "name": wave_words.name_of(wave) if wave else _("Vague %(n)d") % {"n": week.week + 1},
        "when": formats.instant(wave.starts_at) if wave else wave_words.week_of(campaign, week.week),
        "state": wave_words.state_of(wave) if wave else None,
    }


def _csv(request: HttpRequest, user: User, campaign: Campaign, weeks: list[board.Week]) -> HttpResponseBase:
    facts = {"list": "vagues", "query": f"campaign={campaign.pk}", "rows": len(weeks)}
    audit.record(actor=user, action="ui.list_exported", now=clock.now(), data=facts)
    header = [
        _("Vague"), _("Ouverture"), _("État"), _("Prévus"), _("Dans la vague"), _("Convoqués"), _("Ouverts"),
        _("Bloqués"), _("En service"), _("Télétravaillent"), _("Écart au plan"), _("Partis ailleurs"),
    ]  # fmt: skip
    rows = (
        [
            _row(campaign, each)["name"], each.wave.starts_at if each.wave else None,
            each.wave.get_state_display() if each.wave else "", each.planned, each.people, each.told, each.opened,
            each.blocked, each.finished, each.working, each.distance, each.moved_on,
        ]
        for each in weeks
    )  # fmt: skip
    response = StreamingHttpResponse(list(csv.lines(header, rows)), content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="vagues-{clock.today()}.csv"'
    response["Cache-Control"] = "no-store"
    return response


@require_http_methods(["GET", "HEAD", "POST"])
def publish(request: HttpRequest, campaign_id: int, week: int) -> HttpResponse:
    """Choose the hour of a week of the plan, then announce its wave."""
    user, now = signed_in(request), clock.now()
    campaign = one(queries.campaigns_visible_to(user), campaign_id)
    authz.require(permissions.can_manage(user, campaign.entity))
    if week >= campaign.weeks:
        raise NotFound
    if request.method == "POST":
        require_fresh(request)  # the wave gives rights
    plan = queries.chosen_plan(campaign)
    if plan is None:
        raise Conflict(_("Choisissez d’abord un plan."), code="no_plan")
    people = wave_queries.to_place(plan, week)
    form = PublishForm(request.POST or None, initial=_usual_start(campaign, week, now) | {"scenario": plan.pk})
    refusal: Conflict | None = None
    if form.is_valid():
        try:
            if form.cleaned_data["scenario"] != plan.pk:
                raise Conflict(_("Le plan de la campagne a changé\u202f: relisez la liste."), code="plan_changed")
            wave = waves.publish(actor=user, scenario=plan, week=week, starts_at=form.starts_at(), now=now)
        except Invalid as problem:
            show_problems(form, _on_day(problem))
        except Conflict as problem:
            refusal = problem
        else:
            messages.success(request, _("La vague est annoncée. Les convocations partent."))
            return redirect("rollout:wave", wave_id=wave.pk)
    context = {
        "campaign": campaign,
        "week": wave_words.week_of(campaign, week),
        "number": week + 1,
        "form": form,
        "count": people.count(),
        "laptops": people.filter(needs_laptop=True).count(),
        "phones": people.filter(needs_phone=True).count(),
        "names": [str(member) for member in people.order_by(*_BY_NAME)[:NAMES_SHOWN]],
        "more": max(people.count() - NAMES_SHOWN, 0),
        "refusal": refusal,
    }
    return render(request, "rollout/publish.html", context, status=409 if refusal else 200)


_BY_NAME = ("agent__last_name", "agent__first_name", "pk")


def _usual_start(campaign: Campaign, week: int, now: datetime) -> dict[str, Any]:
    """Monday at 8; where that is past, the next full hour."""
    monday = wave_rules.monday_of(campaign.starts_date, week)
    usual = datetime.combine(monday, wave_rules.OPENS_AT, clock.PARIS)
    local = now.astimezone(clock.PARIS)
    at = usual if usual > now else local.replace(minute=0, second=0, microsecond=0) + wave_rules.RETRY
    return {"day": at.date(), "hour": at.time()}


def _on_day(problem: Invalid) -> Invalid:
    return Invalid(problem.message, code=problem.code, fields={"day": problem.fields.get("starts_at", [])})


def _open_again(request: HttpRequest, rows: QuerySet[Place]) -> str:
    user, now = signed_in(request), clock.now()
    opened = sum(opening.try_again(actor=user, place=place, now=now) for place in rows.filter(opened_at=None)[:500])
    return ngettext("C’est ouvert pour %(n)d agent.", "C’est ouvert pour %(n)d agents.", opened) % {"n": opened}


def _remind(request: HttpRequest, rows: QuerySet[Place]) -> str:
    told = helping.remind_now(actor=signed_in(request), places=list(rows[:1000]), now=clock.now())
    return ngettext("%(n)d rappel est parti.", "%(n)d rappels sont partis.", told) % {"n": told}


class Board(ListingView):
    """One wave: how far everybody is, live; the list below."""

    table_class = PlaceTable
    filterset_class = PlaceFilter
    template_name = "rollout/wave.html"
    search_folded_fields = ("member__agent__search",)
    search_label = gettext_lazy("Agent")
    export_name = "vague"
    empty_icon = "users"
    empty_title = gettext_lazy("Personne dans cette vague")
    bulk_actions = (
        BulkAction(
            name="remind",
            label=gettext_lazy("Envoyer un rappel"),
            icon="mail",
            run=_remind,
            question=gettext_lazy("Envoyer un rappel à ces agents\u202f?"),
            consequence=gettext_lazy(
                "Un courriel part à chacun, une fois par jour au plus. Ceux qui ont terminé, ou à qui ce n’est pas"
                " ouvert, ne reçoivent rien."
            ),
            allowed=is_staff,
        ),
        BulkAction(
            name="open",
            label=gettext_lazy("Ouvrir à nouveau"),
            icon="refresh",
            run=_open_again,
            question=gettext_lazy("Essayer à nouveau d’ouvrir pour ces agents\u202f?"),
            consequence=gettext_lazy("Ce qui manquait doit avoir été réglé. Pour les autres, rien ne change."),
            allowed=is_staff,
        ),
    )

    def setup(self, request: HttpRequest, *args: Any, **kwargs: Any) -> None:
        """The wave, before anything else."""
        super().setup(request, *args, **kwargs)
        user = signed_in(request)
        self.wave: Wave = one(wave_queries.waves_visible_to(user), kwargs["wave_id"])
        self.title = f"{self.wave.campaign} · {wave_words.name_of(self.wave)}"
        request.wave_entities = queries.entities_of(self.wave.campaign)  # type: ignore[attr-defined]

    def authorize(self) -> authz.Decision:
        """The IT team and auditors."""
        return permissions.can_watch(signed_in(self.request))

    def get_queryset(self) -> QuerySet[Place]:
        """Everybody of the wave, by name."""
        places = wave_queries.places_visible_to(signed_in(self.request)).filter(wave=self.wave)
        return wave_queries.with_standing(places).order_by(
            "member__agent__last_name", "member__agent__first_name", "pk"
        )

    def extra_context(self) -> dict[str, object]:
        """The live part, and what may be done with the wave."""
        wave = self.wave
        manages = bool(permissions.can_manage(signed_in(self.request), wave.campaign.entity))
        return live_context(wave, manages) | {
            "campaign": wave.campaign,
            "when": formats.instant(wave.starts_at),
            "actions": _actions(wave) if manages else [],
            "addable": manages and wave.state != Wave.State.CLOSED,
        }


def live_context(wave: Wave, manages: bool) -> dict[str, object]:
    """What changes by itself on the board."""
    found = board.of(wave)
    stuck = list(board.blocked(wave)[: board.BLOCKED_SHOWN + 1])
    address = reverse("rollout:wave", args=[wave.pk])
    return {
        "wave": wave,
        "board": found,
        "state": wave_words.state_of(wave),
        "manages": manages,
        "live": wave.state != Wave.State.CLOSED,
        "stuck": found.by_standing[Standing.BLOCKED],
        "said_key": f"{found.finished}-{found.by_standing[Standing.BLOCKED]}",
        "cards": [
            {
                "name": each.value,
                "count": found.by_standing[each],
                "badge": wave_words.badge_of(each),
                "explained": wave_words.EXPLAINED[each],
                "url": f"{address}?standing={each}",
            }
            for each in Standing
        ],
        "stages": [
            {"stage": each, "name": wave_words.stage_of(each.code), "url": f"{address}?stage={each.code}"}
            for each in found.stages
        ],
        "blocked": [
            {"place": place, "agent": place.member.agent, "why": wave_words.stopped_by(place),
             "badge": wave_words.badge_of(place.standing), "enrolment": wave_words.enrolment_of(place)}
            for place in stuck[: board.BLOCKED_SHOWN]
        ],
        "more_blocked": len(stuck) > board.BLOCKED_SHOWN,
        "blocked_url": f"{address}?standing={Standing.BLOCKED}",
    }  # fmt: skip


@require_safe
def live(request: HttpRequest, wave_id: int) -> HttpResponse:
    """The live part alone, asked for again by the page."""
    user = signed_in(request)
    authz.require(permissions.can_watch(user))
    wave = one(wave_queries.waves_visible_to(user), wave_id)
    context = live_context(wave, bool(permissions.can_manage(user, wave.campaign.entity)))
    # Asked every five seconds: a screen reader is told only what is new.
    context["speaks"] = request.GET.get("vu") != context["said_key"]
    return render(request, "rollout/wave_live.html", context)


def _actions(wave: Wave) -> list[dict[str, str]]:
    return [
        {"url": reverse("rollout:act_on_wave", args=[wave.pk, name]), "label": str(act.label), "icon": act.icon}
        for name, act in ACTS.items()
        if act.fits(wave)
    ]


@require_http_methods(["GET", "HEAD", "POST"])
def act(request: HttpRequest, wave_id: int, action: str) -> HttpResponse:
    """Ask, then do it."""
    user, now = signed_in(request), clock.now()
    wave = one(wave_queries.waves_visible_to(user), wave_id)
    authz.require(permissions.can_manage(user, wave.campaign.entity))
    chosen = ACTS.get(action)
    if chosen is None:
        raise NotFound
    if request.method == "POST":
        if chosen.gives:
            require_fresh(request)
        chosen.run(user, wave, now)
        messages.success(request, str(chosen.done))
        if action == "annuler":
            return redirect("rollout:waves", campaign_id=wave.campaign_id)
        return redirect("rollout:wave", wave_id=wave.pk)
    context = {
        "question": chosen.question,
        "consequence": chosen.consequence,
        "names": [f"{wave.campaign} · {wave_words.name_of(wave)}"],
        "yes": chosen.label,
        "danger": chosen.danger,
        "back_url": reverse("rollout:wave", args=[wave.pk]),
    }
    return render(request, "ui/confirm.html", context)
