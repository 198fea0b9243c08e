"""Who the waves of the rollout will bring. The rollout is above this room: it says so here, through the wiring."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime

from parvis.portal.capacity.forecast import Arrivals

Source = Callable[[datetime], Sequence[Arrivals]]


def nobody(now: datetime) -> Sequence[Arrivals]:
    """Until somebody says."""
    return ()


_source: Source = nobody


def provide(source: Source) -> None:
    """Set who knows the waves to come. Called once, by the wiring."""
    global _source
    _source = source


def ahead(now: datetime) -> list[Arrivals]:
    """The waves whose people have no right yet, the first to start first."""
    return sorted(_source(now), key=lambda each: each.starts_date)
