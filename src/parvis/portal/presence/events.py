"""What happens in this room that rooms above may want to hear."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from parvis.portal.kernel.events import Event


@dataclass(frozen=True, slots=True, kw_only=True)
class DaysDeclared(Event):
    """Days of one or many agents have changed. `agent_ids`: all of them; the days lie between both dates."""

    operation_id: int
    agent_ids: tuple[int, ...]
    starts_date: date
    ends_date: date
    actor_id: int
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class DaysDecided(Event):
    """A head has confirmed or refused days of an agent."""

    operation_id: int
    agent_id: int
    confirmed: bool
    actor_id: int
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class PatternDecided(Event):
    """An agent's usual week holds from now on, or was refused. `actor_id` may be the agent's own: no one had to ask."""

    pattern_id: int
    agent_id: int
    state: str
    actor_id: int
    at: datetime
