"""A meeting at its provider: opened, changed, closed, joined. Never inside a transaction: the network is asked.

Every failure is noted for the tool's health, so that the next meeting does not wait for what does not answer.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import TypeVar

from parvis.portal.conferencing.adapters.base import Opened, Person, Wanted
from parvis.portal.conferencing.errors import Gone, Refused, Unanswered
from parvis.portal.conferencing.models import Provider
from parvis.portal.conferencing.services import health
from parvis.portal.conferencing.services.adapters import adapter_for

__all__ = ["adapter_for", "change_meeting", "close_meeting", "join_link", "open_meeting"]

T = TypeVar("T")
LONGEST = {"external_id": 300, "join_url": 1000, "phone_number": 20, "pin": 20}


def open_meeting(*, provider: Provider, wanted: Wanted, now: datetime) -> Opened:
    """Make the meeting at the provider, or find it again.

    Raises:
        Unavailable: it does not answer; or it is known to be down (`provider_down`): take another tool.
        Invalid: it says no.
    """
    if provider.health == Provider.Health.DOWN:
        raise Unanswered("provider_down", provider.failure)
    return _noted(provider, now, lambda: _kept(adapter_for(provider).open(wanted)))


def change_meeting(*, provider: Provider, external_id: str, wanted: Wanted, now: datetime) -> Opened:
    """Tell it the new title and time. What is empty in the answer is as it was.

    Raises:
        Unavailable: it does not answer: try again later.
        Invalid: it says no.
        NotFound: it does not know the meeting any more: open it anew.
    """
    return _noted(provider, now, lambda: _kept(adapter_for(provider).change(external_id, wanted)))


def close_meeting(*, provider: Provider, external_id: str, now: datetime) -> None:
    """Give the meeting up; one that is gone already is fine.

    Raises:
        Unavailable: it does not answer: try again later.
        Invalid: it says no.
    """
    _noted(provider, now, lambda: adapter_for(provider).close(external_id))


def join_link(*, provider: Provider, opened: Opened, person: Person, wanted: Wanted, now: datetime) -> str:
    """The address by which this person joins now: not to be kept or logged.

    Raises:
        Unavailable, Invalid, NotFound: as above.
    """
    return _noted(provider, now, lambda: adapter_for(provider).link_for(opened, person, wanted))


def _kept(opened: Opened) -> Opened:
    """As it will be kept: what is too long for that is no answer of a tool."""
    if any(len(getattr(opened, name)) > most for name, most in LONGEST.items()):
        raise Unanswered("malformed", "too long")
    return opened


def _noted(provider: Provider, now: datetime, call: Callable[[], T]) -> T:
    try:
        answer = call()
    except Unanswered as failure:
        health.note_failure(provider=provider, failure=failure, now=now)
        raise
    except Refused as failure:
        if failure.code in ("secret", "rights", "address"):
            health.note_failure(provider=provider, failure=failure, now=now)
        raise
    except Gone:
        raise
    if provider.failures:
        health.note_answer(provider=provider, now=now)
    return answer
