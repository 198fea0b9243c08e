"""What exists before anybody enrols, and the campaign that lets them in: made in the stack under test."""

from __future__ import annotations

import json
from dataclasses import dataclass

from deploy.demo_stack import DemoStack

PASSWORD = "Grand large à 7 nœuds"  # noqa: S105 - of people who do not exist
TEAM = 14
"""Agents of one service, at most."""
HEAD = "Solenn Le Bihan"

_PEOPLE = """
import json
from django.contrib.auth.hashers import make_password
from parvis.portal.accounts.models import User
from parvis.portal.directory import rules as naming
from parvis.portal.directory.models import Agent, Entity, Role, RoleGrant
from parvis.portal.kernel import clock
from parvis.portal.parc.models import Assignment, Computer, Site
from parvis.portal.parc.rules import search_text
from parvis.portal.remote_desktop.models import DisplaySettings
want = json.loads({want!r})
now = clock.now()
top = Entity.objects.get(parent=None, name="Métropole de Rivemarine")
def entity(name, parent):
    made = Entity.objects.create(name=name, parent=parent, kind=Entity.Kind.DEPARTMENT, path="new." + name)
    made.path = naming.child_path(parent.path, made.pk)
    made.save()
    return made
direction = entity("Direction du télétravail", top)
first, last = want["head"].split(" ", 1)
head = User.objects.create_user("s.lebihan@rivemarine.example", first_name=first, last_name=last, is_demo_persona=True)
Agent.objects.create(user=head, first_name=first, last_name=last, email=head.email, entity=direction, search="")
RoleGrant.objects.create(user=head, entity=direction, role=Role.HEAD_OF_DEPARTMENT)
site = Site.objects.filter(entity=top).first()
hashed = make_password(want["password"])
emails = []
for number in range(want["count"]):
    if number % want["team"] == 0:
        team = entity(f"Équipe {{number // want['team'] + 1}}", direction)
    email = f"agent.{{number}}@rivemarine.example"
    user = User.objects.create(email=email, first_name="Camille", last_name=f"Essai-{{number}}", password=hashed)
    agent = Agent.objects.create(user=user, first_name="Camille", last_name=f"Essai-{{number}}", email=email,
        entity=team, job_title="Gestionnaire", search=naming.search_key("Camille", f"Essai-{{number}}", email, ""))
    name = f"RIV-T{{number:04}}"
    computer = Computer.objects.create(entity=team, name=name, search=search_text(name), address="127.0.0.1",
        probe_port=want["port"], reachability="on", last_seen_at=now, checked_at=now, site=site)
    Assignment.objects.create(agent=agent, asset=computer)
    DisplaySettings.objects.create(computer=computer, protocol="vnc", port=want["port"])
    emails.append(email)
print(json.dumps(emails))
"""

_CAMPAIGN = """
import json
from datetime import timedelta
from parvis.portal.accounts.models import User
from parvis.portal.directory.models import Entity
from parvis.portal.kernel import clock
from parvis.portal.rollout.population import Selection
from parvis.portal.rollout.services import campaigns, members, scenarios, waves
direction = Entity.objects.get(name="Direction du télétravail")
actor = User.objects.get(email="helene.marchand@rivemarine.example")
now = clock.now()
today = clock.today(now)
data = campaigns.CampaignData(name="Sept cents en un jour", level=2, weeks=1,
    starts_date=today + timedelta(days=7 - today.weekday()), support_minutes={{"base": 5, "laptop": 20, "phone": 10}})
campaign = campaigns.create(actor=actor, entity=direction, data=data, now=now)
added = members.add(actor=actor, campaign=campaign, selection=Selection(entities=(direction.pk,)), priority=3,
    needs=members.Needs(), now=now)
plan = scenarios.ask(actor=actor, campaign=campaign, asked=scenarios.Asked(name="Tous"), now=now)
print(json.dumps({{"campaign": campaign.pk, "plan": plan.pk, "people": added.people, "aside": added.aside}}))
"""

