"""The list of assets with its facets, against the bare SQL that the same database can do, in the same run.

Elsewhere: Snipe-IT's list of 160,000 assets took 13.6 s, and 0.6 s once it had an index (its issue 9682); 9,269 took
3 min 30 (issue 5511). Those were other machines: no ratio is made of them.
"""

from __future__ import annotations

from bench.portal import child
from bench.processes import NotStarted
from bench.report import Section, median, note, percentile, ratio

SIZES, ROUNDS = (5_000, 100_000), 10
LIMIT_MS = 200.0
"""Our own promise for the whole page, middleware and template included, at the larger size."""


def run(section: Section, *, quick: bool = False) -> None:
    """Measure and print."""
    for assets in (300,) if quick else SIZES:
        note(f"assets: {assets:,}")
        try:
            found = child.run("bench.portal.assets_child", str(assets), str(2 if quick else ROUNDS), seconds=600)
        except NotStarted as error:
            section.missing(str(error))
            continue
        section.say(f"SQLite, {assets:,} assets. Page limit {LIMIT_MS:.0f} ms; ten facets are counted in each.")
        section.say("Bare: COUNT(*) and 50 rows of the same question, no facet, no perimeter.")
        section.say(
            f"First page of a process {found['first_ms']:.0f} ms;"
            f" after one asset changed {median(found['after_change_ms']):.0f} ms.\n"
        )
        rows, every = [], []
        for name, times in found["asked"].items():
            bare, page = median(times["bare"]), median(times["page"])
            slow = percentile(times["page"], 0.95)
            every += times["page"]
            rows.append((name, bare, page, ratio(page, bare), slow, median(times["cpu"]), ratio(slow, LIMIT_MS)))
        rows.append(("all of them", None, median(every), "", percentile(every, 0.95), None, ""))
        section.table(["asked", "bare SQL ms", "page ms", "of bare", "p95", "CPU ms", "of the limit"], rows)
        section.data[str(assets)] = found
