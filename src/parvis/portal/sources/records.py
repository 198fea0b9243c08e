"""What every kind of source brings: one record per person, and how a source says that it broke."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from typing import Protocol

from parvis.portal.kernel.errors import Unavailable


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """One person, as a source tells of them. Texts are decoded, stripped, without control characters."""

    key: str
    """Stable in the source, whatever the person's name or place (`entryUUID`, `objectGUID`, personnel number)."""
    first_name: str
    last_name: str
    email: str
    job_title: str = ""
    personnel_number: str = ""
    phone: str = ""
    office: str = ""
    entity: str = ""
    """What the source calls the person's service: an entity's `code`, name or SIRET; the run finds it."""
    is_active: bool = True
    """False: the source knows the person and says that they are disabled."""
    starts_date: date | None = None
    ends_date: date | None = None
    groups: frozenset[str] = field(default_factory=frozenset)
    """Names of the groups the person is in, nested ones included."""
    where: str = ""
    """Where it stands in the source, for messages: a DN, « ligne 12 »."""


@dataclass(frozen=True, slots=True)
class Fault:
    """A record that cannot be read: where it stands, and why in words for the IT team."""

    where: str
    problem: str
    key: str = ""
    """Whom it is about, if that much could be read: they are not taken for gone."""


class SourceBroken(Unavailable):
    """The source could not be read to its end: nothing is applied."""


class Reader(Protocol):
    """One reading of a source, from its beginning to its end."""

    def read(self) -> Iterator[Record | Fault]:
        """The records, in bounded memory.

        Raises:
            SourceBroken: it could not be reached, refused us, or dropped midway.
        """
        ...
