"""In the child: a year of bookings, then clients who book at once, and the question for a tool."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from bench.portal import child

PAST_DAYS = 30
FREE = 10
"""Rooms left free at the hour everybody wants."""


def measure(rooms: str, days: str, clients: str, questions: str) -> dict[str, Any]:
    """Milliseconds of each act, and what became of the rush."""
    from parvis.portal.booking import availability
    from parvis.portal.booking.models import Booking

    pool, agent, now = _world(int(rooms), int(days))
    ask = range(int(questions))
    found: dict[str, Any] = {"bookings": Booking.objects.count(), "ms": {}}
    starts = [now + timedelta(days=1 + each % int(days) // 2, hours=each % 9) for each in ask]
    hour = timedelta(hours=1)
    found["ms"]["what is free"] = [
        _ms(lambda at=at: availability.free(pool, at, at + hour, people=4, now=now)) for at in starts
    ]
    found["ms"]["which tool (suggestion)"] = _suggestions(agent, starts)
    found["ms"]["book, one after the other"] = [_ms(lambda at=at: _book(pool, agent, at, now)) for at in starts]
    times, rush = _rush(pool, agent, now, int(clients))
    found["ms"][f"book, {clients} at once"] = times
    return found | {"rush": rush}


def _ms(act: Callable[[], object]) -> float:
    began = time.perf_counter()
    act()
    return (time.perf_counter() - began) * 1000


def _world(rooms: int, days: int) -> tuple[Any, Any, datetime]:
    from parvis.portal.booking.models import Booking, Pool, Resource
    from parvis.portal.conferencing.models import Provider
    from parvis.portal.directory import rules
    from parvis.portal.directory.models import Agent, Entity
    from parvis.portal.kernel import clock

    entity = Entity.objects.create(name="Rivemarine", kind=Entity.Kind.COMMUNE, path="new")
    entity.path = rules.child_path("", entity.pk)
    entity.save()
    agent = Agent.objects.create(first_name="Ana", last_name="Essai", email="ana@rivemarine.example", entity=entity)
    pool = Pool.objects.create(entity=entity, kind=Pool.Kind.PHONE_ROOM, name="Salles", max_minutes=600)
    Provider.objects.create(entity=entity, kind=Provider.Kind.PHONE, name="Téléphone", pool=pool)
    held = [Resource.objects.create(pool=pool, name=f"Salle {each}", capacity=20) for each in range(rooms)]
    now = clock.now().replace(minute=0, second=0, microsecond=0)
    midnight = now.replace(hour=0) - timedelta(days=PAST_DAYS)
    made = []
    for day in range(days):
        for number, resource in enumerate(held):
            for slot in range(4):  # an hour and a half each, with a pause; nobody meets on the busy hour's day
                start = midnight + timedelta(days=day, hours=7 + slot * 2.5, minutes=5 * (number % 4))
                if (day + number + slot) % 5 and start.date() != _busy_hour(now).date():
                    made.append(_booking(pool, resource, agent, start, start + timedelta(minutes=90), now))
    busy = _busy_hour(now)
    made += [_booking(pool, each, agent, busy, busy + timedelta(hours=1), now) for each in held[: rooms - FREE]]
    Booking.objects.bulk_create(made, batch_size=2000)
    return pool, agent, now


def _busy_hour(now: datetime) -> datetime:
    return now.replace(hour=9) + timedelta(days=10)


def _booking(pool: Any, resource: Any, agent: Any, starts: datetime, ends: datetime, now: datetime) -> Any:
    from parvis.portal.booking.models import Booking

    return Booking(
        pool=pool,
        resource=resource,
        holder=agent,
        title="Réunion",
        booked_at=now - timedelta(days=PAST_DAYS),
        starts_at=starts,
        ends_at=ends,
        free_at=ends + timedelta(minutes=pool.buffer_minutes),
        state=Booking.State.BOOKED if ends > now else Booking.State.DONE,
    )


def _book(pool: Any, agent: Any, at: datetime, now: datetime) -> str:
    from parvis.portal.booking.errors import Full
    from parvis.portal.booking.services import placing

    wanted = placing.Wanted(
        pool=pool, starts_at=at, ends_at=at + timedelta(hours=1), holder=agent, title="Réunion", people=4
    )
    try:
        placing.book(actor=None, wanted=wanted, now=now)
    except Full:
        return "refused"
    return "booked"


def _suggestions(agent: Any, starts: list[datetime]) -> list[float]:
    from parvis.portal.meetings.suggest_rules import Question
    from parvis.portal.meetings.suggesting import answer

    question = Question(people=4, audience="internal", by_phone_only=True, needs=frozenset())
    return [_ms(lambda at=at: answer(agent, question, at, at + timedelta(hours=1))) for at in starts]


def _rush(pool: Any, agent: Any, now: datetime, clients: int) -> tuple[list[float], dict[str, Any]]:
    from django.db import connection

    from parvis.portal.booking.models import Booking

    together, times, answers = threading.Barrier(clients), [0.0] * clients, [""] * clients

    def client(number: int) -> None:
        def act() -> None:
            try:
                answers[number] = _book(pool, agent, _busy_hour(now), now)
            except Exception as error:  # a client that is turned away by anything else is counted and shown
                answers[number] = f"{type(error).__name__}: {error}"

        connection.ensure_connection()
        together.wait()
        times[number] = _ms(act)
        connection.close()

    threads = [threading.Thread(target=client, args=(number,)) for number in range(clients)]
    began = time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    busy = _busy_hour(now)
    held = Booking.objects.filter(starts_at=busy, state=Booking.State.BOOKED).values_list("resource_id", flat=True)
    return times, {
        "free": FREE,
        "booked": answers.count("booked"),
        "refused": answers.count("refused"),
        "errors": sorted(set(answers) - {"booked", "refused"}),
        "overlaps": len(held) - len(set(held)),
        "seconds": round(time.perf_counter() - began, 2),
    }


if __name__ == "__main__":
    child.main(measure)
