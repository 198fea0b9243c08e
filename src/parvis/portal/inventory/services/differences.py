"""What a probe reports and a person decided otherwise: kept as it is, or taken over."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from parvis.portal.accounts.models import User
from parvis.portal.inventory import permissions
from parvis.portal.inventory.models import Inventory
from parvis.portal.kernel import audit
from parvis.portal.kernel.authz import require
from parvis.portal.kernel.errors import Conflict
from parvis.portal.parc import asset_services
from parvis.portal.parc.models import Asset, AssetModel


@transaction.atomic
def keep(*, actor: User, asset: Asset, field: str, now: datetime) -> None:
    """The asset's own value is right. The difference is not shown again while the probe says the same.

    Raises:
        NotAllowed: not of the IT team of the asset's entity.
        Conflict: the probe does not say this any more (`difference_gone`).
    """
    inventory, value = _difference(actor, asset, field)
    inventory.kept = {**inventory.kept, field: value}
    inventory.save(update_fields=["kept"])
    facts = {"field": field, "value": value}
    audit.record(actor=actor, action="inventory.difference_kept", target=asset, now=now, data=facts)


@transaction.atomic
def take(*, actor: User, asset: Asset, field: str, now: datetime) -> None:
    """The reported value is right: it is written, and what the probe says of this field is followed from now on.

    Raises:
        NotAllowed, Conflict: see `keep`.
        Invalid: the value cannot be written (a name that another computer of the service has).
    """
    inventory, value = _difference(actor, asset, field)
    data: Any = {field: AssetModel.objects.filter(pk=value).first() if field == "model" else value}
    asset_services.update_asset(actor=actor, asset=asset, data=data, now=now, origin="probe")
    inventory.differences = {name: each for name, each in inventory.differences.items() if name != field}
    inventory.save(update_fields=["differences"])


def _difference(actor: User, asset: Asset, field: str) -> tuple[Inventory, Any]:
    require(permissions.can_manage(actor, asset))
    # The asset first, as reports do: what comes meanwhile waits, and finds what was decided.
    list(Asset.objects.select_for_update(of=("self",)).filter(pk=asset.pk).values_list("pk"))
    inventory = Inventory.objects.select_for_update().filter(asset=asset).first()
    if inventory is None or field not in inventory.differences:
        raise Conflict(_("La sonde ne dit plus cela."), code="difference_gone")
    return inventory, inventory.differences[field]
