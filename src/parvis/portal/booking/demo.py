"""The demo's pools: twenty telephone rooms in two contracts, Zoom hosts, meeting rooms; weeks of use behind and ahead.

The first ten telephone rooms refuse people, the ten added in 2020 are half asleep: what the gauge is there to show.
"""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from decimal import Decimal

from django.db import transaction

from parvis.portal.booking.models import Booking, Pool, Refusal, Resource
from parvis.portal.directory.demo import AUTHORITY
from parvis.portal.directory.models import Agent, Entity
from parvis.portal.kernel import clock
from parvis.portal.parc.models import Site
from parvis.portal.parc.record_models import Contract

SEED = 20200316
WEEKS_BEHIND, WEEKS_AHEAD = 12, 3
TITLES = ("Point hebdomadaire", "Comité de suivi", "Revue de projet", "Réunion d’équipe", "Point voirie",
          "Préparation du budget", "Commission logement", "Suivi de chantier", "Réunion avec le prestataire",
          "Point assainissement", "Comité technique", "Retour d’expérience", "Accueil des nouveaux agents",
          "Atelier participatif", "Entretien de recrutement", "Coordination des déchèteries")  # fmt: skip
HOURS = ((8, 2), (9, 9), (10, 10), (11, 5), (12, 1), (13, 2), (14, 9), (15, 7), (16, 4), (17, 1))
"""Starts of meetings, and how often."""
DAYS = (10, 12, 9, 12, 7)
"""Tuesdays and Thursdays are full, Fridays quiet."""
LASTS = ((30, 4), (45, 2), (60, 8), (90, 4), (120, 2))
ROOMS = (
    ("Salle Ouessant", 20, ("screen", "camera", "sound", "whiteboard", "accessible", "hearing_loop"), "1er étage", 0),
    ("Salle Molène", 12, ("screen", "camera", "whiteboard", "accessible"), "1er étage", 0),
    ("Salle Sein", 8, ("screen", "whiteboard"), "2e étage", 0),
    ("Salle Batz", 6, ("screen", "phone_octopus"), "2e étage", 0),
    ("Salle Bréhat", 4, ("phone_octopus",), "2e étage, bout du couloir", 0),
    ("Salle Groix", 30, ("screen", "camera", "sound", "computer", "accessible", "hearing_loop"), "Rez-de-chaussée", 1),
    ("Salle Houat", 10, ("screen", "camera", "accessible"), "Rez-de-chaussée", 1),
    ("Salle Hœdic", 6, ("screen",), "1er étage", 1),
)
"""Name, places, equipment, where, which of the two sites."""


