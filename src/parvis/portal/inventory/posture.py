"""The state of the protection of a perimeter: how many computers are encrypted, protected, on a mended system."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlencode

from django.db.models import Count, Q
from django.utils.translation import gettext_lazy as _

from parvis.portal.directory.models import BODIES, Entity
from parvis.portal.directory.queries import Someone
from parvis.portal.inventory import queries
from parvis.portal.inventory.filters import posture_antivirus, posture_support
from parvis.portal.kernel.errors import Text
from parvis.portal.parc.models import COMPUTER_KINDS, Asset

SYSTEMS = 12
"""Systems of the plot; the others are one bar."""


@dataclass(frozen=True, slots=True)
class Part:
    """One bar: how many, and the list behind."""

    label: Text
    count: int
    colour: str
    query: str
    """Of the list of computers."""
    percent: int


@dataclass(frozen=True, slots=True)
class Topic:
    """One question of the page."""

    title: Text
    key: str
    parts: list[Part]


@dataclass(frozen=True, slots=True)
class Place:
    """One legal body: computers, and those that something is wrong with."""

    entity: Entity
    computers: int
    clear: int
    unprotected: int
    ended: int


@dataclass(frozen=True, slots=True)
class Posture:
    """All the page shows."""

    computers: int
    topics: list[Topic]
    systems: list[Part]
    places: list[Place]


WORDS: Mapping[str, Mapping[str, tuple[Text, str]]] = {
    "encrypted": {
        "yes": (_("Chiffré"), "green"),
        "no": (_("En clair"), "red"),
        "unknown": (_("Non précisé"), "secondary"),
    },
    "antivirus": {
        "current": (_("À jour"), "green"),
        "old": (_("Pas à jour"), "orange"),
        "none": (_("Aucun relevé"), "red"),
    },
    "support": {
        "kept": (_("Maintenu par son éditeur"), "green"),
        "ended": (_("Plus maintenu"), "red"),
        "unknown": (_("Non connu"), "secondary"),
    },
}
TITLES: Mapping[str, Text] = {
    "encrypted": _("Chiffrement du disque"),
    "antivirus": _("Antivirus"),
    "support": _("Système d’exploitation"),
}


def conditions() -> dict[str, dict[str, Q]]:
    """Each part of each topic, as a condition on `Inventory`."""
    return {
        "encrypted": {"yes": Q(encrypted=True), "no": Q(encrypted=False), "unknown": Q(encrypted=None)},
        "antivirus": posture_antivirus(),
        "support": {key: each for key, each in posture_support().items() if key != "year"},
    }


def of(user: Someone) -> Posture:
    """Of the computers of the user's perimeter that reported and are not out of service. Four queries."""
    gone = [Asset.State.RETIRED, Asset.State.DISPOSED, Asset.State.LOST]
    rows = queries.inventories_visible_to(user).filter(asset__kind__in=COMPUTER_KINDS).exclude(asset__state__in=gone)
    rows = rows.order_by()
    counted = {
        f"n_{topic}_{key}": Count("pk", filter=each)
        for topic, parts in conditions().items()
        for key, each in parts.items()
    }
    totals = rows.aggregate(all=Count("pk"), **counted)
    every = totals["all"]
    topics = [
        Topic(title, topic, [
            _part(label, totals[f"n_{topic}_{key}"], colour, f"{topic}={key}", every)
            for key, (label, colour) in WORDS[topic].items()
        ])
        for topic, title in TITLES.items()
    ]  # fmt: skip
    names = list(rows.exclude(os_name="").values_list("os_name").annotate(n=Count("pk")).order_by("-n", "os_name"))
    systems = [_part(name, count, "blue", urlencode({"os_name": name}), every) for name, count in names[:SYSTEMS]]
    wrong = {f"n_{rank}": Count("pk", filter=each) for rank, each in enumerate(_wrong())}
    by_entity = rows.values("asset__entity__path").annotate(n=Count("pk"), **wrong)
    lines = list(by_entity.values_list("asset__entity__path", "n", *wrong))
    return Posture(every, topics, systems, _places(lines))


def _wrong() -> list[Q]:
    found = conditions()
    return [found["encrypted"]["no"], ~found["antivirus"]["current"], found["support"]["ended"]]


def _places(rows: list[tuple[str, int, int, int, int]]) -> list[Place]:
    """By legal body: departments have too few computers for a line each."""
    bodies = list(Entity.objects.filter(kind__in=BODIES).order_by("path"))
    sums = {body.path: [0, 0, 0, 0] for body in bodies}
    for path, *figures in rows:
        above = max((each for each in sums if path.startswith(each)), key=len, default="")
        if above:
            sums[above] = [a + b for a, b in zip(sums[above], figures, strict=True)]
    return [Place(body, *sums[body.path]) for body in bodies if sums[body.path][0]]


def _part(label: Text, count: int, colour: str, query: str, every: int) -> Part:
    return Part(label, count, colour, query, round(100 * count / every) if every else 0)
