"""Reads of what probes reported. What a user may see starts here; the probes' own side is `probe_queries`."""

from __future__ import annotations

from typing import Any

from django.db.models import (
    BooleanField,
    Exists,
    ExpressionWrapper,
    F,
    IntegerField,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
    Sum,
    Value,
)
from django.db.models.functions import Coalesce

from parvis.portal.accounts.models import User
from parvis.portal.directory.queries import STAFF_ROLES, Someone, perimeter, within
from parvis.portal.inventory.models import (
    Installation,
    Inventory,
    Licence,
    Report,
    SeenScreen,
    Software,
    SoftwareCount,
)
from parvis.portal.inventory.software_models import LEFT
from parvis.portal.kernel import clock
from parvis.portal.parc.models import Asset
from parvis.portal.parc.queries import VIEWING_ROLES


def quarantined_visible_to(user: Someone) -> QuerySet[Report]:
    """The reports of the user's perimeter that a person must settle; with the entity of their address."""
    waiting = Report.objects.filter(state=Report.State.QUARANTINED)
    return waiting.filter(within(perimeter(user, *VIEWING_ROLES), "token__entity__path")).select_related(
        "token__entity"
    )


def reports_to_settle(user: User) -> int:
    """How many wait for this user: the menu's badge. One query within a page."""
    waiting = Report.objects.filter(state=Report.State.QUARANTINED)
    return waiting.filter(within(perimeter(user, *STAFF_ROLES), "token__entity__path")).count()


def inventories_visible_to(user: Someone) -> QuerySet[Inventory]:
    """The inside of the assets of the user's perimeter; with asset, entity and site. Not of one's own computer."""
    inside = Inventory.objects.filter(within(perimeter(user, *VIEWING_ROLES), "asset__entity__path"))
    return inside.select_related("asset__entity", "asset__site").defer("details", "differences", "kept")


def installations_visible_to(user: Someone) -> QuerySet[Installation]:
    """The programs on the assets of the user's perimeter, but for those that have left service."""
    there = Installation.objects.exclude(asset__state__in=LEFT)
    return there.filter(within(perimeter(user, *VIEWING_ROLES), "asset__entity__path"))


def software_visible_to(user: Someone) -> QuerySet[Any]:
    """The programs found in the user's perimeter when last counted, with `computers`: on how many."""
    prefixes = perimeter(user, *VIEWING_ROLES)
    counts = SoftwareCount.objects.filter(within(prefixes), computers__gt=0)
    found = Software.objects.filter(pk__in=counts.order_by().values("software"))
    return found.annotate(computers=_total(counts.filter(software=OuterRef("pk"))))


def one_software_visible_to(user: Someone) -> QuerySet[Software]:
    """Programs installed, or licensed, in the user's perimeter: read as it is now, for one of them."""
    prefixes = perimeter(user, *VIEWING_ROLES)
    there = Installation.objects.filter(within(prefixes, "asset__entity__path"), software=OuterRef("pk"))
    owned = Licence.objects.filter(within(prefixes), software=OuterRef("pk"))
    return Software.objects.filter(Exists(there) | Exists(owned))


def licences_visible_to(user: Someone) -> QuerySet[Any]:
    """The licences of the user's perimeter, with `used` and `left`; see `with_balance`."""
    licences = Licence.objects.filter(within(perimeter(user, *VIEWING_ROLES)))
    return with_balance(licences.select_related("entity", "software", "contract"))


def with_balance(licences: QuerySet[Licence]) -> QuerySet[Any]:
    """`used`: computers with the program in the licence's entity and below, when last counted.

    `granted`: seats of all licences of the program there that have not ended; `left`: what remains (negative: used
    beyond what is owned).
    """
    inside = {"software": OuterRef("software"), "entity__path__startswith": OuterRef("entity__path")}
    running = Licence.objects.exclude(ends_date__lt=clock.today()).filter(**inside)
    seats = running.order_by().values("software").annotate(total=Sum("seats")).values("total")
    return licences.annotate(
        used=_total(SoftwareCount.objects.filter(**inside)),
        granted=Coalesce(Subquery(seats, output_field=IntegerField()), Value(0)),
    ).annotate(
        left=ExpressionWrapper(F("granted") - F("used"), output_field=IntegerField()),
        over=ExpressionWrapper(Q(used__gt=F("granted")), output_field=BooleanField()),
    )


def overused(user: User) -> int:
    """Licences of the user's IT perimeter used beyond what is owned: the badge of the menu."""
    licences = Licence.objects.filter(within(perimeter(user, *STAFF_ROLES)))
    return with_balance(licences).filter(over=True).count()


def screens_visible_to(user: Someone) -> QuerySet[SeenScreen]:
    """The screens seen in the user's perimeter that are no assets yet; with their computer."""
    seen = SeenScreen.objects.filter(within(perimeter(user, *VIEWING_ROLES), "asset__entity__path"))
    known = Asset.objects.filter(kind=Asset.Kind.SCREEN, serial=OuterRef("serial"))
    proposed = seen.filter(screen=None, ignored=False).exclude(Exists(known))
    return proposed.select_related("asset__entity", "asset__site")


def _total(counts: QuerySet[SoftwareCount]) -> Coalesce:
    total = counts.order_by().values("software").annotate(total=Sum("computers")).values("total")
    return Coalesce(Subquery(total, output_field=IntegerField()), Value(0))
