"""In the child: a parc of so many assets, and what a technician asks of its list."""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from datetime import timedelta
from itertools import product
from typing import Any

from bench.portal import child

HOST = "localhost"
ASKED = {
    "everything": {},
    "page 40": {"page": "40"},
    "one kind": {"kind": "laptop"},
    "kinds, state, warranty": {"kind": ["laptop", "office"], "state": "deployed", "warranty": ["over", "soon"]},
    "one site, sorted": {"site": "1", "sort": "-model"},
    "a serial": {"q": "sn0f4240"},
    "two words": {"q": "latitude mairie"},
    "a person": {"q": "martin"},
    "sorted by model": {"sort": "model"},
}
DIRECTIONS, SERVICES, SITES, MODELS = 30, 9, 300, 150


def measure(assets: str, rounds: str) -> dict[str, Any]:
    """For each question: milliseconds of a bare SQL count and 50 rows, of the whole page, of its processor time."""
    from django.db import connection

    user = _parc(int(assets))
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
    client = _signed_in(user)

    def bare(asked: dict[str, Any]) -> None:
        conditions, values = _where(asked)
        with connection.cursor() as cursor:
            cursor.execute(f"SELECT COUNT(*) FROM parc_asset WHERE {conditions}", values)  # noqa: S608 - ours
            cursor.fetchall()
            rows = f"SELECT * FROM parc_asset WHERE {conditions} ORDER BY name LIMIT 50"  # noqa: S608 - ours
            cursor.execute(rows, values)
            cursor.fetchall()

    def page(asked: dict[str, Any]) -> None:
        answer = client.get("/parc/", asked, HTTP_HOST=HOST)
        if answer.status_code != 200:
            raise RuntimeError(f"HTTP {answer.status_code}")

    started = time.perf_counter()
    page({})
    first = (time.perf_counter() - started) * 1000
    times: dict[str, dict[str, list[float]]] = {name: {"bare": [], "page": [], "cpu": []} for name in ASKED}
    ways: dict[str, Callable[[dict[str, Any]], None]] = {"bare": bare, "page": page}
    for round_number in range(int(rounds) + 1):
        for name, way in product(ASKED, ways):
            started, cpu = time.perf_counter(), time.process_time()
            ways[way](ASKED[name])
            if not round_number:
                continue  # once for templates and caches
            times[name][way].append((time.perf_counter() - started) * 1000)
            if way == "page":
                times[name]["cpu"].append((time.process_time() - cpu) * 1000)
    return {"first_ms": first, "after_change_ms": _after_change(page), "asked": times}


def _after_change(page: Callable[[dict[str, Any]], None]) -> list[float]:
    """The page that comes after one asset has changed."""
    from parvis.portal.kernel import clock
    from parvis.portal.parc.models import Asset

    found = []
    for number in range(5):
        Asset.objects.filter(pk=1000 + number).update(state="repair", updated_at=clock.now())
        started = time.perf_counter()
        page({})
        found.append((time.perf_counter() - started) * 1000)
    return found


def _where(asked: dict[str, Any]) -> tuple[str, list[Any]]:
    conditions, values = ["state <> 'disposed'"], []
    for name in ("kind", "state", "site"):
        if name in asked:
            wanted = asked[name] if isinstance(asked[name], list) else [asked[name]]
            column = "site_id" if name == "site" else name
            conditions.append(f"{column} IN ({', '.join(['%s'] * len(wanted))})")
            values += wanted
    for word in asked.get("q", "").split():
        conditions.append("search LIKE %s")
        values.append(f"%{word}%")
    return " AND ".join(conditions), values


def _parc(count: int) -> Any:
    from parvis.portal.accounts.models import User
    from parvis.portal.directory import demo_names
    from parvis.portal.directory.demo_details import save_entities
    from parvis.portal.directory.models import Agent, Entity, Role, RoleGrant
    from parvis.portal.directory.rules import search_key
    from parvis.portal.kernel import clock
    from parvis.portal.parc.models import Asset, AssetModel, Assignment, Site
    from parvis.portal.parc.rules import search_text

    chance, today, written_at = random.Random(5), clock.today(), clock.now() - timedelta(days=30)
    root = Entity(name="Métropole", kind=Entity.Kind.METROPOLE)
    save_entities([root])
    directions = [Entity(name=f"Direction {n}", parent=root, kind=Entity.Kind.DIRECTION) for n in range(DIRECTIONS)]
    save_entities(directions)
    services = [
        Entity(name=f"Service {n}.{number}", parent=direction, kind=Entity.Kind.DEPARTMENT)
        for number, direction in enumerate(directions)
        for n in range(SERVICES)
    ]
    save_entities(services)
    sites = Site.objects.bulk_create(
        Site(entity=services[n % len(services)], name=f"{'Mairie' if n % 3 else 'École'} {n}") for n in range(SITES)
    )
    makers = ("Dell Latitude", "HP EliteDesk", "Lenovo ThinkPad", "Samsung Galaxy", "Iiyama ProLite")
    models = AssetModel.objects.bulk_create(
        AssetModel(manufacturer=makers[n % 5].split()[0], name=f"{makers[n % 5].split()[1]} {n}", kind="office")
        for n in range(MODELS)
    )
    kinds = ["office"] * 30 + ["laptop"] * 20 + ["school"] * 14 + ["screen"] * 22 + ["phone"] * 8 + ["printer"] * 4
    kinds += ["server", "network", "sim", "badge"]
    states = chance.choices(
        ["deployed", "stock", "repair", "retired", "disposed", "ordered", "lost"], [75, 12, 2, 4, 5, 1, 1], k=count
    )
    rows = []
    for number in range(count):
        site, model = sites[number % SITES], models[chance.randrange(MODELS)]
        bought = today - timedelta(days=chance.randrange(3600))
        name, serial = f"RIV-{number:06d}", f"SN{number * 10:06X}"
        rows.append(
            Asset(
                entity=services[number % len(services)],
                site=site,
                name=name,
                updated_at=written_at,
                kind=chance.choice(kinds),
                model=model,
                serial=serial,
                state=states[number],
                purchase_date=bought,
                warranty_end_date=bought + timedelta(days=1461),
                reachability=chance.choice(Asset.Reachability.values),
                search=search_text(name, serial, model, site, f"10.{number % 200}.{number % 77}.{number % 251}"),
            )
        )
    Asset.objects.bulk_create(rows, batch_size=2000)
    first, last = demo_names.FIRST_NAMES, demo_names.LAST_NAMES
    agents = []
    for number in range(count // 10):
        names = (
            first[number % len(first)],
            last[number // len(first) % len(last)],
            f"agent{number}@rivemarine.example",
        )
        agents.append(
            Agent(
                entity=services[number % len(services)],
                first_name=names[0],
                last_name=names[1],
                email=names[2],
                search=search_key(*names, ""),
            )
        )
    Agent.objects.bulk_create(agents, batch_size=2000)
    Assignment.objects.bulk_create(
        (Assignment(agent=agents[n % len(agents)], asset=rows[n]) for n in range(0, count, 2)), batch_size=5000
    )
    user = User.objects.create_user("nadia@rivemarine.example", is_demo_persona=True)
    Agent.objects.filter(pk=agents[0].pk).update(user=user)
    RoleGrant.objects.create(user=user, role=Role.TECHNICIAN, entity=root)
    return user


def _signed_in(user: Any) -> Any:
    from django.test import Client
    from django.urls import reverse

    client = Client()
    client.post(reverse("demo_sign_in"), {"persona": user.pk}, HTTP_HOST=HOST)
    return client


if __name__ == "__main__":
    child.main(measure)
