"""The pages people open most at 5,000 agents, 100,000 assets and 1,000,000 audit records, on both databases.

Building takes longer than measuring. `BENCH_WORLD=FOLDER python -m bench scale` keeps both databases there (an absolute
path the user `postgres` may enter) and finds them again the next time; `BENCH_WORLD=FOLDER python -m bench.scale` only
builds them.
"""

from __future__ import annotations

import os
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from bench.databases import postgresql
from bench.portal import child
from bench.portal.run import LIMIT_MS
from bench.processes import NotStarted
from bench.report import Section, median, note, percentile, ratio

RUNS = 21
SIZES = {"agents": 5_000, "assets": 100_000, "records": 1_000_000, "sessions": 100_000}
QUICK = {"agents": 2_300, "assets": 6_000, "records": 20_000, "sessions": 20_500}
DATABASES = ("SQLite", "PostgreSQL")


def run(section: Section, *, quick: bool = False) -> None:
    """Measure and print."""
    runs, sizes = (2, QUICK) if quick else (RUNS, SIZES)
    for name in DATABASES:
        try:
            found = _on(name, runs, sizes)
        except NotStarted as error:
            section.missing(f"{name}: {error}")
            continue
        section.data[name] = found
        _tell(section, name, found)


def _on(name: str, runs: int, sizes: dict[str, int]) -> dict[str, Any]:
    """What is found on one of `DATABASES`; with no runs the world is only built."""
    note(f"scale: {sizes['assets']:,} assets, {sizes['records']:,} audit records on {name}")
    kept = os.environ.get("BENCH_WORLD")
    with ExitStack() as stack:
        folder = Path(kept) / f"{name}-{sizes['records']}" if kept else None
        if folder:
            folder.mkdir(parents=True, exist_ok=True)
        server = folder.with_suffix(".server") if folder else None
        url = "sqlite" if name == "SQLite" else stack.enter_context(postgresql(keep=server)).url
        wanted = [str(number) for number in sizes.values()]
        return child.run("bench.portal.scale_child", url, str(runs), *wanted, seconds=1800, keep=folder)


def _tell(section: Section, name: str, found: dict[str, Any]) -> None:
    sizes = ", ".join(f"{count:,} {what}" for what, count in found["sizes"].items())
    section.say(f"{name}, {sizes}; built in {found['built_seconds']:.0f} s. Limit: {LIMIT_MS:.0f} ms of processor.\n")
    rows: list[tuple[object, ...]] = []
    every: list[float] = []
    for page in found["pages"]:
        if page["status"] != 200:
            section.missing(f"{name}, {page['title']}: HTTP {page['status']}")
            continue
        slow = percentile(page["cpu_ms"], 0.95)
        every += page["cpu_ms"]
        rows.append(
            (page["title"], median(page["cpu_ms"]), slow, ratio(slow, LIMIT_MS), median(page["ms"]), page["queries"])
        )
    rows.append(("all of them", median(every), percentile(every, 0.95), "", None, None))
    section.table(["", "CPU ms", "p95", "of the limit", "wall ms", "queries"], rows)
    for title, lines in found["profiles"].items():
        section.say(f"  {title}: what it spends its time in (ms under the profiler)")
        for line in lines:
            section.say(f"    {line}")
    section.say()


if __name__ == "__main__":
    for each in DATABASES:
        print(each, _on(each, 0, SIZES)["sizes"])
