"""Booking under rush, and the question « which tool? », with 20 rooms and a year of bookings."""

from __future__ import annotations

from bench.portal import child
from bench.processes import NotStarted
from bench.report import Section, median, note, percentile

ROOMS, DAYS, CLIENTS, QUESTIONS = 20, 365, 50, 60


def run(section: Section, *, quick: bool = False) -> None:
    """Measure and print."""
    days, clients, questions = (20, 10, 5) if quick else (DAYS, CLIENTS, QUESTIONS)
    note(f"meetings: {ROOMS} rooms × {days} days; {clients} clients at once")
    try:
        found = child.run("bench.portal.meetings_child", str(ROOMS), str(days), str(clients), str(questions))
    except NotStarted as error:
        section.missing(str(error))
        return
    section.say(f"SQLite; {found['bookings']:,} bookings of {ROOMS} rooms over {days} days.\n")
    rows = [
        (title, len(times), median(times), percentile(times, 0.95), max(times)) for title, times in found["ms"].items()
    ]
    section.table(["", "times", "median ms", "p95 ms", "longest ms"], rows)
    rush = found["rush"]
    section.say(
        f"  {clients} clients on one hour with {rush['free']} rooms free: {rush['booked']} booked,"
        f" {rush['refused']} refused, {rush['overlaps']} overlaps, {rush['seconds']} s in all.\n"
    )
    section.data |= found
    if rush["errors"]:
        section.missing(f"the rush: some clients had no answer ({rush['errors'][0]})")
    elif rush["booked"] != min(rush["free"], clients) or rush["overlaps"]:
        section.missing("the rush: a room was given twice, or one was left though it was wanted")
