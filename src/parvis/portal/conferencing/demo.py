"""The demo's tools: what works there (telephone rooms, Parvis's own room), and what is booked by hand.

Teams, Zoom and CapVisio have no server in a demo: they are entries of the catalogue with the page people book on, so
that nothing invented is shown as working.
"""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from parvis.portal.booking.models import Pool
from parvis.portal.conferencing.models import Provider
from parvis.portal.directory.demo import AUTHORITY
from parvis.portal.directory.models import Entity
from parvis.portal.live_rooms import health

BY_HAND = (
    ("teams", "Microsoft Teams", "https://teams.rivemarine.example/reserver", ["phone_in", "lobby", "recording"], 300,
     "Pour qui a déjà une licence, et pour travailler à plusieurs sur un document."),
    ("zoom", "Zoom", "https://visio.rivemarine.example/zoom", ["phone_in", "lobby", "public_viewing", "recording"], 300,
     "Pour beaucoup de monde, et pour le conseil."),
    ("capvisio", "CapVisio", "https://capvisio.example/reserver", ["lobby"], 50,
     "Le service de la région\u202f: réservez sur sa page, puis copiez l’adresse reçue."),
)  # fmt: skip
"""Kind, name, page, features, people at most, note."""


@transaction.atomic
def build(now: datetime) -> bool | None:
    """Telephone rooms, the Parvis room, three tools booked by hand."""
    root = Entity.objects.get(name=AUTHORITY, parent=None)
    if Provider.objects.filter(entity=root).exists():
        return False
    pools = Pool.objects.filter(entity=root, kind=Pool.Kind.PHONE_ROOM).order_by("pk")
    for at, pool in enumerate(pools):
        Provider.objects.create(
            entity=root, kind=Provider.Kind.PHONE, name=pool.name, pool=pool, rank=20 + 5 * at,
            note="Un numéro, un code\u202f: pour tous, même sans ordinateur.",
            health=Provider.Health.UP, checked_at=now,
        )  # fmt: skip
    works = health.current(now).available
    Provider.objects.create(
        entity=root, kind=Provider.Kind.PARVIS, name="Salle Parvis", rank=10,
        note="Dans le navigateur ou par téléphone, sur nos serveurs.",
        health=Provider.Health.UP if works else Provider.Health.UNKNOWN, checked_at=now if works else None,
    )  # fmt: skip
    for at, (kind, name, page, features, people, note) in enumerate(BY_HAND):
        Provider.objects.create(
            entity=root, kind=kind, name=name, by_hand=True, booking_url=page, features=features, max_people=people,
            note=note, rank=60 + 10 * at,
        )  # fmt: skip
    return None
