"""The parc as files: a table each, all the user may see, row by row. Rooms beside and above add theirs by `config`.

The headers of the assets' table are those this room reads: what was exported can be mended and imported again.
"""

from __future__ import annotations

import io
import tempfile
import zipfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import IO, Any

import openpyxl
from django.db.models import Prefetch, Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import override

from parvis.portal.accounts.models import User
from parvis.portal.directory.lookup import EntityIndex
from parvis.portal.directory.queries import perimeter, within
from parvis.portal.imports.fields import SHORT
from parvis.portal.imports.permissions import WATCHERS
from parvis.portal.kernel.errors import Text
from parvis.portal.parc.models import Asset, AssetEvent, Assignment, Contract, Supplier
from parvis.portal.parc.queries import sites_visible_to
from parvis.portal.parc.record_queries import watched_assets
from parvis.portal.ui import csv

CHUNK = 1000
"""Rows read and written at once."""
MOST_CELL = 32_000
"""Characters Excel takes in a cell."""

Row = Sequence[object]


@dataclass(frozen=True, slots=True)
class Table:
    """A table of the export. `rows(user)`: those the user may see, in bounded memory."""

    name: str
    """In addresses and file names."""
    label: Text
    header: Sequence[str]
    rows: Callable[[User], Iterator[Row]]
    about: Text = ""


_tables: dict[str, Table] = {}


def register(table: Table) -> None:
    """Add a table; the same name twice is the last."""
    _tables[table.name] = table


def tables() -> list[Table]:
    """All of them, the parc's own first."""
    return [*OWN, *(table for name, table in _tables.items() if name not in {each.name for each in OWN})]


def table(name: str) -> Table | None:
    """The one of this name."""
    return next((each for each in tables() if each.name == name), None)


# Files


def as_csv(table: Table, user: User) -> Iterator[str]:
    """The file, in pieces; no cell of it is a formula."""
    piece: list[Row] = []
    yield csv.BOM + csv.body([table.header])
    for row in _french(table.rows(user)):
        piece.append(row)
        if len(piece) == CHUNK:
            yield csv.body(piece)
            piece = []
    yield csv.body(piece)


def as_xlsx(table: Table, user: User) -> IO[bytes]:
    """The workbook, in a temporary file; no cell of it is a formula."""
    book = openpyxl.Workbook(write_only=True)
    sheet = book.create_sheet(table.name[:31])
    sheet.append(list(table.header))
    for row in _french(table.rows(user)):
        sheet.append([_cell(value) for value in row])
    file = tempfile.TemporaryFile()  # noqa: SIM115 (the response closes it)
    book.save(file)
    file.seek(0)
    return file


def as_zip(user: User) -> Iterator[bytes]:
    """Every table as CSV, in one archive, in pieces as they are made."""
    sink = _Sink()
    with zipfile.ZipFile(sink, "w", zipfile.ZIP_DEFLATED) as archive:
        for each in tables():
            with archive.open(f"{each.name}.csv", "w", force_zip64=True) as file:
                for piece in as_csv(each, user):
                    file.write(piece.encode())
                    if told := sink.take():
                        yield told
    yield sink.take()


class _Sink(io.RawIOBase):
    """What is written to it is taken away at once: an archive of any size in bounded memory."""

    def __init__(self) -> None:
        super().__init__()
        self._pieces: list[bytes] = []

    def writable(self) -> bool:
        return True

    def write(self, data: Any) -> int:
        self._pieces.append(bytes(data))
        return len(data)

    def take(self) -> bytes:
        told = b"".join(self._pieces)
        self._pieces.clear()
        return told


def _french(rows: Iterable[Row]) -> Iterator[Row]:
    """The words of a file are French whoever asks: they are read again by the import."""
    again = iter(rows)
    while True:
        # Other requests may use this thread between two rows.
        with override("fr"):
            row = next(again, None)
        if row is None:
            return
        yield row


def _cell(value: object) -> object:
    if isinstance(value, Decimal):
        return float(value)
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return value
    return csv.safe_cell(value)[:MOST_CELL]


# The parc's own tables


