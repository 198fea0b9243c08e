"""The pages people open most at 5,000 agents, 100,000 assets and 1,000,000 audit records, on both databases."""

from __future__ import annotations

from contextlib import ExitStack
from typing import Any

from bench.databases import postgresql
from bench.portal import child
from bench.portal.run import LIMIT_MS
from bench.processes import NotStarted
from bench.report import Section, median, note, percentile, ratio

RUNS = 9
SIZES = {"agents": 5_000, "assets": 100_000, "records": 1_000_000, "sessions": 100_000}
QUICK = {"agents": 2_300, "assets": 6_000, "records": 20_000, "sessions": 20_500}


def run(section: Section, *, quick: bool = False) -> None:
    """Measure and print."""
    runs, sizes = (2, QUICK) if quick else (RUNS, SIZES)
    for name in ("SQLite", "PostgreSQL"):
        note(f"scale: {sizes['assets']:,} assets, {sizes['records']:,} audit records on {name}")
        try:
            with ExitStack() as stack:
                url = "sqlite" if name == "SQLite" else stack.enter_context(postgresql()).url
                wanted = [str(number) for number in sizes.values()]
                found = child.run("bench.portal.scale_child", url, str(runs), *wanted, seconds=1800)
        except NotStarted as error:
            section.missing(f"{name}: {error}")
            continue
        section.data[name] = found
        _tell(section, name, found)


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
