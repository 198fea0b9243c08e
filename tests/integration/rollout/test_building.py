"""The planner's problem, made from a campaign."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from parvis.portal.kernel import clock
from parvis.portal.rollout import building
from parvis.portal.rollout.models import Campaign, Place, Wave
from parvis.portal.rollout.planning.problem import Person, Resource
from parvis.portal.rollout.population import Selection
from parvis.portal.rollout.services import campaigns, members
from tests.integration.rollout.campaigning import (
    Authority,
    add,
    followed,
    make_authority,
    member_of,
    offer,
    published,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def authority() -> Authority:
    return make_authority()


@pytest.fixture
def campaign(authority: Authority) -> Campaign:
    campaign = authority.campaign(support_minutes={"base": 10, "laptop": 30, "phone": 15})
    add(authority, campaign, Selection(entities=tuple(each.pk for each in authority.services)))
    return campaign


def people(campaign: Campaign, **fields: object) -> dict[int, Person]:
    found = building.problem_of(campaign, {}, clock.now(), **fields).people  # type: ignore[arg-type]
    return {person.key: person for person in found}


def test_a_person_takes_what_they_need(authority: Authority, campaign: Campaign) -> None:
    member = member_of(campaign, authority.agents[0])
    campaign.members.filter(pk=member.pk).update(needs_laptop=True, needs_phone=True, priority=1)
    person = people(campaign)[member.pk]
    assert dict(person.uses) == {
        Resource.PLACES: 1, Resource.LAPTOPS: 1, Resource.PHONES: 1, Resource.SUPPORT: 55,
        Resource.SESSIONS: 0.6, Resource.BANDWIDTH: 180,
    }  # fmt: skip
    assert (person.weight, person.team, person.site) == (4.0, authority.services[0].pk, authority.site.pk)
    assert person.site_load == 180


def test_level_1_takes_no_screen(authority: Authority, campaign: Campaign) -> None:
    Campaign.objects.filter(pk=campaign.pk).update(level=1, keeps_teams=False)
    person = next(iter(people(Campaign.objects.get(pk=campaign.pk)).values()))
    assert set(person.uses) == {Resource.PLACES, Resource.SUPPORT}
    assert (person.site_load, person.team) == (0, None)


def test_weeks_they_cannot_and_weeks_that_are_over(authority: Authority, campaign: Campaign) -> None:
    member = member_of(campaign, authority.agents[0])
    second = campaign.starts_date + timedelta(weeks=1)
    members.set_away(actor=authority.technician, members=campaign.members.filter(pk=member.pk), mondays=[second],
                     now=clock.now())  # fmt: skip
    assert people(campaign)[member.pk].away == {1}
    Campaign.objects.filter(pk=campaign.pk).update(starts_date=campaign.starts_date - timedelta(weeks=2))
    moved = Campaign.objects.select_related("entity").get(pk=campaign.pk)
    assert 0 in people(moved)[member.pk].away, "the first week is past"


def test_who_is_left_out_or_gone_is_not_planned(authority: Authority, campaign: Campaign) -> None:
    out, gone = authority.agents[:2]
    members.leave_out(actor=authority.technician, members=campaign.members.filter(agent=out), reason="Non",
                      now=clock.now())  # fmt: skip
    gone.is_active = False
    gone.save()
    assert len(people(campaign)) == 4


def test_offers_by_week(authority: Authority, campaign: Campaign) -> None:
    offer(authority, campaign, laptops=[2, None, 1], places=[None, 4, 4])
    offers = building.problem_of(campaign, {}, clock.now()).offers
    assert offers[Resource.LAPTOPS] == [2, 0, 1], "nothing arrives where nothing is said"
    assert offers[Resource.PLACES][0] >= 6, "not limited where nothing is said"
    assert offers[Resource.PLACES][1:] == [4, 4]
    assert set(offers) == {Resource.LAPTOPS, Resource.PLACES}


def test_a_scenario_changes_the_offers(authority: Authority, campaign: Campaign) -> None:
    offer(authority, campaign, laptops=[2, 0, 1])
    changes = {"laptops": {"all": 1, "0": -9}, "phones": {"all": 5}}
    offers = building.problem_of(campaign, changes, clock.now()).offers
    assert offers == {Resource.LAPTOPS: [0, 1, 2]}


def test_published_waves_do_not_move_and_take_nobody_more(authority: Authority, campaign: Campaign) -> None:
    offer(authority, campaign, places=[2, 2, 2])
    plan = followed(authority, campaign)
    published(campaign, plan, 0)
    there = set(plan.planned.filter(week=0).values_list("member_id", flat=True))
    found = people(campaign)
    assert {key for key, person in found.items() if person.pinned == 0} == there
    assert all(0 in person.away for key, person in found.items() if key not in there)
    assert all(person.before is not None for person in found.values())
    assert all(person.before is None for person in people(campaign, keeps_plan=False).values())


def test_who_left_a_wave_is_planned_again(authority: Authority, campaign: Campaign) -> None:
    plan = followed(authority, campaign)
    wave = published(campaign, plan, 0)
    place = wave.places.first()
    assert place is not None
    Place.objects.filter(pk=place.pk).update(left_at=clock.now())
    person = people(campaign)[place.member_id]
    assert (person.pinned, 0 in person.away) == (None, True)


def test_a_catch_up_after_the_end_counts_in_the_last_week(authority: Authority, campaign: Campaign) -> None:
    member = member_of(campaign, authority.agents[0])
    wave = Wave.objects.create(
        campaign=campaign, week=5, is_catch_up=True, starts_at=clock.now(), published_at=clock.now()
    )
    Place.objects.create(wave=wave, member=member)
    found = people(campaign)
    assert found[member.pk].pinned == 2
    assert all(not person.away for person in found.values()), "a catch-up closes no week"


def test_who_was_left_out_after_the_publication_still_counts(authority: Authority, campaign: Campaign) -> None:
    published(campaign, followed(authority, campaign), 0)
    campaign.members.update(left_out="Non")
    assert {person.pinned for person in people(campaign).values()} == {0}


def test_sites_carry_what_their_line_carries(authority: Authority, campaign: Campaign) -> None:
    campaigns.set_lines(actor=authority.technician, campaign=campaign, lines={authority.site.pk: 400}, now=clock.now())
    assert building.problem_of(campaign, {}, clock.now()).sites == {authority.site.pk: 400}


def test_the_queries_do_not_grow_with_the_people(authority: Authority, campaign: Campaign) -> None:
    def measured() -> int:
        with CaptureQueriesContext(connection) as queries:
            building.problem_of(campaign, {}, clock.now())
        return len(queries)

    few = measured()
    for _each in range(20):
        authority.agent(1)
    add(authority, campaign)
    assert measured() == few
