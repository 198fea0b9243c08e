"""Who is equipped: what each stumbles on is drawn once, and is the same in both worlds."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from parvis.portal.rollout.simulation.assumptions import STAGES


@dataclass(frozen=True, slots=True)
class Somebody:
    """Draws between 0 and 1, and around 0 (how slow), that an assumption turns into what happens."""

    needs_loan: bool
    late: float
    takeup: float
    guided: float
    stumbles: Mapping[str, float]
    alone: Mapping[str, float]
    slow: Mapping[str, float]


def draw(count: int, loans: int, seed: int) -> list[Somebody]:
    """As many people; the same for the same seed. Who needs a loan is spread among them."""
    chance = np.random.default_rng(seed)
    borrowers = set(chance.permutation(count)[:loans].tolist())
    even, bell = chance.random((count, 2 + 2 * len(STAGES))), chance.standard_normal((count, 1 + len(STAGES)))
    return [
        Somebody(
            needs_loan=number in borrowers,
            late=float(even[number, 0]),
            guided=float(even[number, 1]),
            takeup=float(bell[number, 0]),
            stumbles={stage: float(even[number, 2 + place]) for place, stage in enumerate(STAGES)},
            alone={stage: float(even[number, 2 + len(STAGES) + place]) for place, stage in enumerate(STAGES)},
            slow={stage: float(bell[number, 1 + place]) for place, stage in enumerate(STAGES)},
        )
        for number in range(count)
    ]
