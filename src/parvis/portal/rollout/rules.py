"""Pure rules: how a campaign and a wave go on, what priorities are worth."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta
from enum import StrEnum

CAMPAIGN_MOVES: Mapping[str, frozenset[str]] = {
    "draft": frozenset({"running", "closed"}),
    "running": frozenset({"paused", "closed"}),
    "paused": frozenset({"running", "closed"}),
    "closed": frozenset(),
}
"""From each state of a campaign, the states it may go to."""

WAVE_MOVES: Mapping[str, frozenset[str]] = {
    "published": frozenset({"running", "stopped"}),
    "running": frozenset({"stopped", "closed"}),
    "stopped": frozenset({"published", "running", "closed"}),
    "closed": frozenset(),
}
"""From each state of a wave, the states it may go to. One stopped before it opened is announced again."""

WEIGHTS: Mapping[int, float] = {1: 4.0, 2: 2.0, 3: 1.0}
"""What serving a member of each priority is worth to the planner."""

SUPPORT_MINUTES: Mapping[str, int] = {"base": 5, "laptop": 20, "phone": 10}
"""Minutes of support a person takes where the campaign does not say otherwise."""


class LeftOut(StrEnum):
    """Why the portal itself leaves a member out (`Member.left_out`); any other text is a person's own words."""

    ALREADY = "auto:already"
    ELSEWHERE = "auto:elsewhere"
    MOVED_AWAY = "auto:moved_away"
    REFUSED = "auto:refused"
    NO_ACCOUNT = "auto:no_account"
    JOB = "auto:job"
    JOB_LEVEL_1 = "auto:job_level_1"
    NO_COMPUTER = "auto:no_computer"


AUTOMATIC = frozenset(each.value for each in LeftOut)
"""The reasons that come and go with the facts."""

PLAN_BUSY = frozenset({"waiting", "solving"})
"""The states of a plan that is still being looked for."""
PLAN_USABLE = frozenset({"solved", "stopped"})
"""The states in which a plan may be there to be chosen (if anybody is in it)."""


def monday_of(day: date) -> date:
    """The Monday of its week."""
    return day - timedelta(days=day.weekday())


def sources_of(moves: Mapping[str, frozenset[str]], state: str) -> frozenset[str]:
    """The states something may come from to be in `state`."""
    return frozenset(source for source, targets in moves.items() if state in targets)
