"""What the planning may know of the database: entities, places, people and assets within the run's root."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from parvis.portal.accounts.models import User
from parvis.portal.directory import rules as tree
from parvis.portal.directory.lookup import AmbiguousEntity, EntityIndex
from parvis.portal.directory.models import Entity, Role
from parvis.portal.directory.queries import agents_visible_to, has_role
from parvis.portal.imports import values as cell
from parvis.portal.imports.facts import Held, Known, Named, NotFoundHere, Said
from parvis.portal.parc.models import Asset, AssetEvent, AssetModel, Assignment, Contract, Site, Supplier
from parvis.portal.ui.search import fold

AT_ONCE = 500
"""Values in one query."""
PLAIN = (
    "name", "tag", "serial", "kind", "state", "room", "order_number", "notes", "address", "mac_address",
    "phone_number",
)  # fmt: skip


def known_for(root: Entity, actor: User, lines: Iterable[Said], entities: Mapping[str, int] | None = None) -> Known:
    """Everything these lines may speak of. `entities`: names decided by a person → our entities (GLPI's).

    A dozen queries, and one for each 500 assets that may be meant.
    """
    index = EntityIndex(root)
    inside = Entity.objects.filter(path__startswith=root.path).order_by("path")
    above = list(Entity.objects.filter(path__in=tree.lineage(root.path)))
    known = Known(
        entity=_entity_finder(index, entities or {}, set(inside.values_list("pk", flat=True))),
        entity_names={each.pk: index.full_name(each) or each.name for each in [*above, *inside]},
        entity_paths={each.pk: each.path for each in [*above, *inside]},
        may_unprotect=has_role(actor, Role.HEAD_OF_IT, entity=root),
    )
    near = [*known.entity_paths]
    for site in Site.objects.filter(entity__in=near).values_list("pk", "name", "entity_id"):
        known.sites.setdefault(fold(site[1]), []).append(Named(*site))
    for pk, name in Supplier.objects.filter(entity__in=near).order_by("-entity__path").values_list("pk", "name"):
        known.suppliers[fold(name)] = Named(pk, name)  # the highest of that name: shared rather than doubled
    for pk, name in Contract.objects.filter(entity__in=near).values_list("pk", "name"):
        known.contracts.setdefault(fold(name), []).append(Named(pk, name))
    for maker, name in AssetModel.objects.values_list("manufacturer", "name").distinct():
        known.models.setdefault(fold(name), []).append((maker, name))
    known.agents = _agents(actor)
    _assets(root, known, lines)
    return known


def _entity_finder(index: EntityIndex, decided: Mapping[str, int], inside: set[int]) -> Callable[[str], int]:
    by_name = {fold(name): pk for name, pk in decided.items() if pk in inside}

    def find(text: str) -> int:
        if fold(text) in by_name:
            return by_name[fold(text)]
        parts = [part.strip() for part in text.replace("›", ">").replace(" / ", ">").split(">")]
        # GLPI writes the whole way down from its « Root entity »: the part that we know may begin further down.
        for start in range(len(parts)):
            try:
                found = index.find(" › ".join(parts[start:]))
            except AmbiguousEntity as several:
                raise NotFoundHere("several_entities", value=text[:80], names=several.candidates[:5]) from None
            if found is not None:
                return found.pk
        raise NotFoundHere("unknown_entity", value=text[:80])

    return find


def _agents(actor: User) -> dict[str, dict[int, str]]:
    found: dict[str, dict[int, str]] = defaultdict(dict)
    rows = agents_visible_to(actor).filter(is_active=True).order_by()
    for pk, first, last, email, number in rows.values_list(
        "pk", "first_name", "last_name", "email", "personnel_number"
    ):
        label = f"{first} {last}"
        names = [email, number, label, f"{last} {first}", f"{last}, {first}"]
        # GLPI and Snipe-IT name people by their login, which is often what stands before the @.
        names.append(email.partition("@")[0])
        for name in names:
            if key := fold(" ".join(name.replace("’", "'").split())):
                found[key][pk] = label
    return found


def _assets(root: Entity, known: Known, lines: Iterable[Said]) -> None:
    held: dict[int, Held] = {}
    for piece in _pieces(_meant(root, lines)):
        for asset in Asset.objects.filter(pk__in=piece).select_related(
            "entity", "site", "model", "supplier", "contract"
        ):
            held[asset.pk] = _held(asset, known)
    _add_people(held)
    _add_states(held)
    for each in held.values():
        for name, index in (("tag", known.by_tag), ("serial", known.by_serial), ("name", known.by_name)):
            if each.values[name]:
                index.setdefault(cell.key(each.values[name]), []).append(each)


def _meant(root: Entity, lines: Iterable[Said]) -> list[int]:
    """The assets that have a tag, a serial or a name of these lines; compared here, as no index knows such keys."""
    tags, serials, names = set[str](), set[str](), set[str]()
    for line in lines:
        tags.add(cell.key(cell.line(line.said.get("tag", ""))))
        serials.add(cell.key(cell.serial(line.said.get("serial", ""))))
        names.add(cell.key(cell.line(line.said.get("name", ""))))
    for keys in (tags, serials, names):
        keys.discard("")
    inside = Asset.objects.filter(entity__path__startswith=root.path).order_by("pk")
    rows = inside.values_list("pk", "tag", "serial", "name").iterator(chunk_size=5000)
    return [
        pk
        for pk, tag, serial, name in rows
        if cell.key(tag) in tags or cell.key(serial) in serials or cell.key(name) in names
    ]


def _pieces(values: list[Any]) -> Iterable[list[Any]]:
    for start in range(0, len(values), AT_ONCE):
        yield values[start : start + AT_ONCE]


def _held(asset: Asset, known: Known) -> Held:
    values: dict[str, Any] = {name: getattr(asset, name) for name in PLAIN}
    values |= {
        "entity": asset.entity_id,
        "site": asset.site_id,
        "supplier": asset.supplier_id,
        "contract": asset.contract_id,
        "model": [asset.model.manufacturer, asset.model.name] if asset.model else None,
        "purchase_date": asset.purchase_date.isoformat() if asset.purchase_date else None,
        "warranty_end_date": asset.warranty_end_date.isoformat() if asset.warranty_end_date else None,
        "cost": str(asset.cost) if asset.cost is not None else None,
    }
    words = {name: str(getattr(asset, name) or "") for name in ("site", "supplier", "contract", "model")}
    words["entity"] = known.entity_names[asset.entity_id]
    number = f" ({asset.tag or asset.serial})" if asset.tag or asset.serial else ""
    return Held(asset.pk, f"{asset.name}{number}", values, words, dict(asset.origins))


def _add_people(held: dict[int, Held]) -> None:
    for piece in _pieces(sorted(held)):
        for row in Assignment.objects.filter(asset__in=piece, agent__is_active=True).select_related("agent"):
            held[row.asset_id].agents.append(Named(row.agent_id, str(row.agent)))
        imported: dict[int, set[int]] = defaultdict(set)
        given = AssetEvent.objects.filter(asset__in=piece, kind=AssetEvent.Kind.ASSIGNED).order_by("at", "pk")
        for asset, agent, data in given.values_list("asset_id", "agent_id", "data"):
            # The last word counts: given by a person after an import, it is a person's.
            (imported[asset].add if data.get("origin") == "import" else imported[asset].discard)(agent)
        for asset, agents in imported.items():
            held[asset].imported_agents = frozenset(agents)


def _add_states(held: dict[int, Held]) -> None:
    for piece in _pieces(sorted(held)):
        moved = AssetEvent.objects.filter(asset__in=piece, kind=AssetEvent.Kind.STATE).order_by("at", "pk")
        for asset, data in moved.values_list("asset_id", "data"):
            held[asset].state_is_human = data.get("origin") != "import"
