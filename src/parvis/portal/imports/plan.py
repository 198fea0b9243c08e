"""Pure: what the lines of an import would do to the parc as it is. Nothing is read, nothing is written here.

A line is an existing asset by its tag, its serial number, or its name in its entity, in this order; where these
disagree, or several assets answer, it is rejected and both are named. Empty cells change nothing. What a person has
written here stays, and is shown as a conflict; what nobody, a probe or an earlier import wrote is replaced.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from parvis.portal.imports import values as cell
from parvis.portal.imports.facts import Held, Known, Options, Planned, Problem, Said
from parvis.portal.imports.understanding import COMPUTERS, Understood
from parvis.portal.parc import rules
from parvis.portal.ui.search import fold

WRITTEN = (
    "name", "kind", "entity", "site", "room", "tag", "model", "serial", "supplier", "contract", "order_number",
    "purchase_date", "warranty_end_date", "cost", "notes", "address", "mac_address",
    "phone_number",
)  # fmt: skip
"""The fields of an asset that an import writes; `state` and `agent` have ways of their own."""
PROTECTED = frozenset({"server", "admin"})
LOCKED = frozenset({"move", "protected"})
"""Reasons of a conflict that nobody can tick away."""
FOLDED = frozenset({"model", "supplier", "site", "name", "tag", "serial"})


def plan(lines: Iterable[Said], known: Known, options: Options) -> Iterable[Planned]:
    """One by one, in the order of the file."""
    planner = _Planner(known, options)
    for said in lines:
        yield planner.one(said)


class _Planner:
    def __init__(self, known: Known, options: Options) -> None:
        self.known, self.options = known, options
        self.seen: dict[tuple[Any, ...], int] = {}
        """What a line claimed → its number: the same asset twice in a file is a mistake of the file."""

    def one(self, said: Said) -> Planned:
        line = Understood(said, self.known, self.options)
        found, problems = self._match(line)
        problems = [*line.problems, *problems]
        result = Planned(said.number, agent=line.agent.pk if line.agent else None)
        result.label = _label(line, found)
        if not problems and found is None:
            problems = self._complete(line)
        if not problems:
            problems = [*self._taken(line, found), *self._claimed(said.number, line, found)]
        if problems:
            result.kind, result.problems, result.cells = "rejected", problems, said.cells
            result.asset = found.pk if found else None
            return result
        result.problems = line.warnings
        if found is None:
            self._new(result, line)
        else:
            self._compare(result, line, found)
        # Also of a line that seems good: it may yet be refused when it is written, and is given back then.
        result.cells = () if result.kind == "unchanged" else said.cells
        return result

    # Which asset is it?

    def _match(self, line: Understood) -> tuple[Held | None, list[Problem]]:
        tagged = self.known.by_tag.get(_key(line.values.get("tag")), [])
        by_tag = self._here(line, [each for each in tagged if self._may_be(line, each)])
        by_serial = self._here(line, self.known.by_serial.get(_key(line.values.get("serial")), []))
        for name, found in (("tag", by_tag), ("serial", by_serial)):
            if len(found) > 1:
                return None, [_several(name, line.values[name], found)]
        if by_tag and by_serial and by_tag[0].pk != by_serial[0].pk:
            two = {"tag_of": by_tag[0].label, "serial_of": by_serial[0].label}
            return by_tag[0], [("tag_and_serial", two)]
        found = by_tag or by_serial
        return (found[0], []) if found else self._by_name(line)

    def _by_name(self, line: Understood) -> tuple[Held | None, list[Problem]]:
        kind = line.values.get("kind", self.options.kind)
        if kind not in COMPUTERS and (line.values.get("tag") or line.values.get("serial")):
            return None, []  # « Écran 24 pouces » is the name of many: with a number of its own it is another one
        alive = [
            each
            for each in self.known.by_name.get(_key(line.values.get("name")), [])
            if each.values["state"] != "disposed"
        ]
        # A line that names no entity means the whole of what the import is for.
        found = [each for each in alive if each.values["entity"] == self._entity_of(line)]
        if not found and "entity" not in line.values:
            found = alive
        if len(found) > 1:
            return None, [_several("name", line.values["name"], found)]
        if not found:
            return None, []
        serial, there = line.values.get("serial"), found[0].values["serial"]
        if serial and there and _key(serial) != _key(there):
            return found[0], [("name_of_other", {"name": found[0].label, "serial": there})]
        return found[0], []

    def _may_be(self, line: Understood, each: Held) -> bool:
        """Tags are unique in an entity only: in another one, the serial number or the name must say the same."""
        if "entity" not in line.values or each.values["entity"] == line.values["entity"]:
            return True
        serial, name = line.values.get("serial"), line.values.get("name")
        if serial and each.values["serial"]:
            return _key(serial) == _key(each.values["serial"])
        return bool(name) and _key(name) == _key(each.values["name"])

    def _here(self, line: Understood, found: list[Held]) -> list[Held]:
        """Those of the line's own entity if there are any: tags are unique in an entity, not between two."""
        own = [each for each in found if each.values["entity"] == self._entity_of(line)]
        return own or found

    def _entity_of(self, line: Understood) -> int | None:
        found: int | None = line.values.get("entity", self.options.entity)
        return found

    # May it be written?

    def _complete(self, line: Understood) -> list[Problem]:
        """What a new asset needs, made up where it can be."""
        values = line.values
        if "kind" not in values:
            if not self.options.kind:
                return [("no_kind", {})]
            values["kind"] = self.options.kind
        if "entity" not in values:
            if self.options.entity is None:
                return [("no_entity", {})]
            line.put("entity", self.options.entity, self.known.entity_names[self.options.entity])
        if not values.get("name") and values["kind"] not in COMPUTERS:
            values["name"] = (line.words.get("model") or values.get("tag") or values.get("serial") or "")[:63]
        return [] if values.get("name") else [("no_name", {})]

    def _taken(self, line: Understood, found: Held | None) -> list[Problem]:
        after = {"state": "deployed", **(found.values if found else {}), **line.values}
        problems: list[Problem] = []
        for other in self._others(self.known.by_tag, "tag", line, after, found):
            problems.append(("tag_taken", {"value": line.values["tag"], "name": other.label}))
        if _has_unique_name(after):
            for other in self._others(self.known.by_name, "name", line, after, found):
                if _has_unique_name(other.values):
                    problems.append(("name_taken", {"value": line.values["name"], "name": other.label}))
        return [*problems, *self._odd(after, line)]

    def _others(
        self, index: dict[str, list[Held]], name: str, line: Understood, after: dict[str, Any], found: Held | None
    ) -> list[Held]:
        """Other assets of the same entity that have this value already."""
        same = index.get(_key(line.values.get(name)), [])
        mine = found.pk if found else None
        return [each for each in same if each.pk != mine and each.values["entity"] == after["entity"]]

    def _odd(self, after: dict[str, Any], line: Understood) -> list[Problem]:
        problems: list[Problem] = []
        if "name" in line.values and after["kind"] in COMPUTERS and not rules.name_is_valid(after["name"]):
            problems.append(("bad_computer_name", {"value": after["name"]}))
        bought, covered = after.get("purchase_date"), after.get("warranty_end_date")
        if bought and covered and covered < bought and {"purchase_date", "warranty_end_date"} & line.values.keys():
            problems.append(("warranty_before_purchase", {}))
        return problems

    def _claimed(self, number: int, line: Understood, found: Held | None) -> list[Problem]:
        values = line.values
        entity = values.get("entity", found.values["entity"] if found else None)
        claims: list[tuple[Any, ...]] = [("asset", found.pk)] if found else []
        if values.get("tag"):
            claims.append(("tag", entity, _key(values["tag"])))
        if values.get("serial"):
            claims.append(("serial", _key(values["serial"])))
        if values.get("name") and values.get("kind", found.values["kind"] if found else "") in COMPUTERS:
            claims.append(("name", entity, _key(values["name"])))
        earlier = next((self.seen[claim] for claim in claims if claim in self.seen), None)
        if earlier is not None:
            return [("twice", {"line": earlier})]
        self.seen.update(dict.fromkeys(claims, number))
        return []

    # What would it change?

    def _new(self, result: Planned, line: Understood) -> None:
        result.kind = "created"
        result.values = {name: line.values[name] for name in WRITTEN if name in line.values}
        result.values["state"] = line.values.get("state", "deployed")
        if line.agent and result.values["state"] in rules.NOBODYS - {"stock"}:
            result.problems = [*result.problems, ("agent_and_state", {})]
            result.agent = None
        elif line.agent:
            result.values["state"] = "deployed" if result.values["state"] == "stock" else result.values["state"]
        result.changes = {
            name: [None, value, "", line.words.get(name, "")] for name, value in result.values.items() if value != ""
        }
        if line.agent and result.agent:
            result.changes["agent"] = [None, line.agent.pk, "", line.agent.name]

    def _compare(self, result: Planned, line: Understood, found: Held) -> None:
        result.asset = found.pk
        for name in WRITTEN:
            if name in line.values:
                self._field(result, line, found, name)
        self._state(result, line, found)
        self._agent(result, line, found)
        if result.changes:
            result.kind = "changed"
        elif result.conflicts:
            result.kind = "conflict"

    def _field(self, result: Planned, line: Understood, found: Held, name: str) -> None:
        before, after = found.values.get(name), line.values[name]
        if name == "kind" and line.loose_kind and (before in COMPUTERS) == (after in COMPUTERS):
            return
        if _same(name, before, after, found.words.get(name, ""), line.words.get(name, "")):
            return
        change = [before, after, found.words.get(name, ""), line.words.get(name, "")]
        if name == "kind" and before in PROTECTED and after not in PROTECTED and not self.known.may_unprotect:
            result.conflicts[name] = [*change, "protected"]
        elif before not in (None, "") and found.origins.get(name) == "human":
            result.conflicts[name] = [*change, "human"]
        else:
            result.changes[name] = change
            result.values[name] = after

    def _state(self, result: Planned, line: Understood, found: Held) -> None:
        before, after = found.values["state"], line.values.get("state", "")
        if not after or after == before:
            return
        change = [before, after, "", ""]
        if after not in rules.ASSET_MOVES[before]:
            result.conflicts["state"] = [*change, "move"]
        elif found.state_is_human:
            result.conflicts["state"] = [*change, "human"]
        else:
            result.changes["state"] = change
            result.values["state"] = after

    def _agent(self, result: Planned, line: Understood, found: Held) -> None:
        if line.agent is None or line.agent.pk in {each.pk for each in found.agents}:
            return
        state = result.values.get("state", found.values["state"])
        if state in rules.NOBODYS - {"stock"}:
            result.problems = [*result.problems, ("agent_and_state", {})]
            return
        have = ", ".join(each.name for each in found.agents)
        change = [[each.pk for each in found.agents], line.agent.pk, have, line.agent.name]
        if found.agents and not {each.pk for each in found.agents} <= found.imported_agents:
            result.conflicts["agent"] = [*change, "human"]
        else:
            result.changes["agent"] = change


def _has_unique_name(values: dict[str, Any]) -> bool:
    return values["kind"] in COMPUTERS and values["state"] != "disposed"


def _label(line: Understood, found: Held | None) -> str:
    words = line.values.get("name") or line.values.get("tag") or line.values.get("serial")
    return str(words or (found.label if found else "") or "—")[:120]


def _several(name: str, value: Any, found: list[Held]) -> Problem:
    return (f"several_by_{name}", {"value": value, "names": [each.label for each in found[:5]]})


def _key(value: Any) -> str:
    return cell.key(value) or "\x00"


def _same(name: str, before: Any, after: Any, before_words: str, after_words: str) -> bool:
    if before == after:
        return True
    if name == "model" and before and after:
        return fold(before[1]) == fold(after[1]) and (not after[0] or fold(before[0]) == fold(after[0]))
    if name in FOLDED and isinstance(after, str) and isinstance(before, str):
        return before.casefold() == after.casefold() and name != "name"
    return name in {"site", "supplier"} and bool(before_words) and fold(before_words) == fold(after_words)
