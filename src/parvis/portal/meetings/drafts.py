"""What a meeting is asked to be: the draft, whom it invites, and addresses pasted from anywhere."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from django.core.exceptions import ValidationError
from django.core.validators import validate_email

from parvis.portal.booking.models import Resource
from parvis.portal.conferencing.models import Provider
from parvis.portal.directory.models import Agent
from parvis.portal.meetings.models import Guest, Meeting

PASTED_AT_MOST = 20_000
NAME_LENGTH = 120
_NAMED = re.compile(r'^\s*"?([^"<>]*?)"?\s*<([^<>]+)>\s*$')


@dataclass(frozen=True, slots=True, kw_only=True)
class Invited:
    """Somebody to invite: an agent, or a person from outside by their address."""

    agent: Agent | None = None
    email: str = ""
    name: str = ""
    role: str = Guest.Role.SPEAKER


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """All that a meeting is made of."""

    organiser: Agent
    title: str
    starts_at: datetime
    ends_at: datetime
    people: int = 2
    audience: str = Meeting.Audience.INTERNAL
    by_phone_only: bool = False
    needs: tuple[str, ...] = ()
    """Codes of `rules.NEEDS`."""
    provider: Provider | None = None
    room: Resource | None = None
    """A physical room, where some are in one place."""
    on_site: int = 0
    """How many sit there; 0: nobody has said."""
    join_url: str = ""
    """Of a meeting that somebody books by hand at the provider's own site."""
    guests: tuple[Invited, ...] = ()
    agenda: str = ""
    wait: bool = False
    """Take a place on the waiting list where nothing is free."""
    priority: int = 0

    @property
    def duration(self) -> timedelta:
        """From start to end."""
        return self.ends_at - self.starts_at


@dataclass(slots=True)
class Pasted:
    """Addresses read from a text: people, and pieces that are no address."""

    people: list[tuple[str, str]] = field(default_factory=list)
    """(name or empty, address in lower case), each address once."""
    wrong: list[str] = field(default_factory=list)


def read_addresses(text: str) -> Pasted:
    """The addresses of a pasted text: lines, commas or semicolons between, `Name <address>` or bare."""
    found = Pasted()
    seen: set[str] = set()
    for piece in re.split(r"[\n\r;,]+", text[:PASTED_AT_MOST].replace("\x00", "")):
        said = " ".join(piece.split())
        if not said:
            continue
        named = _NAMED.match(said)
        name, address = (named[1].strip(), named[2].strip()) if named else ("", said)
        try:
            validate_email(address)
        except ValidationError:
            if " " in said and not named and "@" in said:
                _each_word(said, found, seen)
            else:
                found.wrong.append(said[:100])
            continue
        if address.lower() not in seen:
            seen.add(address.lower())
            found.people.append((name[:NAME_LENGTH], address.lower()))
    return found


def _each_word(said: str, found: Pasted, seen: set[str]) -> None:
    """Addresses with blanks between."""
    for word in said.split():
        try:
            validate_email(word)
        except ValidationError:
            found.wrong.append(word[:100])
            continue
        if word.lower() not in seen:
            seen.add(word.lower())
            found.people.append(("", word.lower()))


def invited_from(people: Sequence[tuple[str, str]], agents: Iterable[Agent]) -> list[Invited]:
    """Addresses as guests: those of `agents` become those agents, the others are from outside."""
    by_email = {agent.email.lower(): agent for agent in agents}
    return [
        Invited(agent=by_email[address]) if address in by_email else Invited(email=address, name=name)
        for name, address in people
    ]
