"""A campaign of the fictional authority: its first wave under way this week, the next ones planned, a plan to compare.

Deterministic but for the search itself, which is given a few seconds.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from datetime import datetime, timedelta

from django.db import transaction

from parvis.portal.accounts.models import User
from parvis.portal.directory.demo import AUTHORITY
from parvis.portal.directory.models import Entity
from parvis.portal.kernel import clock
from parvis.portal.rollout.models import Campaign, Member, Place, Scenario, Wave
from parvis.portal.rollout.planning.problem import Resource
from parvis.portal.rollout.population import Selection
from parvis.portal.rollout.rules import LeftOut, monday_of
from parvis.portal.rollout.services import campaigns, members, scenarios
from parvis.portal.rollout.services.campaigns import CampaignData
from parvis.portal.rollout.services.members import Needs
from parvis.portal.rollout.services.scenarios import Asked
from parvis.portal.telework.models import Enrolment

SEED = 20201117
WEEKS = 6
MOST = 700
"""Agents to equip."""
OPENING_HOUR = 8
SECONDS = 6.0
"""Given to each search."""
OFFERS: dict[Resource, Sequence[float | None]] = {
    Resource.LAPTOPS: (30, 10, 20, 10, 20, 10),
    Resource.PHONES: (15, 5, 5, 5, 5, 5),
    Resource.SUPPORT: (1500, 1500, 1500, 900, 1500, 1500),
    Resource.SESSIONS: (150, 260, 260, 380, 380, 380),
}
MINUTES = {"base": 8, "laptop": 20, "phone": 10}


def build(now: datetime) -> bool:
    """Make it all; False if it is there already."""
    root = Entity.objects.get(name=AUTHORITY, parent=None)
    if Campaign.objects.filter(entity=root).exists():
        return False
    head = User.objects.get(email__startswith="helene.marchand@")
    campaign = _campaign(root, head, now)
    _population(campaign, head, now)
    _first_wave(campaign, head, now)
    _plan(campaign, head, Asked(name="Avec ce que nous avons"), now, follow=True)
    more = {Resource.LAPTOPS.value: {"1": 20.0}, Resource.SUPPORT.value: {"all": 600.0}}
    _plan(campaign, head, Asked(name="20 portables et 10 heures de plus", changes=more), now, follow=False)
    return True


def _campaign(root: Entity, head: User, now: datetime) -> Campaign:
    data = CampaignData(
        name="Télétravail, deuxième campagne",
        level=2,
        starts_date=monday_of(clock.today(now)),
        weeks=WEEKS,
        support_minutes=MINUTES,
    )
    campaign = campaigns.create(actor=head, entity=root, data=data, now=now - timedelta(days=20))
    campaigns.set_offers(
        actor=head,
        campaign=campaign,
        offers={resource: list(units) for resource, units in OFFERS.items()},
        now=now - timedelta(days=19),
    )
    return campaign


@transaction.atomic
def _population(campaign: Campaign, head: User, now: datetime) -> None:
    """As many as the campaign is for; some need things, some do what cannot wait.

    Most agents of the demo have no account: the campaign keeps enough of them anyway, theirs are being opened.
    """
    members.add(actor=head, campaign=campaign, selection=Selection(), priority=3, needs=Needs(), now=now)
    chance = random.Random(SEED)
    able = list(campaign.members.filter(left_out="").order_by("agent__entity__path", "pk"))
    without = list(campaign.members.filter(left_out=LeftOut.NO_ACCOUNT).order_by("agent__entity__path", "pk"))
    kept, others = without[: MOST - len(able)], without[MOST - len(able) :]
    Member.objects.filter(pk__in=[member.pk for member in others]).delete()
    chosen = able + kept
    for member in chosen:
        member.left_out, member.kept_anyway = "", bool(member.left_out)
        member.needs_laptop = member.needs_laptop or chance.random() < 0.16
        member.needs_phone = member.needs_phone or chance.random() < 0.05
        member.priority = chance.choices((1, 2, 3), (8, 12, 80))[0]
    fields = ["needs_laptop", "needs_phone", "priority", "left_out", "kept_anyway"]
    Member.objects.bulk_update(chosen, fields, batch_size=200)


@transaction.atomic
def _first_wave(campaign: Campaign, head: User, now: datetime) -> None:
    """Those whose enrolment began this week are its first wave."""
    opened = datetime.combine(campaign.starts_date, datetime.min.time(), clock.PARIS).replace(hour=OPENING_HOUR)
    opened = min(opened, now)
    wave = Wave.objects.create(
        campaign=campaign, week=0, starts_at=opened, state=Wave.State.RUNNING, published_by=head,
        published_at=opened - timedelta(days=4), opened_at=opened,
    )  # fmt: skip
    Campaign.objects.filter(pk=campaign.pk).update(state=Campaign.State.RUNNING)
    begun = Enrolment.objects.filter(
        agent__entity__path__startswith=campaign.entity.path, invited_at__gte=now - timedelta(days=9)
    ).select_related("agent")
    known = {member.agent_id: member for member in campaign.members.all()}
    there = []
    for enrolment in begun:
        member = known.get(enrolment.agent_id) or Member(campaign=campaign, agent=enrolment.agent)
        member.request_id, member.left_out, member.team_id = enrolment.request_id, "", enrolment.agent.entity_id
        member.save()
        there.append(member)
    Place.objects.bulk_create(
        Place(wave=wave, member=member, told_at=wave.published_at, opened_at=opened) for member in there
    )


def _plan(campaign: Campaign, head: User, asked: Asked, now: datetime, *, follow: bool) -> None:
    plan = scenarios.ask(actor=head, campaign=campaign, asked=asked, now=now)
    scenarios.search(Scenario.objects.select_related("campaign__entity").get(pk=plan.pk), seconds=SECONDS)
    plan.refresh_from_db()
    if follow and plan.served:  # a machine too slow for the seconds given has no plan to follow
        scenarios.choose(actor=head, scenario=plan, now=now)
