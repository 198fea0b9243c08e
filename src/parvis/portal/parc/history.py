"""The history of an asset, and of an agent's equipment, in sentences."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db.models import Model
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from parvis.portal.directory.models import Entity
from parvis.portal.kernel.errors import Text
from parvis.portal.parc.models import Asset, AssetEvent, AssetModel, Contract, Maintenance, Site, Supplier
from parvis.portal.ui import formats

ORIGINS: Mapping[str, Text] = {
    "human": gettext_lazy("saisi ici"),
    "import": gettext_lazy("importé"),
    "probe": gettext_lazy("relevé par la sonde"),
}
"""How `rules.Origin` reads."""

ICONS: Mapping[str, str] = {
    "created": "plus",
    "changed": "edit",
    "moved": "map-pin",
    "state": "refresh",
    "assigned": "user-plus",
    "unassigned": "user-off",
    "lent": "signature",
    "returned": "archive",
    "maintenance": "tool",
    "counted": "clipboard",
    "reported": "activity",
}

_OBJECTS: Mapping[str, type[Model]] = {
    "entity": Entity,
    "site": Site,
    "model": AssetModel,
    "supplier": Supplier,
    "contract": Contract,
}
"""Fields whose values in `AssetEvent.data` are keys of rows."""

_REPORTED: Mapping[str, Text] = {
    "os_name": gettext_lazy("Système"),
    "processor": gettext_lazy("Processeur"),
    "memory_mb": gettext_lazy("Mémoire (Mo)"),
    "disk_mb": gettext_lazy("Disque (Mo)"),
    "encrypted": gettext_lazy("Disque chiffré"),
    "antivirus": gettext_lazy("Antivirus"),
}
"""What an inventory's changes are called (`inventory.Inventory`)."""

_DATES = frozenset({"purchase_date", "warranty_end_date"})


@dataclass(frozen=True, slots=True)
class Line:
    """One event, ready to be shown."""

    at: datetime
    icon: str
    sentence: str
    details: list[str]
    actor: str
    """Who did it; empty: the portal itself or a probe."""
    asset: Asset | None = None
    """Given in the history of an agent."""
    agent_id: int | None = None


def lines(events: Iterable[AssetEvent], *, of_agent: bool = False) -> list[Line]:
    """The lines of these events (with actor and agent, and asset `of_agent`); one query per kind of object named."""
    rows = list(events)
    names = _names(rows)
    return [
        Line(
            at=event.at,
            icon=ICONS.get(event.kind, "clock"),
            sentence=sentence(event),
            details=_details(event, names),
            actor=str(event.actor) if event.actor is not None else "",
            asset=event.asset if of_agent else None,
            agent_id=event.agent_id,
        )
        for event in rows
    ]


def sentence(event: AssetEvent) -> str:
    """What happened, in a few words (without its details)."""
    return _SENTENCES[event.kind](event)


def _who(event: AssetEvent) -> str:
    return str(event.agent) if event.agent is not None else _("un agent dont la fiche n’existe plus")


def _created(event: AssetEvent) -> str:
    return {
        "import": _("Ajouté par un import"),
        "probe": _("Ajouté par la sonde d’inventaire"),
    }.get(event.data.get("origin", ""), _("Ajouté au parc"))


def _state(event: AssetEvent) -> str:
    return _("%(before)s → %(after)s") % {
        "before": _state_word(event.data.get("from", "")),
        "after": _state_word(event.data.get("to", "")),
    }


def _maintenance(event: AssetEvent) -> str:
    kinds = dict(Maintenance.Kind.choices)
    words = {
        "kind": kinds.get(event.data.get("kind", ""), _("Intervention")),
        "summary": event.data.get("summary", ""),
    }
    if event.data.get("step") == "closed":
        return _("%(kind)s terminée\u202f: %(summary)s") % words
    return _("%(kind)s ouverte\u202f: %(summary)s") % words


