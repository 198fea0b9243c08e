"""Pure rules: what a record says, who wins a field, how many may leave, when the next run is."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta

from parvis.portal.kernel.clock import PARIS
from parvis.portal.sources.items import ACTIVE, DAYS, DUE, ENTITY, FIELDS, TEXTS, Item, Kind, Problem, Value
from parvis.portal.sources.records import Record

LONGEST = {
    "first_name": 100, "last_name": 100, "email": 254, "job_title": 150,
    "personnel_number": 40, "phone": 30, "office": 60,
}  # fmt: skip
LONGEST_KEY = 200
YEARS = range(1950, 2100)
NIGHTLY = 24

TRANSITIONS: dict[str, tuple[str, ...]] = {
    "queued": ("reading", "failed"),
    "reading": ("planned", "waiting", "applying", "failed"),
    "planned": ("applying", "stale", "discarded"),
    "waiting": ("applying", "stale", "discarded"),
    "applying": ("applied", "failed", "stale"),
}
"""A run's states and what may follow; the others are final."""

# Deliberately narrow (RFC 5321's quoted local parts are no address of an agent).
_EMAIL = re.compile(r"\A[^\s@\"<>(),;:\\\[\]]+@[^\s@.\"<>(),;:\\\[\]]+(\.[^\s@.\"<>(),;:\\\[\]]+)+\Z")


@dataclass(frozen=True, slots=True)
class Opinion:
    """What one source says of an agent."""

    source: int
    priority: int
    reported: dict[str, Value]
    says_here: bool
    """In the source, enabled, and not missing for longer than its delay."""


@dataclass(slots=True)
class Known:
    """An agent as the directory has them now."""

    pk: int
    values: dict[str, Value]
    is_active: bool
    has_account: bool
    inside: bool
    """Whether they work in the source's root entity or below."""
    opinions: list[Opinion] = field(default_factory=list)
    holds: frozenset[str] = frozenset()

    @property
    def label(self) -> str:
        """Their name."""
        return f"{self.values['first_name']} {self.values['last_name']}"

    def fingerprint(self) -> str:
        """16 bytes that change whenever a plan about this agent could (hexadecimal)."""
        said = sorted((one.source, one.priority, one.says_here, sorted(one.reported.items())) for one in self.opinions)
        state = (self.is_active, self.has_account, self.inside)
        seen = (sorted(self.values.items()), state, sorted(self.holds), said)
        return hashlib.blake2b(repr(seen).encode(), digest_size=16).hexdigest()


@dataclass(frozen=True, slots=True)
class Asking:
    """The source that speaks, and the day."""

    source: int
    priority: int
    today: date


def told(record: Record) -> dict[str, Value]:
    """What a record says, without what it leaves empty; the entity comes apart."""
    said: dict[str, Value] = {name: " ".join(str(getattr(record, name)).split()) for name in TEXTS}
    said["email"] = str(said["email"]).lower()
    for name in DAYS:
        value: date | None = getattr(record, name)
        said[name] = value.isoformat() if value else None
    return {name: value for name, value in said.items() if value}


def faults_of(record: Record) -> list[Problem]:
    """Why this record cannot be used; empty: it can."""
    said = told(record)
    found = []
    if not record.key or len(record.key) > LONGEST_KEY:
        found.append(Problem("no_key"))
    found += [Problem(f"no_{name}") for name in ("first_name", "last_name", "email") if name not in said]
    if "email" in said and not _EMAIL.match(str(said["email"])):
        found.append(Problem("bad_email", {"value": str(said["email"])[:100]}))
    for name, most in LONGEST.items():
        if len(str(said.get(name, ""))) > most:
            found.append(Problem("too_long", {"field": name, "most": most}))
    days = [record.starts_date, record.ends_date]
    if any(day is not None and day.year not in YEARS for day in days):
        found.append(Problem("bad_year"))
    if record.starts_date and record.ends_date and record.ends_date < record.starts_date:
        found.append(Problem("ends_before_start"))
    # NUL and lone surrogates are no text for PostgreSQL.
    texts = (*map(str, said.values()), record.key, record.where, record.entity)
    if not all(text.isprintable() for text in texts):
        found.append(Problem("control_characters"))
    return found


