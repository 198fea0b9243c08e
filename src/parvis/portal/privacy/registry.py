"""Every sort of personal data that Parvis keeps: what, why, for how long, how it is given back and thrown away.

A room says in its `personal_data.py` how its rows of one agent are exported and how the old ones are deleted;
`config.personal_data` makes `Kind`s of these, all on one page, so that no room imports this one. Retention in
force, which the head of IT may change, is `privacy.retention`'s.

Example, in `config/personal_data.py`::

    register(
        Kind(
            name="bookings",
            title=_("Réservations"),
            legal_basis=_("Organiser le service (mission d’intérêt public, RGPD article 6-1-e)."),
            retention_months=12,
            export=bookings.export,                         # agent -> rows as dicts
            purge=bookings.purge,                           # before -> how many were deleted, at most a batch
            rows=bookings.rows, dated_by="made_at",         # optional: figures and preview on the page
        )
    )
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import QuerySet

from parvis.portal.directory.models import Agent
from parvis.portal.kernel.errors import Text

Row = dict[str, Any]
"""One row of an export. Keys: column names in plain French (`"Ordinateur"`). Values: text, numbers, booleans, dates,
aware instants, None, lists and dicts of these."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """One sort of data, with one retention."""

    name: str
    """Stable, ASCII, `[a-z_]`: key of the retention setting and name of the files in an export."""
    title: Text
    """In French, as a person would say it: « Bureaux à distance »."""
    legal_basis: Text
    """Why it is kept, in one plain sentence that names the article of the RGPD (or of the law)."""
    retention_months: int | None
    """How long rows are kept, unless the head of IT chose otherwise; None: as long as the account or the agent."""
    shortest_months: int = 1
    longest_months: int = 60
    """The bounds within which the retention may be set."""
    export: Callable[[Agent], Iterable[Row]] | None = None
    """The rows about this agent, newest first, lazily: there may be 100,000. None: nothing about one person."""
    purge: Callable[[datetime], int] | None = None
    """Delete (or make anonymous) what is older than this instant: at most a batch of some 500 rows a call, in a
    transaction of its own. How many it was; it is called again until it answers 0. None with `rows`: these are
    deleted by `dated_by`."""
    rows: Callable[[], QuerySet[Any]] | None = None
    """All rows that the purge may take one day, for the figures of the page."""
    dated_by: str = ""
    """The field of `rows` (an instant or a day) that their age is counted from."""


_kinds: dict[str, Kind] = {}


def register(kind: Kind) -> None:
    """Declare a kind; the same name again replaces it."""
    if kind.retention_months is not None and not (
        1 <= kind.shortest_months <= kind.retention_months <= kind.longest_months
    ):
        raise ValueError(f"{kind.name}: the retention is outside its own bounds")
    if kind.rows is not None and not kind.dated_by:
        raise ValueError(f"{kind.name}: `rows` needs `dated_by`")
    _kinds[kind.name] = kind


def kinds() -> tuple[Kind, ...]:
    """All of them, in the order of their registration."""
    return tuple(_kinds.values())


def kind_named(name: str) -> Kind | None:
    """The kind of this name."""
    return _kinds.get(name)
