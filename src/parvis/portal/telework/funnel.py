"""Where people stumble on the enrolment path, stage by stage: how many come, pass, are stopped, and how long it takes.

Two queries, whatever the number of enrolments.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from allauth.mfa.models import Authenticator
from django.db.models import Exists, OuterRef, QuerySet

from parvis.portal.accounts.second_factor import MAIN_TYPES
from parvis.portal.telework.models import Enrolment, Try
from parvis.portal.telework.path_rules import percentile
from parvis.portal.telework.rules import STAGES, Stage

CAUSES_SHOWN = 5
SLOW = 0.9
"""The share of people who took no longer than what is called slow."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One stage."""

    stage: Stage
    entered: int
    """Everything before is behind them."""
    passed: int
    helped: int
    """Of `passed`: with somebody's help."""
    failed: int
    """Stopped at least once, whatever came after."""
    blocked: int
    """Stopped now."""
    median_seconds: int | None
    slow_seconds: int | None
    causes: list[tuple[str, int]]
    """What stopped how many people, most first."""

    @property
    def left(self) -> int:
        """Who came and did not pass, yet."""
        return self.entered - self.passed


@dataclass(frozen=True, slots=True, kw_only=True)
class Funnel:
    """All of it. `came`: signed in since the invitation, or opened the path."""

    invited: int
    came: int
    finished: int
    working: int
    blocked: int
    median_seconds: int | None
    """From the opening of the path to its end, pauses included."""
    slow_seconds: int | None
    rows: list[Row]


@dataclass(slots=True)
class _Path:
    """What is read of one enrolment."""

    stages: tuple[Stage, ...]
    stage: str
    blocked: bool
    came: bool
    started_at: datetime | None
    finished_at: datetime | None
    working: bool
    passed: dict[str, tuple[str, int]] = field(default_factory=dict)
    failed: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))

    def has_entered(self, stage: Stage) -> bool:
        """Everything before this stage is behind them."""
        before = self.stages[: self.stages.index(stage)] if stage in self.stages else ()
        return stage in self.stages and self.came and all(each in self.passed for each in before)


def of(enrolments: QuerySet[Enrolment]) -> Funnel:
    """The funnel of these enrolments."""
    paths = _read(enrolments)
    times = [
        int((each.finished_at - each.started_at).total_seconds())
        for each in paths.values()
        if each.finished_at is not None and each.started_at is not None
    ]
    return Funnel(
        invited=len(paths),
        came=sum(each.came for each in paths.values()),
        finished=sum(each.finished_at is not None for each in paths.values()),
        working=sum(each.working for each in paths.values()),
        blocked=sum(each.blocked for each in paths.values()),
        median_seconds=percentile(times, 0.5),
        slow_seconds=percentile(times, SLOW),
        rows=[_row(stage, paths.values()) for stage in Stage],
    )


def _read(enrolments: QuerySet[Enrolment]) -> Mapping[int, _Path]:
    factors = Authenticator.objects.filter(user=OuterRef("agent__user"), type__in=MAIN_TYPES)
    rows = enrolments.order_by().annotate(has_factor=Exists(factors))
    found = {
        pk: _Path(
            stages=STAGES[level],
            stage=stage,
            blocked=bool(code) and finished is None,
            # Signed in with the invitation, and not let further without a second factor: stopped there.
            came=started is not None or (not has_factor and signed_in is not None and signed_in >= invited),
            started_at=started,
            finished_at=finished,
            working=working is not None,
        )
        for pk, level, stage, code, invited, started, finished, working, signed_in, has_factor in rows.values_list(
            "pk", "level", "stage", "blocked_code", "invited_at", "started_at", "finished_at", "working_at",
            "agent__user__last_login", "has_factor",
        )
    }  # fmt: skip
    tries = Try.objects.filter(enrolment__in=enrolments.order_by().values("pk")).order_by()
    for pk, stage, outcome, code, seconds in tries.values_list("enrolment", "stage", "outcome", "code", "seconds"):
        if pk not in found:
            continue  # made between the two queries
        if outcome == Try.Outcome.FAILED:
            found[pk].failed[stage].add(code)
        else:
            found[pk].passed[stage] = (outcome, seconds)
    return found


def _row(stage: Stage, paths: Iterable[_Path]) -> Row:
    entered = [each for each in paths if each.has_entered(stage)]
    passed = [each.passed[stage] for each in entered if stage in each.passed]
    causes = Counter(code for each in entered for code in each.failed[stage])
    alone = [seconds for outcome, seconds in passed if outcome == Try.Outcome.PASSED]
    return Row(
        stage=stage,
        entered=len(entered),
        passed=len(passed),
        helped=len(passed) - len(alone),
        failed=sum(bool(each.failed[stage]) for each in entered),
        blocked=sum(each.blocked and each.stage == stage for each in entered),
        median_seconds=percentile(alone, 0.5),
        slow_seconds=percentile(alone, SLOW),
        causes=sorted(causes.items(), key=lambda each: (-each[1], each[0]))[:CAUSES_SHOWN],
    )
