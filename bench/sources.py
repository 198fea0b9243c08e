"""Synchronising the directory: a first import, the same again, a little of it changed."""

from __future__ import annotations

from bench.portal import child
from bench.processes import NotStarted
from bench.report import Section

SIZES = (5_000, 50_000)


def run(section: Section, *, quick: bool = False) -> None:
    """Measure and print."""
    rows = []
    for people in (200,) if quick else SIZES:
        try:
            found = child.run("bench.portal.sources_child", str(people), seconds=3600)
        except NotStarted as error:
            section.missing(str(error))
            return
        section.data[str(people)] = found
        for name, each in found.items():
            longest = round(each["longest_batch"] * 1000)
            rows.append((f"{people} people, {name}", each["per_second"], each["seconds"], each["peak_mb"], longest))
    section.say(
        "Records of a generator, SQLite, every event delivered. « Longest batch »: how long others' writes may wait.\n"
    )
    section.table(["", "people/s", "s", "peak MB", "longest batch, ms"], rows)
