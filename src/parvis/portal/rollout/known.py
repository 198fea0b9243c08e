"""What the portal knows of what a campaign may count on: said beside the grid, never filled in by itself."""

from __future__ import annotations

from datetime import date, datetime, timedelta

from django.db.models import Exists, OuterRef
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from parvis.portal.capacity import costs, gauges
from parvis.portal.kernel import clock
from parvis.portal.loans.models import Item
from parvis.portal.loans.services.booking import holding, usable
from parvis.portal.parc.models import Asset
from parvis.portal.rollout.models import Campaign
from parvis.portal.rollout.planning.problem import Resource

SUNDAY = 6


def hints(campaign: Campaign, now: datetime) -> dict[Resource, str]:
    """A sentence for each resource of which something is known."""
    today = clock.today(now)
    first = max(campaign.starts_date, today)
    found: dict[Resource, str] = {}
    for resource, kind in ((Resource.LAPTOPS, Asset.Kind.LAPTOP), (Resource.PHONES, Asset.Kind.PHONE)):
        if free := _free(campaign, kind, first, today):
            words = ngettext(
                "%(n)d est libre au stock de prêt cette semaine-là.",
                "%(n)d sont libres au stock de prêt cette semaine-là.",
                free,
            )
            found[resource] = words % {"n": free}
    fleet = gauges.fleet(costs.measured(now), now)
    if fleet.limits:
        numbers = {"all": fleet.carried, "fewer": fleet.without_one}
        found[Resource.SESSIONS] = (
            _("Vos passerelles portent %(all)d écrans en tout, %(fewer)d si l’une s’arrête.") % numbers
            if len(fleet.limits) > 1
            else _("Votre passerelle porte %(all)d écrans en tout.") % numbers
        )
    return found


def _free(campaign: Campaign, kind: str, first: date, today: date) -> int:
    """Assets of the pool that nothing holds in the first week."""
    last = campaign.starts_date + timedelta(days=SUNDAY)
    held = Item.objects.filter(holding(first, max(first, last), today), loan__isnull=False, asset=OuterRef("pk"))
    pool = Asset.objects.filter(usable(), entity__path__startswith=campaign.entity.path, kind=kind)
    return pool.filter(~Exists(held), pool__needs_wipe=False).count()
