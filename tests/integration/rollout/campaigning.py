"""A commune with two services, its IT team, and a campaign for its agents."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from parvis.portal.accounts.models import User
from parvis.portal.directory.models import Agent, Entity, Role
from parvis.portal.kernel import clock
from parvis.portal.parc.models import Site
from parvis.portal.remote_desktop.models import DisplaySettings
from parvis.portal.rollout.models import Campaign, Member, Place, Scenario, Wave
from parvis.portal.rollout.planning.problem import Resource
from parvis.portal.rollout.population import Selection
from parvis.portal.rollout.rules import monday_of
from parvis.portal.rollout.services import campaigns, members, scenarios
from parvis.portal.rollout.services.campaigns import CampaignData
from parvis.portal.rollout.services.members import Needs
from parvis.portal.rollout.services.scenarios import Asked
from parvis.portal.telework.models import Request
from tests.integration.authority import make_agent, make_computer, make_entity, make_member, make_site


@dataclass
class Authority:
    """Who plans, whom, where."""

    root: Entity
    services: list[Entity]
    technician: User
    site: Site
    agents: list[Agent] = field(default_factory=list)

    def agent(self, service: int = 0, **fields: object) -> Agent:
        """One with an account and a computer of their own that can be reached."""
        agent = make_agent(self.services[service], account=True, **fields)
        computer = make_computer(self.services[service], agent, site=self.site, address="10.0.0.1")
        DisplaySettings.objects.create(computer=computer)
        self.agents.append(agent)
        return agent

    def campaign(self, **fields: object) -> Campaign:
        """In preparation, of three weeks from next Monday on."""
        data = {"name": "Automne", "level": 2, "starts_date": next_monday(), "weeks": 3, "support_minutes": {}}
        return campaigns.create(
            actor=self.technician,
            entity=self.root,
            data=CampaignData(**{**data, **fields}),  # type: ignore[arg-type]
            now=clock.now(),
        )


def next_monday() -> date:
    return monday_of(clock.today()) + timedelta(weeks=1)


def make_authority(each: int = 3) -> Authority:
    """`each` agents in each of two services."""
    root = make_entity("Rivemarine", kind=Entity.Kind.COMMUNE)
    services = [make_entity("Finances", root), make_entity("Urbanisme", root)]
    made = Authority(root, services, make_member(root, Role.TECHNICIAN), make_site(root, name="Mairie"))
    for service in range(2):
        for _each in range(each):
            made.agent(service)
    return made


def request_of(agent: Agent, **fields: object) -> Request:
    values = {"level": 2, "machine": "own", "line": "fibre", "days": 3, "starts_date": clock.today(),
              "requested_at": clock.now(), "state": "approved"}  # fmt: skip
    return Request.objects.create(agent=agent, **{**values, **fields})


def add(authority: Authority, campaign: Campaign, selection: Selection | None = None, priority: int = 3,
        **needs: bool) -> members.Added:  # fmt: skip
    return members.add(
        actor=authority.technician,
        campaign=campaign,
        selection=selection or Selection(),
        priority=priority,
        needs=Needs(**needs),
        now=clock.now(),
    )


def offer(authority: Authority, campaign: Campaign, **weeks: list[float | None]) -> None:
    campaigns.set_offers(
        actor=authority.technician,
        campaign=campaign,
        offers={Resource(name): units for name, units in weeks.items()},
        now=clock.now(),
    )


def ask(authority: Authority, campaign: Campaign, **fields: object) -> Scenario:
    asked = Asked(**fields)  # type: ignore[arg-type]
    return scenarios.ask(actor=authority.technician, campaign=campaign, asked=asked, now=clock.now())


def solved(authority: Authority, campaign: Campaign, **fields: object) -> Scenario:
    """A plan asked for and looked for at once."""
    plan = ask(authority, campaign, **fields)
    scenarios.search(Scenario.objects.select_related("campaign__entity").get(pk=plan.pk))
    return Scenario.objects.select_related("campaign__entity").get(pk=plan.pk)


def followed(authority: Authority, campaign: Campaign) -> Scenario:
    plan = solved(authority, campaign)
    scenarios.choose(actor=authority.technician, scenario=plan, now=clock.now())
    return plan


def published(campaign: Campaign, plan: Scenario, week: int, at: datetime | None = None) -> Wave:
    """The wave of a week, with whom the plan has there."""
    now = at or clock.now()
    wave = Wave.objects.create(campaign=campaign, week=week, starts_at=now, published_at=now)
    keys = plan.planned.filter(week=week).values_list("member_id", flat=True)
    Place.objects.bulk_create(Place(wave=wave, member_id=key) for key in keys)
    return wave


def weeks(plan: Scenario) -> dict[str, int]:
    """The week of each agent, by e-mail."""
    rows = plan.planned.values_list("member__agent__email", "week")
    return dict(rows)


def member_of(campaign: Campaign, agent: Agent) -> Member:
    return campaign.members.get(agent=agent)
