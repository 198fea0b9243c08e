"""Reports a second and memory, against OCS Inventory's server and against the least anything could do."""

from __future__ import annotations

from bench.inventory import bare, ocs, reports
from bench.portal import child
from bench.processes import NotStarted
from bench.report import Section, note, ratio

COMPUTERS = 300
TARGET = 20.0
"""Reports a second, sustained: 3,700 computers in three minutes."""


def run(section: Section, *, quick: bool = False) -> None:
    """Measure and print."""
    count, programs = (20, 60) if quick else (COMPUTERS, reports.PROGRAMS)
    section.say(
        f"{count} computers, {programs} programs each, {len(reports.xml(1, programs=programs)):,} bytes of XML.\n"
    )
    rows: list[tuple[object, ...]] = []
    note("inventory: ours")
    try:
        found = child.run("bench.inventory.ours_child", str(count), str(programs), seconds=1800)
    except NotStarted as error:
        section.missing(str(error))
        found = {}
    for name, each in found.items():
        rows.append(_row(f"Parvis, {name}", each))
        section.say(
            f"  {name}: {each['arrivals']:.0f} arrivals/s, {each['applied']:.0f} applied/s,"
            f" slowest answer {each['slowest_answer'] * 1000:.0f} ms"
        )
    section.data["ours"] = found
    note("inventory: OCS")
    try:
        theirs = ocs.measure(count, programs)
    except NotStarted as error:
        section.missing(f"ocsinventory-server: {error}")
        theirs = {}
    for name, each in theirs.items():
        rows.append(_row(f"OCS server, {name}", each))
    section.data["ocs"] = theirs
    least = bare.per_second([reports.compressed(number, programs=programs) for number in range(count)])
    rows.append(("parse and insert, nothing else", least, ratio(least, TARGET), None, None))
    section.data["bare"] = least
    section.say()
    section.table(["", "reports/s", f"of the target ({TARGET:.0f}/s)", "CPU ms a report", "peak MB"], rows)


def _row(name: str, found: dict[str, float]) -> tuple[object, ...]:
    speed = found["per_second"]
    return name, speed, ratio(speed, TARGET), found["cpu_ms"], found["peak_mb"]
