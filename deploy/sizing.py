"""The sizing table of `docs/howto/dimensionner.md`, made from stated unit figures.

`python -m deploy.sizing --write` renews the page, `--check` (the suite) says whether it is still what the figures give,
`--agents 3400` answers for an authority of that size, with the arithmetic.
"""

# ruff: noqa: RUF009 - a Figure is frozen: one for all is right
from __future__ import annotations

import argparse
import math
import re
import sys
from collections.abc import Callable
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

from parvis.portal.capacity import rules

PAGE = Path(__file__).parents[1] / "docs/howto/dimensionner.md"
SIZES = (200, 1_000, 2_200, 5_000, 10_000, 20_000, 50_000, 200_000)
BEGIN, END = "<!-- deploy/sizing.py: {} -->", "<!-- / -->"


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """One number the table rests on."""

    value: float
    unit: str
    measured: bool
    source: str


def _measured(value: float, unit: str, source: str) -> Any:
    return Figure(value=value, unit=unit, measured=True, source=source)


def _chosen(value: float, unit: str, source: str) -> Any:
    return Figure(value=value, unit=unit, measured=False, source=source)


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """What is multiplied with what. Measured ones were seen on a two-core virtual machine, busy with other programs."""

    screen_share: Figure = _chosen(
        0.32, "écran ouvert à la fois par agent", "700 télétravailleurs sur 2 200 agents, tous connectés"
    )
    screen_cpu: Figure = _measured(
        rules.MEASURED_CPU_MS, "ms de processeur par minute d’écran (RDP)", "performance.md, 400 écrans au travail"
    )
    gateway_base: Figure = _measured(
        rules.MEASURED_BASE_MS, "ms de processeur par minute pour la passerelle elle-même", "le même essai"
    )
    core_share: Figure = _chosen(
        rules.UNTRIED_SHARE, "d’un cœur, au plus, tant que rien n’est mesuré chez vous", "règle de la page Puissance"
    )
    screen_memory: Figure = _measured(90, "Ko de mémoire par écran (RDP)", "performance.md, de 83 à 90")
    gateway_memory: Figure = _measured(38, "Mo pour une passerelle au repos", "mémoire propre (PSS) lue sur la démo")
    screen_kbps: Figure = _measured(
        rules.MEASURED_KBPS, "kbit/s par écran au travail", "débit de l’essai (10 images de 4 Ko par seconde)"
    )
    visit_requests: Figure = _chosen(6, "pages par agent à l’arrivée du matin", "accueil, connexion, « Mon bureau »")
    visit_minutes: Figure = _chosen(45, "minutes pendant lesquelles tous arrivent", "8 h 15 à 9 h")
    request_cpu: Figure = _measured(
        33, "ms de processeur par page", "performance.md, enrolling : 1,1 s pour 33 requêtes, connexion comprise"
    )
    portal_memory: Figure = _measured(
        330, "Mo par portail au travail", "mémoire propre (PSS) lue sur la démo ; 152 à son départ"
    )
    worker_memory: Figure = _measured(190, "Mo par worker", "mémoire propre (PSS) lue sur la démo")
    database_cpu: Figure = _chosen(0.5, "cœur de PostgreSQL par cœur de portail occupé", "à mesurer chez vous")
    database_memory: Figure = _chosen(0.1, "Go de PostgreSQL par 1 000 agents, en plus de 2 Go", "usage")
    day_records: Figure = _chosen(12, "lignes d’audit par agent et par jour travaillé", "connexions, écran, présence")
    work_days: Figure = _chosen(220, "jours travaillés par an", "usage")
    record_bytes: Figure = _measured(690, "octets par ligne d’audit, index compris", "5 000 lignes écrites, SQLite")
    other_rows: Figure = _chosen(1.5, "octet d’autres lignes par octet d’audit", "écrans, présence, mesures, tâches")
    files: Figure = _chosen(0.5, "Mo de fichiers par agent et par an", "reçus, photos, factures")


