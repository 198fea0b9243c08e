"""Pure: the cells of a line as values of an asset. What cannot be understood is a problem of the line."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from parvis.portal.imports import values as cell
from parvis.portal.imports.facts import Known, Named, NotFoundHere, Options, Problem, Said
from parvis.portal.parc import rules
from parvis.portal.ui.search import fold

COMPUTERS = frozenset({"office", "laptop", "server", "admin", "school"})
LONGEST = {
    "name": 63, "tag": 40, "serial": 100, "room": 60, "order_number": 60, "notes": 4000, "manufacturer": 80,
    "model": 120, "supplier": 120, "site": 150, "phone_number": 30,
}  # fmt: skip
FATAL_PEOPLE = frozenset({"unknown_agent", "several_agents", "agent_left"})


class Understood:
    """One line's values, and its problems. `loose_kind`: the file says no more than « a computer »."""

    def __init__(self, said: Said, known: Known, options: Options) -> None:
        self.raw, self.known, self.options = said.said, known, options
        self.values: dict[str, Any] = {}
        self.words: dict[str, str] = {}
        self.problems: list[Problem] = [("fault", {"text": text}) for text in said.faults]
        self.warnings: list[Problem] = []
        self.loose_kind = False
        self.agent: Named | None = None
        for name in ("entity", "kind", "state", "name", "tag", "serial"):
            self._one(name)
        for name in ("room", "site", "model", "supplier", "contract", "order_number", "purchase_date", "cost"):
            self._one(name)
        for name in ("warranty_end_date", "address", "mac_address", "phone_number", "notes", "agent"):
            self._one(name)
        self._warranty_months()

    def _one(self, name: str) -> None:
        text = self.raw.get(name, "")
        if not cell.text(text):
            return
        try:
            READERS.get(name, _words)(self, name, text)
        except NotFoundHere as problem:
            self._refuse(name, (problem.code, problem.params))
        except ValueError:
            self._refuse(name, (f"bad_{name}", {"value": cell.line(text)[:80]}))

    def _refuse(self, name: str, problem: Problem) -> None:
        if name == "agent" and self.options.skip_people and problem[0] in FATAL_PEOPLE:
            self.warnings.append(problem)
        else:
            self.problems.append(problem)

    def _warranty_months(self) -> None:
        text = cell.line(self.raw.get("warranty_months", ""))
        start = self.values.get("purchase_date")
        if not text or text == "0" or "warranty_end_date" in self.values or start is None:
            return
        try:
            self.values["warranty_end_date"] = cell.after_months(cell.day(start), cell.months(text)).isoformat()
        except ValueError:
            self.problems.append(("bad_warranty_months", {"value": text[:80]}))

    def put(self, name: str, value: Any, words: str = "") -> None:
        """Keep a value, with its words where they are not itself."""
        self.values[name] = value
        if words:
            self.words[name] = words


def _words(line: Understood, name: str, text: str) -> None:
    said = cell.text(text) if name == "notes" else cell.line(text)
    if len(said) > LONGEST.get(name, 4000):
        raise NotFoundHere("too_long", field=name, most=LONGEST[name])
    line.put(name, said)


def _serial(line: Understood, name: str, text: str) -> None:
    if cell.serial(text):
        _words(line, name, text)


def _kind(line: Understood, name: str, text: str) -> None:
    try:
        said = cell.kind(text)
    except ValueError:
        if not line.options.kind:
            raise
        line.loose_kind = True
        line.put(name, line.options.kind)
        return
    line.loose_kind = said.loose
    # « Ordinateur » in a file said to be of laptops is a laptop.
    default = line.options.kind
    line.put(name, default if said.loose and default in COMPUTERS else said.kind)


def _state(line: Understood, name: str, text: str) -> None:
    try:
        line.put(name, cell.state(text))
    except ValueError:
        if not line.options.state:
            raise
        line.put(name, line.options.state)


def _entity(line: Understood, name: str, text: str) -> None:
    found = line.known.entity(cell.line(text))
    line.put(name, found, line.known.entity_names[found])


