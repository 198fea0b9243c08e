"""Pure rules: how a stock-take goes on, and what a count and the list disagree on."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

MOVES: Mapping[str, frozenset[str]] = {
    "open": frozenset({"settling", "closed"}),
    "settling": frozenset({"open", "closed"}),
    "closed": frozenset(),
}
"""From each state of a stock-take, the states it may go to. Settling → open: a room was forgotten."""

OUTCOMES: Mapping[str, tuple[str, ...]] = {
    "missing": ("lost", "stock", "ignored"),
    "elsewhere": ("moved", "ignored"),
    "room": ("moved", "ignored"),
    "back": ("moved", "ignored"),
    "unknown": ("added", "ignored"),
}
"""What a person may decide of each kind of difference."""

COUNTED_STATES = frozenset({"stock", "deployed", "repair"})
"""States of an asset that is expected where the list says it is."""


@dataclass(frozen=True, slots=True)
class Seen:
    """One sighting, as the count has it. `asset` None: the code is nobody's."""

    asset: int | None
    code: str
    room: str
    order: int
    """The later sighting of the same thing wins."""


@dataclass(frozen=True, slots=True)
class Known:
    """What the list says of an asset that was seen."""

    here: bool
    """Its site is the one that is counted."""
    room: str
    counted: bool
    """Its state is one of `COUNTED_STATES`."""


@dataclass(frozen=True, slots=True)
class Found:
    """A difference: of an asset, or of a code nobody knows."""

    kind: str
    """A key of `OUTCOMES`."""
    asset: int | None
    code: str
    room: str
    """Where it was seen; empty for what is missing."""


def differences(*, expected: Iterable[int], seen: Iterable[Seen], known: Mapping[int, Known]) -> list[Found]:
    """What the count and the list disagree on, without doubles.

    | expected | seen | the list says           | → |
    |----------|------|-------------------------|---|
    | yes      | no   |                         | missing |
    | any      | yes  | retired, lost, disposed | back |
    | any      | yes  | another site            | elsewhere |
    | any      | yes  | here, another room      | room |
    | any      | yes  | here, this room or none told | (none) |
    | –        | yes, unknown code |            | unknown |
    """
    last: dict[tuple[int | None, str], Seen] = {}
    for each in sorted(seen, key=lambda one: one.order):
        last[(each.asset, "" if each.asset is not None else each.code.casefold())] = each
    found = []
    for sighting in last.values():
        kind = _kind(sighting, known)
        if kind:
            found.append(Found(kind, sighting.asset, sighting.code, sighting.room))
    met = {each.asset for each in last.values()}
    found += [Found("missing", pk, "", "") for pk in expected if pk not in met]
    return found


def _kind(sighting: Seen, known: Mapping[int, Known]) -> str:
    if sighting.asset is None:
        return "unknown"
    facts = known[sighting.asset]
    if not facts.counted:
        return "back"
    if not facts.here:
        return "elsewhere"
    same = not sighting.room or sighting.room.casefold() == facts.room.casefold()
    return "" if same else "room"