@dataclass(frozen=True, slots=True, kw_only=True)
class Size:
    """What an authority needs."""

    agents: int
    screens: int
    gateways: int
    portals: int
    workers: int
    database_cores: int
    memory_gb: int
    line_mbps: int
    disk_gb: int

    @property
    def cores(self) -> int:
        """A gateway, a portal and a worker are one process on one core each; alone on a machine they share two."""
        return (
            SMALLEST_CORES if self.on_one_machine else self.gateways + self.portals + self.workers + self.database_cores
        )

    @property
    def on_one_machine(self) -> bool:
        """Whether SQLite and `parvis serve` are enough: nothing is doubled then."""
        return self.database_cores == 0


ONE_MACHINE = 2_200
"""Agents up to which one machine does: one gateway and one portal carry them, both on half of its cores."""
SMALLEST_CORES, SMALLEST_GB = 2, 4
"""The machine of `docs/howto/installer.md`."""


def screens_per_gateway(known: Figures) -> int:
    """As the page « Puissance de calcul » counts before anything was measured."""
    assert known.screen_cpu.value == rules.MEASURED_CPU_MS  # noqa: S101 the planner's figure and ours are one
    return rules.limit(rules.Cost()).sessions


def of(agents: int, known: Figures) -> Size:
    """The arithmetic, line by line as the page tells it."""
    screens = math.ceil(agents * known.screen_share.value)
    gateways = math.ceil(screens / screens_per_gateway(known))
    busy = portal_cores(agents, known)
    portals = math.ceil(busy / known.core_share.value)
    alone = agents <= ONE_MACHINE and gateways == portals == 1
    database = 0 if alone else max(2, math.ceil(busy * known.database_cpu.value / known.core_share.value))
    if not alone:
        gateways, portals = gateways + 1, portals + 1  # one may be away
    workers = 1 if alone else 2
    memory = (
        screens * known.screen_memory.value / 1e6
        + (gateways * known.gateway_memory.value + portals * known.portal_memory.value) / 1e3
        + workers * known.worker_memory.value / 1e3
        + (0 if alone else 2 + agents / 1e3 * known.database_memory.value)
    )
    rows = agents * known.day_records.value * known.work_days.value * known.record_bytes.value
    disk = rows * (1 + known.other_rows.value) / 1e9 + agents * known.files.value / 1e3
    return Size(
        agents=agents,
        screens=screens,
        gateways=gateways,
        portals=portals,
        workers=workers,
        database_cores=database,
        memory_gb=max(SMALLEST_GB, math.ceil(memory) + 1),  # one for the system
        line_mbps=math.ceil(screens * known.screen_kbps.value / 1e3),
        disk_gb=math.ceil(disk),
    )


def portal_cores(agents: int, known: Figures) -> float:
    """Cores the portals use while everybody arrives."""
    pages = agents * known.visit_requests.value / (known.visit_minutes.value * 60)
    return pages * known.request_cpu.value / 1e3


COLUMNS = (
    "agents",
    "écrans à la fois",
    "passerelles",
    "portails",
    "workers",
    "base, cœurs",
    "cœurs en tout",
    "mémoire",
    "ligne",
    "disque par an",
)


def table(known: Figures) -> str:
    """Every size in a row."""
    lines = [f"| {' | '.join(COLUMNS)} |", "|" + "---|" * len(COLUMNS)]
    for size in (of(agents, known) for agents in SIZES):
        cells = (
            number(size.agents),
            number(size.screens),
            str(size.gateways),
            str(size.portals),
            str(size.workers),
            "SQLite" if size.on_one_machine else str(size.database_cores),
            str(size.cores),
            f"{size.memory_gb} Go",
            rate(size.line_mbps),
            f"{number(size.disk_gb)} Go",
        )
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines)


