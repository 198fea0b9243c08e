"""Importing the parc: 10,000 lines read, compared, written with their history; against a bare csv and bulk insert."""

from __future__ import annotations

from bench.portal import child
from bench.processes import NotStarted
from bench.report import Section

LINES = 10_000


def run(section: Section, *, quick: bool = False) -> None:
    """Measure and print."""
    lines = 300 if quick else LINES
    try:
        found = child.run("bench.portal.imports_child", str(lines), seconds=1800)
    except NotStarted as error:
        section.missing(str(error))
        return
    section.data.update(found)
    bare = found["bare"]["seconds"]
    rows = [
        (title, lines / each["seconds"], each["seconds"], each["seconds"] / bare, each["peak_mb"])
        for title, each in found.items()
    ]
    section.say(
        f"{lines:,} lines of 12 columns, SQLite. « bare »: csv.DictReader and bulk_create of the same rows, without "
        "matching, differences, history or audit trail, in the same run.\n"
    )
    section.table(["", "lines/s", "s", "× bare", "peak MB"], rows)
    section.say(f"Longest transaction: {round(found['first import']['longest_batch'] * 1000)} ms.")
