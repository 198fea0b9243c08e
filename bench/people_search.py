"""People search as one types, against the bare `LIKE` the same database can do, at two sizes of an authority."""

from __future__ import annotations

from bench.portal import child
from bench.processes import NotStarted
from bench.report import Section, median, note, percentile, ratio

SIZES, ROUNDS = (5_000, 50_000), 15
LIMIT_MS = 50.0
"""Our own promise for the answer to a key stroke, whole middleware included, at the larger size."""


def run(section: Section, *, quick: bool = False) -> None:
    """Measure and print."""
    for agents in (500,) if quick else SIZES:
        note(f"people search: {agents:,} agents")
        try:
            found = child.run("bench.portal.people_child", str(agents), str(2 if quick else ROUNDS))
        except NotStarted as error:
            section.missing(str(error))
            continue
        section.say(f"SQLite, {agents:,} agents in {found['entities']} entities; p95 limit {LIMIT_MS:.0f} ms.\n")
        rows = []
        for typed, times in found["typed"].items():
            bare, slow = median(times["bare"]), percentile(times["answer"], 0.95)
            rows.append(
                (
                    f"« {typed} »",
                    bare,
                    median(times["search"]),
                    ratio(median(times["search"]), bare),
                    median(times["answer"]),
                    slow,
                    percentile(times["cpu"], 0.95),
                    ratio(slow, LIMIT_MS),
                )
            )
        every = [value for times in found["typed"].values() for value in times["answer"]]
        work = [value for times in found["typed"].values() for value in times["cpu"]]
        slow = percentile(every, 0.95)
        rows.append(("all of them", None, None, "", median(every), slow, percentile(work, 0.95), ratio(slow, LIMIT_MS)))
        heads = ["typed", "bare LIKE ms", "search ms", "of bare", "answer ms", "p95", "CPU p95", "of the limit"]
        section.table(heads, rows)
        section.data[str(agents)] = found