@dataclass(slots=True)
class _Book:
    """Bookings and refusals being written."""

    now: datetime
    agents: Sequence[Agent]
    chance: random.Random
    taken: dict[int, list[tuple[datetime, datetime]]] = field(default_factory=lambda: defaultdict(list))
    bookings: list[Booking] = field(default_factory=list)
    refusals: list[Refusal] = field(default_factory=list)

    def fill(self, pool: Pool, resources: Sequence[Resource], monday: date, per_week: float) -> None:
        """A week of wishes, made days before; who finds nothing is refused, or waits if it is still to come."""
        wishes = []
        for number in range(int(per_week + self.chance.random())):
            (day,), (hour,) = self._one_of(tuple(enumerate(DAYS))), self._one_of(HOURS)
            (minutes,) = self._one_of(LASTS)
            starts = datetime.combine(
                monday + timedelta(days=day), time(hour, self.chance.choice((0, 0, 0, 30))), clock.PARIS
            )
            wishes.append((starts, minutes, number))
        for starts, minutes, _number in sorted(wishes, key=lambda wish: (wish[2] % 7, wish[0])):
            people = min(self.chance.choice((2, 3, 4, 4, 5, 6, 8, 10)), max(each.capacity for each in resources))
            self.add(pool, resources, starts.astimezone(self.now.tzinfo), minutes, people=people)

    def add(
        self, pool: Pool, resources: Sequence[Resource], starts: datetime, minutes: int,
        *, people: int = 4, holder: Agent | None = None, title: str = "",
    ) -> Booking | None:  # fmt: skip
        """One wish."""
        ends = starts + timedelta(minutes=minutes)
        free_at = ends + timedelta(minutes=pool.buffer_minutes)
        booked_at = min(starts, self.now) - timedelta(
            days=self.chance.randint(1, 15), minutes=self.chance.randint(0, 400)
        )
        fits = sorted(
            (each for each in resources if each.capacity >= people), key=lambda each: (each.capacity, each.pk)
        )
        found = next((each for each in fits if self._free(each, starts, free_at)), None)
        if found is None:
            self.refusals.append(Refusal(pool=pool, at=booked_at, starts_at=starts, ends_at=ends, people=people))
            if starts < self.now or self.chance.random() > 0.5:
                return None
        booking = Booking(
            pool=pool, resource=found, title=title or self.chance.choice(TITLES), people=people,
            holder=holder or self.chance.choice(self.agents), booked_at=booked_at, starts_at=starts, ends_at=ends,
            free_at=free_at, state=Booking.State.BOOKED if found else Booking.State.WAITING,
        )  # fmt: skip
        booking.booked_by = booking.holder.user
        soon = starts - self.now <= timedelta(hours=pool.assign_hours)
        booking.is_final = found is not None and (pool.assignment == Pool.Assignment.FIXED or soon)
        if found is not None:
            self._live(booking, pool)
            self.taken[found.pk].append((starts, booking.free_at))
        self.bookings.append(booking)
        return booking

    def _live(self, booking: Booking, pool: Pool) -> None:
        if booking.starts_at > self.now:
            return
        nobody = pool.check_in_minutes and self.chance.random() < 0.07
        arrived = booking.starts_at + timedelta(minutes=self.chance.randint(-4, 6))
        if booking.ends_at <= self.now:
            booking.state = Booking.State.RELEASED if nobody else Booking.State.DONE
            booking.ended_at = booking.ends_at
            if nobody:
                booking.ended_at = booking.starts_at + timedelta(minutes=pool.check_in_minutes)
                booking.free_at = booking.ended_at
        else:
            booking.state = Booking.State.IN_USE
        if booking.state != Booking.State.RELEASED:
            booking.checked_in_at = min(arrived, self.now)

    def _free(self, resource: Resource, starts: datetime, free_at: datetime) -> bool:
        return all(until <= starts or since >= free_at for since, until in self.taken[resource.pk])

    def _one_of(self, weighted: Sequence[tuple[int, int]]) -> list[int]:
        return self.chance.choices([value for value, _weight in weighted], [weight for _value, weight in weighted])

    def write(self) -> None:
        """All of it, in few statements."""
        Booking.objects.bulk_create(self.bookings, batch_size=500)
        Refusal.objects.bulk_create(self.refusals, batch_size=500)


@transaction.atomic
def build(now: datetime) -> bool:
    """Make pools, resources and bookings; False if they are there already."""
    root = Entity.objects.get(name=AUTHORITY, parent=None)
    if Pool.objects.filter(entity=root).exists():
        return False
    agents = Agent.objects.filter(entity__path__startswith=root.path, is_active=True).select_related("user", "entity")
    known = list(agents.order_by("pk")[:500])
    book = _Book(now, known, random.Random(SEED))
    sites = list(Site.objects.filter(entity__path__startswith=root.path).order_by("pk")[:2])
    pools = [
        (*_phones(root, "Salles téléphoniques 1 à 10", 1, "+3329800410", Decimal(5400)), 105.0),
        (*_phones(root, "Salles téléphoniques 11 à 20", 11, "+3329800420", Decimal(6120)), 15.0),
        (*_hosts(root), 14.0),
        (*_rooms(root, sites), 70.0),
    ]
    today = clock.today(now)
    this_monday = today - timedelta(days=today.weekday())
    for step in range(-WEEKS_BEHIND, WEEKS_AHEAD + 1):
        # Ahead, less and less is known yet.
        share = 1.0 if step < 0 else (0.85, 0.55, 0.3, 0.15)[step]
        for pool, resources, per_week in pools:
            book.fill(pool, resources, this_monday + timedelta(weeks=step), per_week * share)
    _of_personas(book, pools[0], pools[3], {agent.email.partition("@")[0]: agent for agent in known})
    book.write()
    return True


