"""Enrolments of the fictional authority: those gone through, those under way, the calls for help. See `demo`."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from parvis.portal.accounts.models import User
from parvis.portal.directory.models import Agent
from parvis.portal.parc.models import Assignment
from parvis.portal.telework import rules
from parvis.portal.telework.models import Enrolment, HelpCall, Request, Try
from parvis.portal.telework.rules import Stage

MINUTES = {Stage.FACTOR: (1, 7), Stage.CONNECTION: (1, 2), Stage.COMPUTER: (1, 12), Stage.GUIDE: (1, 6)}
"""How long a stage takes, at least and at most."""
STUMBLES = {
    Stage.CONNECTION: ("line_poor", "no_websocket"),
    Stage.COMPUTER: ("asleep", "screen_off", "password_wrong", "password_expired", "off"),
}
STOPS: Sequence[tuple[Stage | None, bool, int]] = (
    # where they are (None: done), blocked, how many of each ten
    (None, False, 5),
    (Stage.FACTOR, False, 1),
    (Stage.CONNECTION, True, 1),
    (Stage.COMPUTER, True, 2),
    (Stage.GUIDE, False, 1),
)
BROWSER = "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:133.0) Gecko/20100101 Firefox/133.0"


@dataclass(slots=True)
class _Paths:
    """Being written. `tries` by the rank of their enrolment: it has no key yet."""

    now: datetime
    chance: random.Random
    enrolments: list[Enrolment] = field(default_factory=list)
    tries: list[Try] = field(default_factory=list)

    def add(self, request: Request, stop: Stage | None, blocked: bool) -> None:
        """A path up to the stage `stop`, where it may stumble."""
        invited = request.opened_at or request.requested_at
        stages = rules.STAGES[request.level]
        if stop is not None and stop not in stages:
            stop = Stage.GUIDE
        enrolment = Enrolment(
            request=request, agent=request.agent, level=request.level, invited_at=invited, stage=stop or stages[-1]
        )
        self.enrolments.append(enrolment)
        if stop is Stage.FACTOR:
            enrolment.reminders, enrolment.reminded_at = 1, self.now - timedelta(hours=20)
            return
        at = min(invited + timedelta(minutes=self.chance.randrange(20, 600)), self.now - timedelta(hours=2))
        enrolment.started_at = at
        for stage in stages[: stages.index(stop) if stop is not None else len(stages)]:
            at = self._pass(enrolment, stage, at)
        if stop is None:
            enrolment.finished_at = at
            if at < self.now - timedelta(days=1):
                enrolment.working_at = at + timedelta(days=1)
        elif blocked and stop in STUMBLES:
            self._stumble(enrolment, stop, at)
            enrolment.blocked_code, enrolment.blocked_at = self.tries[-1].code, self.tries[-1].at

    def _pass(self, enrolment: Enrolment, stage: Stage, at: datetime) -> datetime:
        if stage in STUMBLES and self.chance.random() < 0.15:
            at = self._stumble(enrolment, stage, at)
        seconds = self.chance.randrange(MINUTES[stage][0] * 40, MINUTES[stage][1] * 60)
        at = min(at + timedelta(seconds=seconds), self.now - timedelta(minutes=30))
        outcome = Try.Outcome.HELPED if self.chance.random() < 0.02 else Try.Outcome.PASSED
        if stage == Stage.CONNECTION:
            enrolment.down_kbps = self.chance.randrange(2_000, 90_000)
            enrolment.latency_ms = self.chance.randrange(12, 140)
            enrolment.line_quality = rules.quality(
                rules.Measure(down_kbps=enrolment.down_kbps, latency_ms=enrolment.latency_ms)
            )
            enrolment.measured_at = at
        self.tries.append(Try(enrolment=enrolment, stage=stage, outcome=outcome, at=at, seconds=seconds))
        return at

    def _stumble(self, enrolment: Enrolment, stage: Stage, at: datetime) -> datetime:
        seconds = self.chance.randrange(40, 400)
        at = min(at + timedelta(seconds=seconds), self.now - timedelta(minutes=40))
        code = self.chance.choice(STUMBLES[stage])
        self.tries.append(
            Try(enrolment=enrolment, stage=stage, outcome=Try.Outcome.FAILED, code=code, at=at, seconds=seconds)
        )
        return at


def build(
    requests: Sequence[Request], wave: Sequence[Request], personas: Mapping[str, Agent], *, now: datetime,
    chance: random.Random,
) -> None:  # fmt: skip
    """The paths of what was opened, and who calls for help."""
    paths = _Paths(now, chance)
    in_wave = {each.agent_id for each in wave}
    stops = [(stop, blocked) for stop, blocked, count in STOPS for _each in range(count)]
    for request in requests:
        if request.opened_at is None:
            continue
        if request.agent_id == personas["mathieu"].pk:
            paths.add(request, Stage.CONNECTION, blocked=False)
        elif request.agent_id in in_wave:
            paths.add(request, *stops[len(paths.enrolments) % len(stops)])
        else:
            paths.add(request, None, blocked=False)
    Enrolment.objects.bulk_create(paths.enrolments, batch_size=200)
    Try.objects.bulk_create(paths.tries, batch_size=500)
    _calls([each for each in paths.enrolments if each.blocked_code], now, chance)


def _calls(blocked: Sequence[Enrolment], now: datetime, chance: random.Random) -> None:
    """Of those who are blocked, some have called: one is being looked at, one is settled."""
    technician = User.objects.filter(email__startswith="yann.kerbrat@").first()
    own = Assignment.objects.filter(agent__in=[each.agent_id for each in blocked], asset__kind__in=("office", "laptop"))
    computers = dict(own.order_by("-pk").values_list("agent_id", "asset_id"))
    at_computer = [each for each in blocked if each.stage == Stage.COMPUTER]
    for rank, enrolment in enumerate(at_computer[:6]):
        asked = now - timedelta(minutes=chance.randrange(15, 200))
        call = HelpCall(
            enrolment=enrolment, computer_id=computers.get(enrolment.agent_id), stage=enrolment.stage,
            code=enrolment.blocked_code, facts=_facts(enrolment, asked), created_at=asked,
            message="Je suis à la maison jusqu’à 17 heures." if rank == 1 else "",
        )  # fmt: skip
        if rank == 2:
            call.state, call.taken_by, call.taken_at = HelpCall.State.TAKEN, technician, asked + timedelta(minutes=4)
        if rank == 3:
            call.state, call.taken_by, call.taken_at = HelpCall.State.CLOSED, technician, asked + timedelta(minutes=3)
            call.closed_at = asked + timedelta(minutes=9)
            call.answer = "Votre mot de passe Windows avait expiré\u202f: un nouveau vous est donné par téléphone."
        call.save()


def _facts(enrolment: Enrolment, at: datetime) -> dict[str, Any]:
    return {
        "at": at.isoformat(timespec="seconds"),
        "cause": enrolment.blocked_code,
        "line": {"down_kbps": enrolment.down_kbps, "latency_ms": enrolment.latency_ms},
        "failed_tries": 1,
        "browser": BROWSER,
    }