def _returned(event: AssetEvent) -> str:
    if event.data.get("found"):
        return _("Retrouvé")
    return _("Rendu par %(who)s") % {"who": _who(event)}


_SENTENCES: Mapping[str, Callable[[AssetEvent], str]] = {
    "created": _created,
    "changed": lambda _event: _("Fiche modifiée"),
    "moved": lambda _event: _("Déplacé"),
    "state": _state,
    "assigned": lambda event: _("Affecté à %(who)s") % {"who": _who(event)},
    "unassigned": lambda event: _("Repris à %(who)s") % {"who": _who(event)},
    "lent": lambda event: _("Prêté à %(who)s") % {"who": _who(event)},
    "returned": _returned,
    "maintenance": _maintenance,
    "counted": lambda _event: _("Vu lors d’un inventaire"),
    "reported": lambda _event: _("Relevé par la sonde d’inventaire"),
}


def _state_word(state: str) -> str:
    return str(dict(Asset.State.choices).get(state, state))


def _details(event: AssetEvent, names: Mapping[tuple[str, int], str]) -> list[str]:
    found = []
    for field, change in _changes(event):
        if field == "notes":
            found.append(_("Remarques modifiées"))
            continue
        before, after = (_value(field, value, names) for value in change)
        label = _label(field)
        found.append(_("%(field)s\u202f: %(before)s → %(after)s") % {"field": label, "before": before, "after": after})
    return found + _told(event)


def _told(event: AssetEvent) -> list[str]:
    """What the rooms that wrote it said more."""
    data = event.data
    if event.kind == AssetEvent.Kind.LENT and data.get("until"):
        return [str(data.get("offer", "")), _("jusqu’au %(day)s") % {"day": _day(data["until"])}]
    if event.kind == AssetEvent.Kind.REPORTED:
        return _programs(data) if not data.get("first") else []
    keys = {"state": ("reason",), "maintenance": ("outcome",), "returned": ("offer",), "counted": ("stocktake",)}
    return [str(data[key]) for key in keys.get(event.kind, ()) if data.get(key)]


def _programs(data: Mapping[str, Any]) -> list[str]:
    words = {"came": _("Programmes installés\u202f: %(n)s"), "gone": _("Programmes retirés\u202f: %(n)s")}
    counts = {key: len(data[key]) if isinstance(data.get(key), list) else data.get(key) for key in words}
    return [text % {"n": counts[key]} for key, text in words.items() if counts[key]]


def _changes(event: AssetEvent) -> list[tuple[str, list[Any]]]:
    changes = event.data.get("changes")
    if not isinstance(changes, dict):
        return []
    return [(name, pair) for name, pair in changes.items() if isinstance(pair, list) and len(pair) == 2]


def _label(field: str) -> str:
    if field in _REPORTED:
        return str(_REPORTED[field])
    names = {each.name: each for each in Asset._meta.concrete_fields}
    label = str(getattr(names.get(field), "verbose_name", field))
    return label[:1].upper() + label[1:]


def _value(field: str, value: Any, names: Mapping[tuple[str, int], str]) -> str:
    if value in (None, ""):
        return "—"
    if isinstance(value, bool):
        return _("oui") if value else _("non")
    if field in _OBJECTS:
        return names.get((field, value), "?") if isinstance(value, int) else str(value)
    if field == "kind":
        return str(dict(Asset.Kind.choices).get(value, value))
    return _day(value) if field in _DATES else str(value)


def _day(value: Any) -> str:
    try:
        return formats.day(date.fromisoformat(value))
    except (TypeError, ValueError):
        return str(value)


def _names(events: list[AssetEvent]) -> dict[tuple[str, int], str]:
    wanted: dict[str, set[int]] = {}
    for event in events:
        for field, pair in _changes(event):
            if field in _OBJECTS:
                wanted.setdefault(field, set()).update(value for value in pair if isinstance(value, int))
    return {
        (field, row.pk): str(row)
        for field, keys in wanted.items()
        for row in _OBJECTS[field]._default_manager.filter(pk__in=keys)
    }
