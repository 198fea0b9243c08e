"""Pure rules: how a campaign and a wave go on, what priorities are worth."""

from __future__ import annotations

from collections.abc import Mapping

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
    "stopped": frozenset({"running", "closed"}),
    "closed": frozenset(),
}
"""From each state of a wave, the states it may go to."""

WEIGHTS: Mapping[int, float] = {1: 4.0, 2: 2.0, 3: 1.0}
"""What serving a member of each priority is worth to the planner."""

SUPPORT_MINUTES: Mapping[str, int] = {"base": 5, "laptop": 20, "phone": 10}
"""Minutes of support a person takes where the campaign does not say otherwise."""


def sources_of(moves: Mapping[str, frozenset[str]], state: str) -> frozenset[str]:
    """The states something may come from to be in `state`."""
    return frozenset(source for source, targets in moves.items() if state in targets)
