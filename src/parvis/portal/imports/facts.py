"""What the planning is given and what it gives back: plain values, no rows of the database."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

Problem = tuple[str, dict[str, Any]]
"""A code of `wording.PROBLEMS` and what goes in its sentence."""


@dataclass(frozen=True, slots=True)
class Said:
    """A line as it came: what each field's cell says, the whole line, and why it cannot be used (if so)."""

    number: int
    said: Mapping[str, str]
    cells: tuple[str, ...]
    faults: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Options:
    """What a person said of the whole file."""

    kind: str = ""
    """What a line is that does not say it, or whose word is not known."""
    entity: int | None = None
    """Where a new asset goes whose line names no entity."""
    state: str = ""
    """The situation for words that are not known; empty: such lines are rejected."""
    create_sites: bool = False
    skip_people: bool = False
    """A person who is not known is left out instead of the whole line."""


@dataclass(frozen=True, slots=True)
class Named:
    """Something with a key and a name: a site, a supplier, a contract, an agent."""

    pk: int
    name: str
    entity: int = 0


@dataclass(slots=True)
class Held:
    """An asset as it is now. `values`: field → plain value; `words`: the same for people, where they differ."""

    pk: int
    label: str
    values: dict[str, Any]
    words: dict[str, str]
    origins: dict[str, str]
    agents: list[Named] = field(default_factory=list)
    imported_agents: frozenset[int] = frozenset()
    """Of those, who was assigned by an import."""
    state_is_human: bool = False
    """A person took it to its present state."""


class NotFoundHere(Exception):
    """Nothing, or several, answer to a cell's text."""

    def __init__(self, code: str, **params: Any) -> None:
        self.code, self.params = code, params
        super().__init__(code)


@dataclass(slots=True)
class Known:
    """What lines may speak of, all within the run's root and the actor's perimeter."""

    entity: Callable[[str], int]
    """Raises NotFoundHere."""
    entity_names: dict[int, str]
    entity_paths: dict[int, str]
    sites: dict[str, list[Named]] = field(default_factory=dict)
    suppliers: dict[str, Named] = field(default_factory=dict)
    contracts: dict[str, list[Named]] = field(default_factory=dict)
    models: dict[str, list[tuple[str, str]]] = field(default_factory=dict)
    """Folded name → manufacturers and names."""
    agents: dict[str, dict[int, str]] = field(default_factory=dict)
    """Every way to name an agent, folded → who answers to it."""
    by_tag: dict[str, list[Held]] = field(default_factory=dict)
    by_serial: dict[str, list[Held]] = field(default_factory=dict)
    by_name: dict[str, list[Held]] = field(default_factory=dict)
    may_unprotect: bool = False
    """Whether the actor may make an ordinary computer of a server."""


@dataclass(slots=True)
class Planned:
    """What one line would do. Everything in it is JSON."""

    number: int
    kind: str = "unchanged"
    """A value of `Line.Kind`."""
    label: str = ""
    asset: int | None = None
    agent: int | None = None
    values: dict[str, Any] = field(default_factory=dict)
    """Field → what is written. `site` and `supplier`: a key, or the name of one to be made; `model`: maker and name."""
    changes: dict[str, list[Any]] = field(default_factory=dict)
    conflicts: dict[str, list[Any]] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)
    cells: tuple[str, ...] = ()

    @property
    def is_due(self) -> bool:
        """Whether there is something to write."""
        return self.kind in {"created", "changed"}
