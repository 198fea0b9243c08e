"""In the child: an authority of any size, two years of half-days of it, and what the pages then take."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

from bench.portal import child
from bench.portal.pages import HOST, _Counter, _Pages

AGENT, HEAD = "claire.legoff@rivemarine.example", "nadia.benali@rivemarine.example"
HEAD_OF_IT = "helene.marchand@rivemarine.example"


def measure(_url: str, runs: str, agents: str, days: str) -> dict[str, Any]:
    """`{filling: {sizes, pages: {title: {ms, queries, status}}}}` for patterns with exceptions, then a row a day."""
    from django.core.management import call_command

    from parvis.portal.kernel import clock

    call_command("demo_data", verbosity=0)
    _more_agents(int(agents))
    today = clock.today()
    first = today - timedelta(days=int(days) - 1)
    _count(first, today)
    found = {"sparse (patterns and exceptions)": _measure(int(runs), first, today)}
    _fill(first, today)
    found["dense (a row for every agent and date)"] = _measure(int(runs), first, today)
    return found


def _more_agents(wanted: int) -> None:
    from parvis.portal.directory.models import Agent, Entity
    from parvis.portal.presence.models import Pattern

    places = list(Entity.objects.filter(kind="department").order_by("pk"))
    missing = max(0, wanted - Agent.objects.count())
    made = Agent.objects.bulk_create(
        [
            Agent(first_name="Agent", last_name=f"N{n:05d}", email=f"n{n}@rivemarine.example", search=f"agent n{n:05d}",
                  entity=places[n % len(places)])
            for n in range(missing)
        ],
        batch_size=500,
    )  # fmt: skip
    halves = ",".join(["on_site"] * 6 + ["telework"] * 4 + [""] * 4)
    Pattern.objects.bulk_create(
        [
            Pattern(agent=each, starts_date=date(2020, 1, 1), halves=halves, state="confirmed",
                    proposed_at="2020-01-01T00:00:00Z")
            for each in made
        ],
        batch_size=500,
    )  # fmt: skip


def _count(first: date, last: date) -> None:
    """One month as it really is counted; the months before are its copies (a year of counts takes a minute)."""
    from django.db import connection

    from parvis.portal.presence import counts
    from parvis.portal.presence.models import DayCount

    monday = last - timedelta(days=last.weekday() + 28)
    DayCount.objects.all().delete()
    counts.recount_all(monday, monday + timedelta(days=27))
    table = DayCount._meta.db_table
    shift = "date - %s" if connection.vendor == "postgresql" else "date(date, '-' || %s || ' days')"
    with connection.cursor() as cursor:
        for back in range(28, (monday - first).days + 28, 28):
            cursor.execute(
                f"INSERT INTO {table} (entity_id, date, direct, total)"  # noqa: S608
                f" SELECT entity_id, {shift}, direct, total FROM {table} WHERE date BETWEEN %s AND %s",
                [back, monday, monday + timedelta(days=27)],
            )
        cursor.execute("ANALYZE")


def _fill(first: date, last: date) -> None:
    """A declared row for every agent and date that has none: the database makes them."""
    from django.db import connection, transaction

    from parvis.portal.directory.models import Agent
    from parvis.portal.presence.models import Day

    with transaction.atomic(), connection.cursor() as cursor:
        for rank in range((last - first).days + 62):
            cursor.execute(
                f"INSERT INTO {Day._meta.db_table} (agent_id, date, am, pm, state, despite_closure, revision)"  # noqa: S608
                f" SELECT id, %s, CASE id %% 3 WHEN 0 THEN 'telework' ELSE 'on_site' END, 'on_site', 'declared', %s, 1"
                f" FROM {Agent._meta.db_table} WHERE id > 0 ON CONFLICT DO NOTHING",
                [first + timedelta(days=rank), False],
            )
        cursor.execute("ANALYZE")


def _measure(runs: int, first: date, today: date) -> dict[str, Any]:
    from django.db import connection

    from parvis.portal.directory.models import Agent
    from parvis.portal.presence.models import Day, DayCount

    asked = _asked(first, today)
    for ask in asked.values():
        ask()  # templates, caches, the first sign-in
    pages: dict[str, dict[str, Any]] = {}
    for title, ask in asked.items():
        times, spent = [], []
        for _ in range(runs):
            counter = _Counter()
            with connection.execute_wrapper(counter):
                started, cpu = time.perf_counter(), time.process_time()
                status = ask()
                times.append((time.perf_counter() - started) * 1000)
                spent.append((time.process_time() - cpu) * 1000)
        pages[title] = {"ms": times, "cpu_ms": spent, "queries": counter.count, "status": status or 200}
    sizes = (
        f"{Agent.objects.count():,} agents, {Day.objects.count():,} declared days, {DayCount.objects.count():,} counts"
    )
    return {"sizes": sizes, "pages": pages}


def _asked(first: date, today: date) -> dict[str, Callable[[], int | None]]:
    from parvis.portal.directory.models import Agent, Entity
    from parvis.portal.kernel import clock
    from parvis.portal.presence import counts, loading, queries, services

    clients = _Pages()
    monday = today - timedelta(days=today.weekday())
    root = Entity.objects.get(parent=None)
    claire = Agent.objects.select_related("entity", "user").get(email=AGENT)
    head = Agent.objects.get(email=HEAD)
    toggled = iter(["telework", "field"] * 10_000)

    def page(persona: str, address: str) -> Callable[[], int]:
        return lambda: int(clients._client(persona).get(address, HTTP_HOST=HOST).status_code)

    def declare() -> None:
        services.declare(
            actor=claire.user, agent=claire, starts=monday, ends=monday, status=next(toggled), now=clock.now()
        )  # type: ignore[arg-type]

    def declare_and_count() -> None:
        declare()
        counts.refresh()

    def department() -> None:
        agents = Agent.objects.filter(entity__path__startswith=root.path, is_active=True).select_related("entity")[:200]
        calendar = loading.of_agents(agents, monday, monday + timedelta(days=30))
        for each in agents:
            list(calendar.of(each.pk))

    def everybody() -> None:
        persons = loading.people(Agent.objects.filter(is_active=True))
        calendar = loading.load(persons, monday, monday)
        for pk, _path in persons:
            calendar.at(pk, monday)

    found: dict[str, Callable[[], int | None]] = {
        "home": page(AGENT, "/"),
        "my presence": page(AGENT, "/presence/"),
        "my presence, two years ago": page(AGENT, f"/presence/?mois={first:%Y-%m}"),
        "an agent's month, for their head": page(HEAD, f"/presence/agents/{claire.pk}/"),
        "who is where": page(HEAD_OF_IT, f"/presence/qui-est-ou/?date={monday}"),
        "who is where, by name": page(AGENT, f"/presence/qui-est-ou/?date={monday}&q=le+goff"),
        "who is where, of one status": page(HEAD_OF_IT, f"/presence/qui-est-ou/?date={monday}&status=telework"),
        "who is where, of one status, two years ago": page(
            HEAD_OF_IT, f"/presence/qui-est-ou/?date={first}&status=telework"
        ),
        "history of my days": page(AGENT, "/presence/historique/"),
        "two years of counts of everybody": lambda: len(list(queries.counts(root, first, today))) and None,
        "a month of 200 agents, resolved": department,
        "a day of everybody, resolved": everybody,
        "declaring a day": declare,
        "declaring a day and counting again": declare_and_count,
    }
    found |= _department_pages(page, head, root, first, today)
    return found


def _department_pages(
    page: Callable[[str, str], Callable[[], int]], head: Any, root: Any, first: date, today: date
) -> dict[str, Callable[[], int | None]]:
    """Those of heads of department, where there are any."""
    from django.urls import NoReverseMatch, reverse

    found: dict[str, Callable[[], int | None]] = {}
    for title, persona, name, key, query in (
        ("department, month", HEAD, "presence:department", head.entity_id, ""),
        ("counts and curve, two years, everybody", HEAD_OF_IT, "presence:counts", root.pk, f"?du={first}&au={today}"),
    ):
        try:
            found[title] = page(persona, reverse(name, args=[key]) + query)
        except NoReverseMatch:
            continue
    return found


if __name__ == "__main__":
    os.environ["PARVIS_DATABASE_URL"] = sys.argv[2]
    child.main(measure)
