"""Pure rules of the enrolment path: what a measure stumbles on, what may be passed all the same, reminders."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

from parvis.portal.telework.rules import LEVEL_2, STAGES, Measure, Quality, Stage, quality


class Stumble(StrEnum):
    """What the connection check may stumble on; `path_wording` says each."""

    OLD_BROWSER = "old_browser"
    NO_WEBSOCKET = "no_websocket"
    LINE_POOR = "line_poor"
    AT_OFFICE = "at_office"


PASSABLE = frozenset({Stumble.LINE_POOR, Stumble.AT_OFFICE})
"""Said to the agent, who may go on all the same: it works, not well, or was measured elsewhere than at home."""

SAME_AGAIN = timedelta(minutes=1)
"""The same failure again within this time is the same attempt: a page that looks by itself writes no row each time."""

REMINDERS = (timedelta(days=1), timedelta(days=2), timedelta(days=4))
"""After the invitation, then after each reminder; after the last, silence: the live list shows who is left."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a connection is good for at a level, and what stands in the way."""

    quality: Quality
    stumble: Stumble | None


def verdict(measure: Measure, *, level: int, at_office: bool = False) -> Verdict:
    """What this measure says. Mail and applications need no WebSocket; the screen does."""
    needed = measure if level == LEVEL_2 else replace(measure, websocket=True)
    found = quality(needed)
    if not needed.browser_fit:
        return Verdict(found, Stumble.OLD_BROWSER)
    if not needed.websocket:
        return Verdict(found, Stumble.NO_WEBSOCKET)
    if at_office:
        return Verdict(found, Stumble.AT_OFFICE)
    return Verdict(found, Stumble.LINE_POOR if found is Quality.POOR else None)


class Standing(StrEnum):
    """How a stage stands, for the list of stages."""

    DONE = "done"
    NOW = "now"
    LATER = "later"


def standings(level: int, passed: Iterable[str]) -> Sequence[tuple[Stage, Standing]]:
    """Every stage of a level with how it stands: the first that is not passed is the one to do."""
    done = set(passed)
    left = [stage for stage in STAGES[level] if stage not in done]
    now = left[0] if left else None
    return [
        (stage, Standing.DONE if stage in done else Standing.NOW if stage is now else Standing.LATER)
        for stage in STAGES[level]
    ]


def opened_at(*, invited: datetime, sign_in: datetime | None, factor: datetime | None, now: datetime) -> datetime:
    """When the path began for who opens it now.

    The page is not shown before the second factor: who had none set it up on the way. They began when they signed in
    with their invitation; the others begin now.
    """
    if factor is None or sign_in is None or factor < max(invited, sign_in):
        return now
    return min(max(invited, sign_in), now)


def percentile(values: Iterable[int], share: float) -> int | None:
    """The smallest of the values that at least this share of them does not exceed; None of nothing."""
    ordered = sorted(values)
    if not ordered:
        return None
    return ordered[max(math.ceil(share * len(ordered)), 1) - 1]
