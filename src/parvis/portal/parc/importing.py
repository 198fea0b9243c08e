"""Computers from a spreadsheet: what a CSV or Excel file says, what is wrong in it, what it would change.

One computer a line: `nom;adresse;mac;site;service;agent` (the agent by e-mail); the first line names the columns, in
any order. A computer of the same name in the same service is updated. Empty cells change nothing.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import datetime
from itertools import islice

from django.db import transaction
from django.utils.translation import gettext as _

from parvis.portal.accounts.models import User
from parvis.portal.directory.models import Agent, Entity
from parvis.portal.directory.queries import STAFF_ROLES, agents_visible_to, perimeter, within
from parvis.portal.kernel import audit
from parvis.portal.kernel.errors import Invalid
from parvis.portal.kernel.tabular import open_table
from parvis.portal.parc import computer_services, queries
from parvis.portal.parc.computer_services import ComputerData
from parvis.portal.parc.models import Computer, Site

MAX_BYTES = 1_000_000
MAX_LINES = 1000
BATCH = 50
"""Lines per transaction: on SQLite everybody else's writes wait meanwhile."""

COLUMNS = ("nom", "adresse", "mac", "site", "service", "agent")


@dataclass(slots=True)
class Line:
    """A line of the file, understood. With `problems` it is not imported."""

    number: int
    data: ComputerData
    agent: Agent | None = None
    existing: Computer | None = None
    problems: list[str] = field(default_factory=list)


def decode(raw: bytes) -> str:
    """The file as CSV text, whatever it was (see `kernel.tabular`).

    Raises:
        Invalid: too large, no table, a formula.
    """
    return open_table(raw, max_bytes=MAX_BYTES).as_csv()


def read(user: User, text: str) -> list[Line]:
    """The lines of a file, checked against what `user` manages.

    Raises:
        Invalid: no `nom` and `service` columns, too many lines, or not CSV.
    """
    rows = _rows(text)
    known = _Known(user, rows)
    lines = [known.understand(number, row) for number, row in enumerate(rows, 2)]
    seen: set[tuple[int, str]] = set()
    for line in lines:
        if line.problems:
            continue
        key = (line.data["entity"].pk, line.data["name"])
        if key in seen:
            line.problems.append(_("Cet ordinateur est déjà plus haut dans le fichier."))
        seen.add(key)
    return lines


def apply(*, actor: User, lines: list[Line], now: datetime) -> tuple[int, int]:
    """Create and update the computers of the lines without problems; how many of each."""
    good = [line for line in lines if not line.problems]
    for start in range(0, len(good), BATCH):
        with transaction.atomic():
            for line in good[start : start + BATCH]:
                _apply_line(actor, line, now)
    updated = sum(1 for line in good if line.existing)
    data = {"created": len(good) - updated, "updated": updated, "left_out": len(lines) - len(good)}
    audit.record(actor=actor, action="parc.computers_imported", now=now, data=data)
    return data["created"], updated


def _apply_line(actor: User, line: Line, now: datetime) -> None:
    computer = line.existing
    if computer is None:
        computer = computer_services.create_computer(actor=actor, data=line.data, now=now)
    else:
        computer_services.update_computer(actor=actor, computer=computer, data=line.data, now=now)
    if line.agent is not None:
        computer_services.assign_agent(actor=actor, computer=computer, agent=line.agent, now=now)


def _rows(text: str) -> list[dict[str, str]]:
    table = open_table(text.encode(), max_bytes=MAX_BYTES)
    header = [name.lower() for name in table.header]
    if not {"nom", "service"} <= set(header):
        raise Invalid(_("La première ligne doit nommer les colonnes, dont «\u202fnom\u202f» et «\u202fservice\u202f»."))
    rows = [dict(zip(header, row.cells, strict=True)) for row in islice(table.rows(), MAX_LINES + 1)]
    if len(rows) > MAX_LINES:
        raise Invalid(_("Un fichier a %(max)s lignes au plus\u202f: partagez-le.") % {"max": MAX_LINES})
    return rows


class _Known:
    """What the file may speak of, read in a few queries."""

    def __init__(self, user: User, rows: list[dict[str, str]]) -> None:
        self.entities: dict[str, list[Entity]] = defaultdict(list)
        managed = within(perimeter(user, *STAFF_ROLES), "path")
        for entity in Entity.objects.filter(managed).select_related("parent"):
            self.entities[entity.name.lower()].append(entity)
            if entity.parent is not None:
                self.entities[f"{entity.parent.name} / {entity.name}".lower()].append(entity)
        self.sites: dict[str, list[Site]] = defaultdict(list)
        for site in queries.sites_visible_to(user):
            self.sites[site.name.lower()].append(site)
        emails = {row.get("agent", "").lower() for row in rows}
        active = agents_visible_to(user).filter(is_active=True, email__in=emails)
        self.agents = {agent.email.lower(): agent for agent in active}
        names = {row.get("nom", "") for row in rows}
        existing = queries.computers_visible_to(user).filter(name__in=names)
        self.computers = {(computer.entity_id, computer.name): computer for computer in existing}

    def understand(self, number: int, row: dict[str, str]) -> Line:
        """One line, with what is wrong in it."""
        line = Line(number, {"name": row.get("nom", "")})
        entity = self._entity(row.get("service", ""), line)
        if row.get("adresse"):
            line.data["address"] = row["adresse"]
        if row.get("mac"):
            line.data["mac_address"] = row["mac"]
        if row.get("site"):
            line.data["site"] = self._site(row["site"], line)
        if row.get("agent"):
            line.agent = self.agents.get(row["agent"].lower())
            if line.agent is None:
                line.problems.append(_("Agent inconnu\u202f: %(name)s.") % {"name": row["agent"]})
        try:
            line.data = computer_services.clean(line.data)
        except Invalid as invalid:
            line.problems += [fault for faults in invalid.fields.values() for fault in faults]
        if entity is not None:
            line.data["entity"] = entity
            line.existing = self.computers.get((entity.pk, row.get("nom", "")))
        return line

    def _entity(self, name: str, line: Line) -> Entity | None:
        found = self.entities.get(name.lower(), [])
        if len(found) == 1:
            return found[0]
        if found:
            line.problems.append(
                _(
                    "Plusieurs services s’appellent «\u202f%(name)s\u202f»\u202f: "
                    "écrivez «\u202fCommune / Service\u202f»."
                )
                % {"name": name}
            )
        else:
            line.problems.append(_("Service inconnu\u202f: %(name)s.") % {"name": name or "—"})
        return None

    def _site(self, name: str, line: Line) -> Site | None:
        found = self.sites.get(name.lower(), [])
        if len(found) != 1:
            line.problems.append(_("Site inconnu\u202f: %(name)s.") % {"name": name})
            return None
        return found[0]
