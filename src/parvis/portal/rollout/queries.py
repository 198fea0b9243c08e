"""Reads of this room. What a user may see starts here."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime, timedelta

from django.db.models import Count, Exists, OuterRef, Q, QuerySet, Subquery

from parvis.portal.directory.models import Entity
from parvis.portal.directory.queries import STAFF_ROLES, Someone, perimeter, within
from parvis.portal.kernel import clock
from parvis.portal.parc.models import Site
from parvis.portal.rollout.models import Campaign, Member, Place, Planned, Scenario
from parvis.portal.rollout.permissions import WATCHERS

FRIDAY = 4


def campaigns_visible_to(user: Someone) -> QuerySet[Campaign]:
    """The campaigns of the user's perimeter; with entity."""
    return Campaign.objects.filter(within(perimeter(user, *WATCHERS))).select_related("entity")


def members_visible_to(user: Someone) -> QuerySet[Member]:
    """The members of these campaigns; with agent, department, site, campaign and request."""
    seen = Member.objects.filter(within(perimeter(user, *WATCHERS), "campaign__entity__path"))
    return seen.select_related("agent__entity", "agent__user", "team", "site", "campaign__entity", "request")


def scenarios_visible_to(user: Someone) -> QuerySet[Scenario]:
    """The plans of these campaigns; with campaign and who asked."""
    seen = Scenario.objects.filter(within(perimeter(user, *WATCHERS), "campaign__entity__path"))
    return seen.select_related("campaign__entity", "asked_by")


def entities_managed_by(user: Someone) -> QuerySet[Entity]:
    """The open entities whose IT team the user is of, from the top down."""
    return Entity.objects.filter(within(perimeter(user, *STAFF_ROLES), "path"), closed_date=None).order_by("path")


def entities_of(campaign: Campaign) -> QuerySet[Entity]:
    """The open entities a campaign may choose people from: its own and below, from the top down."""
    return Entity.objects.filter(path__startswith=campaign.entity.path, closed_date=None).order_by("path")


def sites_of(campaign: Campaign) -> QuerySet[Site]:
    """The sites of the campaign's entity and below, by name."""
    return Site.objects.filter(entity__path__startswith=campaign.entity.path).order_by("name", "pk")


def chosen_plan(campaign: Campaign) -> Scenario | None:
    """The plan the campaign follows."""
    return campaign.scenarios.filter(is_chosen=True).first()


def planned_members(campaign: Campaign) -> QuerySet[Member]:
    """Those a plan is made for: not left out, still in post; with agent."""
    return campaign.members.filter(left_out="", agent__is_active=True).select_related("agent")


def live_places(campaign: Campaign) -> QuerySet[Place]:
    """The places in published waves that hold; with wave."""
    return Place.objects.filter(wave__campaign=campaign, left_at=None).select_related("wave")


def with_weeks(members: QuerySet[Member], plan: Scenario | None) -> QuerySet[Member]:
    """The same with `planned_week` (in this plan), `wave_week` and `wave_id` (of the published wave they are in)."""
    place = Place.objects.filter(member=OuterRef("pk"), left_at=None)
    planned = Planned.objects.filter(member=OuterRef("pk"), scenario=plan)
    return members.annotate(
        planned_week=Subquery(planned.values("week")[:1]),
        wave_week=Subquery(place.values("wave__week")[:1]),
        wave_id=Subquery(place.values("wave_id")[:1]),
    )


def in_a_wave() -> Exists:
    """The condition on `Member`: they have a place in a published wave."""
    return Exists(Place.objects.filter(member=OuterRef("pk"), left_at=None))


def counts(campaigns: QuerySet[Campaign]) -> QuerySet[Campaign]:
    """The same with `people` (to be equipped), `aside` (left out) and `placed` (in a published wave)."""
    members = Member.objects.filter(campaign=OuterRef("pk")).order_by().values("campaign")
    places = Place.objects.filter(wave__campaign=OuterRef("pk"), left_at=None).order_by().values("wave__campaign")
    people = members.filter(left_out="", agent__is_active=True)
    aside = members.filter(~Q(left_out="") | Q(agent__is_active=False))
    return campaigns.annotate(
        people=Subquery(people.annotate(n=Count("pk")).values("n")),
        aside=Subquery(aside.annotate(n=Count("pk")).values("n")),
        placed=Subquery(places.annotate(n=Count("pk")).values("n")),
    )


def mondays(campaign: Campaign) -> list[date]:
    """The Monday of each of its weeks."""
    return [campaign.starts_date + timedelta(weeks=week) for week in range(campaign.weeks)]


def closed_weeks(campaign: Campaign, now: datetime, published: Iterable[int]) -> frozenset[int]:
    """The weeks in which nobody more is planned: over (its Friday is past), or with a wave that is published."""
    today = clock.today(now)
    over = {week for week, monday in enumerate(mondays(campaign)) if monday + timedelta(days=FRIDAY) < today}
    return frozenset(over | set(published))


def published_weeks(campaign: Campaign) -> frozenset[int]:
    """The weeks whose wave is published. A catch-up closes no week."""
    return frozenset(campaign.waves.filter(is_catch_up=False).values_list("week", flat=True))