def _assets(user: User) -> Iterator[Row]:
    index = EntityIndex()
    people = Assignment.objects.filter(agent__is_active=True).select_related("agent").order_by("pk")
    rows = watched_assets(user).select_related("entity", "site", "model", "supplier", "contract")
    rows = rows.prefetch_related(Prefetch("assignments", people)).order_by("pk")
    for each in rows.iterator(chunk_size=CHUNK):
        yield _asset(each, index)


def _asset(each: Asset, index: EntityIndex) -> Row:
    said = {
        "tag": each.tag, "name": each.name, "kind": each.get_kind_display(), "serial": each.serial,
        "entity": index.full_name(each.entity) or each.entity.name,
        "manufacturer": each.model.manufacturer if each.model else "", "model": each.model.name if each.model else "",
        "state": each.get_state_display(), "site": each.site.name if each.site else "", "room": each.room,
        "agent": " | ".join(row.agent.email for row in each.assignments.all()), "supplier": str(each.supplier or ""),
        "contract": str(each.contract or ""), "order_number": each.order_number, "purchase_date": each.purchase_date,
        "cost": each.cost, "warranty_end_date": each.warranty_end_date, "address": each.address,
        "mac_address": each.mac_address, "phone_number": each.phone_number, "notes": each.notes,
    }  # fmt: skip
    return [said[field] for field in SHORT]


def _assignments(user: User) -> Iterator[Row]:
    rows = Assignment.objects.filter(asset__in=watched_assets(user).order_by().values("pk"))
    for each in rows.select_related("agent", "asset").order_by("pk").iterator(chunk_size=CHUNK):
        number = each.agent.personnel_number
        yield [each.asset.tag, each.asset.name, each.agent.email, str(each.agent), number, each.since_date]


def _history(user: User) -> Iterator[Row]:
    rows = AssetEvent.objects.filter(asset__in=watched_assets(user).order_by().values("pk"))
    rows = rows.select_related("asset", "actor", "agent").order_by("pk")
    for each in rows.iterator(chunk_size=CHUNK):
        what = ", ".join(sorted(each.data.get("changes", {}))) or each.data.get("to", "")
        yield [
            each.at, each.asset.tag, each.asset.name, each.get_kind_display(), str(each.agent or ""), what,
            str(each.actor or ""),
        ]  # fmt: skip


def _sites(user: User) -> Iterator[Row]:
    for each in sites_visible_to(user).order_by("pk").iterator(chunk_size=CHUNK):
        yield [each.name, str(each.entity), each.address, each.get_wake_by_display(), each.wake_address or ""]


def _contracts(user: User) -> Iterator[Row]:
    rows = Contract.objects.filter(_of_entities(user)).select_related("entity", "supplier").order_by("pk")
    for each in rows.iterator(chunk_size=CHUNK):
        yield [
            each.name, each.get_kind_display(), str(each.entity), str(each.supplier or ""), each.reference,
            each.starts_date, each.ends_date, each.notice_days, each.yearly_cost,
        ]  # fmt: skip


def _suppliers(user: User) -> Iterator[Row]:
    rows = Supplier.objects.filter(_of_entities(user)).select_related("entity").order_by("pk")
    for each in rows.iterator(chunk_size=CHUNK):
        yield [each.name, str(each.entity), each.email, each.phone]


def _of_entities(user: User) -> Q:
    return within(perimeter(user, *WATCHERS))


OWN = (
    Table("materiels", _("Matériels"), list(SHORT.values()), _assets, _("Se réimporte tel quel, une fois corrigé.")),
    Table(
        "affectations", _("Affectations"),
        ["numéro d’inventaire", "nom", "courriel", "agent", "matricule", "depuis le"], _assignments,
        _("Qui a quoi, un matériel par ligne."),
    ),
    Table(
        "historique", _("Historique des matériels"),
        ["quand", "numéro d’inventaire", "nom", "ce qui s’est passé", "agent concerné", "détail", "par"], _history,
        _("Tout ce qui est arrivé à chaque matériel."),
    ),
    Table("sites", _("Sites"), ["nom", "service", "adresse", "réveil", "adresse de réveil"], _sites),
    Table(
        "contrats", _("Contrats"),
        ["intitulé", "type", "service", "fournisseur", "numéro de marché", "début", "fin", "préavis en jours",
         "coût annuel"],
        _contracts,
    ),
    Table("fournisseurs", _("Fournisseurs"), ["nom", "service", "adresse électronique", "téléphone"], _suppliers),
)  # fmt: skip
