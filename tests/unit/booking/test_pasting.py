"""Resources pasted from a letter or a spreadsheet."""

from __future__ import annotations

import pytest

from parvis.portal.booking import pasting
from parvis.portal.booking.models import Pool
from parvis.portal.kernel.errors import Invalid


def test_blanks_around_a_cell_do_not_count() -> None:
    (found,) = pasting.read("02 98 00 12 34 \t 48 21 ;  Salle 11  ", Pool.Kind.PHONE_ROOM)
    assert (found.phone_number, found.pin, found.name) == ("02 98 00 12 34", "4821", "Salle 11")


def test_a_line_is_looked_through_once() -> None:
    # Seconds by the hundred, were every blank the start of another look.
    line = "Salle" + " " * 199_000 + "Ouessant"
    (found,) = pasting.read(line, Pool.Kind.ROOM)
    assert found.name == line
    with pytest.raises(Invalid):
        pasting.read(line, Pool.Kind.PHONE_ROOM)
