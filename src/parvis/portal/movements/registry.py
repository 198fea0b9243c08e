"""What rooms hold of an agent. Rooms above register here, by `config.wiring`, so that this room imports none.

Example::

    def items(agent, movement):
        for computer in Computer.objects.filter(agents=agent):
            yield Item(key=f"computer:{computer.pk}", kind="comes_back", title=…, owner_role=Role.TECHNICIAN)

    registry.register(Provider("parc", items))
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date, datetime

from parvis.portal.accounts.models import User
from parvis.portal.directory.models import Agent, Role
from parvis.portal.movements.models import Movement


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """One thing a room holds of an agent: it becomes a step."""

    key: str
    """The same thing has the same key each time it is told (at most 60 characters)."""
    kind: str
    """A value of `StepKind`."""
    title: str
    why: str = ""
    owner_role: Role = Role.TECHNICIAN
    owner_entity_id: int | None = None
    """Where the owner's role is; None: the department that is left, or joined for what opens."""
    due_date: date | None = None
    """None: the movement's day."""
    link: str = ""
    done: bool = False
    """It has happened by itself (an account that closed): told for the record."""
    ends_date: date | None = None
    """With a day, the item is one to keep or remove: undecided, `let_go` is called after that day."""


Items = Callable[[Agent, Movement], Iterable[Item]]
LetGo = Callable[[Agent, str, User | None, datetime], None]
"""`let_go(agent, key, actor, now)` takes the thing away; actor None: its time is over. Already gone is fine.

Raises what the room's own service raises (`NotAllowed`).
"""


@dataclass(frozen=True, slots=True)
class Provider:
    """A room's part. `let_go` is needed if its items have an `ends_date`."""

    room: str
    items: Items
    let_go: LetGo | None = None


_providers: dict[str, Provider] = {}


def register(provider: Provider) -> None:
    """Add a room; a second provider of the same room takes the first one's place."""
    _providers[provider.room] = provider


def everything(agent: Agent, movement: Movement) -> list[tuple[str, Item]]:
    """What all rooms hold, each with its room, in the order they were registered."""
    return [(each.room, item) for each in _providers.values() for item in each.items(agent, movement)]


def let_go_of(room: str) -> LetGo | None:
    """How a room takes its things away, if it can."""
    provider = _providers.get(room)
    return provider.let_go if provider else None
