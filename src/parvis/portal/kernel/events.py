"""Events: how a room tells rooms above it that something happened.

An event is a frozen dataclass named in the past tense, declared by the room that
publishes it. `config/wiring.py` says on one page which handler hears which event.
Handlers run in the publisher's transaction: their writes and the event's stand or
fall together. Slow work belongs in a task enqueued by the handler.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, TypeVar


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """The parent of every event."""


E = TypeVar("E", bound=Event)
Handler = Callable[[Any], None]

_handlers: dict[type[Event], list[Handler]] = defaultdict(list)


def subscribe(event_type: type[E], handler: Callable[[E], None]) -> None:
    """Have `handler` called for every published `event_type`; twice is once."""
    if handler not in _handlers[event_type]:
        _handlers[event_type].append(handler)


def publish(event: Event) -> None:
    """Call the subscribed handlers in the order of the wiring page. Their errors are the publisher's."""
    for handler in _handlers[type(event)]:
        handler(event)


@contextmanager
def recorded(event_type: type[E]) -> Iterator[list[E]]:
    """For tests: the events of this type published inside the block."""
    seen: list[E] = []
    subscribe(event_type, seen.append)
    try:
        yield seen
    finally:
        _handlers[event_type].remove(seen.append)
