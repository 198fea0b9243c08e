"""Every number that goes into the simulation, and where it comes from."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum

DAY, WEEK = 480.0, 2400.0
"""Working minutes."""
STAGES = ("factor", "connection", "computer", "guide")
"""Those of an enrolment of level 2 (`telework.rules.Stage`)."""


class Source(StrEnum):
    """Where a number comes from."""

    INTERVIEW = "interview"
    ASSUMED = "assumed"
    """Nobody has measured it."""
    DERIVED = "derived"
    """Worked out from the others."""
    MEASURED = "measured"
    """Real enrolments of this portal."""
    GIVEN = "given"
    """By who runs the simulation."""


class Unit(StrEnum):
    """What a number counts."""

    PEOPLE = "people"
    SHARE = "share"
    MINUTES = "minutes"
    SECONDS = "seconds"
    SPREAD = "spread"
    """Standard deviation of the logarithm: 0.7, and one in six takes twice the median or more."""


@dataclass(frozen=True, slots=True)
class Number:
    """One assumption."""

    value: float
    unit: Unit
    source: Source = Source.ASSUMED


_N, _S, _M, _T = Unit.PEOPLE, Unit.SHARE, Unit.MINUTES, Unit.SECONDS

DEFAULTS: Mapping[str, Number] = {
    "before": Number(100, _N, Source.INTERVIEW),
    "people": Number(700, _N, Source.INTERVIEW),
    "per_week": Number(200, _N, Source.INTERVIEW),
    "loans": Number(40, _N, Source.INTERVIEW),
    "technicians": Number(0, _N, Source.DERIVED),
    "loan_prepare": Number(45, _M),
    "takeup": Number(60, _M),
    "takeup_spread": Number(1.2, Unit.SPREAD),
    "takeup_late": Number(0.1, _S),
    "factor_fails": Number(0.08, _S),
    "connection_fails": Number(0.05, _S),
    "computer_fails": Number(0.2, _S),
    "guide_fails": Number(0.0, _S),
    "factor_time": Number(180, _T),
    "connection_time": Number(40, _T),
    "computer_time": Number(120, _T),
    "guide_time": Number(240, _T),
    "stage_spread": Number(0.7, Unit.SPREAD),
    "hand_sort": Number(5, _M),
    "hand_open": Number(15, _M),
    "hand_guided": Number(0.6, _S),
    "hand_guide": Number(20, _M),
    "hand_alone": Number(0.1, _S),
    "hand_help": Number(15, _M),
    "hand_loan": Number(15, _M),
    "ours_per_day": Number(700, _N),
    "ours_prepare": Number(120, _M),
    "ours_open": Number(0, _M),
    "ours_repair": Number(5, _M),
    "factor_alone": Number(0.75, _S),
    "connection_alone": Number(0.6, _S),
    "computer_alone": Number(0.8, _S),
    "guide_alone": Number(1.0, _S),
    "ours_help": Number(10, _M),
    "ours_loan": Number(5, _M),
}
"""What is taken where nothing better is known. `wording.SAYS` says each in words."""


@dataclass(frozen=True, eq=False, repr=False)
class Assumptions(Mapping[str, float]):
    """The numbers, by name."""

    numbers: Mapping[str, Number] = field(default_factory=lambda: dict(DEFAULTS))

    def __getitem__(self, name: str) -> float:
        return self.numbers[name].value

    def __iter__(self) -> Iterator[str]:
        return iter(self.numbers)

    def __len__(self) -> int:
        return len(self.numbers)

    def but(self, values: Mapping[str, float], source: Source = Source.GIVEN) -> Assumptions:
        """The same, with other values.

        Raises:
            ValueError: there is no such number, or it cannot be that.
        """
        numbers = dict(self.numbers)
        for name, value in values.items():
            if name not in numbers:
                raise ValueError(name)
            number = numbers[name]
            most = {Unit.SHARE: 1.0, Unit.PEOPLE: 100_000.0}.get(number.unit, 1e6)
            if not 0 <= value <= most or (number.unit == Unit.PEOPLE and value != int(value)):
                raise ValueError(f"{name}={value:g}")
            numbers[name] = replace(number, value=value, source=source)
        return Assumptions(numbers)

    def settled(self) -> Assumptions:
        """With the team that the interview's pace asks for, where nobody has said how many they are.

        Raises:
            ValueError: nobody to equip, or nobody in a week or a day.
        """
        for name in ("people", "per_week", "ours_per_day"):
            if self[name] < 1:
                raise ValueError(f"{name}={self[name]:g}")
        if self["loans"] > self["people"]:
            raise ValueError(f"loans={self['loans']:g}")
        if self["technicians"] >= 1:
            return self
        return self.but({"technicians": team_for(self)}, Source.DERIVED)


def minutes_by_hand(given: Mapping[str, float]) -> float:
    """Technician minutes that one person takes by hand, on average."""
    helped = sum(given[f"{stage}_fails"] for stage in STAGES) * (1 - given["hand_alone"])
    lent = given["loans"] / given["people"]
    return (
        given["hand_sort"]
        + given["hand_open"]
        + given["hand_guided"] * given["hand_guide"]
        + helped * given["hand_help"]
        + lent * (given["loan_prepare"] + given["hand_loan"])
    )


def team_for(given: Mapping[str, float]) -> int:
    """The fewest technicians, at it all day, who equip as many a week by hand as the interview says."""
    return max(1, -int(-given["per_week"] * minutes_by_hand(given) // WEEK))
