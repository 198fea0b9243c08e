"""Pure rules: what a half-day is, what holds for it, who may see which of it. Dates only, no instants.

A half-day is resolved from four sources, the strongest first: a day declared knowingly on a closed day; a closure of
the authority or a public holiday; a declared day; the agent's pattern in force. A refused day counts for nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from enum import StrEnum
from functools import lru_cache

from django.utils.translation import gettext_lazy as _

WEEK = 14
"""Half-days of a week, Monday morning first."""
LATE_DAYS = 7
"""How far back an agent may declare, unless the department says otherwise."""
HEAD_LATE_DAYS = 62
"""How far back a head of department may correct."""
AHEAD_DAYS = 400
"""How far ahead anybody may declare."""
NOT_WORKED = ""
"""In a pattern: nobody works this half-day."""


class Place(StrEnum):
    """What a status means for the building and for colleagues."""

    ON_SITE = "on_site"
    REMOTE = "remote"
    AWAY = "away"
    """At work, elsewhere: field, training, on call."""
    ABSENT = "absent"


class Half(StrEnum):
    """Morning or afternoon."""

    AM = "am"
    PM = "pm"


class State(StrEnum):
    """Of a declared day or a pattern."""

    DECLARED = "declared"
    """Nobody needs to confirm it."""
    TO_CONFIRM = "to_confirm"
    CONFIRMED = "confirmed"
    REFUSED = "refused"


class Confirmation(StrEnum):
    """Whether a status that an agent declares waits for the head of department."""

    NEVER = "never"
    BY_POLICY = "by_policy"
    """If the department asks for it."""
    ALWAYS = "always"


class Source(StrEnum):
    """Why a half-day is what it is."""

    DECLARED = "declared"
    PATTERN = "pattern"
    HOLIDAY = "holiday"
    CLOSURE = "closure"
    OFF = "off"
    """Not worked: a weekend, a part-time day."""
    UNKNOWN = "unknown"
    """No pattern, nothing declared."""


@dataclass(frozen=True, slots=True)
class Status:
    """A kind of half-day. `letter` (one or two characters) tells it apart without its colour."""

    code: str
    label: object
    letter: str
    colour: str
    place: Place
    seen_by_colleagues: bool = False
    """Colleagues read its name; else only « Absent ». Never for an absence."""
    agent_may: bool = True
    head_may: bool = True
    confirmation: Confirmation = Confirmation.NEVER
    is_active: bool = True
    position: int = 0


BUILT_IN: tuple[Status, ...] = (
    Status("on_site", _("Sur site"), "S", "green", Place.ON_SITE, seen_by_colleagues=True),
    Status(
        "telework",
        _("Télétravail"),
        "T",
        "blue",
        Place.REMOTE,
        seen_by_colleagues=True,
        confirmation=Confirmation.BY_POLICY,
    ),
    Status("field", _("Déplacement"), "D", "azure", Place.AWAY),
    Status("training", _("Formation"), "F", "purple", Place.AWAY),
    Status("on_call", _("Astreinte"), "A", "orange", Place.AWAY, agent_may=False),
    Status("leave", _("Congé"), "C", "yellow", Place.ABSENT, confirmation=Confirmation.BY_POLICY),
    Status(
        "asa", _("Absence autorisée (ASA)"), "AS", "red", Place.ABSENT, confirmation=Confirmation.ALWAYS
    ),
    Status("absent", _("Autre absence"), "X", "secondary", Place.ABSENT),
)  # fmt: skip
"""What every authority has. It may rename them and add its own; their place never changes."""
BUILT_IN = tuple(replace(status, position=rank) for rank, status in enumerate(BUILT_IN))
BUILT_IN_CODES = frozenset(status.code for status in BUILT_IN)
MOST_STATUSES = 24

UNKNOWN, OFF, CLOSED, ABSENT = "unknown", "off", "closed", "hidden"
"""Codes of what is shown without being a status: see `Shown`."""


@dataclass(frozen=True, slots=True)
class Week:
    """A pattern in force from `starts` to `ends` (both included; None: without end).

    `halves`: 14 codes, or 28 (even ISO weeks first, then odd ones); `NOT_WORKED` where the agent does not work.
    """

    starts: date
    ends: date | None
    halves: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Declared:
    """What was declared for one agent on one date; an empty half follows the pattern."""

    am: str
    pm: str
    state: str
    despite_closure: bool = False
    revision: int = 0
    agreed: tuple[str, str] | None = None
    """Morning and afternoon as the head last confirmed them, if they ever did."""


@dataclass(frozen=True, slots=True)
class Closed:
    """A day nobody works: a public holiday or a closure of the authority."""

    source: Source
    label: str


@dataclass(frozen=True, slots=True)
class Resolved:
    """What holds for a half-day: the code of a status (empty when there is none) and where it comes from."""

    code: str
    source: Source
    pending: bool = False
    """Waits for the head of department."""
    label: str = ""
    """Name of the holiday or closure."""


_OFF = Resolved("", Source.OFF)
_UNKNOWN = Resolved("", Source.UNKNOWN)


def resolve(
    day: date, half: Half, *, declared: Declared | None, weeks: Sequence[Week], closed: Closed | None
) -> Resolved:
    """The one answer to « where is this agent on this half-day? ».

    `weeks`: the confirmed patterns, the one that starts last first (`in_order`); the first that covers the day holds.
    """
    said = ""
    if declared is not None and declared.state != State.REFUSED:
        said = declared.am if half is Half.AM else declared.pm
    if closed is not None and not (said and declared is not None and declared.despite_closure):
        return Resolved("", closed.source, label=closed.label)
    if said and declared is not None:
        return Resolved(said, Source.DECLARED, declared.state == State.TO_CONFIRM)
    usual = usual_code(day, half, weeks)
    if usual is None:
        return _OFF if day.weekday() > 4 else _UNKNOWN
    return _by_pattern(usual) if usual else _OFF


@lru_cache(maxsize=64)
def _by_pattern(code: str) -> Resolved:
    return Resolved(code, Source.PATTERN)


def usual_code(day: date, half: Half, weeks: Sequence[Week]) -> str | None:
    """What the pattern in force says: a code, `NOT_WORKED`, or None if there is no pattern for that day."""
    for week in weeks:
        if week.starts <= day and (week.ends is None or day <= week.ends):
            rank = day.weekday() * 2 + (half is Half.PM)
            if len(week.halves) > WEEK and is_odd_week(day):
                rank += WEEK
            return week.halves[rank]
    return None


def is_odd_week(day: date) -> bool:
    """By the ISO 8601 number, as calendars print it: week 53 and the week 1 after it are both odd."""
    return bool(day.isocalendar().week % 2)


def in_order(weeks: Iterable[Week]) -> tuple[Week, ...]:
    """Patterns as `resolve` wants them: the last to start first; of two that start together, the later given."""
    latest_given_first = list(weeks)[::-1]
    return tuple(sorted(latest_given_first, key=lambda week: week.starts, reverse=True))


def parse_halves(text: str) -> tuple[str, ...]:
    """The half-days of a stored pattern (`on_site,telework,,…`)."""
    return tuple(text.split(","))


def halves_are_valid(halves: Sequence[str], codes: Iterable[str]) -> bool:
    """14 or 28 half-days, each a known code or not worked, and at least one worked."""
    known = {*codes, NOT_WORKED}
    return len(halves) in (WEEK, 2 * WEEK) and set(halves) <= known and any(halves)


@dataclass(frozen=True, slots=True)
class Shown:
    """A half-day as one person sees it. `code`: a status, or one of `unknown`, `off`, `closed`, `hidden` (absent)."""

    code: str
    label: object
    letter: str
    colour: str
    place: Place | None = None
    source: Source = Source.UNKNOWN
    pending: bool = False


_SHOWN_UNKNOWN = Shown(UNKNOWN, _("Non renseigné"), "?", "secondary")
_SHOWN_OFF = Shown(OFF, _("Ne travaille pas"), "–", "secondary", source=Source.OFF)
_SHOWN_ABSENT = Shown(ABSENT, _("Absent"), "X", "secondary", Place.ABSENT, Source.DECLARED)


def as_seen(resolved: Resolved, statuses: Mapping[str, Status], *, in_detail: bool, weekend: bool = False) -> Shown:
    """What a person sees: everything (`in_detail`: the agent, their head, the head of IT), or what a colleague may.

    A colleague reads the names of the statuses marked so (on site, telework), and « Absent » for all others: whether
    an absence is leave, an ASA, a training course or a part-time day is not told, nor whether it is confirmed.
    """
    if resolved.source in (Source.HOLIDAY, Source.CLOSURE):
        word = _("Férié") if resolved.source is Source.HOLIDAY else _("Fermé")
        return Shown(CLOSED, resolved.label or word, "•", "secondary", source=resolved.source)
    if resolved.source is Source.OFF:
        return _SHOWN_OFF if in_detail or weekend else _SHOWN_ABSENT
    status = statuses.get(resolved.code)
    if resolved.source is Source.UNKNOWN or status is None:
        return _SHOWN_UNKNOWN
    if not in_detail and not (status.seen_by_colleagues and status.place is not Place.ABSENT):
        return _SHOWN_ABSENT
    return Shown(
        status.code,
        status.label,
        status.letter,
        status.colour,
        status.place,
        resolved.source if in_detail else Source.DECLARED,
        resolved.pending and in_detail,
    )


@dataclass(frozen=True, slots=True)
class Policy:
    """What an entity says; None: what the one above says."""

    path: str
    confirms: bool | None = None
    late_days: int | None = None
    alsace_moselle: bool | None = None
    school_zone: str = ""
    week: tuple[str, ...] = ()
    minimum_on_site: int = 0
    """Of this very entity, never inherited."""


DEFAULT_POLICY = Policy("", confirms=False, late_days=LATE_DAYS, alsace_moselle=False)


def inherited(path: str, policies: Iterable[Policy]) -> Policy:
    """The policy in force at `path`: each field from the nearest entity above that says it."""
    found = DEFAULT_POLICY
    for policy in sorted(policies, key=lambda each: len(each.path)):
        if not path.startswith(policy.path):
            continue
        found = Policy(
            policy.path,
            confirms=found.confirms if policy.confirms is None else policy.confirms,
            late_days=found.late_days if policy.late_days is None else policy.late_days,
            alsace_moselle=found.alsace_moselle if policy.alsace_moselle is None else policy.alsace_moselle,
            school_zone=policy.school_zone or found.school_zone,
            week=policy.week or found.week,
            minimum_on_site=policy.minimum_on_site if policy.path == path else 0,
        )
    return found


def needs_confirmation(status: Status, policy: Policy) -> bool:
    """Whether this status, declared by the agent, waits for the head."""
    if status.confirmation is Confirmation.BY_POLICY:
        return bool(policy.confirms)
    return status.confirmation is Confirmation.ALWAYS


def why_not_span(start: date, end: date, *, today: date, late_days: int) -> str | None:
    """Why days from `start` to `end` may not be declared today: a code, or None.

    `order` (ends before it starts), `too_late` (too far back), `too_far` (too far ahead).
    """
    if end < start:
        return "order"
    if start < today - timedelta(days=late_days):
        return "too_late"
    if end > today + timedelta(days=AHEAD_DAYS):
        return "too_far"
    return None


def state_after_change(
    halves: tuple[str, str], agreed: tuple[str, str] | None, statuses: Mapping[str, Status], policy: Policy
) -> State:
    """The state of a day that its own agent has just set to `halves`.

    Away from what the head had confirmed, it goes back to the head; back to it, it is confirmed again.
    """
    if agreed is not None:
        return State.CONFIRMED if halves == agreed else State.TO_CONFIRM
    asked = (statuses[code] for code in halves if code in statuses)
    return State.TO_CONFIRM if any(needs_confirmation(status, policy) for status in asked) else State.DECLARED


def days_between(start: date, end: date) -> list[date]:
    """Both included."""
    return [start + timedelta(days=rank) for rank in range((end - start).days + 1)]


def monday_of(day: date) -> date:
    """The first day of its ISO week."""
    return day - timedelta(days=day.weekday())