def settle(known: Known, asking: Asking, said: dict[str, Value], *, enabled: bool, before: dict[str, Value]) -> Item:
    """What follows for an agent of what their source says now; `before`: what it said last.

    Per field: a human's decision holds; else the source with the lowest number that says something; a value a
    source takes back goes away if nobody else gives one. An empty value never said anything.
    """
    item = Item(key="", label=known.label, agent=known.pk, reported=said, enabled=enabled, base=known.fingerprint())
    others = [each for each in known.opinions if each.source != asking.source]
    for name in FIELDS:
        _settle_field(item, known, asking, others, name, before)
    here = _here(item, known, asking, enabled or any(each.says_here for each in others))
    if ACTIVE in known.holds:
        if here == known.is_active:
            item.released.append(ACTIVE)
        else:
            item.held[ACTIVE] = [int(known.is_active), int(here)]
    elif here != known.is_active:
        item.active = here
        item.kinds.add(Kind.RETURN if here else Kind.DISABLED)
    classify(item)
    return item


def classify(item: Item) -> None:
    """Set the kinds that follow from `fields` and `held`."""
    item.kinds -= {Kind.CHANGE, Kind.MOVE, Kind.HELD}
    if item.fields.keys() - {ENTITY}:
        item.kinds.add(Kind.CHANGE)
    if ENTITY in item.fields:
        item.kinds.add(Kind.MOVE)
    if item.held:
        item.kinds.add(Kind.HELD)


def _settle_field(
    item: Item, known: Known, asking: Asking, others: list[Opinion], name: str, before: dict[str, Value]
) -> None:
    now = known.values.get(name) or None
    mine = item.reported.get(name)
    said = [(each.priority, each.source, each.reported[name]) for each in others if each.reported.get(name)]
    if mine:
        said.append((asking.priority, asking.source, mine))
    winner = min(said)[1:] if said else None
    if name in known.holds:
        if winner and winner[1] == now:
            item.released.append(name)
        elif winner and winner[0] == asking.source:
            item.held[name] = [now, winner[1]]
        return
    taken_back = not mine and bool(before.get(name)) and before[name] == now
    if winner and winner[1] != now and (winner[0] == asking.source or taken_back):
        item.fields[name] = [now, winner[1]]
    elif not winner and taken_back and name not in DUE:
        item.fields[name] = [now, None]


def _here(item: Item, known: Known, asking: Asking, says_here: bool) -> bool:
    # A post whose last day is over is over, whatever a source forgets to say.
    last = item.fields["ends_date"][1] if "ends_date" in item.fields else known.values.get("ends_date")
    return says_here and not (last and str(last) < asking.today.isoformat())


def too_many_leave(leaving: int, present: int, *, percent: int, floor: int) -> bool:
    """Whether a person must look first: more than `floor` people, and more than `percent` % of those present."""
    return leaving > floor and leaving * 100 > percent * present


def is_gone(runs: int, since: datetime, now: datetime, *, grace_runs: int, grace_days: int) -> bool:
    """Whether somebody missing for `runs` runs in a row, since that instant, is taken for gone."""
    return runs >= grace_runs and now - since >= timedelta(days=grace_days)


def next_run(every_hours: int | None, night_hour: int, now: datetime) -> datetime | None:
    """When a run is due after `now`; None: never by itself. Nightly runs are at an hour of Paris, summer or winter."""
    if every_hours is None:
        return None
    if every_hours != NIGHTLY:
        return now + timedelta(hours=every_hours)
    local = now.astimezone(PARIS)
    night = datetime.combine(local.date(), time(night_hour), PARIS)
    if night <= local:
        night = datetime.combine(local.date() + timedelta(days=1), time(night_hour), PARIS)
    return night
