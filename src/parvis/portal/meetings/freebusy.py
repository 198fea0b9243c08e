"""When guests are busy by their own calendars, where the authority has a CalDAV server. Planning never waits for it."""

from __future__ import annotations

import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor, wait
from dataclasses import dataclass
from datetime import datetime

import structlog
from django.conf import settings
from django.core.cache import cache

from parvis.portal.directory.models import Agent
from parvis.portal.meetings import caldav
from parvis.portal.meetings.caldav import Period
from parvis.portal.meetings.models import Meeting

SECONDS = 3.0
"""All together; who is not known by then is not known."""
AT_ONCE = 8
MOST_AGENTS = 50
KEPT_SECONDS = 60
PAUSE_SECONDS = 60
"""A server that answered nobody is left alone for so long: nobody waits for it twice."""
_AWAY = "parvis-caldav-away"
log = structlog.get_logger("parvis.meetings")


@dataclass(frozen=True, slots=True, kw_only=True)
class Busy:
    """What is known of one person's time."""

    known: bool
    times: tuple[Period, ...] = ()


UNKNOWN = Busy(known=False)


def is_configured() -> bool:
    """Whether there is a server to ask."""
    return bool(settings.PARVIS.caldav_url)


def busy(agents: Sequence[Agent], starts_at: datetime, ends_at: datetime) -> dict[int, Busy]:
    """By agent's id, when they are busy between these instants. Takes `SECONDS` at most, and never raises."""
    found = {agent.pk: UNKNOWN for agent in agents}
    if not is_configured() or starts_at >= ends_at or cache.get(_AWAY):
        return found
    names = {agent.pk: _name(agent, starts_at, ends_at) for agent in agents}
    kept = cache.get_many(names.values())
    asked = [agent for agent in agents if names[agent.pk] not in kept and agent.email][:MOST_AGENTS]
    fresh = _ask_all(asked, starts_at, ends_at)
    for agent in agents:
        found[agent.pk] = fresh.get(agent.pk) or kept.get(names[agent.pk]) or UNKNOWN
    cache.set_many({names[pk]: each for pk, each in fresh.items()}, KEPT_SECONDS)
    if asked and not any(each.known for each in fresh.values()):
        cache.set(_AWAY, True, PAUSE_SECONDS)
    return found


def is_taken(known: Busy, own: Meeting | None) -> bool:
    """Whether something else than this very meeting takes some of the time that was asked about."""
    if own is None:
        return bool(known.times)
    return any(first < own.starts_at or last > own.ends_at for first, last in known.times)


def _ask_all(agents: Sequence[Agent], starts_at: datetime, ends_at: datetime) -> dict[int, Busy]:
    if not agents:
        return {}
    template, until = settings.PARVIS.caldav_url, time.monotonic() + SECONDS
    client = caldav.client_for(template)

    def one(agent: Agent) -> Busy:
        if time.monotonic() >= until:
            return UNKNOWN
        try:
            times = caldav.ask(client, caldav.address_for(template, agent.email), starts_at, ends_at)
        except caldav.NotKnown as why:
            log.info("meetings.calendar_not_known", agent=agent.pk, why=str(why))
            return UNKNOWN
        return Busy(known=True, times=tuple(times))

    pool = ThreadPoolExecutor(max_workers=AT_ONCE, thread_name_prefix="caldav")
    running = {agent.pk: pool.submit(one, agent) for agent in agents}
    done, _late = wait(running.values(), timeout=SECONDS)
    pool.shutdown(wait=False, cancel_futures=True)
    client.close()  # what is still waiting for an answer gives up
    return {
        pk: future.result() if future in done and future.exception() is None else UNKNOWN
        for pk, future in running.items()
    }


def _name(agent: Agent, starts_at: datetime, ends_at: datetime) -> str:
    return f"parvis-caldav:{agent.pk}:{starts_at.timestamp():.0f}:{ends_at.timestamp():.0f}"
