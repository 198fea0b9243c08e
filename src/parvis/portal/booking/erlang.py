"""Erlang's loss formula (A. K. Erlang, 1917): how many rooms a traffic needs when who finds none goes away. Pure.

Traffic is in erlangs: the mean number of rooms that would be taken at once if there were enough.
"""

from __future__ import annotations

MOST_ROOMS = 2000
_STEPS = 60
"""Halvings: more than a float can tell."""


def blocking(traffic: float, rooms: int) -> float:
    """The share of wishes refused. The recursion is stable where the factorials of the formula are not."""
    share = 1.0
    for count in range(1, rooms + 1):
        share = traffic * share / (count + traffic * share)
    return share if traffic > 0 else 0.0


def rooms_needed(traffic: float, loss: float) -> int:
    """The fewest rooms that refuse at most `loss` of the wishes (0 < loss < 1)."""
    share, count = 1.0, 0
    while traffic > 0 and share > loss and count < MOST_ROOMS:
        count += 1
        share = traffic * share / (count + traffic * share)
    return count


def carried(rooms: int, loss: float) -> float:
    """The traffic, in erlangs, that so many rooms take on while refusing `loss` of the wishes."""
    if rooms < 1:
        return 0.0
    low, high = 0.0, 2.0 * rooms + 10
    for _step in range(_STEPS):
        middle = (low + high) / 2
        low, high = (middle, high) if blocking(middle, rooms) <= loss else (low, middle)
    return low
