"""Lines pasted from a letter of the operator or a spreadsheet: `number;code;name`, a resource each. Pure."""

from __future__ import annotations

import re

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from parvis.portal.booking import phones
from parvis.portal.booking.models import Pool
from parvis.portal.booking.services.pools import ResourceData
from parvis.portal.kernel.errors import Invalid
from parvis.portal.parc.record_models import Contract

_SEPARATOR = re.compile(r"[;\t]")
"""Without the blanks around: a line of nothing but blanks would be looked through from each of them."""


def help_for(kind: str) -> Promise:
    """How a line is written."""
    if kind == Pool.Kind.PHONE_ROOM:
        return gettext_lazy(
            "numéro ; code ; nom – par exemple 02 98 00 12 34 ; 4821 ; Salle 11. Le nom est facultatif."
        )
    if kind == Pool.Kind.ROOM:
        return gettext_lazy("nom ; places ; où exactement – par exemple Salle Ouessant ; 12 ; 2e étage.")
    return gettext_lazy("compte ; nom – par exemple visio1@rivemarine.example ; Zoom 1. Le nom est facultatif.")


HEADINGS = ("numéro", "code", "nom", "compte", "places", "où exactement")
"""Of a spreadsheet's first line, in any order; others are passed over."""
_ORDER = {
    Pool.Kind.PHONE_ROOM: ("numéro", "code", "nom"),
    Pool.Kind.ROOM: ("nom", "places", "où exactement"),
}


def _in_order(text: str, kind: str) -> list[tuple[int, list[str]]]:
    """The cells of each line in the order of its kind; a spreadsheet's own order is told by its first line."""
    lines = [
        (number, [cell.strip().strip('"').lstrip("'") for cell in _SEPARATOR.split(line.strip())])
        for number, line in enumerate(text.replace("\ufeff", "").splitlines(), start=1)
        if line.strip()
    ]
    order = _ORDER.get(kind, ("compte", "nom"))  # type: ignore[call-overload]
    first = [cell.lower() for cell in lines[0][1]] if lines else []
    if order[0] not in first:
        return [(number, [*cells, "", ""]) for number, cells in lines]
    places = [first.index(name) if name in first else -1 for name in order]
    told = []
    for number, cells in lines[1:]:
        row = [cells[place] if 0 <= place < len(cells) else "" for place in places]
        told.append((number, [*row, "", ""]))
    return told


def read(
    text: str, kind: str, *, owner: str = "", contract: Contract | None = None, capacity: int = 10
) -> list[ResourceData]:
    """The resources of the lines, in their order; empty lines do not count.

    Raises:
        Invalid: a line that is not understood, with its number.
    """
    found = []
    for number, cells in _in_order(text, kind):
        if kind == Pool.Kind.PHONE_ROOM:
            data = ResourceData(
                name=cells[2] or phones.shown(phones.e164(cells[0]) or cells[0]), phone_number=cells[0],
                pin=cells[1].replace(" ", ""), owner=owner, contract=contract, capacity=capacity,
            )  # fmt: skip
            wrong = "" if phones.e164(cells[0]) else _("ce numéro ne peut pas être composé")
            wrong = wrong or ("" if phones.is_pin(data.pin) else _("un code a des chiffres seulement"))
        elif kind == Pool.Kind.ROOM:
            wrong = "" if not cells[1] or re.fullmatch(r"[0-9]{1,5}", cells[1]) else _("places\u202f: un nombre")
            data = ResourceData(
                name=cells[0], capacity=int(cells[1]) if cells[1] and not wrong else capacity, location=cells[2],
                owner=owner, contract=contract,
            )  # fmt: skip
        else:
            data = ResourceData(
                name=cells[1] or cells[0], account_ref=cells[0], owner=owner, contract=contract, capacity=capacity
            )
            wrong = ""
        if wrong:
            said = _("Ligne %(n)d\u202f: %(problem)s") % {"n": number, "problem": wrong}
            raise Invalid(said, fields={"lines": [said]})
        found.append(data)
    if not found:
        said = _("Collez au moins une ligne.")
        raise Invalid(said, fields={"lines": [said]})
    return found
