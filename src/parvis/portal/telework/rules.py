"""Pure rules: how a request goes on, what stands in its way, the stages of an enrolment."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

NONE, LEVEL_1, LEVEL_2 = 0, 1, 2
WEEKDAYS = 5

REQUEST_MOVES: Mapping[str, frozenset[str]] = {
    "requested": frozenset({"approved", "refused", "withdrawn"}),
    "approved": frozenset({"open", "refused", "withdrawn"}),
    "refused": frozenset({"approved"}),
    "open": frozenset({"suspended", "ended"}),
    "suspended": frozenset({"open", "ended"}),
    "withdrawn": frozenset(),
    "ended": frozenset(),
}
"""From each state of a request, the states it may go to. A decision may be changed until the IT team has opened it."""

LIVE = frozenset({"requested", "approved", "open", "suspended"})
"""The states of which an agent has one request at most."""


CHANGE_MOVES: Mapping[str, frozenset[str]] = {
    "waiting": frozenset({"granted", "refused", "withdrawn"}),
    "granted": frozenset({"applied", "withdrawn"}),
    "applied": frozenset(),
    "refused": frozenset(),
    "withdrawn": frozenset(),
}
"""From each state of a change of days, the states it may go to."""

GRANTED = frozenset({"approved", "open", "suspended"})
"""The states of a request whose days may be changed."""


def change_sources_of(state: str) -> frozenset[str]:
    """The states a change of days may come from to be in `state`."""
    return frozenset(source for source, moves in CHANGE_MOVES.items() if state in moves)


def request_sources_of(state: str) -> frozenset[str]:
    """The states a request may come from to be in `state`."""
    return frozenset(source for source, moves in REQUEST_MOVES.items() if state in moves)


# Weekdays of telework


def days_of(mask: int) -> list[int]:
    """The weekdays of a mask, Monday 0."""
    return [day for day in range(WEEKDAYS) if mask >> day & 1]


def mask_of(days: Iterable[int]) -> int:
    """The mask of weekdays."""
    return sum(1 << day for day in set(days))


# Policies and jobs


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """What an entity asks; None: as the entity above says. `most_days`: weekdays of telework a week."""

    path: str
    default_level: int | None = None
    most_days: int | None = None
    head_approves: bool | None = None
    opens_alone: bool | None = None
    """An approved request opens at once, without the IT team."""


DEFAULT_POLICY = Policy(path="", default_level=LEVEL_2, most_days=3, head_approves=True, opens_alone=False)


def inherited(path: str, policies: Iterable[Policy]) -> Policy:
    """The policy in force at `path`: each field from the nearest entity above that says it."""
    found = DEFAULT_POLICY
    for policy in sorted(policies, key=lambda each: len(each.path)):
        if path.startswith(policy.path):
            found = Policy(
                path=policy.path,
                default_level=found.default_level if policy.default_level is None else policy.default_level,
                most_days=found.most_days if policy.most_days is None else policy.most_days,
                head_approves=found.head_approves if policy.head_approves is None else policy.head_approves,
                opens_alone=found.opens_alone if policy.opens_alone is None else policy.opens_alone,
            )
    return found


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """What jobs allow: agents of `path` and below whose job has one of `words` (folded) reach `level` at most."""

    path: str
    words: tuple[str, ...]
    level: int
    reason: str = ""


def job_of(path: str, job: str, jobs: Sequence[Job]) -> Job | None:
    """The rule on this (folded) job: the most local that names it; of several there, the one that allows least."""
    found = [each for each in jobs if path.startswith(each.path) and any(word in job for word in each.words)]
    return min(found, key=lambda each: (-len(each.path), each.level), default=None)


# Eligibility


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """What is true of an agent when they ask. `job_level`: what the job allows, or the policy where none is named."""

    agent_active: bool = True
    account: bool = True
    job_level: int = LEVEL_2
    job_reason: str = ""
    second_factor: bool = True
    charter_accepted: bool = True
    computers: int = 1
    """Office computers and laptops assigned to them whose screen may be opened from elsewhere."""
    computer_ready: bool = True
    """One of them has an address and its screen is set up."""
    most_days: int = 3


class Obstacle(StrEnum):
    """What may stand in the way; `wording` says each for people, with what to do."""

    AGENT_GONE = "agent_gone"
    NO_ACCOUNT = "no_account"
    JOB_NOT_REMOTE = "job_not_remote"
    JOB_LEVEL_1 = "job_level_1"
    NO_COMPUTER = "no_computer"
    COMPUTER_NOT_READY = "computer_not_ready"
    TOO_MANY_DAYS = "too_many_days"
    NO_DAY = "no_day"
    CHARTER = "charter"
    SECOND_FACTOR = "second_factor"


LIFTED_LATER = frozenset({Obstacle.COMPUTER_NOT_READY, Obstacle.SECOND_FACTOR, Obstacle.NO_COMPUTER})
"""Said when asking, and no reason to refuse to ask: the IT team or the enrolment lifts them."""


def obstacles(facts: Facts, *, level: int, days: Sequence[int]) -> list[Obstacle]:
    """All that stands in the way of this request, what cannot be helped first."""
    needs_screen = level == LEVEL_2
    checks = (
        (Obstacle.AGENT_GONE, not facts.agent_active),
        (Obstacle.NO_ACCOUNT, not facts.account),
        (Obstacle.JOB_NOT_REMOTE, facts.job_level == NONE),
        (Obstacle.JOB_LEVEL_1, facts.job_level == LEVEL_1 and needs_screen),
        (Obstacle.NO_DAY, not days),
        (Obstacle.TOO_MANY_DAYS, len(days) > facts.most_days),
        (Obstacle.CHARTER, not facts.charter_accepted),
        (Obstacle.NO_COMPUTER, needs_screen and not facts.computers),
        (Obstacle.COMPUTER_NOT_READY, needs_screen and facts.computers > 0 and not facts.computer_ready),
        (Obstacle.SECOND_FACTOR, not facts.second_factor),
    )
    return [obstacle for obstacle, stands in checks if stands]


def may_ask(found: Iterable[Obstacle]) -> bool:
    """Whether the request may be sent although these stand in the way."""
    return all(each in LIFTED_LATER for each in found)


# Enrolment


class Stage(StrEnum):
    """The stages of an enrolment, in order."""

    FACTOR = "factor"
    CONNECTION = "connection"
    COMPUTER = "computer"
    GUIDE = "guide"


STAGES: Mapping[int, tuple[Stage, ...]] = {
    LEVEL_1: (Stage.FACTOR, Stage.CONNECTION, Stage.GUIDE),
    LEVEL_2: (Stage.FACTOR, Stage.CONNECTION, Stage.COMPUTER, Stage.GUIDE),
}
"""The stages of each level."""


def next_stage(level: int, passed: Iterable[str]) -> Stage | None:
    """The first stage that is not passed; None: all are. What was passed stays passed, whatever came after."""
    done = set(passed)
    return next((stage for stage in STAGES[level] if stage not in done), None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Measure:
    """A home connection, as the browser measured it. Kilobits a second; milliseconds to the gateway."""

    down_kbps: int
    latency_ms: int
    jitter_ms: int = 0
    websocket: bool = True
    browser_fit: bool = True


class Quality(StrEnum):
    """What a connection is good for."""

    GOOD = "good"
    FAIR = "fair"
    """Works; the picture is slower, the lighter profile helps."""
    POOR = "poor"
    UNFIT = "unfit"
    """No WebSocket or no fit browser: the screen cannot come."""


def quality(measure: Measure) -> Quality:
    """What the connection is good for. An office screen asks 0.3 to 2 Mbit/s; above 150 ms typing is felt."""
    if not measure.websocket or not measure.browser_fit:
        return Quality.UNFIT
    if measure.down_kbps < 500 or measure.latency_ms > 400:
        return Quality.POOR
    if measure.down_kbps < 3000 or measure.latency_ms > 150:
        return Quality.FAIR
    return Quality.GOOD
