"""The numbers of the budget table: cells, sums, edits. Amounts are whole euros."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

COLUMNS: Final = ("Voté", "Engagé", "Mandaté")
_MAX_AMOUNT: Final = 999_999_999


@dataclass(slots=True)
class Line:
    """A line of the budget and its amounts, one per column."""

    label: str
    amounts: list[int]


def _lines() -> list[Line]:
    return [
        Line("Fournitures administratives", [18_500, 12_240, 11_875]),
        Line("Matériel informatique", [142_000, 118_600, 97_320]),
        Line("Licences et abonnements", [64_000, 61_450, 58_900]),
        Line("Téléphonie et réseau", [38_200, 29_870, 27_410]),
        Line("Formation des agents", [25_000, 14_300, 9_650]),
        Line("Entretien des locaux", [71_500, 69_900, 52_180]),
        Line("Affranchissement", [9_800, 6_120, 6_120]),
        Line("Médiathèque : acquisitions", [33_000, 21_740, 18_905]),
        Line("Fêtes et cérémonies", [22_400, 23_150, 17_600]),
        Line("Déplacements", [12_600, 5_480, 4_935]),
    ]


@dataclass(slots=True)
class Sheet:
    """The table; rows and columns count from 0, the total row is computed."""

    lines: list[Line] = field(default_factory=_lines)

    def amount(self, row: int, column: int) -> int:
        """A cell; the row after the last line holds the sums."""
        return self.total(column) if row == len(self.lines) else self.lines[row].amounts[column]

    def total(self, column: int) -> int:
        """The sum of a column."""
        return sum(line.amounts[column] for line in self.lines)

    def share(self, row: int) -> float:
        """What part of the voted amount is committed."""
        return self.amount(row, 1) / max(1, self.amount(row, 0))

    def write(self, row: int, column: int, typed: str) -> bool:
        """Set a cell from what was typed (spaces and « € » allowed); False if that is no amount."""
        digits = "".join(c for c in typed if not c.isspace() and c != "€")
        if row >= len(self.lines) or not digits.isascii() or not digits.isdigit() or int(digits) > _MAX_AMOUNT:
            return False
        self.lines[row].amounts[column] = int(digits)
        return True