_PLAN = """
import json
from parvis.portal.rollout.models import Scenario
plan = Scenario.objects.get(pk={plan})
print(json.dumps([plan.state, plan.served]))
"""

_WAVE = """
from datetime import datetime, time
from parvis.portal.accounts.models import User
from parvis.portal.kernel import clock
from parvis.portal.rollout.models import Scenario
from parvis.portal.rollout.services import scenarios, waves
actor = User.objects.get(email="helene.marchand@rivemarine.example")
now = clock.now()
plan = Scenario.objects.select_related("campaign__entity").get(pk={plan})
scenarios.choose(actor=actor, scenario=plan, now=now)
starts_at = datetime.combine(plan.campaign.starts_date, time(8), clock.PARIS)
wave = waves.publish(actor=actor, scenario=plan, week=0, starts_at=starts_at, now=now)
waves.open_now(actor=actor, wave=wave, now=now)
print(wave.pk)
"""

_COUNT = """
import json
from parvis.portal.directory.models import Role, RoleGrant
from parvis.portal.kernel.models import AuditRecord
from parvis.portal.remote_desktop.models import Refusal, RemoteSession
from parvis.portal.telework.models import Enrolment, HelpCall, Request, Try
team = set(RoleGrant.objects.filter(role__in=[Role.TECHNICIAN, Role.HEAD_OF_IT]).values_list("user_id", flat=True))
ours = Enrolment.objects.filter(agent__email__startswith="agent.")
last = AuditRecord.objects.order_by("-id").values_list("id", flat=True).first() or 0
print(json.dumps({{
    "last": last,
    "team_actions": list(
        AuditRecord.objects.filter(id__gt={since}, actor_id__in=team).values_list("action", flat=True)),
    "requests": Request.objects.filter(agent__email__startswith="agent.").count(),
    "invited": ours.count(),
    "finished": ours.filter(finished_at__isnull=False).count(),
    "failed_tries": Try.objects.filter(enrolment__in=ours, outcome="failed").count(),
    "help_calls": HelpCall.objects.filter(enrolment__in=ours).count(),
    "sessions": RemoteSession.objects.filter(user__agent__email__startswith="agent.", started_at__isnull=False).count(),
    "refusals": Refusal.objects.filter(user__agent__email__startswith="agent.").count(),
}}))
"""


@dataclass(frozen=True, slots=True)
class Counted:
    """What the database says."""

    last: int
    """The newest line of the audit trail."""
    team_actions: list[str]
    """What people of the IT team did meanwhile."""
    requests: int
    invited: int
    finished: int
    failed_tries: int
    help_calls: int
    sessions: int
    refusals: int


def people(stack: DemoStack, count: int, port: int) -> list[str]:
    """Agents with an account and an office PC whose screen is at this loopback port; their addresses."""
    want = {"count": count, "password": PASSWORD, "port": port, "team": TEAM, "head": HEAD}
    emails: list[str] = json.loads(_run(stack, _PEOPLE.format(want=json.dumps(want))))
    return emails


def campaign(stack: DemoStack) -> dict[str, int]:
    """A campaign of all of them in one week, and its plan asked for: `campaign`, `plan`, `people`, `aside`."""
    made: dict[str, int] = json.loads(_run(stack, _CAMPAIGN.format()))
    return made


def planned(stack: DemoStack, plan: int) -> tuple[str, int | None]:
    """Where the search for the plan stands, and how many it serves."""
    state, served = json.loads(_run(stack, _PLAN.format(plan=plan)))
    return state, served


def open_wave(stack: DemoStack, plan: int) -> int:
    """Follow the plan, announce its only week and open it at once; the wave."""
    return int(_run(stack, _WAVE.format(plan=plan)))


def count(stack: DemoStack, since: int = 0) -> Counted:
    """How far everybody is; `since`: the audit line after which the team's actions are counted."""
    return Counted(**json.loads(_run(stack, _COUNT.format(since=since))))


def _run(stack: DemoStack, code: str) -> str:
    return stack.manage("shell", "-v", "0", "-c", code).strip().splitlines()[-1]