def _phones(
    root: Entity, name: str, first: int, prefix: str, yearly: Decimal
) -> tuple[Pool, list[Resource]]:  # fmt: skip
    contract, _new = Contract.objects.get_or_create(
        entity=root, name=f"Audioconférence, {name.lower()}",
        defaults={"kind": Contract.Kind.TELECOM, "reference": f"AUDIO-{first:02d}", "yearly_cost": yearly},
    )  # fmt: skip
    pool = Pool.objects.create(
        entity=root, kind=Pool.Kind.PHONE_ROOM, name=name, buffer_minutes=5, assign_hours=24,
        description="Un numéro et un code\u202f: chacun appelle, sans ordinateur ni caméra.",
    )  # fmt: skip
    chance = random.Random(SEED + first)
    rooms = [
        Resource(
            pool=pool, name=f"Salle {first + at}", phone_number=f"{prefix}{at}", pin=f"{chance.randint(1000, 999999)}",
            moderator_pin=f"{chance.randint(1000, 9999)}", capacity=30, owner="Opérateur du marché d’audioconférence",
            contract=contract,
        )
        for at in range(10)
    ]  # fmt: skip
    Resource.objects.bulk_create(rooms)
    return pool, rooms


def _hosts(root: Entity) -> tuple[Pool, list[Resource]]:
    pool = Pool.objects.create(
        entity=root, kind=Pool.Kind.HOST, name="Comptes Zoom", buffer_minutes=10, assign_hours=48,
        description="Une réunion à la fois par compte animateur.",
    )  # fmt: skip
    hosts = [
        Resource(pool=pool, name=f"Zoom {n}", account_ref=f"visio{n}@rivemarine.example", capacity=300,
                 equipment=["recording"])
        for n in (1, 2, 3)
    ]  # fmt: skip
    Resource.objects.bulk_create(hosts)
    return pool, hosts


def _rooms(root: Entity, sites: Sequence[Site]) -> tuple[Pool, list[Resource]]:
    pool = Pool.objects.create(
        entity=root, kind=Pool.Kind.ROOM, name="Salles de réunion", assignment=Pool.Assignment.FIXED,
        buffer_minutes=10, check_in_minutes=15, assign_hours=0,
        description="Une salle où personne ne vient est rendue aux autres au bout d’un quart d’heure.",
    )  # fmt: skip
    rooms = [
        Resource(pool=pool, name=name, capacity=places, equipment=list(equipment), location=where,
                 site=sites[which % len(sites)] if sites else None)
        for name, places, equipment, where, which in ROOMS
    ]  # fmt: skip
    Resource.objects.bulk_create(rooms)
    return pool, rooms


def _of_personas(
    book: _Book,
    phones: tuple[Pool, list[Resource], float],
    rooms: tuple[Pool, list[Resource], float],
    agents: dict[str, Agent],
) -> None:
    """Claire and Nadia have meetings on the next working days."""
    day = clock.today(book.now)
    for who, (pool, resources, _weight), hour, title in (
        ("claire.legoff", phones, 11, "Point avec les communes"),
        ("nadia.benali", rooms, 14, "Préparation du conseil"),
        ("claire.legoff", rooms, 15, "Réunion d’équipe"),
    ):
        day = _working_day(day + timedelta(days=1))
        if who in agents:
            starts = datetime.combine(day, time(hour), clock.PARIS).astimezone(book.now.tzinfo)
            book.add(pool, resources, starts, 60, holder=agents[who], title=title)


def _working_day(day: date) -> date:
    return day + timedelta(days=7 - day.weekday()) if day.weekday() > 4 else day
