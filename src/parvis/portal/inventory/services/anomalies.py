"""Anomalies that a person looked at and found all right."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from django.db import transaction

from parvis.portal.accounts.models import User
from parvis.portal.inventory import anomalies, permissions
from parvis.portal.inventory.models import Acknowledgement, Inventory
from parvis.portal.kernel import audit
from parvis.portal.kernel.authz import require


@transaction.atomic
def acknowledge(*, actor: User, inventories: Iterable[Inventory], now: datetime) -> int:
    """Nothing is wrong with these: they come back only if something else happens. How many they are.

    `inventories` come from `anomalies.anomalies_visible_to`, which says what is odd of each.

    Raises:
        NotAllowed: not of the IT team of an asset's entity. Nothing is noted then.
    """
    targets = []
    for inventory in inventories:
        require(permissions.can_manage(actor, inventory.asset))
        kinds = anomalies.kinds_of(inventory)
        for kind in kinds:
            agent = inventory.last_agent if kind == Acknowledgement.Kind.USER else None
            Acknowledgement.objects.update_or_create(
                asset=inventory.asset, kind=kind, defaults={"agent": agent, "at": now, "by": actor}
            )
        targets.append((inventory.asset, {"kinds": [str(kind) for kind in kinds]}))
    audit.record_many(actor=actor, action="inventory.anomaly_acknowledged", targets=targets, now=now)
    return len(targets)
