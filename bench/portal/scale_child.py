"""In the child: the twenty pages people open most, at the size of a métropole; what each takes, and of what."""

from __future__ import annotations

import cProfile
import json
import os
import pstats
import statistics
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from bench.portal import child
from bench.portal.pages import HOST, _Counter, _Pages

AGENT, TECHNICIAN = "claire.legoff@rivemarine.example", "yann.kerbrat@rivemarine.example"
HEAD_OF_IT = "helene.marchand@rivemarine.example"
HEAD = "nadia.benali@rivemarine.example"
WORST = 3

PAGES: tuple[tuple[str, str, str], ...] = (
    ("home", AGENT, "/"),
    ("search from home", AGENT, "/recherche/?q=courrier"),
    ("Mon bureau", AGENT, "/mon-bureau/"),
    ("the screen's page", AGENT, "/mon-bureau/{computer}/ecran"),
    ("Mon télétravail", AGENT, "/mon-teletravail/"),
    ("my presence", AGENT, "/presence/"),
    ("who is where", AGENT, "/presence/qui-est-ou/?q=le+goff"),
    ("find a colleague", AGENT, "/annuaire/personnes/?q=le+goff"),
    ("my loans", AGENT, "/prets/"),
    ("my meetings", AGENT, "/reunions/"),
    ("find a room", AGENT, "/salles/trouver/"),
    ("calendar of a service", HEAD, "/presence/services/{entity}/"),
    ("assets", TECHNICIAN, "/parc/"),
    ("assets, two words", TECHNICIAN, "/parc/?q=latitude+mairie"),
    ("computers", TECHNICIAN, "/parc/ordinateurs/"),
    ("one asset", TECHNICIAN, "/parc/materiel/{computer}/"),
    ("agents", TECHNICIAN, "/annuaire/"),
    ("one agent", TECHNICIAN, "/annuaire/agents/{agent}/"),
    ("telework overview", TECHNICIAN, "/teletravail/"),
    ("history of sessions", TECHNICIAN, "/teletravail/historique/?q=le+goff"),
    ("audit trail", HEAD_OF_IT, "/donnees/journal/"),
    ("audit trail, one action", HEAD_OF_IT, "/donnees/journal/?action=remote_desktop.session_ended"),
)


def measure(_url: str, runs: str, agents: str, assets: str, records: str, sessions: str) -> dict[str, Any]:
    """`sizes`, `pages` and, of the three that take most processor, the `profile`. Pages are interleaved."""
    built = _built(agents=int(agents), assets=int(assets), records=int(records), sessions=int(sessions))
    if not int(runs):
        return built
    asks = _asks()
    for ask in asks:
        ask()  # templates, caches, the first sign-in
    found: list[dict[str, Any]] = [{"title": title, "path": path, "ms": [], "cpu_ms": []} for title, _, path in PAGES]
    for _ in range(int(runs)):
        for page, ask in zip(found, asks, strict=True):
            spent = _one(ask)
            page["ms"].append(spent.pop("ms"))
            page["cpu_ms"].append(spent.pop("cpu_ms"))
            page |= spent
    dearest = sorted(zip(found, asks, strict=True), key=lambda pair: -statistics.median(pair[0]["cpu_ms"]))
    profiles = {page["title"]: _profile(ask) for page, ask in dearest[:WORST]}
    return {**built, "pages": found, "profiles": profiles}


def _built(**wanted: int) -> dict[str, Any]:
    """`sizes` and `built_seconds` of the world in the data folder, made now if it is not there."""
    from bench.portal import scale_world

    told = Path(os.environ["PARVIS_DATA_DIR"]) / "world.json"
    if not told.exists():
        started = time.monotonic()
        sizes = scale_world.grow(**wanted)
        told.write_text(json.dumps({"sizes": sizes, "built_seconds": time.monotonic() - started}))
    found: dict[str, Any] = json.loads(told.read_text())
    return found


def _asks() -> list[Callable[[], Any]]:
    from parvis.portal.directory.models import Agent
    from parvis.portal.parc.models import Assignment

    clients = _Pages()
    agent = Agent.objects.get(email=AGENT)
    computer = Assignment.objects.filter(agent=agent, asset__display__isnull=False)[0].asset_id
    known = {"agent": agent.pk, "computer": computer, "entity": Agent.objects.get(email=HEAD).entity_id}
    return [_asker(clients, persona, path.format(**known)) for _, persona, path in PAGES]


def _asker(clients: _Pages, persona: str, address: str) -> Callable[[], Any]:
    return lambda: clients._client(persona).get(address, HTTP_HOST=HOST)


def _one(ask: Callable[[], Any]) -> dict[str, Any]:
    from django.db import connection

    queries = _Counter()
    with connection.execute_wrapper(queries):
        started, cpu = time.perf_counter(), time.process_time()
        response = ask()
        wall, cpu = time.perf_counter() - started, time.process_time() - cpu
    return {
        "ms": wall * 1000,
        "cpu_ms": cpu * 1000,
        "status": response.status_code,
        "queries": queries.count,
        "kilobytes": len(response.content) / 1000,
    }


def _profile(ask: Callable[[], Any]) -> list[str]:
    """Our own functions that a page spends its time in, with what they call: `milliseconds function`."""
    profile = cProfile.Profile()
    profile.runcall(ask)
    told = [
        (total, f"{file.rpartition('parvis/')[2]}:{line} {name}")
        for (file, line, name), (_, _, _, total, _) in pstats.Stats(profile).stats.items()  # type: ignore[attr-defined]
        if "/parvis/" in file and "middleware" not in file and name != "__call__"
    ]
    return [f"{1000 * total:.0f} {what}" for total, what in sorted(told, reverse=True)[:12]]


def main(arguments: Sequence[str]) -> None:
    """As `child.main`, on the database named first."""
    os.environ["PARVIS_DATABASE_URL"] = arguments[2]
    child.main(measure)


if __name__ == "__main__":
    main(sys.argv)
