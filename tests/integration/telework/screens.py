"""An agent on the enrolment path who has come to the screen of their office PC; a gateway that speaks for itself."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from parvis.portal.accounts.models import User
from parvis.portal.directory.models import Agent, Entity, Role
from parvis.portal.parc.models import Computer
from parvis.portal.remote_desktop.models import RemoteSession
from parvis.portal.remote_desktop.services import Grant
from parvis.portal.telework import rules, screen_tasks, symptoms
from parvis.portal.telework.diagnosis import Cause, Look
from parvis.portal.telework.models import Enrolment, Request, Try
from tests.integration.authority import make_entity, make_member
from tests.integration.remote_desktop.conftest import NOW, Office, make_office

SECOND = timedelta(seconds=1)
PICTURE = 90_000
"""Bytes of a desktop."""
REFUSED = 5_000
"""Bytes of a sign-in that Windows refuses."""


@dataclass
class Home:
    """One agent at home."""

    office: Office
    enrolment: Enrolment
    technician: User

    @property
    def user(self) -> User:
        return self.office.user

    @property
    def agent(self) -> Agent:
        return self.office.agent

    @property
    def computer(self) -> Computer:
        return self.office.computer

    def gateway_answers(self, now: datetime = NOW) -> None:
        self.office.beat(now=now)

    def found(self, now: datetime = NOW) -> Cause:
        computer = Computer.objects.select_related("site", "entity", "display").get(pk=self.computer.pk)
        fresh = Enrolment.objects.select_related("agent__user", "agent__entity", "request").get(pk=self.enrolment.pk)
        return symptoms.of(fresh, computer, now)[1].cause

    def look(self, found: Look, now: datetime = NOW) -> None:
        symptoms.note(self.enrolment.pk, self.computer.pk, asked_at=now, look=found, looked_at=now)

    def try_screen(self, *, down: int, reason: str = "", at: datetime = NOW, lasted: timedelta = 3 * SECOND) -> Grant:
        """Open the screen; `down` bytes come from the PC. `reason`: how it ended; empty: it goes on."""
        grant = self.office.open(at)
        if reason:
            self.office.tell("ended", grant, at + lasted, reason=reason, up=900, down=down)
        else:
            self.office.beat(grant, now=at + lasted, down=down)
        return grant

    def judge(self, grant: Grant) -> None:
        """The worker's look at a session."""
        screen_tasks.judge.call(str(grant.session.pk))

    def state(self) -> tuple[str, str]:
        fresh = Enrolment.objects.get(pk=self.enrolment.pk)
        return fresh.stage, fresh.blocked_code

    def passed(self) -> bool:
        return self.tries(Try.Outcome.PASSED) == 1

    def tries(self, outcome: str) -> int:
        return Try.objects.filter(enrolment=self.enrolment, stage=rules.Stage.COMPUTER, outcome=outcome).count()

    def session(self) -> RemoteSession:
        return RemoteSession.objects.get()


def make_home(entity: Entity | None = None, *, stage: str = rules.Stage.COMPUTER, **computer: object) -> Home:
    """The path is opened an hour before `NOW`; the stages before `stage` are passed."""
    office = make_office(entity or make_entity("Finances"), **computer)
    request = Request.objects.create(
        agent=office.agent, level=rules.LEVEL_2, machine="own", line="fibre", days=9, starts_date=NOW.date(),
        state=Request.State.OPEN, requested_at=NOW, opened_at=NOW,
    )  # fmt: skip
    since = NOW - timedelta(hours=1)
    enrolment = Enrolment.objects.create(
        request=request, agent=office.agent, level=rules.LEVEL_2, invited_at=since, started_at=since, stage=stage
    )
    stages = rules.STAGES[rules.LEVEL_2]
    for each in stages[: stages.index(rules.Stage(stage))]:
        Try.objects.create(enrolment=enrolment, stage=each, outcome=Try.Outcome.PASSED, at=since)
    return Home(office, enrolment, make_member(office.entity, Role.TECHNICIAN))
