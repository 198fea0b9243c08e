"""The demo's campaign: a wave under way, a plan that is followed, another to compare it with; made once."""

from __future__ import annotations

import pytest

from parvis.portal.directory.demo import AUTHORITY
from parvis.portal.directory.models import Entity, Role
from parvis.portal.kernel import clock
from parvis.portal.rollout import demo
from parvis.portal.rollout.models import Campaign, Place, Scenario
from parvis.portal.telework.models import Enrolment
from tests.integration.authority import grant, make_agent, make_entity, make_user
from tests.integration.rollout.campaigning import make_authority, request_of

pytestmark = pytest.mark.django_db


def test_it_is_made_once() -> None:
    authority = make_authority()
    Entity.objects.filter(pk=authority.root.pk).update(name=AUTHORITY)
    grant(make_user("helene.marchand"), Role.HEAD_OF_IT, authority.root)
    make_agent(make_entity(parent=authority.services[0]))
    begun = authority.agents[0]
    request = request_of(begun, state="open")
    Enrolment.objects.create(request=request, agent=begun, level=2, invited_at=clock.now(), stage="factor")
    assert demo.build(clock.now())
    assert demo.build(clock.now()) is False
    campaign = Campaign.objects.get()
    assert campaign.state == "running"
    assert [place.member.agent for place in Place.objects.all()] == [begun]
    chosen = Scenario.objects.get(is_chosen=True)
    assert (chosen.state, chosen.campaign.scenarios.count()) == ("solved", 2)
    assert chosen.served == campaign.members.filter(left_out="").count()
