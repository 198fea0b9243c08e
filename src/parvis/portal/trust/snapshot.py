"""Networks and published rules, in memory until they change: one small query tells whether they have."""

from __future__ import annotations

import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from ipaddress import ip_network
from typing import Any

from parvis.portal.trust import models, rules


@dataclass(frozen=True, slots=True)
class Snapshot:
    """All that is decided from."""

    networks: tuple[rules.Network, ...] = ()
    rules: tuple[rules.Rule, ...] = ()


_kept: tuple[str, Snapshot] = ("", Snapshot())


def changed() -> None:
    """Networks or published rules have changed: every process reads them again. Part of the caller's transaction."""
    models.State.objects.update_or_create(pk=1, defaults={"token": secrets.token_hex(16)})


def current_token() -> str:
    """The token of now. One query."""
    return models.State.objects.filter(pk=1).values_list("token", flat=True).first() or ""


def at(token: str) -> Snapshot:
    """What stands at this token (read before): no query when nothing has changed since the last call."""
    global _kept
    if not token:
        return Snapshot()
    kept_token, kept = _kept
    if kept_token == token:
        return kept
    # Read after the token: at least as new as it. A change in between brings a new token, and another reading.
    found = Snapshot(networks(), published())
    _kept = (token, found)
    return found


def networks() -> tuple[rules.Network, ...]:
    """Every declared range. One query."""
    rows = models.Network.objects.order_by().values_list("pk", "name", "kind", "ranges", "entity__path")
    return tuple(
        rules.Network(pk, name, rules.NetworkKind(kind), ip_network(text), owner)
        for pk, name, kind, ranges, owner in rows
        for text in ranges
    )


def published() -> tuple[rules.Rule, ...]:
    """Every rule in force. One query."""
    return of(models.Rule.objects.filter(rule_set__status=models.RuleSet.Status.PUBLISHED))


def of(rows: Any) -> tuple[rules.Rule, ...]:
    """Rows of `models.Rule` as the rules see them."""
    return tuple(pure(row) for row in rows.select_related("entity", "rule_set__entity").order_by("pk"))


def pure(row: models.Rule) -> rules.Rule:
    """One row; its entities must be loaded."""
    return rules.Rule(
        id=row.pk or 0,
        name=row.name,
        owner=row.rule_set.entity.path,
        effects=effects_of(row.effects),
        entity=row.entity.path if row.entity else "",
        roles=frozenset(row.roles),
        up_to=rules.Level(row.up_to),
        kinds=frozenset(rules.NetworkKind(kind) for kind in row.kinds),
        networks=frozenset(row.networks),
        days=frozenset(row.days),
        starts=row.starts_time,
        ends=row.ends_time,
    )


def effects_of(stored: dict[str, Any]) -> rules.Effects:
    """Effects from their JSON; a name no version knows takes nothing away."""
    values = {name: value for name, value in stored.items() if name in rules.NAMES}
    if "forbidden_headings" in values:
        values["forbidden_headings"] = frozenset(values["forbidden_headings"])
    return rules.Effects(**values)


def stored(effects: rules.Effects) -> dict[str, Any]:
    """The inverse: only what differs from taking nothing away."""
    taken = {name: getattr(effects, name) for name in rules.NAMES}
    changed_ones = {name: value for name, value in taken.items() if value != getattr(rules.NOTHING_TAKEN, name)}
    return {name: sorted(value) if _is_set(value) else value for name, value in changed_ones.items()}


def _is_set(value: object) -> bool:
    return isinstance(value, frozenset)


def owners(found: Iterable[rules.Rule]) -> frozenset[str]:
    """Whose rules these are."""
    return frozenset(rule.owner for rule in found)
