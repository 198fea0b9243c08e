"""What agents must have and what they have, read in a dozen queries whatever their number, then judged in memory.

Thousands of agents have the same job, the same place and the same few things: each case is judged once. Months of
purchase are told apart only where it matters (at the ends of lives), so that cases stay few.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any

from django.db.models import Count, Q

from parvis.portal.directory.models import Agent
from parvis.portal.equipment import rules
from parvis.portal.equipment.models import Choice, Criterion, Entitlement, Policy, Profile
from parvis.portal.equipment.rules import Ageing, Condition, Kit, Line, Slot, Tally, Thing, Who
from parvis.portal.loans.models import Item
from parvis.portal.parc.models import Assignment
from parvis.portal.remote_desktop.models import Right
from parvis.portal.ui.search import fold

CHUNK = 5000
NOW = 0
"""`survey`: no year to come matters."""
Reshape = Callable[[Who, Kit | None], Kit | None]
"""What a scenario makes of an agent's profile."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a case comes to: shared by all agents of the same case. `slots` None: no profile."""

    slots: tuple[Slot, ...] | None
    tally: Tally


@dataclass(frozen=True, slots=True)
class Person:
    """One agent, judged."""

    id: int
    entity_id: int
    path: str
    kit: Kit | None
    criterion: int | None
    """Which of the profile's conditions holds; None: the profile was chosen by hand, or there is none."""
    things: tuple[Thing, ...]
    outcome: Outcome


@dataclass(slots=True)
class Facts:
    """All that is needed to judge some agents, as the database has it."""

    today: date
    kits: list[Kit]
    ageings: list[tuple[str, Ageing]]
    """Path of the entity that decided, the nearest to the agents first."""
    agents: list[tuple[int, int, str, str]]
    """Id, entity, its path, job title."""
    chosen: dict[int, int]
    things: dict[int, list[Thing]]
    loans: dict[int, list[Thing]]
    teleworkers: set[int]
    policies: dict[str, Policy] = field(default_factory=dict)

    def ageing_of(self, path: str) -> Ageing:
        """How age counts for the agents of an entity."""
        return next((ageing for prefix, ageing in self.ageings if path.startswith(prefix)), Ageing())

    def counts_loans(self, path: str) -> bool:
        """Whether loans are counted for the agents of an entity."""
        policy = next((self.policies[prefix] for prefix, _a in self.ageings if path.startswith(prefix)), None)
        return policy is None or policy.loans_count


def load(agents: Q, *, today: date) -> Facts:
    """The facts of the agents in post who meet the condition."""
    owners = _through(agents, "agent__")
    things, loans = _held(owners, _through(agents, "loan__agent__"))
    policies = {each.entity.path: each for each in Policy.objects.select_related("entity")}
    nearest = sorted(policies, key=len, reverse=True)
    rows = Agent.objects.filter(agents, is_active=True).order_by()
    return Facts(
        today,
        kits(),
        [(path, ageing_from(policies[path])) for path in nearest],
        list(rows.values_list("pk", "entity_id", "entity__path", "job_title").iterator(CHUNK)),
        dict(Choice.objects.filter(owners).values_list("agent_id", "profile_id")),
        things,
        loans,
        _teleworkers(owners, today),
        policies=policies,
    )


def ageing_from(policy: Policy) -> Ageing:
    """The settings of an entity, as the rules want them."""
    months = {kind: int(number) for kind, number in policy.months.items() if number}
    return Ageing(tuple(sorted(months.items())), policy.old_means)


def kits() -> list[Kit]:
    """Every profile, in the order they are tried. Four queries."""
    tests: dict[int, list[Condition]] = defaultdict(list)
    criteria = Criterion.objects.values_list("profile_id", "words", "department__path", "telework").order_by("pk")
    for profile_id, words, path, telework in criteria:
        tests[profile_id].append(Condition(rules.words_of(words), path or "", telework))
    lines: dict[int, list[Line]] = defaultdict(list)
    for each in Entitlement.objects.prefetch_related("accepted_models").order_by("pk"):
        lines[each.profile_id].append(line_of(each))
    profiles = Profile.objects.values_list("pk", "name", "entity__path", "rank")
    return rules.in_order(
        Kit(pk, name, path, rank, tuple(tests[pk]), tuple(lines[pk])) for pk, name, path, rank in profiles
    )


def line_of(entitlement: Entitlement) -> Line:
    """An entitlement, as the rules want it. Its models should be prefetched."""
    return Line(
        (entitlement.kind, *(kind for kind in entitlement.other_kinds if kind != entitlement.kind)),
        entitlement.label,
        entitlement.quantity,
        entitlement.unit_price,
        frozenset(model.pk for model in entitlement.accepted_models.all()),
        entitlement.max_months,
        entitlement.is_required,
        entitlement.shared_will_do,
    )


