"""Members: added once, sorted by hand, kept in step with the facts."""

from __future__ import annotations

from datetime import timedelta

import pytest

from parvis.portal.directory.models import Role
from parvis.portal.kernel import clock
from parvis.portal.kernel.errors import Conflict, Invalid, NotAllowed
from parvis.portal.kernel.models import AuditRecord
from parvis.portal.rollout.models import Campaign, Member
from parvis.portal.rollout.population import Selection
from parvis.portal.rollout.rules import LeftOut
from parvis.portal.rollout.services import campaigns, members
from tests.integration.authority import make_entity, make_member
from tests.integration.rollout.campaigning import (
    Authority,
    add,
    followed,
    make_authority,
    member_of,
    next_monday,
    published,
    request_of,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def authority() -> Authority:
    return make_authority()


@pytest.fixture
def campaign(authority: Authority) -> Campaign:
    campaign = authority.campaign()
    add(authority, campaign, Selection(entities=tuple(each.pk for each in authority.services)))
    return campaign


def test_twice_is_once(authority: Authority, campaign: Campaign) -> None:
    Member.objects.filter(campaign=campaign).update(priority=1)
    again = add(authority, campaign, Selection(entities=tuple(each.pk for each in authority.services)))
    assert (again.people, again.aside, again.already) == (0, 0, 6)
    assert set(campaign.members.values_list("priority", flat=True)) == {1}
    line = AuditRecord.objects.filter(action="rollout.members_added").latest("id")
    assert (line.data["added"], line.target_id) == (0, str(campaign.pk))


def test_nobody_found_is_said(authority: Authority, campaign: Campaign) -> None:
    with pytest.raises(Invalid):
        add(authority, campaign, Selection(words=("astronaute",)))


def test_another_it_team_adds_nobody(authority: Authority, campaign: Campaign) -> None:
    stranger = make_member(make_entity("Ailleurs"), Role.TECHNICIAN)
    everybody = campaign.members.all()
    with pytest.raises(NotAllowed):
        members.set_priority(actor=stranger, members=everybody, priority=1, now=clock.now())
    with pytest.raises(NotAllowed):
        members.remove(actor=stranger, members=everybody, now=clock.now())
    assert set(campaign.members.values_list("priority", flat=True)) == {3}


def test_by_hand(authority: Authority, campaign: Campaign) -> None:
    actor, now = authority.technician, clock.now()
    some = campaign.members.filter(agent__in=authority.agents[:2])
    assert members.set_priority(actor=actor, members=some, priority=1, now=now) == 2
    assert members.set_needs(actor=actor, members=some, now=now, laptop=True, licence=True) == 2
    assert members.set_away(actor=actor, members=some, mondays=[next_monday()], now=now) == 2
    member = member_of(campaign, authority.agents[0])
    assert (member.priority, member.needs_laptop, member.needs_phone, member.needs_licence) == (1, True, False, True)
    assert member.away == [next_monday().isoformat()]
    assert members.remove(actor=actor, members=some, now=now) == 2
    assert campaign.members.count() == 4


def test_left_out_with_a_reason_and_put_back(authority: Authority, campaign: Campaign) -> None:
    actor, now = authority.technician, clock.now()
    one = campaign.members.filter(agent=authority.agents[0])
    with pytest.raises(Invalid):
        members.leave_out(actor=actor, members=one, reason="  ", now=now)
    with pytest.raises(Invalid):
        members.leave_out(actor=actor, members=one, reason=LeftOut.ALREADY.value, now=now)
    members.leave_out(actor=actor, members=one, reason="À sa demande", now=now)
    assert one.get().left_out == "À sa demande"
    members.refresh(campaign=campaign, now=now)
    assert one.get().left_out == "À sa demande", "what a person said stays"
    assert members.put_back(actor=actor, members=one, now=now) == 1
    assert one.get().left_out == ""


def test_who_is_put_back_stays_in_whatever_the_facts_say(authority: Authority, campaign: Campaign) -> None:
    now, agent = clock.now(), authority.agents[0]
    request_of(agent, state="open")
    members.refresh(campaign=campaign, now=now)
    assert member_of(campaign, agent).left_out == LeftOut.ALREADY
    members.put_back(actor=authority.technician, members=campaign.members.filter(agent=agent), now=now)
    members.refresh(campaign=campaign, now=now)
    assert member_of(campaign, agent).left_out == ""


def test_the_facts_move_and_the_list_follows(authority: Authority, campaign: Campaign) -> None:
    now, agent = clock.now(), authority.agents[0]
    request = request_of(agent, state="open")
    agent.entity = authority.services[1]
    agent.save()
    assert members.refresh(campaign=campaign, now=now) == 1
    member = member_of(campaign, agent)
    assert (member.left_out, member.team, member.request) == (LeftOut.ALREADY, authority.services[1], request)
    request.state = "ended"
    request.save()
    assert members.refresh(campaign=campaign, now=now) == 1
    assert member_of(campaign, agent).left_out == ""
    assert members.refresh(campaign=campaign, now=now) == 0


def test_who_is_in_a_published_wave_is_left_alone(authority: Authority, campaign: Campaign) -> None:
    now, actor = clock.now(), authority.technician
    published(campaign, followed(authority, campaign), 0)
    request_of(authority.agents[0], state="open")
    assert members.refresh(campaign=campaign, now=now) == 0
    everybody = campaign.members.all()
    assert members.leave_out(actor=actor, members=everybody, reason="Non", now=now) == 0
    assert members.remove(actor=actor, members=everybody, now=now) == 0
    assert campaign.members.filter(left_out="").count() == 6


def test_a_closed_campaign_changes_no_more(authority: Authority, campaign: Campaign) -> None:
    now, actor = clock.now(), authority.technician
    campaigns.move(actor=actor, campaign=campaign, to="closed", now=now)
    with pytest.raises(Conflict):
        add(authority, campaign)
    with pytest.raises(Conflict):
        members.set_priority(actor=actor, members=campaign.members.all(), priority=1, now=now)


def test_campaigns_go_on_by_their_table(authority: Authority, campaign: Campaign) -> None:
    actor = authority.technician
    with pytest.raises(Conflict):
        campaigns.move(actor=actor, campaign=campaign, to="paused", now=clock.now())
    for state in ("running", "paused", "running", "closed"):
        campaigns.move(actor=actor, campaign=campaign, to=state, now=clock.now())
    with pytest.raises(Conflict):
        campaigns.move(actor=actor, campaign=campaign, to="running", now=clock.now())
    with pytest.raises(Conflict):
        campaigns.delete(actor=actor, campaign=campaign, now=clock.now())


def test_only_a_campaign_in_preparation_is_deleted(authority: Authority, campaign: Campaign) -> None:
    campaigns.delete(actor=authority.technician, campaign=campaign, now=clock.now())
    assert not Campaign.objects.exists()


def test_weeks_do_not_move_under_a_published_wave(authority: Authority, campaign: Campaign) -> None:
    published(campaign, followed(authority, campaign), 0)
    with pytest.raises(Invalid) as refused:
        campaigns.change(
            actor=authority.technician,
            campaign=campaign,
            data=campaigns.CampaignData(
                name="Autre",
                level=2,
                starts_date=campaign.starts_date + timedelta(weeks=2),
                weeks=3,
                support_minutes={},
            ),
            now=clock.now(),
        )
    assert refused.value.code == "wave_published"
