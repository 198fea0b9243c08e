"""The comparison: what a source's records change in the directory. Pure: no database, no clock.

The order of the records does not matter, and once a plan is applied the same records plan nothing more. People are
matched by the source's own key; an e-mail or a personnel number only proposes a merge; a name never matches anybody.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime

from parvis.portal.sources import rules
from parvis.portal.sources.items import ACTIVE, ENTITY, LEAVING, Item, Kind, Problem, Value
from parvis.portal.sources.records import Fault, Record
from parvis.portal.sources.rules import Asking, Known

FindEntity = Callable[[str], int | Problem]
"""The entity a source means by a text, or why it cannot be said."""


@dataclass(frozen=True, slots=True)
class Mine:
    """What is remembered of a person of this source."""

    agent: int
    reported: dict[str, Value]
    enabled: bool = True
    missing_runs: int = 0
    missing_since: datetime | None = None
    gone: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """The source's settings that matter here, and the instant."""

    asking: Asking
    now: datetime
    root: int
    is_complete: bool = True
    grace_runs: int = 2
    grace_days: int = 0


@dataclass(slots=True, kw_only=True)
class Directory:
    """What is there already."""

    agents: dict[int, Known]
    """Those in the root entity and those linked to the source."""
    links: dict[str, Mine]
    """By the source's key."""
    emails: dict[str, int]
    """Every agent's address, wherever they work."""
    refused: set[tuple[str, int]] = field(default_factory=set)
    """(key, agent) a person said are two people."""
    proposed: set[tuple[str, int]] = field(default_factory=set)
    """(key, agent) a person is asked about already."""


@dataclass(slots=True)
class Plan:
    """All differences, and the figures a person decides on."""

    items: list[Item] = field(default_factory=list)
    read: int = 0
    ignored: int = 0
    """Disabled in the source and unknown here: not worth a line."""
    unchanged: int = 0
    present: int = 0

    @property
    def leaving(self) -> int:
        """How many would leave."""
        return sum(1 for item in self.items if not item.kinds.isdisjoint(LEAVING))

    def counts(self) -> dict[str, int]:
        """People by kind."""
        found = Counter(str(kind) for item in self.items for kind in item.kinds)
        return {**found, "unchanged": self.unchanged, "ignored": self.ignored}


def plan(records: Iterable[Record | Fault], directory: Directory, terms: Terms, find_entity: FindEntity) -> Plan:
    """Compare."""
    return _Planner(directory, terms, find_entity).run(records)


