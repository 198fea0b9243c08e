"""A commune with a campaign of three weeks, a chosen plan, people with granted requests and office computers."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from parvis.portal.accounts.models import User
from parvis.portal.directory.models import Agent, Entity, Role
from parvis.portal.loans.models import Offer, Part, PoolAsset
from parvis.portal.parc.models import Asset
from parvis.portal.rollout.models import Campaign, Member, Place, Planned, Scenario, Wave
from parvis.portal.rollout.services import catching_up, lending, opening, telling, waves
from parvis.portal.telework.models import Enrolment, Request
from tests.integration.authority import make_agent, make_computer, make_entity, make_member

MONDAY = date(2026, 11, 30)
NOW = datetime(2026, 11, 25, 9, 0, tzinfo=UTC)
"""The Wednesday before the first week."""
OPENING = datetime(2026, 11, 30, 7, 0, tzinfo=UTC)
"""Monday at 8 in Paris."""
FRIDAY_EVENING = datetime(2026, 12, 4, 17, 0, tzinfo=UTC)


def later(**span: float) -> datetime:
    return NOW + timedelta(**span)


@dataclass
class Rollout:
    root: Entity
    department: Entity
    technician: User
    campaign: Campaign
    plan: Scenario
    members: list[Member]

    def publish(self, week: int = 0, *, now: datetime = NOW, starts_at: datetime | None = None) -> Wave:
        at = starts_at or OPENING + timedelta(weeks=week)
        return waves.publish(actor=self.technician, scenario=self.plan, week=week, starts_at=at, now=now)

    def opened(self, week: int = 0) -> Wave:
        """A wave published, told and opened at its hour."""
        wave = self.publish(week)
        work(NOW)
        work(OPENING + timedelta(weeks=week))
        wave.refresh_from_db()
        return wave

    def place(self, number: int) -> Place:
        return Place.objects.select_related("wave__campaign", "member__agent").get(
            member=self.members[number], left_at=None
        )

    def enrolment(self, number: int) -> Enrolment:
        return Enrolment.objects.get(agent=self.members[number].agent)


def work(now: datetime) -> None:
    """What the worker does at this hour, without the mails of the eve."""
    catching_up.close_due(now=now)
    waves.start_due(now=now)
    telling.tell_due(now=now)
    opening.open_due(now=now)
    lending.lend_due(now=now)


def make_rollout(weeks: tuple[int, ...] = (0, 0, 0, 1, 1, 2), *, requests: bool = True) -> Rollout:
    """One member for each of `weeks`, planned in it."""
    root = make_entity("Rivemarine", kind=Entity.Kind.COMMUNE)
    department = make_entity("Finances", root)
    campaign = Campaign.objects.create(
        entity=root, name="Tous au télétravail", starts_date=MONDAY, weeks=3, created_at=NOW
    )
    plan = Scenario.objects.create(
        campaign=campaign, name="Plan", state="solved", asked_at=NOW, solved_at=NOW, is_chosen=True
    )
    members = []
    for week in weeks:
        agent = make_agent(department, account=True)
        make_computer(department, agent, address="10.0.0.10")
        member = Member.objects.create(campaign=campaign, agent=agent, team=department)
        if requests:
            member.request = ask(agent)
            member.save()
        Planned.objects.create(scenario=plan, member=member, week=week)
        members.append(member)
    return Rollout(root, department, make_member(root, Role.TECHNICIAN), campaign, plan, members)


def ask(agent: Agent, state: str = "approved") -> Request:
    return Request.objects.create(
        agent=agent, level=2, machine="own", line="fibre", days=0b00011, starts_date=NOW.date(), state=state,
        requested_at=NOW, decided_at=NOW,
    )  # fmt: skip


def make_stock(root: Entity, *kinds: str, name: str = "Poste nomade", approval: str = "head") -> Offer:
    """An offer with one thing of each kind, and one of each in the pool."""
    offer = Offer.objects.create(entity=root, name=name, max_days=30, approval=approval)
    for kind in kinds:
        Part.objects.create(offer=offer, kind=kind, label=kind)
        asset = Asset.objects.create(entity=root, kind=kind, name=f"{name} {kind}", state="stock", search=name.lower())
        PoolAsset.objects.create(asset=asset)
    return offer


def finish(enrolment: Enrolment, now: datetime) -> None:
    Enrolment.objects.filter(pk=enrolment.pk).update(started_at=now, finished_at=now, stage="guide")
