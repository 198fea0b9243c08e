"""Pure rules: who has which profile, what of it is there, too old or missing, and what closing the gap costs."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import lru_cache

from parvis.portal.ui.search import fold

ANY, YES, NO = "any", "yes", "no"
REPLACE, MISSING, FINE = "replace", "missing", "fine"
"""What a thing past its life counts as."""

THERE, OLD, LACKING = "there", "old", "lacking"
"""What becomes of a slot: something fills it, something too old does, nothing does."""

TO_DO, DONE, FAILED, DROPPED = "todo", "done", "failed", "dropped"
PART_MOVES: Mapping[str, frozenset[str]] = {
    TO_DO: frozenset({DONE, FAILED, DROPPED}),
    FAILED: frozenset({DONE, FAILED, DROPPED}),
    DONE: frozenset(),
    DROPPED: frozenset(),
}
"""From each state of a part of an outfit, the states it may go to."""

LIVES: Mapping[str, int] = {
    "office": 60, "laptop": 60, "server": 72, "admin": 60, "school": 84, "screen": 96, "phone": 48,
    "desk_phone": 120, "tablet": 60, "printer": 84, "network": 96, "accessory": 60,
}  # fmt: skip
"""Months each kind is kept where no setting says otherwise; SIM cards and badges do not grow old."""

PRICES: Mapping[str, Decimal] = {
    kind: Decimal(euros)
    for kind, euros in {
        "office": 780, "laptop": 1090, "server": 6800, "admin": 1250, "school": 620, "screen": 190, "phone": 320,
        "desk_phone": 95, "tablet": 430, "printer": 1150, "network": 1600, "sim": 0, "badge": 6, "accessory": 70,
    }.items()
}  # fmt: skip
"""Euros a new one costs, all taxes included, where no setting says otherwise."""


# Who has which profile


@dataclass(frozen=True, slots=True)
class Who:
    """What is known of an agent when a profile is looked for. `job` is folded."""

    path: str
    job: str
    teleworks: bool


@dataclass(frozen=True, slots=True)
class Condition:
    """A condition: all that is said must hold. `words` are folded; empty: any job. `path` empty: anywhere."""

    words: tuple[str, ...] = ()
    path: str = ""
    telework: str = ANY

    def holds(self, who: Who) -> bool:
        """Whether the agent meets it."""
        if self.telework != ANY and (self.telework == YES) != who.teleworks:
            return False
        if not who.path.startswith(self.path):
            return False
        return not self.words or has_any(self.words, who.job)


@dataclass(frozen=True, slots=True)
class Line:
    """An entitlement: `quantity` things of one of `kinds` (the first is the one to buy)."""

    kinds: tuple[str, ...]
    label: str
    quantity: int
    price: Decimal
    models: frozenset[int] = frozenset()
    max_months: int | None = None
    required: bool = True
    shared_will_do: bool = False


@dataclass(frozen=True, slots=True)
class Kit:
    """A profile: worth from `path` down, for whom one of `tests` holds; `rank` settles ties in one entity."""

    id: int
    name: str
    path: str
    rank: int
    tests: tuple[Condition, ...]
    lines: tuple[Line, ...]


def in_order(kits: Iterable[Kit]) -> list[Kit]:
    """The order in which they are tried: the most local first, then by rank, then by name."""
    return sorted(kits, key=lambda kit: (-len(kit.path), kit.rank, kit.name, kit.id))


def kit_for(who: Who, kits: Sequence[Kit]) -> tuple[Kit, int] | None:
    """The first that fits, with the number of the condition that holds; `kits` as `in_order` gives them."""
    for kit in kits:
        if who.path.startswith(kit.path):
            for number, test in enumerate(kit.tests):
                if test.holds(who):
                    return kit, number
    return None


def words_of(text: str) -> tuple[str, ...]:
    """The words or expressions of a condition, folded: they are separated by commas."""
    return tuple(word for part in text.split(",") if (word := fold(part).strip()))


@lru_cache(maxsize=16384)  # thousands of agents have the same few jobs
def has_any(words: tuple[str, ...], job: str) -> bool:
    """Whether a folded job has one of the folded words."""
    return any(_has_word(job, word) for word in words)


def _has_word(job: str, word: str) -> bool:
    # At the beginning of a word: « agent » finds « agents » and « agente », not « reagent ».
    at = job.find(word)
    while at >= 0:
        if at == 0 or not job[at - 1].isalnum():
            return True
        at = job.find(word, at + 1)
    return False


# What is there


@dataclass(frozen=True, slots=True)
class Thing:
    """Something an agent has. `bought`: in months since year 0 (see `month_of`); None: not known, so never too old."""

    kind: str
    model: int | None = None
    bought: int | None = None
    shared: bool = False


@dataclass(frozen=True, slots=True)
class Ageing:
    """How an entity counts age: months each kind is kept, and what too old means."""

    months: tuple[tuple[str, int], ...] = tuple(sorted(LIVES.items()))
    old_means: str = REPLACE

    def life(self, line: Line, kind: str) -> int | None:
        """Months a thing of this kind fills this line; None: for ever."""
        return line.max_months if line.max_months is not None else dict(self.months).get(kind)


@dataclass(frozen=True, slots=True)
class Slot:
    """One thing an agent must have, and what becomes of it."""

    line: Line
    state: str
    thing: int | None = None
    """Which of the agent's things fills it."""
    due: int | None = None
    """The month in which that thing is past its life; None: never, not known, or nothing fills it."""