class _Planner:
    def __init__(self, directory: Directory, terms: Terms, find_entity: FindEntity) -> None:
        self.there = directory
        self.terms = terms
        self.find_entity = find_entity
        self.plan = Plan()
        self.good: list[Record] = []
        self.seen: set[str] = set()
        self.linked_as = {link.agent: key for key, link in directory.links.items()}
        self.email_moves: dict[int, Item] = {}

    def run(self, records: Iterable[Record | Fault]) -> Plan:
        self._sort_out(records)
        linked = [record for record in self.good if record.key in self.there.links]
        loose = [record for record in self.good if record.key not in self.there.links]
        items = [self._linked(record) for record in linked]
        self._refuse_taken_emails()
        self._index_final()
        for item in items:
            self._keep(item)
        found = [self._loose(record) for record in loose]
        claimed = {item.agent for item in found if item is not None and Kind.MERGE in item.kinds}
        self._vanished(claimed)
        agents = self.there.agents
        mine = (agents.get(link.agent) for link in self.there.links.values())
        self.plan.present = sum(1 for known in mine if known and known.inside and known.is_active)
        self.plan.items.sort(key=lambda item: (item.label, item.key, item.where))
        return self.plan

    # Reading

    def _sort_out(self, records: Iterable[Record | Fault]) -> None:
        by_key: dict[str, list[Record]] = defaultdict(list)
        for record in records:
            self.plan.read += 1
            if isinstance(record, Fault):
                self._fault(record.key, record.where, record.where, [Problem("unreadable", {"text": record.problem})])
            elif problems := rules.faults_of(record):
                name = f"{record.first_name} {record.last_name}".strip()[:200]
                self._fault(record.key[: rules.LONGEST_KEY], name or record.where, record.where, problems)
            else:
                by_key[record.key].append(record)
        for key in sorted(by_key):
            group = by_key[key]
            self.seen.add(key)
            if len(group) == 1:
                self.good.append(group[0])
                continue
            for record in group:
                self._reject(record, Problem("duplicate_key", {"key": key, "times": len(group)}))
        self.same_email = Counter(rules.told(record)["email"] for record in self.good)
        self.same_number = Counter(rules.told(record).get("personnel_number") for record in self.good)

    def _fault(self, key: str, label: str, where: str, problems: list[Problem]) -> None:
        if key:
            self.seen.add(key)
        self.plan.items.append(
            Item(key=key, label=label[:220], where=where, kinds={Kind.FAULT}, problems=problems, due=False)
        )

    def _reject(self, record: Record, *problems: Problem, agent: int | None = None) -> Item:
        label = f"{record.first_name} {record.last_name}"[:220]
        item = Item(
            key=record.key, label=label, where=record.where, agent=agent, kinds={Kind.CONFLICT},
            problems=list(problems), due=False,
        )  # fmt: skip
        self.plan.items.append(item)
        return item

    # People the source is known to have

    def _linked(self, record: Record) -> Item | None:
        link = self.there.links[record.key]
        known = self.there.agents[link.agent]
        if not known.inside:
            self._reject(record, Problem("outside_root"))
            return None
        said, problems = rules.told(record), []
        entity = self.find_entity(record.entity) if record.entity else None
        if isinstance(entity, Problem):
            problems.append(entity)
        # A place that cannot be told leaves the one said before.
        place = entity if isinstance(entity, int) else link.reported.get(ENTITY)
        if place:
            said[ENTITY] = place
        item = rules.settle(known, self.terms.asking, said, enabled=record.is_active, before=link.reported)
        item.key, item.where, item.problems = record.key, record.where, problems
        if "email" in item.fields:
            self._email(item, known)
        return item

    def _email(self, item: Item, known: Known) -> None:
        new = str(item.fields["email"][1])
        if known.has_account:
            self._drop_email(item, Problem("email_is_sign_in", {"value": new}))
        elif self.same_email[new] > 1:
            self._drop_email(item, Problem("duplicate_email", {"value": new}))
        else:
            self.email_moves[known.pk] = item

    def _drop_email(self, item: Item, problem: Problem) -> None:
        del item.fields["email"]
        item.problems.append(problem)
        rules.classify(item)

    def _refuse_taken_emails(self) -> None:
        """Addresses may pass from one agent to the next; one that somebody keeps is nobody else's."""
        kept = {email: pk for email, pk in self.there.emails.items() if pk not in self.email_moves}
        while True:
            taken = [pk for pk, item in self.email_moves.items() if str(item.fields["email"][1]) in kept]
            if not taken:
                return
            for pk in sorted(taken):
                item = self.email_moves.pop(pk)
                now, new = item.fields["email"]
                self._drop_email(item, Problem("email_taken", {"value": str(new)}))
                kept[str(now)] = pk

    def _keep(self, item: Item | None) -> None:
        """Put an item of a linked person in the plan, if there is anything to it."""
        if item is None:
            return
        link = self.there.links[item.key]
        if item.problems:
            item.kinds.add(Kind.CONFLICT)
        remembered = (link.reported, link.enabled, link.missing_runs, link.gone)
        news = remembered != (item.reported, item.enabled, 0, False)
        item.due = bool(item.fields or item.released or item.active is not None or news)
        if not item.kinds and item.due:
            item.kinds.add(Kind.QUIET)
        if item.kinds:
            self.plan.items.append(item)
        if item.kinds <= {Kind.QUIET}:
            self.plan.unchanged += 1

    # People it is not known to have

    def _index_final(self) -> None:
        """Addresses and numbers as they will be once the linked people are done."""
        moved = {pk: str(item.fields["email"][1]) for pk, item in self.email_moves.items()}
        self.emails = {email: pk for email, pk in self.there.emails.items() if pk not in moved}
        self.emails |= {email: pk for pk, email in moved.items()}
        final: dict[int, Value] = {}
        for record in self.good:
            if (link := self.there.links.get(record.key)) and (number := rules.told(record).get("personnel_number")):
                final[link.agent] = number
        self.numbers: dict[Value, set[int]] = defaultdict(set)
        for pk, known in self.there.agents.items():
            held = "personnel_number" in known.holds
            number = known.values.get("personnel_number") if held else final.get(pk, known.values["personnel_number"])
            if known.inside and number:
                self.numbers[number].add(pk)

    def _loose(self, record: Record) -> Item | None:
        said = rules.told(record)
        number = said.get("personnel_number")
        if self.same_email[said["email"]] > 1:
            return self._reject(record, Problem("duplicate_email", {"value": str(said["email"])}))
        if number and self.same_number[number] > 1:
            return self._reject(record, Problem("duplicate_number", {"value": str(number)}))
        by_email = self.emails.get(str(said["email"]))
        if by_email is not None and (by_email not in self.there.agents or not self.there.agents[by_email].inside):
            return self._reject(record, Problem("email_elsewhere", {"value": str(said["email"])}))
        if by_email is not None and (record.key, by_email) in self.there.refused:
            return self._reject(record, Problem("merge_refused", {"value": str(said["email"])}), agent=by_email)
        same = {pk for pk in self.numbers.get(number, ()) if (record.key, pk) not in self.there.refused}
        same |= {by_email} if by_email is not None else set()
        if len(same) > 1:
            return self._reject(record, Problem("matches_several"))
        if same:
            return self._merge(record, said, same.pop(), "email" if by_email is not None else "number")
        return self._arrival(record, said)

    def _merge(self, record: Record, said: dict[str, Value], agent: int, reason: str) -> Item:
        if self.linked_as.get(agent) in self.seen:
            return self._reject(record, Problem("already_linked"), agent=agent)
        known = self.there.agents[agent]
        entity = self.find_entity(record.entity) if record.entity else None
        if isinstance(entity, int):
            said[ENTITY] = entity
        shown = rules.settle(known, self.terms.asking, said, enabled=record.is_active, before={})
        item = replace(shown, key=record.key, where=record.where, kinds={Kind.MERGE}, reason=reason, active=None)
        item.due = (record.key, agent) not in self.there.proposed
        self.plan.items.append(item)
        return item

    def _arrival(self, record: Record, said: dict[str, Value]) -> Item | None:
        last = record.ends_date
        if not record.is_active or (last and last < self.terms.asking.today):
            self.plan.ignored += 1
            return None
        entity = self.find_entity(record.entity) if record.entity else self.terms.root
        if isinstance(entity, Problem):
            return self._reject(record, entity)
        item = Item(
            key=record.key, label=f"{said['first_name']} {said['last_name']}", where=record.where,
            kinds={Kind.ARRIVAL}, reported=said | ({ENTITY: entity} if record.entity else {}),
            fields={name: [None, value] for name, value in (said | {ENTITY: entity}).items()},
        )  # fmt: skip
        self.plan.items.append(item)
        return item

    # People it does not bring any more

    def _vanished(self, claimed: set[int | None]) -> None:
        if not self.terms.is_complete:
            return
        for key in sorted(self.there.links.keys() - self.seen):
            link = self.there.links[key]
            known = self.there.agents[link.agent]
            # Under another key a person is asked about, somebody is not gone.
            if known.inside and known.pk not in claimed:
                self._missing(key, link, known)

    def _missing(self, key: str, link: Mine, known: Known) -> None:
        terms = self.terms
        runs, since = link.missing_runs + 1, link.missing_since or terms.now
        gone = link.gone or rules.is_gone(
            runs, since, terms.now, grace_runs=terms.grace_runs, grace_days=terms.grace_days
        )
        item = Item(key=key, label=known.label, agent=known.pk, reported=link.reported, enabled=link.enabled)
        item.base, item.missing = known.fingerprint(), [runs, since.isoformat(), gone]
        item.due = not link.gone
        elsewhere = any(each.says_here for each in known.opinions if each.source != terms.asking.source)
        if not gone:
            item.kinds.add(Kind.ABSENT if known.is_active else Kind.QUIET)
        elif not known.is_active or elsewhere:
            item.kinds.add(Kind.QUIET)
        elif ACTIVE in known.holds:
            item.kinds.add(Kind.HELD)
            item.held[ACTIVE] = [1, 0]
        else:
            item.kinds.add(Kind.VANISHED)
            item.active, item.due = False, True
        if item.due or item.kinds != {Kind.QUIET}:
            self.plan.items.append(item)
