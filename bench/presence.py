"""Presence at 5,000 agents × 2 years of half-days, sparse and dense, on the embedded database and on PostgreSQL."""

from __future__ import annotations

import os

from bench.portal import child
from bench.portal.run import LIMIT_MS
from bench.processes import NotStarted
from bench.report import Section, median, note, percentile, ratio

RUNS, AGENTS, DAYS = 7, 5000, 730
POSTGRESQL = "BENCH_DATABASE_URL"
"""Address of an empty PostgreSQL database to measure as well."""


def run(section: Section, *, quick: bool = False) -> None:
    """Measure and print."""
    runs, agents, days = (2, 2300, 60) if quick else (RUNS, AGENTS, DAYS)
    databases = {"SQLite": "sqlite"}
    if address := os.environ.get(POSTGRESQL):
        databases["PostgreSQL"] = address
    for name, url in databases.items():
        note(f"presence: {agents:,} agents × {days} days on {name}, sparse then dense; this takes minutes")
        try:
            found = child.run("bench.portal.presence_child", url, str(runs), str(agents), str(days), seconds=1500)
        except NotStarted as error:
            section.missing(f"{name}: {error}")
            continue
        _tell(section, name, found)
        section.data[name] = found
    if POSTGRESQL not in os.environ:
        section.say(f"PostgreSQL: set {POSTGRESQL} to the address of an empty database.")


def _tell(section: Section, name: str, found: dict[str, object]) -> None:
    for filling, measured in found.items():
        section.say(f"{name}, {filling}: {measured['sizes']}.\n")  # type: ignore[index]
        rows = []
        for title, each in measured["pages"].items():  # type: ignore[index]
            if each.get("status", 200) != 200:
                section.missing(f"{name}, {filling}, {title}: HTTP {each['status']}")
                continue
            middle, slow = median(each["ms"]), percentile(each["ms"], 0.95)
            rows.append((title, middle, slow, median(each["cpu_ms"]), ratio(middle, LIMIT_MS), each["queries"]))
        section.table(["", "median ms", "p95 ms", "CPU ms", "of the limit", "queries"], rows)
