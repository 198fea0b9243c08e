"""Screens that computers saw: made assets by a click, or left out of the list."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from parvis.portal.accounts.models import User
from parvis.portal.inventory import permissions
from parvis.portal.inventory.models import SeenScreen
from parvis.portal.inventory.reported import maker_of
from parvis.portal.kernel import audit
from parvis.portal.kernel.authz import require
from parvis.portal.parc import asset_services
from parvis.portal.parc.asset_services import AssetData
from parvis.portal.parc.models import Asset, AssetModel


@transaction.atomic
def add_screens(*, actor: User, screens: Iterable[SeenScreen], now: datetime) -> int:
    """Make assets of seen screens: where their computer is, with who has it. How many are new.

    One that is an asset already (same serial, same authority) is tied to it, not made again.

    Raises:
        NotAllowed: not of the IT team of a computer's entity. Nothing is made then.
    """
    made = 0
    for seen in screens:
        require(permissions.can_manage(actor, seen.asset))
        root = seen.asset.entity.path.split(".")[0]
        known = Asset.objects.filter(
            kind=Asset.Kind.SCREEN, serial=seen.serial, entity__path__startswith=f"{root}."
        ).first()
        screen = known or _make(actor, seen, now)
        made += known is None
        SeenScreen.objects.filter(serial=seen.serial, asset__entity__path__startswith=f"{root}.").update(screen=screen)
    return made


@transaction.atomic
def ignore_screens(*, actor: User, screens: Iterable[SeenScreen], now: datetime) -> int:
    """Leave seen screens out of the list: not the authority's. How many they are.

    Raises:
        NotAllowed: see `add_screens`.
    """
    chosen = list(screens)
    for seen in chosen:
        require(permissions.can_manage(actor, seen.asset))
    SeenScreen.objects.filter(pk__in=[seen.pk for seen in chosen]).update(ignored=True)
    targets = [(seen.asset, {"serial": seen.serial}) for seen in chosen]
    audit.record_many(actor=actor, action="inventory.screen_ignored", targets=targets, now=now)
    return len(chosen)


def _make(actor: User, seen: SeenScreen, now: datetime) -> Asset:
    computer = seen.asset
    model = None
    if seen.name:
        model = AssetModel.objects.get_or_create(
            manufacturer=maker_of(seen.manufacturer), name=seen.name, kind=Asset.Kind.SCREEN
        )[0]
    data = AssetData(
        name=(_("Écran %(name)s") % {"name": seen.name or seen.serial})[:63],
        kind=Asset.Kind.SCREEN,
        entity=computer.entity,
        site=computer.site,
        room=computer.room,
        serial=seen.serial,
        model=model,
    )
    screen = asset_services.create_asset(actor=actor, data=data, now=now, origin="probe")
    for agent in computer.agents.filter(is_active=True):
        asset_services.assign_agent(actor=actor, asset=screen, agent=agent, now=now)
    return screen
