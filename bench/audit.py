"""What the tamper-evident trail costs over plain inserts into the same database."""

from __future__ import annotations

from bench.portal import child
from bench.processes import NotStarted
from bench.report import Section, median, ratio

ROUNDS, RECORDS = 7, 200


def run(section: Section, *, quick: bool = False) -> None:
    """Measure and print."""
    rounds, records = (1, 20) if quick else (ROUNDS, RECORDS)
    try:
        found = child.run("bench.portal.audit_child", str(rounds), str(records))
    except NotStarted as error:
        section.missing(str(error))
        return
    speeds = {name: median(values) for name, values in found["records_per_second"].items()}
    section.say(f"SQLite, write-ahead log, synchronous=FULL; medians of {rounds} × {records} records.\n")
    rows = []
    for name, speed in speeds.items():
        raw = f"raw INSERT, {name.partition(', ')[2]}"
        rows.append((name, speed, ratio(speed, speeds[raw]) if raw != name else None))
    rows.append(("audit.verify", found["verify_records_per_second"], None))
    section.table(["", "records/s", "of the raw insert"], rows)
    section.data |= found