def _site(line: Understood, name: str, text: str) -> None:
    said = cell.line(text)
    parts = [part.strip() for part in said.split(">") if part.strip()]
    found = _sites_called(line, said) or (_sites_called(line, parts[0]) if len(parts) > 1 else [])
    if len(found) > 1:
        names = [f"{each.name} ({line.known.entity_names.get(each.entity, '')})" for each in found]
        raise NotFoundHere("several_sites", value=said[:80], names=names[:5])
    whole = bool(_sites_called(line, said))
    if not whole and len(parts) > 1 and "room" not in line.values:
        # GLPI's places are trees: « Mairie > 1er étage > Bureau 12 » is a room of a site.
        line.put("room", " › ".join(parts[1:])[:60])
    if found:
        line.put(name, found[0].pk, found[0].name)
    elif line.options.create_sites and parts and len(parts[0]) <= LONGEST["site"]:
        line.put(name, parts[0], parts[0])
    else:
        raise NotFoundHere("unknown_site", value=said[:80])


def _sites_called(line: Understood, text: str) -> list[Named]:
    """The sites of this name; of several, those of the line's own entity or nearest above it."""
    found = line.known.sites.get(fold(text), [])
    path = line.known.entity_paths.get(line.values.get("entity") or line.options.entity or 0, "")
    above = [each for each in found if path and path.startswith(line.known.entity_paths.get(each.entity, "?"))]
    if len(found) > 1 and above:
        nearest = max(len(line.known.entity_paths[each.entity]) for each in above)
        return [each for each in above if len(line.known.entity_paths[each.entity]) == nearest]
    return found


def _model(line: Understood, name: str, text: str) -> None:
    model, maker = cell.line(text), cell.line(line.raw.get("manufacturer", ""))
    if len(model) > LONGEST["model"] or len(maker) > LONGEST["manufacturer"]:
        raise NotFoundHere("too_long", field=name, most=LONGEST["model"])
    same = line.known.models.get(fold(model), [])
    exact = next((each for each in same if fold(each[0]) == fold(maker)), None)
    makers = {each[0] for each in same}
    if exact is not None:
        maker, model = exact
    elif not maker and len(makers) == 1:
        maker, model = same[0]
    line.put(name, [maker, model], f"{maker} {model}".strip())


def _supplier(line: Understood, name: str, text: str) -> None:
    said = cell.line(text)
    if len(said) > LONGEST["supplier"]:
        raise NotFoundHere("too_long", field=name, most=LONGEST["supplier"])
    found = line.known.suppliers.get(fold(said))
    line.put(name, found.pk if found else said, found.name if found else said)


def _contract(line: Understood, name: str, text: str) -> None:
    found = line.known.contracts.get(fold(cell.line(text)), [])
    if len(found) != 1:
        raise NotFoundHere("several_contracts" if found else "unknown_contract", value=cell.line(text)[:80])
    line.put(name, found[0].pk, found[0].name)


def _day(line: Understood, name: str, text: str) -> None:
    line.put(name, cell.day(text).isoformat())


def _cost(line: Understood, name: str, text: str) -> None:
    amount = cell.money(text)
    if amount or text.strip() in {"0", "0,00", "0.00"}:  # GLPI writes 0.0000 where nobody entered a price
        line.put(name, str(amount))


def _address(line: Understood, name: str, text: str) -> None:
    line.put(name, rules.normal_host(cell.line(text).split(" ")[0].rstrip(",;")))


def _mac(line: Understood, name: str, text: str) -> None:
    line.put(name, rules.normal_mac(cell.line(text).split(" ")[0].rstrip(",;")))


def _agent(line: Understood, name: str, text: str) -> None:
    said = cell.line(text)
    # GLPI's reader names a person in several ways: the first that is known counts.
    ways = (line.known.agents.get(fold(way.replace("’", "'")), {}) for way in said.split(" | "))
    found = next(filter(None, ways), {})
    said = said.partition(" | ")[0]
    if len(found) > 1:
        raise NotFoundHere("several_agents", value=said[:80], names=sorted(found.values())[:5])
    if not found:
        raise NotFoundHere("unknown_agent", value=said[:80])
    pk, label = next(iter(found.items()))
    line.agent = Named(pk, label)


Reader = Callable[[Understood, str, str], None]
READERS: dict[str, Reader] = {
    "serial": _serial, "kind": _kind, "state": _state, "entity": _entity, "site": _site, "model": _model,
    "supplier": _supplier, "contract": _contract, "purchase_date": _day, "warranty_end_date": _day, "cost": _cost,
    "address": _address, "mac_address": _mac, "agent": _agent,
}  # fmt: skip
