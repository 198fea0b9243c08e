"""What a run knows of one person: the planned differences, as pure data and as JSON."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from enum import StrEnum
from typing import Any

Value = str | int | None
"""A field's value as it is stored: text, a day as `2026-11-23`, an entity's id; None or empty: nothing."""

TEXTS = ("first_name", "last_name", "email", "job_title", "personnel_number", "phone", "office")
DAYS = ("starts_date", "ends_date")
ENTITY, ACTIVE = "entity", "is_active"
FIELDS = (*TEXTS, *DAYS, ENTITY)
"""What a source may say of an agent; `ACTIVE` comes apart, from being in the source and enabled there."""

DUE = ("first_name", "last_name", "email", ENTITY)
"""Fields that are never emptied."""


class Kind(StrEnum):
    """What a run finds about a person; several may be true at once."""

    ARRIVAL = "arrival"
    CHANGE = "change"
    MOVE = "move"
    RETURN = "return"
    DISABLED = "disabled"
    VANISHED = "vanished"
    ABSENT = "absent"
    """Missing, and still within the delay before a departure."""
    HELD = "held"
    """The source says otherwise than a human decided: shown, not applied."""
    MERGE = "merge"
    CONFLICT = "conflict"
    FAULT = "fault"
    QUIET = "quiet"
    """Nothing for people to see: only what is remembered of the source changes."""


LEAVING = (Kind.DISABLED, Kind.VANISHED)
REJECTED = (Kind.CONFLICT, Kind.FAULT)


@dataclass(slots=True)
class Problem:
    """Why something is not applied: a code whose sentence is in `wording`, and what goes into it."""

    code: str
    params: dict[str, str | int] = field(default_factory=dict)


@dataclass(slots=True)
class Item:
    """One person's differences."""

    key: str
    label: str
    where: str = ""
    agent: int | None = None
    kinds: set[Kind] = field(default_factory=set)
    fields: dict[str, list[Value]] = field(default_factory=dict)
    """Field → [now, to be]. Of an arrival: [None, to be]."""
    held: dict[str, list[Value]] = field(default_factory=dict)
    """Field → [what a human decided, what the source says]."""
    released: list[str] = field(default_factory=list)
    """Fields on which the source has come to say what the human said."""
    active: bool | None = None
    """To be in post or not; None: as now."""
    problems: list[Problem] = field(default_factory=list)
    reported: dict[str, Value] = field(default_factory=dict)
    """What the source says, to be remembered."""
    enabled: bool = True
    missing: list[Any] | None = None
    """[runs in a row, instant it began as ISO text, whether it is taken for gone]; None: it is there."""
    reason: str = ""
    """Of a merge: `email` or `number`."""
    base: str = ""
    """Fingerprint of the agent this was planned on."""
    due: bool = True
    """Whether applying it writes anything."""

    def as_json(self) -> dict[str, Any]:
        """For the database."""
        data = asdict(self)
        data["kinds"] = sorted(self.kinds)
        for name in ("key", "label", "agent", "base", "due"):
            del data[name]
        return {name: value for name, value in data.items() if value not in ({}, [], "", None)}


def item_from(key: str, label: str, agent: int | None, base: str, details: dict[str, Any]) -> Item:
    """What `as_json` stored."""
    data = dict(details)
    data["kinds"] = {Kind(each) for each in data.get("kinds", ())}
    data["problems"] = [Problem(**each) for each in data.get("problems", ())]
    return Item(key=key, label=label, agent=agent, base=base, **data)


def joined(kinds: set[Kind]) -> str:
    """As `RunItem.kinds` has them."""
    return "|" + "|".join(sorted(kinds)) + "|"
