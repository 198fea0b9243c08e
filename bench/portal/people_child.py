"""In the child: an authority of so many agents, and what a person types letter by letter to find one."""

from __future__ import annotations

import time
from collections.abc import Callable
from itertools import product
from typing import Any

from bench.portal import child

TYPED = ("m", "mar", "martin", "martin h", "quemener sophie", "sophie service 12", "0261", "02 61 91 02 34", "zzz")
DIRECTIONS, SERVICES = 30, 9
HOST = "localhost"
_BARE = (
    "SELECT id, first_name, last_name FROM directory_agent WHERE is_active AND search LIKE %s ESCAPE '\\'"
    " ORDER BY last_name, first_name, id LIMIT 31"
)


def measure(agents: str, rounds: str) -> dict[str, Any]:
    """For each text, milliseconds of a bare LIKE, of the search, of the whole answer (and its CPU); interleaved."""
    from django.db import connection

    from parvis.portal.directory import colleagues, queries
    from parvis.portal.directory.models import Entity

    user = _authority(int(agents))
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
    client = _signed_in(user)
    times: dict[str, dict[str, list[float]]] = {
        typed: {"bare": [], "search": [], "answer": [], "cpu": []} for typed in TYPED
    }

    def bare(typed: str) -> None:
        with connection.cursor() as cursor:
            cursor.execute(_BARE, [f"%{typed.split()[0]}%"])
            cursor.fetchall()

    def search(typed: str) -> None:
        rows = queries.search_agents(colleagues.found_by(user), typed)
        list(rows.order_by("last_name", "first_name", "pk")[:31])

    def answer(typed: str) -> None:
        headers = {"HX-Request": "true", "HX-Target": "people-found"}
        page = client.get("/annuaire/personnes/", {"q": typed}, headers=headers, HTTP_HOST=HOST)
        if page.status_code != 200:
            raise RuntimeError(f"HTTP {page.status_code}")

    ways: dict[str, Callable[[str], None]] = {"bare": bare, "search": search, "answer": answer}
    for round_number in range(int(rounds) + 1):
        for typed, way in product(TYPED, ways):
            started, cpu = time.perf_counter(), time.process_time()
            ways[way](typed)
            if not round_number:
                continue  # once for templates and caches
            times[typed][way].append((time.perf_counter() - started) * 1000)
            if way == "answer":
                times[typed]["cpu"].append((time.process_time() - cpu) * 1000)
    return {"entities": Entity.objects.count(), "typed": times}


def _authority(agents: int) -> Any:
    from parvis.portal.accounts.models import User
    from parvis.portal.directory import demo_names, rules
    from parvis.portal.directory.demo_details import save_entities
    from parvis.portal.directory.models import Agent, Entity

    root = Entity(name="Métropole", kind=Entity.Kind.METROPOLE, audience=Entity.Audience.AUTHORITY)
    save_entities([root])
    directions = [Entity(name=f"Direction {n}", parent=root, kind=Entity.Kind.DIRECTION) for n in range(DIRECTIONS)]
    save_entities(directions)
    services = [
        Entity(name=f"Service {n}.{number}", parent=direction, kind=Entity.Kind.DEPARTMENT)
        for number, direction in enumerate(directions)
        for n in range(SERVICES)
    ]
    save_entities(services)
    user = User.objects.create_user("claire@rivemarine.example", is_demo_persona=True)
    first, last, jobs = demo_names.FIRST_NAMES, demo_names.LAST_NAMES, demo_names.JOB_TITLES
    rows = []
    for number in range(agents):
        facts = {
            "first_name": first[number % len(first)],
            "last_name": last[number // len(first) % len(last)],
            "email": f"agent{number}@rivemarine.example",
            "job_title": jobs[number % len(jobs)],
            "phone": f"0261{number:06d}",
            "office": f"Bureau {number % 400}",
        }
        rows.append(Agent(entity=services[number % len(services)], search=rules.search_key(**facts), **facts))
    rows[0].user = user
    Agent.objects.bulk_create(rows, batch_size=1000)
    return user


def _signed_in(user: Any) -> Any:
    from django.test import Client
    from django.urls import reverse

    client = Client()
    client.post(reverse("demo_sign_in"), {"persona": user.pk}, HTTP_HOST=HOST)
    return client


if __name__ == "__main__":
    child.main(measure)
