"""What the home page and « Mon télétravail » say of the wave an agent is planned in: their date, and their answer."""

from __future__ import annotations

from dataclasses import dataclass

from django.http import HttpRequest

from parvis.portal.accounts.models import User
from parvis.portal.directory.models import Agent
from parvis.portal.directory.queries import agent_of
from parvis.portal.rollout import wave_queries
from parvis.portal.rollout.models import Place
from parvis.portal.ui import formats

HOME_TEMPLATE = "rollout/home_card.html"
TEMPLATE = "rollout/my_date.html"


@dataclass(frozen=True, slots=True)
class Date:
    """When somebody is invited."""

    place: Place

    @property
    def when(self) -> str:
        """`lundi 30 novembre 2026 à 08:00`."""
        return formats.instant(self.place.wave.starts_at)

    @property
    def day(self) -> str:
        """`lundi 30 novembre 2026`."""
        return formats.day(self.place.wave.starts_at)

    @property
    def is_open(self) -> bool:
        """A wave before has opened it already: nobody needs to wait for the date."""
        return self.place.opened_at is not None


def home(_request: HttpRequest, user: User) -> dict[str, object]:
    """The date, as long as it lies ahead. One query."""
    date, _declined = _dates(agent_of(user))
    return {"date": date}


def mine(_request: HttpRequest, agent: Agent) -> dict[str, object]:
    """The date to come, and the last one declined, as long as it may be taken back. One query."""
    date, declined = _dates(agent)
    return {"date": date, "declined": declined}


def _dates(agent: Agent | None) -> tuple[Date | None, Date | None]:
    if agent is None:
        return None, None
    places = list(wave_queries.ahead_of(agent))
    coming = [place for place in places if place.left_at is None]
    declined = [place for place in places if place.declined_at is not None]
    return (
        Date(min(coming, key=lambda place: place.wave.starts_at)) if coming else None,
        Date(max(declined, key=lambda place: (place.declined_at, place.pk))) if declined else None,
    )
