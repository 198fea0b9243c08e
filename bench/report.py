"""Tables for people, and the same figures for machines."""

from __future__ import annotations

import statistics
import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any


@dataclass
class Section:
    """What one benchmark found: printed as it comes, kept for `--json`."""

    name: str
    data: dict[str, Any] = field(default_factory=dict)

    def say(self, text: str = "") -> None:
        print(text, flush=True)

    def table(self, headers: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
        """Left-aligned first column, right-aligned figures; a None is an en dash."""
        cells = [[_cell(value) for value in row] for row in rows]
        widths = [max(len(line[i]) for line in [list(headers), *cells]) for i in range(len(headers))]
        for line in (list(headers), ["─" * width for width in widths], *cells):
            parts = [
                line[0].ljust(widths[0]),
                *(text.rjust(width) for text, width in zip(line[1:], widths[1:], strict=True)),
            ]
            self.say("  " + "  ".join(parts))
        self.say()

    def missing(self, what: str) -> None:
        """Something could not be measured here, and why: never silently."""
        self.data.setdefault("not_measured", []).append(what)
        self.say(f"  ! not measured: {what}")


def median(values: Iterable[float]) -> float:
    return float(statistics.median(values))


def percentile(values: Iterable[float], share: float) -> float:
    """The value under which `share` (0…1) of the samples lie (nearest rank)."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


def ratio(value: float | None, reference: float | None) -> str:
    """`value` in multiples of `reference`."""
    if not value or not reference:
        return "–"
    quotient = value / reference
    return f"×{quotient:.2f}" if quotient < 10 else f"×{quotient:.0f}"


def note(text: str) -> None:
    """Progress, apart from the results."""
    print(f"  · {text}", file=sys.stderr, flush=True)


def _cell(value: object) -> str:
    if value is None:
        return "–"
    if isinstance(value, float):
        return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.1f}" if abs(value) >= 10 else f"{value:.2f}"
    return str(value)
