"""Reads of waves and of the people in them. What a user may see starts here."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db.models import Case, CharField, Count, Exists, OuterRef, Q, QuerySet, Subquery, Value, When
from django.db.models.functions import Coalesce

from parvis.portal.directory.models import Agent
from parvis.portal.directory.queries import Someone, perimeter, within
from parvis.portal.rollout import wave_rules
from parvis.portal.rollout.models import Campaign, Member, Place, Planned, Scenario, Wave
from parvis.portal.rollout.permissions import WATCHERS
from parvis.portal.rollout.wave_rules import Standing
from parvis.portal.telework.models import HelpCall

PATH = "member__request__enrolment__"
"""From a place to how far its member's enrolment is."""


def waves_visible_to(user: Someone) -> QuerySet[Wave]:
    """The waves of the campaigns of the user's perimeter; with campaign and entity."""
    seen = Wave.objects.filter(within(perimeter(user, *WATCHERS), "campaign__entity__path"))
    return seen.select_related("campaign__entity")


def places_visible_to(user: Someone) -> QuerySet[Place]:
    """The places in these waves; with wave, campaign, agent and enrolment."""
    seen = Place.objects.filter(within(perimeter(user, *WATCHERS), "wave__campaign__entity__path"))
    return with_people(seen)


def with_people(places: QuerySet[Place]) -> QuerySet[Place]:
    """With all that a row of the board shows."""
    return places.select_related(
        "wave__campaign__entity",
        "wave__published_by",
        "member__agent__entity",
        "member__agent__user",
        "member__request__enrolment",
    )


def own_places(user: Someone) -> QuerySet[Place]:
    """One's own, as an agent in post; with all that a row shows."""
    if not user.is_authenticated or not user.is_active:
        return Place.objects.none()
    return with_people(Place.objects.filter(member__agent__user_id=user.pk, member__agent__is_active=True))


def ahead() -> Q:
    """The condition on `Place`: its wave is announced and has not opened."""
    runs = Q(wave__campaign__state=Campaign.State.RUNNING)
    return runs & Q(wave__state=Wave.State.PUBLISHED, wave__opened_at=None)


def ahead_of(agent: Agent) -> QuerySet[Place]:
    """Where an agent is invited who is not through yet, and what they declined; with wave and campaign."""
    answered = Q(left_at=None) | Q(declined_at__isnull=False)
    places = Place.objects.filter(ahead() & unfinished() & answered, member__agent=agent)
    return places.select_related("wave__campaign").order_by("pk")


def going_on(state: str = Wave.State.RUNNING) -> Q:
    """The condition on `Place`: it holds, in a wave in this state of a campaign that runs."""
    return Q(left_at=None, wave__state=state, wave__campaign__state=Campaign.State.RUNNING)


def campaign_runs() -> Exists:
    """The condition on `Wave`: its campaign goes on.

    For conditional UPDATEs: unlike a condition across tables, it leaves those on the row itself where a database that
    waited for another transaction looks at them again.
    """
    return Exists(Campaign.objects.filter(pk=OuterRef("campaign_id"), state=Campaign.State.RUNNING))


def wave_goes_on(*states: Wave.State) -> Exists:
    """The same on `Place`: its wave is in one of these states, its campaign goes on."""
    waves = Wave.objects.filter(pk=OuterRef("wave_id"), state__in=states or (Wave.State.RUNNING,))
    return Exists(waves.filter(campaign__state=Campaign.State.RUNNING))


def with_standing(places: QuerySet[Place]) -> QuerySet[Any]:
    """Each with `standing`: see `wave_rules.Standing`."""
    return places.annotate(standing=standing())


def standing() -> Case:
    """How far a place is, as an expression: what the enrolment says comes first, then the wave."""
    return Case(
        When(**{f"{PATH}working_at__isnull": False}, then=Value(Standing.WORKING.value)),
        When(**{f"{PATH}finished_at__isnull": False}, then=Value(Standing.ENROLLED.value)),
        When(**{f"{PATH}blocked_code__gt": ""}, then=Value(Standing.BLOCKED.value)),
        When(being_helped(), then=Value(Standing.BLOCKED.value)),
        When(**{f"{PATH}started_at__isnull": False}, then=Value(Standing.UNDER_WAY.value)),
        When(opened_at__isnull=False, then=Value(Standing.INVITED.value)),
        When(open_failure__gt="", then=Value(Standing.FAILED.value)),
        default=Value(Standing.TOLD.value),
        output_field=CharField(),
    )


def unfinished() -> Q:
    """The condition on `Place`: the way to a working screen is not gone through."""
    return Q(**{f"{PATH}finished_at__isnull": True})


def to_place(scenario: Scenario, week: int) -> QuerySet[Member]:
    """Whom a plan puts in a week, without those who are in a wave already, left out, gone or elsewhere; with agent."""
    placed = Place.objects.filter(member=OuterRef("pk"), left_at=None)
    planned = Member.objects.filter(planned__scenario=scenario, planned__week=week, left_out="", agent__is_active=True)
    here = Q(agent__entity__path__startswith=scenario.campaign.entity.path)
    return planned.filter(~Exists(placed), here).select_related("agent").order_by("pk")


def planned_by_week(scenario: Scenario | None) -> dict[int, int]:
    """How many a plan puts in each week; empty without a plan. One query."""
    if scenario is None:
        return {}
    counted = Planned.objects.filter(scenario=scenario).order_by().values("week").annotate(n=Count("pk"))
    return {row["week"]: row["n"] for row in counted}


def open_waves_of(campaign: Campaign) -> QuerySet[Wave]:
    """Those a member may be put into: not closed, the soonest first."""
    return campaign.waves.exclude(state=Wave.State.CLOSED).order_by("starts_at", "pk")


def catch_ups_missed(places: QuerySet[Place]) -> QuerySet[Any]:
    """Each with `caught_up`: in how many catch-up waves its member has been, this one included.

    What they said in time they could not come to is not missed.
    """
    missed = Place.objects.filter(member=OuterRef("member"), wave__is_catch_up=True, declined_at=None)
    waves = missed.order_by().values("member")
    return places.annotate(caught_up=Coalesce(Subquery(waves.annotate(n=Count("pk")).values("n")), 0))


def to_open(now: datetime) -> QuerySet[Place]:
    """The places of running waves that are not open, failed ones an hour after."""
    due = Q(tried_at=None) | Q(tried_at__lte=now - wave_rules.RETRY)
    places = Place.objects.filter(going_on() & due, opened_at=None)
    return with_people(places).order_by("wave__starts_at", "member__priority", "pk")


def being_helped() -> Exists:
    """The condition on `Place`: somebody of the IT team looks at it, or is about to."""
    return Exists(HelpCall.objects.filter(enrolment=OuterRef(f"{PATH}pk")).exclude(state=HelpCall.State.CLOSED))
