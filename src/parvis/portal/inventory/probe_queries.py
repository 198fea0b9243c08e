"""Reads of the probes' side. What a user may see starts here."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db.models import Count, Q, QuerySet

from parvis.portal.accounts.models import User
from parvis.portal.directory.models import Entity
from parvis.portal.directory.permissions import NOT_STAFF
from parvis.portal.directory.queries import STAFF_ROLES, Someone, has_role, perimeter, within
from parvis.portal.inventory.models import ProbeToken, Report
from parvis.portal.kernel.authz import YES, Decision
from parvis.portal.parc.models import COMPUTER_KINDS, Asset
from parvis.portal.parc.queries import VIEWING_ROLES, assets_visible_to

SILENT_AFTER = timedelta(days=14)
"""A computer in service that has sent nothing for this long is looked for."""


def can_watch(actor: User) -> Decision:
    """See the probes of one's perimeter: the IT team and auditors."""
    return YES if has_role(actor, *VIEWING_ROLES) else NOT_STAFF


def managed_entities(user: Someone) -> QuerySet[Entity]:
    """Where the user may give an address to probes: the open entities of their IT perimeter."""
    return Entity.objects.filter(within(perimeter(user, *STAFF_ROLES), "path"), closed_date=None).order_by("path")


def tokens_visible_to(user: Someone) -> QuerySet[ProbeToken]:
    """The addresses of the user's perimeter; with entity."""
    return ProbeToken.objects.filter(within(perimeter(user, *VIEWING_ROLES))).select_related("entity")


def with_counts(tokens: QuerySet[ProbeToken], now: datetime) -> QuerySet[ProbeToken]:
    """`recent`: reports of the last day; `refused`: of them, those that were refused."""
    recent = Q(reports__received_at__gt=now - timedelta(days=1))
    return tokens.annotate(
        recent=Count("reports", filter=recent),
        refused=Count("reports", filter=recent & Q(reports__state=Report.State.REFUSED)),
    )


def reports_visible_to(user: Someone) -> QuerySet[Report]:
    """The reports of the user's perimeter, without their bodies; with entity and asset."""
    reports = Report.objects.filter(within(perimeter(user, *VIEWING_ROLES), "token__entity__path"))
    return reports.select_related("token__entity", "asset").defer("body", "candidates")


def silent_visible_to(user: Someone, now: datetime) -> QuerySet[Asset]:
    """Computers in service, of the user's perimeter, that once reported and have not for `SILENT_AFTER`."""
    return in_service(user).filter(inventory__reported_at__lt=now - SILENT_AFTER)


def in_service(user: Someone) -> QuerySet[Asset]:
    """Computers in service, of the user's perimeter; with what their probe said last."""
    computers = assets_visible_to(user).filter(kind__in=COMPUTER_KINDS, state=Asset.State.DEPLOYED)
    return computers.select_related("entity", "site", "inventory")