@dataclass(slots=True)
class Survey:
    """Agents judged."""

    people: list[Person]

    def tally_by(self, key: Callable[[Person], object]) -> dict[object, Tally]:
        """What the agents amount to, by what `key` says of each."""
        counted: Counter[tuple[object, int]] = Counter()
        outcomes: dict[int, Outcome] = {}
        for person in self.people:
            outcomes[id(person.outcome)] = person.outcome
            counted[key(person), id(person.outcome)] += 1
        found: defaultdict[object, Tally] = defaultdict(Tally)
        for (group, outcome), times in counted.items():
            found[group].add(outcomes[outcome].tally, times)
        return dict(found)

    def outcomes(self) -> list[tuple[Outcome, int]]:
        """Each case once, with the number of agents in it."""
        counted = Counter(id(person.outcome) for person in self.people)
        first = {id(person.outcome): person.outcome for person in self.people}
        return [(first[key], number) for key, number in counted.items()]


def survey(facts: Facts, *, reshape: Reshape | None = None, until_year: int | None = None) -> Survey:
    """Judge every agent of the facts. `until_year`: when things fall due is told apart up to the end of that year.

    `NOW`: only what is past its life today is. None: `Slot.due` is exact, and cases are many: for one agent.
    """
    judge = _Judge(facts, reshape, until_year)
    return Survey([judge.person(*row) for row in facts.agents])


class _Judge:
    """Remembers every case it has judged."""

    def __init__(self, facts: Facts, reshape: Reshape | None, until_year: int | None) -> None:
        self.facts, self.reshape = facts, reshape
        self.month = rules.month_of(facts.today)
        self._kits = {kit.id: kit for kit in facts.kits}
        self._coarse = until_year is not None
        self._ends = [self.month, *(year * 12 + 11 for year in range(facts.today.year, (until_year or 0) + 1))]
        self._views: dict[int, _View] = {}
        self._folded: dict[str, str] = {}
        self._found: dict[tuple[str, str, bool, int | None], tuple[Kit | None, int | None]] = {}
        self._outcomes: dict[tuple[int, str, tuple[Thing, ...]], Outcome] = {}
        self._held: list[Kit] = []
        self._same: dict[Thing, Thing] = {}
        self._ways: dict[str, tuple[Ageing, str, bool]] = {}

    def person(self, pk: int, entity_id: int, path: str, job: str) -> Person:
        """The agent, judged."""
        key = (path, job, pk in self.facts.teleworkers, self.facts.chosen.get(pk))
        if key not in self._found:
            self._found[key] = self._kit(*key)
        kit, criterion = self._found[key]
        ageing, way, counts_loans = self._way(path)
        things = self.facts.things.get(pk, [])
        if counts_loans and pk in self.facts.loans:
            things = [*things, *self.facts.loans[pk]]
        if self._coarse:
            things = self._view(kit).of(things) if kit is not None else []
        held = tuple(things) if len(things) < 2 else tuple(sorted(things, key=_order))
        return Person(pk, entity_id, path, kit, criterion, held, self._outcome(kit, ageing, way, held))

    def _kit(self, path: str, job: str, teleworks: bool, chosen: int | None) -> tuple[Kit | None, int | None]:
        if job not in self._folded:
            self._folded[job] = fold(job)
        who = Who(path, self._folded[job], teleworks)
        kit, criterion = self._kits.get(chosen) if chosen is not None else None, None
        if kit is None and (found := rules.kit_for(who, self.facts.kits)) is not None:
            kit, criterion = found
        if self.reshape is not None:
            kit = self.reshape(who, kit)
        if kit is not None:
            self._held.append(kit)  # its id() stays its own as long as this judge
        return kit, criterion

    def _way(self, path: str) -> tuple[Ageing, str, bool]:
        if path not in self._ways:
            prefix = next((prefix for prefix, _each in self.facts.ageings if path.startswith(prefix)), "")
            self._ways[path] = (self.facts.ageing_of(path), prefix, self.facts.counts_loans(path))
        return self._ways[path]

    def _outcome(self, kit: Kit | None, ageing: Ageing, way: str, things: tuple[Thing, ...]) -> Outcome:
        key = (id(kit), way, things)
        found = self._outcomes.get(key)
        if found is None:
            slots = None
            if kit is not None:
                slots = rules.level_of(kit.lines, things, month=self.month, ageing=ageing)
            found = self._outcomes[key] = Outcome(slots, rules.tally(slots))
        return found

    def _view(self, kit: Kit) -> _View:
        found = self._views.get(id(kit))
        if found is None:
            found = self._views[id(kit)] = _View(kit, self.facts, self._ends)
        return found


