"""Pure rules: what becomes of a report, how much an identity counts."""

from __future__ import annotations

from collections.abc import Mapping

REPORT_MOVES: Mapping[str, frozenset[str]] = {
    "queued": frozenset({"applied", "quarantined", "refused", "discarded"}),
    "quarantined": frozenset({"applied", "discarded"}),
    "applied": frozenset(),
    "discarded": frozenset(),
    "refused": frozenset(),
}
"""From each state of a report, the states it may go to. Queued → discarded: a newer one of the same probe came."""
