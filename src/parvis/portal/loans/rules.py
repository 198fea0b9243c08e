"""Pure rules: how a loan goes on."""

from __future__ import annotations

from collections.abc import Mapping

LOAN_MOVES: Mapping[str, frozenset[str]] = {
    "requested": frozenset({"approved", "refused", "cancelled"}),
    "approved": frozenset({"prepared", "out", "cancelled"}),
    "prepared": frozenset({"approved", "out", "cancelled"}),
    "out": frozenset({"back", "closed"}),
    "back": frozenset({"closed"}),
    "closed": frozenset(),
    "refused": frozenset(),
    "cancelled": frozenset(),
}
"""From each state of a loan, the states it may go to. Out → closed: nothing has to be put back in order."""

ITEM_MOVES: Mapping[str, frozenset[str]] = {
    "reserved": frozenset({"out", "released"}),
    "out": frozenset({"back", "lost", "stolen"}),
    "back": frozenset(),
    "lost": frozenset({"back"}),
    "stolen": frozenset({"back"}),
    "released": frozenset(),
}
"""From each state of an item, the states it may go to. What was lost may be found."""

HOLDING = frozenset({"reserved", "out"})
"""The states in which an item keeps its asset from others, on its days; out, until it is back, whatever the day."""
