"""The same change to many assets: what would happen to each, doing it, undoing it.

Each row is a change of its own, by the services of one asset: what is refused for one does not stop the others, and
no transaction keeps the database for long.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from django.core.cache import cache
from django.db import models, transaction
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from parvis.portal.accounts.models import User
from parvis.portal.kernel.errors import Conflict, NotFound, ParvisError, Text
from parvis.portal.parc import asset_services, permissions, rules
from parvis.portal.parc.asset_services import AssetData
from parvis.portal.parc.models import Asset

MOST_ROWS = 1_000
"""Changed at once, while one waits."""

UNDO_SECONDS = 3600
_KEY = "parc.bulk_edit:{}"


_Done = tuple[int, dict[str, Any], dict[str, Any], str, str]
"""An asset that changed: its key, what its fields were and became, its state before and after."""


@dataclass(frozen=True, slots=True)
class Edit:
    """What is asked of each."""

    data: AssetData
    state: Asset.State | None = None
    reason: str = ""


@dataclass(frozen=True, slots=True)
class RowPlan:
    """What would happen to one asset."""

    asset: Asset
    changes: list[tuple[Text, str, str]]
    """Words of the field, before, after."""
    refusal: str = ""

    @property
    def idle(self) -> bool:
        """Nothing to do: it is so already."""
        return not self.changes and not self.refusal


@dataclass(slots=True)
class Outcome:
    """What happened."""

    done: int = 0
    refused: list[tuple[str, str]] = field(default_factory=list)
    """Name of the asset, why."""
    token: str = ""
    """Undoes it; empty: nothing to undo."""


def plan(actor: User, assets: Iterable[Asset], edit: Edit) -> list[RowPlan]:
    """What would happen to each. Nothing is written."""
    allowed: dict[int, str] = {}
    return [_row_plan(actor, asset, edit, allowed) for asset in assets]


def _row_plan(actor: User, asset: Asset, edit: Edit, allowed: dict[int, str]) -> RowPlan:
    if asset.entity_id not in allowed:
        decision = permissions.can_manage(actor, asset.entity)
        allowed[asset.entity_id] = "" if decision else str(decision.reason)
    if allowed[asset.entity_id]:
        return RowPlan(asset, [], allowed[asset.entity_id])
    changes: list[tuple[Text, str, str]] = [
        (Asset._meta.get_field(name).verbose_name, _words(getattr(asset, name)), _words(value))  # type: ignore[union-attr]
        for name, value in edit.data.items()
        if getattr(asset, name) != value
    ]
    if edit.state is not None and asset.state != edit.state:
        if edit.state not in rules.ASSET_MOVES[asset.state]:
            return RowPlan(asset, [], _cannot_move(asset, edit.state))
        changes.append((_("situation"), str(asset.get_state_display()), str(edit.state.label)))
        people = len(asset.agents.all()) if edit.state in rules.NOBODYS else 0
        if people:
            taken = ngettext("%(n)d agent ne l’aura plus", "%(n)d agents ne l’auront plus", people) % {"n": people}
            changes.append((_("affectation"), "", taken))
    return RowPlan(asset, changes)


def _cannot_move(asset: Asset, state: Asset.State) -> str:
    names = {"before": asset.get_state_display(), "after": state.label}
    return _("De «\u202f%(before)s\u202f», il ne peut pas passer à «\u202f%(after)s\u202f».") % names


def _words(value: object) -> str:
    if isinstance(value, date):
        return f"{value:%d/%m/%Y}"
    return str(value) if value not in (None, "") else "—"


def apply(*, actor: User, assets: Iterable[Asset], edit: Edit, now: datetime) -> Outcome:
    """Do it to each; what one is refused is told, the others go on."""
    outcome, undoing = Outcome(), []
    for asset in assets:
        try:
            done = _apply_one(actor, asset.pk, edit, now)
        except ParvisError as problem:
            outcome.refused.append((asset.name, str(problem.message)))
            continue
        if done is not None:
            outcome.done += 1
            undoing.append(done)
    if undoing:
        outcome.token = secrets.token_urlsafe(24)
        cache.set(_KEY.format(outcome.token), {"user": actor.pk, "rows": undoing}, UNDO_SECONDS)
    return outcome


@transaction.atomic
def _apply_one(actor: User, pk: int, edit: Edit, now: datetime) -> _Done | None:
    asset = _held(pk)
    changed, before_state = False, asset.state
    before = {name: _plain(getattr(asset, name)) for name in edit.data}
    if edit.data:
        changed = bool(asset_services.update_asset(actor=actor, asset=asset, data=edit.data.copy(), now=now))
    if edit.state is not None and asset.state != edit.state:
        asset_services.move_asset(actor=actor, asset=asset, to=edit.state, now=now, reason=edit.reason)
        changed = True
    after = {name: _plain(getattr(asset, name)) for name in edit.data}
    return (pk, before, after, before_state, asset.state) if changed else None


def _held(pk: int) -> Asset:
    """The asset as it is now, nobody else's until the transaction ends: the first of a thousand were read long ago.

    Raises:
        Conflict: it is not there any more.
    """
    places = ("entity", "site", "model", "supplier", "contract")
    asset = Asset.objects.select_for_update(of=("self",)).select_related(*places).filter(pk=pk).first()
    if asset is None:
        raise Conflict(_("Ce matériel n’existe plus."), code="asset_gone")
    return asset


def undo(*, actor: User, token: str, visible: models.QuerySet[Asset], now: datetime) -> Outcome:
    """Put back what `apply` changed and nobody changed since. Once; assignments stay as they are.

    Raises:
        NotFound: not the actor's, too long ago, or undone already.
    """
    key = _KEY.format(token[:64])
    kept: dict[str, Any] | None = cache.get(key)
    if kept is None or kept["user"] != actor.pk or not cache.delete(key):
        raise NotFound
    outcome = Outcome()
    assets = visible.in_bulk([row[0] for row in kept["rows"]])
    for pk, before, after, before_state, after_state in kept["rows"]:
        asset = assets.get(pk)
        if asset is None:
            continue
        try:
            with transaction.atomic():
                asset = _held(pk)
                _put_back(actor, asset, before, after, now)
                if asset.state == after_state != before_state:
                    asset_services.move_asset(actor=actor, asset=asset, to=Asset.State(before_state), now=now)
        except ParvisError as problem:
            outcome.refused.append((asset.name, str(problem.message)))
        else:
            outcome.done += 1
    return outcome


def _put_back(actor: User, asset: Asset, before: dict[str, Any], after: dict[str, Any], now: datetime) -> None:
    back = {
        name: _value(name, value)
        for name, value in before.items()
        if value != after[name] and _plain(getattr(asset, name)) == after[name]
    }
    if back:
        asset_services.update_asset(actor=actor, asset=asset, data=AssetData(**back), now=now)  # type: ignore[typeddict-item]


def _plain(value: Any) -> Any:
    return value.pk if isinstance(value, models.Model) else value


def _value(name: str, value: Any) -> Any:
    column = Asset._meta.get_field(name)
    if isinstance(column, models.ForeignKey) and value is not None:
        return column.related_model._default_manager.get(pk=value)
    return value


def summary(outcome: Outcome) -> str:
    """One sentence."""
    return ngettext("%(n)d matériel modifié.", "%(n)d matériels modifiés.", outcome.done) % {"n": outcome.done}


def names(plans: Sequence[RowPlan]) -> tuple[list[RowPlan], list[RowPlan], int]:
    """Those that change, those that are refused, how many are so already."""
    changing = [each for each in plans if each.changes]
    refused = [each for each in plans if each.refusal]
    return changing, refused, len(plans) - len(changing) - len(refused)
