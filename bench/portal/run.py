"""The portal's pages at the size of a métropole, on the embedded database, against what a person notices."""

from __future__ import annotations

from bench.portal import child
from bench.processes import NotStarted
from bench.report import Section, median, note, percentile, ratio

LIMIT_MS = 200.0
"""Our own promise for a page's server time: under what a person feels as waiting."""
RUNS, HISTORY_ROWS = 11, 100_000


def run(section: Section, *, quick: bool = False) -> None:
    """Measure and print."""
    runs, rows = (2, 20_500) if quick else (RUNS, HISTORY_ROWS)
    note("portal: building the authority and its history")
    try:
        found = child.run("bench.portal.pages", str(runs), str(rows))
    except NotStarted as error:
        section.missing(str(error))
        return
    sizes = ", ".join(f"{count:,} {name}" for name, count in found["sizes"].items())
    section.say(f"SQLite, {sizes}. Server time through the whole middleware, {runs} runs, limit {LIMIT_MS:.0f} ms.\n")
    rows_told = []
    for page in found["pages"]:
        middle, slow = median(page["ms"]), percentile(page["ms"], 0.95)
        if page["status"] != 200:
            section.missing(f"{page['title']}: HTTP {page['status']}")
            continue
        rows_told.append(
            (
                page["title"],
                middle,
                slow,
                median(page["cpu_ms"]),
                ratio(middle, LIMIT_MS),
                page["queries"],
                float(page["kilobytes"]),
            )
        )
    section.table(["", "median ms", "p95 ms", "CPU ms", "of the limit", "queries", "kB"], rows_told)
    section.data |= found
