"""The enrolment path as pages show it: the stages, how each stands, where the next one is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.urls import reverse

from parvis.portal.accounts.models import User
from parvis.portal.telework import enrolment_queries, path_rules, path_wording, rules
from parvis.portal.telework.models import Enrolment, Try
from parvis.portal.telework.path_rules import Standing
from parvis.portal.telework.rules import Stage

PAGES = {
    Stage.FACTOR: "accounts:security",
    Stage.CONNECTION: "telework:connection",
    Stage.COMPUTER: "telework:computer",
    Stage.GUIDE: "telework:guide",
}
"""Where each stage is done."""


@dataclass(frozen=True, slots=True)
class Step:
    """A stage in the list."""

    number: int
    stage: Stage
    words: path_wording.StageWords
    standing: Standing
    url: str

    @property
    def is_done(self) -> bool:
        """Behind the agent."""
        return self.standing is Standing.DONE

    @property
    def is_now(self) -> bool:
        """The one to do."""
        return self.standing is Standing.NOW


def steps_of(enrolment: Enrolment) -> list[Step]:
    """Every stage of this path. One query."""
    passed = enrolment.tries.exclude(outcome=Try.Outcome.FAILED).values_list("stage", flat=True)
    return _steps(path_rules.standings(enrolment.level, passed))


def _steps(standings: Sequence[tuple[Stage, Standing]]) -> list[Step]:
    return [
        Step(number, stage, path_wording.STAGES[stage], standing, reverse(PAGES[stage]))
        for number, (stage, standing) in enumerate(standings, 1)
    ]


def is_ahead(enrolment: Enrolment, stage: Stage) -> bool:
    """Whether another stage comes first; also true of a stage this level does not have."""
    stages = rules.STAGES[enrolment.level]
    return stage not in stages or stages.index(stage) > stages.index(Stage(enrolment.stage))


@dataclass(frozen=True, slots=True)
class Card:
    """What the home page says of a path that is not finished."""

    number: int
    count: int
    words: path_wording.StageWords
    stopped_by: str
    started: bool


def card_of(user: User) -> Card | None:
    """The card of the home page, if a path waits for this user. One query."""
    enrolment = enrolment_queries.path_of_user(user)
    if enrolment is None or enrolment.finished_at is not None:
        return None
    stages, stage = rules.STAGES[enrolment.level], Stage(enrolment.stage)
    return Card(
        stages.index(stage) + 1,
        len(stages),
        path_wording.STAGES[stage],
        path_wording.stopped_by(enrolment.blocked_code),
        enrolment.started_at is not None,
    )