def month_of(day: date) -> int:
    """The month as one number, so that months are added and compared as numbers."""
    return day.year * 12 + day.month - 1


def level_of(lines: Sequence[Line], things: Sequence[Thing], *, month: int, ageing: Ageing) -> tuple[Slot, ...]:
    """Every slot of the lines, filled as well as the things allow.

    A thing fills one slot. As many slots as possible are filled by things of a good age, the required ones first,
    then the dearest; what is too old fills what is left.
    """
    slots = [line for line in lines for _each in range(line.quantity)]
    order = sorted(range(len(slots)), key=lambda at: (not slots[at].required, -slots[at].price, at))
    good: dict[int, list[int]] = {}
    old: dict[int, list[int]] = {}
    for at, line in enumerate(slots):
        fitting = sorted(
            (number for number, thing in enumerate(things) if _fits(line, thing)),
            key=lambda number: (line.kinds.index(things[number].kind), -(things[number].bought or 0)),
        )
        good[at] = [number for number in fitting if not _is_old(line, things[number], month, ageing)]
        old[at] = [number for number in fitting if number not in good[at]]
    filled = _matched(order, good)
    rest = [at for at in order if at not in filled]
    taken = set(filled.values())
    worn = _matched(rest, {at: [number for number in old[at] if number not in taken] for at in rest})
    return tuple(
        Slot(
            line,
            THERE if at in filled else OLD if at in worn and ageing.old_means == REPLACE else LACKING,
            filled.get(at, worn.get(at)),
            _due(line, things[number], ageing) if (number := filled.get(at, worn.get(at))) is not None else None,
        )
        for at, line in enumerate(slots)
    )


def _fits(line: Line, thing: Thing) -> bool:
    if thing.kind not in line.kinds or (thing.shared and not line.shared_will_do):
        return False
    return not line.models or thing.model in line.models


def _is_old(line: Line, thing: Thing, month: int, ageing: Ageing) -> bool:
    if ageing.old_means == FINE:
        return False
    due = _due(line, thing, ageing)
    return due is not None and month >= due


def _due(line: Line, thing: Thing, ageing: Ageing) -> int | None:
    life = ageing.life(line, thing.kind)
    return None if thing.bought is None or life is None else thing.bought + life


def _matched(order: Sequence[int], edges: Mapping[int, Sequence[int]]) -> dict[int, int]:
    """As many slots as possible, each with a thing of its own; those first in `order` are not given up for others."""
    holder: dict[int, int] = {}

    def place(slot: int, seen: set[int]) -> bool:
        for thing in edges[slot]:
            if thing in seen:
                continue
            seen.add(thing)
            if thing not in holder or place(holder[thing], seen):
                holder[thing] = slot
                return True
        return False

    for slot in order:
        place(slot, set())
    return {slot: thing for thing, slot in holder.items()}


# What it amounts to


@dataclass(slots=True)
class Tally:
    """What many agents have and lack. Amounts are of the required lines; `wished` of the others."""

    agents: int = 0
    without_profile: int = 0
    complete: int = 0
    wanted: int = 0
    there: int = 0
    old: int = 0
    lacking: int = 0
    cost_lacking: Decimal = Decimal(0)
    cost_old: Decimal = Decimal(0)
    wished: Decimal = Decimal(0)

    @property
    def cost(self) -> Decimal:
        """Euros to close the gap: what lacks and what is to be replaced."""
        return self.cost_lacking + self.cost_old

    @property
    def percent(self) -> int:
        """Required things that are there, of all that are required; 100 where nothing is."""
        return 100 * self.there // self.wanted if self.wanted else 100

    def add(self, other: Tally, times: int = 1) -> None:
        """Add another tally, `times` times."""
        for name in TALLIED:
            setattr(self, name, getattr(self, name) + getattr(other, name) * times)


TALLIED = (
    "agents", "without_profile", "complete", "wanted", "there", "old", "lacking", "cost_lacking", "cost_old", "wished",
)  # fmt: skip


def tally(slots: Sequence[Slot] | None) -> Tally:
    """One agent's; None: they have no profile."""
    if slots is None:
        return Tally(agents=1, without_profile=1)
    found = Tally(agents=1)
    for slot in slots:
        if not slot.line.required:
            found.wished += slot.line.price if slot.state == LACKING else 0
            continue
        found.wanted += 1
        if slot.state == THERE:
            found.there += 1
        elif slot.state == OLD:
            found.old += 1
            found.cost_old += slot.line.price
        else:
            found.lacking += 1
            found.cost_lacking += slot.line.price
    found.complete = int(found.wanted == found.there)
    return found
