"""What reports contradict: another user, silence of an assigned or lent computer, signs of life of a lost one."""

from __future__ import annotations

from datetime import datetime

from django.db.models import (
    BooleanField,
    Case,
    CharField,
    Exists,
    F,
    IntegerField,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
    Value,
    When,
)
from django.db.models.expressions import Combinable
from django.db.models.functions import Coalesce, Concat
from django.utils.translation import gettext as _

from parvis.portal.accounts.models import User
from parvis.portal.directory.queries import STAFF_ROLES, Someone, perimeter, within
from parvis.portal.inventory.models import Acknowledgement, Inventory
from parvis.portal.inventory.probe_queries import SILENT_AFTER
from parvis.portal.parc.models import Asset, AssetEvent, Assignment
from parvis.portal.parc.queries import VIEWING_ROLES

OUT_OF_SERVICE = (Asset.State.STOCK, Asset.State.LOST, Asset.State.RETIRED, Asset.State.DISPOSED)
"""An asset in one of these that reports is not where the list says."""

Kind = Acknowledgement.Kind


def anomalies_visible_to(user: Someone, now: datetime) -> QuerySet[Inventory]:
    """Of the user's perimeter, those that nobody found all right yet; with asset, entity, last agent.

    `is_user`, `is_silent`, `is_gone` say what is odd; `holder_id`, `holder_name`: to whom it is lent.
    """
    return _odd(within(perimeter(user, *VIEWING_ROLES), "asset__entity__path"), now)


def waiting_for(user: User, now: datetime) -> int:
    """How many there are in the user's IT perimeter."""
    return _odd(within(perimeter(user, *STAFF_ROLES), "asset__entity__path"), now).count()


def kinds_of(inventory: Inventory) -> list[Kind]:
    """What is odd of one of these."""
    flags = {Kind.USER: "is_user", Kind.SILENT: "is_silent", Kind.GONE: "is_gone"}
    return [kind for kind, flag in flags.items() if getattr(inventory, flag)]


def _odd(condition: Q, now: datetime) -> QuerySet[Inventory]:
    theirs = Assignment.objects.filter(asset=OuterRef("asset"))
    passed = AssetEvent.objects.filter(
        asset=OuterRef("asset"), kind__in=[AssetEvent.Kind.LENT, AssetEvent.Kind.RETURNED]
    )
    last = passed.order_by("-at", "-pk")
    seen = Acknowledgement.objects.filter(asset=OuterRef("asset"))
    rows = Inventory.objects.filter(condition).annotate(
        # Never empty: a comparison with nothing would be neither true nor false, and its contrary too.
        passed_kind=Coalesce(Subquery(last.values("kind")[:1]), Value(""), output_field=CharField()),
        holder_id=Coalesce(Subquery(last.values("agent")[:1]), Value(0), output_field=IntegerField()),
        holder_name=Subquery(
            last.annotate(whole=Concat("agent__first_name", Value(" "), "agent__last_name")).values("whole")[:1]
        ),
    )
    lent = Q(passed_kind=AssetEvent.Kind.LENT)
    held = lent | Q(Exists(theirs))
    another = (
        Q(asset__state=Asset.State.DEPLOYED, last_agent__isnull=False)
        & held
        & ~Exists(theirs.filter(agent=OuterRef("last_agent")))
        & ~(lent & Q(holder_id=F("last_agent")))
        & ~Exists(seen.filter(kind=Kind.USER, agent=OuterRef("last_agent")))
    )
    silent = (
        Q(asset__state=Asset.State.DEPLOYED, reported_at__lt=now - SILENT_AFTER)
        & held
        & ~Exists(seen.filter(kind=Kind.SILENT, at__gt=OuterRef("reported_at")))
    )
    gone = (
        Q(asset__state__in=OUT_OF_SERVICE, reported_at__date__gt=F("asset__state_since_date"))
        & ~lent
        & ~Exists(seen.filter(kind=Kind.GONE, at__date__gte=OuterRef("asset__state_since_date")))
    )
    rows = rows.annotate(is_user=_flag(another), is_silent=_flag(silent), is_gone=_flag(gone))
    rows = rows.filter(Q(is_user=True) | Q(is_silent=True) | Q(is_gone=True))
    rows = rows.select_related("asset__entity", "asset__site", "last_agent").defer("details", "differences", "kept")
    return rows.prefetch_related("asset__assignments__agent")


def holders_of(inventory: Inventory) -> list[str]:
    """Who has it: to whom it is lent, and whose it is."""
    names = [str(assignment.agent) for assignment in inventory.asset.assignments.all()]
    lent = inventory.passed_kind == AssetEvent.Kind.LENT  # type: ignore[attr-defined]
    return [_("%(agent)s (prêt)") % {"agent": inventory.holder_name}, *names] if lent else names  # type: ignore[attr-defined]


def _flag(condition: Q | Combinable) -> Case:
    return Case(When(condition, then=Value(True)), default=Value(False), output_field=BooleanField())