class _View:
    """What of an agent's things matters to a profile: its kinds, its models, the months at which something changes."""

    def __init__(self, kit: Kit, facts: Facts, ends: list[int]) -> None:
        self._models = frozenset(model for line in kit.lines for model in line.models)
        self._steps = {kind: _steps(kit, kind, facts, ends) for line in kit.lines for kind in line.kinds}
        self._seen: dict[Thing, Thing | None] = {}

    def of(self, things: Iterable[Thing]) -> list[Thing]:
        """The things that matter; of the same use, the same thing."""
        return [seen for thing in things if (seen := self._one(thing)) is not None]

    def _one(self, thing: Thing) -> Thing | None:
        if thing in self._seen:
            return self._seen[thing]
        steps, found = self._steps.get(thing.kind), None
        if steps is not None:
            month = thing.bought
            if month is not None:
                at = bisect_left(steps, month)
                month = (steps[at] if at < len(steps) else steps[-1] + 1) if steps else None
            found = Thing(thing.kind, thing.model if thing.model in self._models else None, month, thing.shared)
        self._seen[thing] = found
        return found


def _order(thing: Thing) -> tuple[str, int, int, bool]:
    return (thing.kind, thing.model or 0, thing.bought or 0, thing.shared)


def _steps(kit: Kit, kind: str, facts: Facts, ends: list[int]) -> list[int]:
    """The months of purchase of a kind at which something changes: past its life at one of `ends`, or not."""
    ageings = [ageing for _path, ageing in facts.ageings] or []
    lives = {dict(ageing.months).get(kind) for ageing in [*ageings, Ageing()]}
    lives |= {line.max_months for line in kit.lines if kind in line.kinds}
    return sorted({end - life for end in ends for life in lives if life is not None})


def _through(condition: Q, prefix: str) -> Q:
    """A condition on agents, for rows that lead to one by `prefix`."""
    moved = Q(_connector=condition.connector, _negated=condition.negated)
    for child in condition.children:
        if isinstance(child, Q):
            moved.children.append(_through(child, prefix))
        elif isinstance(child, tuple):
            moved.children.append((f"{prefix}{child[0]}", child[1]))
    return moved


def teleworkers(agent_ids: Iterable[int], today: date) -> set[int]:
    """Those of these agents who may open a screen from elsewhere, today."""
    return _teleworkers(Q(agent_id__in=list(agent_ids)), today)


def screens_of(agent: Agent, today: date) -> frozenset[int]:
    """The computers whose screen an agent may open from elsewhere, today."""
    rights = Right.objects.filter(agent=agent, revoked_at=None, starts_date__lte=today)
    held = rights.filter(Q(ends_date=None) | Q(ends_date__gte=today))
    return frozenset(held.values_list("computer_id", flat=True))


def fitting(agent: Agent, today: date) -> list[Kit]:
    """Every profile that fits an agent, the one that wins first. With entity."""
    who = Who(agent.entity.path, fold(agent.job_title), bool(teleworkers([agent.pk], today)))
    return [kit for kit in kits() if who.path.startswith(kit.path) and any(test.holds(who) for test in kit.tests)]


def _teleworkers(owners: Q, today: date) -> set[int]:
    rights = Right.objects.filter(owners, revoked_at=None, starts_date__lte=today)
    return set(rights.filter(Q(ends_date=None) | Q(ends_date__gte=today)).values_list("agent_id", flat=True))


def _held(owners: Q, borrowers: Q) -> tuple[dict[int, list[Thing]], dict[int, list[Thing]]]:
    """Agent → things assigned to them for good; agent → things lent to them, which are not among the first."""
    lent = Item.objects.filter(borrowers, state=Item.State.OUT, loan__agent__is_active=True).order_by()
    columns = ("asset__kind", "asset__model_id", "asset__purchase_date")
    loans = list(lent.values_list("loan__agent_id", "asset_id", *columns).iterator(CHUNK))
    # What is lent is assigned too, for as long as the loan runs.
    away = {pk for _agent, pk, *_facts in loans}
    everyone = Assignment.objects.filter(agent__is_active=True).order_by()
    shared = set(everyone.values("asset_id").annotate(n=Count("pk")).filter(n__gt=1).values_list("asset_id", flat=True))
    assigned = everyone.filter(owners).values_list("agent_id", "asset_id", *columns).iterator(CHUNK)
    return (
        _things((agent, *facts, pk in shared) for agent, pk, *facts in assigned if pk not in away),
        _things((agent, *facts, False) for agent, _pk, *facts in loans),
    )


def _things(rows: Iterable[tuple[Any, ...]]) -> dict[int, list[Thing]]:
    """Agent, kind, model, day of purchase, shared."""
    found: dict[int, list[Thing]] = defaultdict(list)
    same: dict[tuple[str, int | None, date | None, bool], Thing] = {}
    for agent, kind, model, bought, shared in rows:
        key = (kind, model, bought, shared)
        if key not in same:
            same[key] = Thing(kind, model, rules.month_of(bought) if bought else None, shared)
        found[agent].append(same[key])
    return dict(found)


def price_of(policy: Policy | None, kind: str) -> Decimal:
    """Euros a new thing of a kind costs."""
    written = policy.prices.get(kind) if policy is not None else None
    return Decimal(str(written)) if written not in (None, "") else rules.PRICES[kind]
