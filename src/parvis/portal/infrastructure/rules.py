"""What stops when something stops, and what may depend on what. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field

Node = tuple[str, int]
"""What it is (`asset`, `site`, `service`) and its key."""


@dataclass(frozen=True, slots=True)
class Needs:
    """What one thing needs to work."""

    all_of: frozenset[Node] = frozenset()
    """One of them stops, it stops."""
    any_of: frozenset[Node] = frozenset()
    """It stops when all of them have (several servers for one service); empty: nothing of the kind."""


@dataclass(frozen=True, slots=True)
class Stop:
    """Something that stops, how far from the cause, and because of what."""

    node: Node
    depth: int
    causes: tuple[Node, ...] = field(default=())


def impact(cause: Node, graph: Mapping[Node, Needs]) -> list[Stop]:
    """What stops with `cause` (not itself), the nearest first. Loops are harmless: each thing stops once."""
    needed_by: dict[Node, set[Node]] = {}
    for node, needs in graph.items():
        for other in needs.all_of | needs.any_of:
            needed_by.setdefault(other, set()).add(node)
    stopped, wave, found, depth = {cause}, {cause}, list[Stop](), 0
    while wave:
        depth += 1
        reached = {node for other in wave for node in needed_by.get(other, ())} - stopped
        wave = {node for node in reached if _stops(graph[node], stopped)}
        found += [Stop(node, depth, _causes(graph[node], stopped)) for node in sorted(wave)]
        stopped |= wave
    return found


def _stops(needs: Needs, stopped: Collection[Node]) -> bool:
    return any(node in stopped for node in needs.all_of) or (
        bool(needs.any_of) and all(node in stopped for node in needs.any_of)
    )


def _causes(needs: Needs, stopped: Collection[Node]) -> tuple[Node, ...]:
    return tuple(sorted(node for node in needs.all_of | needs.any_of if node in stopped))


def would_loop(start: int, needs: Iterable[int], known: Mapping[int, Collection[int]]) -> bool:
    """Whether `start`, needing `needs`, would end up needing itself. `known`: who needs whom already."""
    ahead, seen = list(needs), set[int]()
    while ahead:
        key = ahead.pop()
        if key == start:
            return True
        if key not in seen:
            seen.add(key)
            ahead.extend(known.get(key, ()))
    return False
