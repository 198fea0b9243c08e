"""What is asked of the planner. Weeks are numbered from 0."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum


class Resource(StrEnum):
    """What a week offers. Which of these last from a week to the next: `LASTING`."""

    LAPTOPS = "laptops"
    """Laptops that arrive: what is not lent stays for the next weeks."""
    PHONES = "phones"
    """Phones that arrive, likewise."""
    LICENCES = "licences"
    """Licences that become available, likewise."""
    SUPPORT = "support"
    """Minutes of the support team: lost when the week is over."""
    PLACES = "places"
    """People at most in the wave: lost when the week is over."""
    SESSIONS = "sessions"
    """Screens the gateways carry at once that week, for all who are equipped by then."""
    BANDWIDTH = "bandwidth"
    """Kilobits a second the authority's line carries that week, for all who are equipped by then."""


LASTING = frozenset({Resource.LAPTOPS, Resource.PHONES, Resource.LICENCES})
"""What arrives in a week may serve in any later one."""
STANDING = frozenset({Resource.SESSIONS, Resource.BANDWIDTH})
"""What all who are equipped by that week use together, each week anew."""

MOST_WEEKS = 52


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """Somebody to equip.

    `weight`: what serving them is worth, relative to 1 for anybody. `uses`: units of each resource (a session used by
    one in two at the busiest hour is 0.5). `site_load`: kilobits a second at the site of their computer.
    """

    key: int
    team: int | None = None
    site: int | None = None
    weight: float = 1.0
    uses: Mapping[Resource, float] = field(default_factory=dict)
    site_load: float = 0.0
    away: frozenset[int] = frozenset()
    """Weeks they cannot."""
    pinned: int | None = None
    """The week of a wave that is published: it does not move."""
    before: int | None = None
    """Their week in the plan before; moving away from it costs."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """People, weeks and limits. A resource that is not in `offers` is not limited.

    `offers`: units by week; `LASTING` ones are what arrives, the others what that week has.
    `sites`: kilobits a second the line of each site carries. Costs are in units of the objective: serving an ordinary
    person one week earlier is worth 1.
    """

    weeks: int
    people: Sequence[Person]
    offers: Mapping[Resource, Sequence[float]] = field(default_factory=dict)
    sites: Mapping[int, float] = field(default_factory=dict)
    served: float = 10.0
    """What being equipped at all is worth, more than any cost of how: nobody is left out to keep a team together."""
    cohesion: float = 2.0
    """Cost of each week beyond the first in which somebody of a team is equipped."""
    stability: float = 1.0
    """Cost of each person moved away from the plan before."""

    def __post_init__(self) -> None:
        if not 1 <= self.weeks <= MOST_WEEKS:
            raise ValueError("weeks")
        if any(len(each) != self.weeks or min(each) < 0 for each in self.offers.values()):
            raise ValueError("offers")
        if any(line < 0 for line in self.sites.values()):
            raise ValueError("sites")
        if any(person.weight <= 0 or min(person.uses.values(), default=0.0) < 0 for person in self.people):
            raise ValueError("a person worth nothing, or who brings what others may use")
        if len({person.key for person in self.people}) != len(self.people):
            raise ValueError("a person twice")
        if any(person.pinned is not None and not 0 <= person.pinned < self.weeks for person in self.people):
            raise ValueError("pinned to a week that is not there")


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """An answer: the week of each person who fits, by key; the others are not in it.

    `gap`: how far from the best possible at most, as a share of the objective (0.001 = 0.1 %). `bound`: the best
    value any plan could have.
    """

    weeks: Mapping[int, int]
    value: float
    bound: float
    gap: float
    seconds: float
    is_best: bool
    """Whether the wanted gap was reached; False: time ran out, this is the best found."""