def figures(known: Figures) -> str:
    """What the table rests on, measured or not."""
    lines = ["| | chiffre | d’où |", "|---|---|---|"]
    for each in fields(known):
        found: Figure = getattr(known, each.name)
        kind = "mesuré" if found.measured else "estimé"
        lines.append(f"| **{kind}** | {number(found.value)} {found.unit} | {found.source} |")
    return "\n".join(lines)


def arithmetic(agents: int, known: Figures) -> str:
    """One size, step by step."""
    size, per = of(agents, known), number(screens_per_gateway(known))
    busy, spare = number(round(portal_cores(agents, known), 2)), 0 if size.on_one_machine else 1
    say = {each.name: number(getattr(known, each.name).value) for each in fields(known)}
    people, share, screens = number(agents), say["core_share"], number(size.screens)
    base, screen = say["gateway_base"], say["screen_cpu"]
    steps = [
        f"écrans : {people} × {say['screen_share']} = **{screens}** à la fois",
        f"une passerelle porte ({share} × 60 000 − {base}) ÷ {screen} = {per} écrans",
        f"passerelles : {screens} ÷ {per}, soit {size.gateways - spare}, plus {spare} de réserve = **{size.gateways}**",
        f"arrivée du matin : {people} × {say['visit_requests']} pages ÷ ({say['visit_minutes']} × 60 s) "
        f"× {say['request_cpu']} ms = {busy} cœur",
        f"portails : {busy} ÷ {share}, soit {size.portals - spare}, plus {spare} de réserve = **{size.portals}**",
        f"ligne : {screens} × {say['screen_kbps']} kbit/s = **{rate(size.line_mbps)}**",
        f"disque : {people} × {say['day_records']} × {say['work_days']} × {say['record_bytes']} octets "
        f"× (1 + {say['other_rows']}) + fichiers = **{number(size.disk_gb)} Go** par an",
    ]
    return "\n".join(f"{place}. {step}" for place, step in enumerate(steps, start=1))


def number(value: float) -> str:
    """As it is written in French."""
    text = f"{value:,.2f}".rstrip("0").rstrip(".")
    return text.replace(",", "\u202f").replace(".", ",")


def rate(mbps: int) -> str:
    """Megabits, or gigabits from a thousand."""
    return f"{number(mbps)} Mbit/s" if mbps < 1000 else f"{number(round(mbps / 1000, 1))} Gbit/s"


EXAMPLE = 20_000
PARTS: dict[str, Callable[[Figures], str]] = {
    "table": table,
    "figures": figures,
    "arithmetic": lambda known: arithmetic(EXAMPLE, known),
}


def renewed(text: str, known: Figures) -> str:
    """The page with its parts made anew.

    Raises:
        ValueError: a part has no place in the page.
    """
    for name, make in PARTS.items():
        begin = BEGIN.format(name)
        pattern = re.compile(re.escape(begin) + r"\n.*?" + re.escape(END), re.DOTALL)
        text, count = pattern.subn(lambda _, b=begin, m=make: f"{b}\n{m(known)}\n{END}", text)  # type: ignore[misc]
        if count != 1:
            raise ValueError(f"{PAGE.name}: no place for « {name} »")
    return text


def main(arguments: list[str] | None = None) -> int:
    """One of three; the exit code."""
    parser = argparse.ArgumentParser(description=__doc__)
    one = parser.add_mutually_exclusive_group(required=True)
    one.add_argument("--write", action="store_true")
    one.add_argument("--check", action="store_true")
    one.add_argument("--agents", type=int)
    options, known = parser.parse_args(arguments), Figures()
    if options.agents is not None:
        if options.agents < 1:
            parser.error("--agents: at least one")
        print(arithmetic(options.agents, known))
        return 0
    text = PAGE.read_text(encoding="utf-8")
    made = renewed(text, known)
    if options.write:
        PAGE.write_text(made, encoding="utf-8")
    elif made != text:
        print(f"{PAGE.name} is not what the figures give: python -m deploy.sizing --write", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
