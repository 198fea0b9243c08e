"""Reads of this room. Nothing in it belongs to an entity: who may watch sees all of it."""

from __future__ import annotations

from datetime import datetime

from django.db.models import F, FloatField, QuerySet, Value
from django.db.models.functions import Cast, NullIf

from parvis.portal.accounts.models import User
from parvis.portal.capacity import permissions
from parvis.portal.capacity.models import Sample
from parvis.portal.kernel.errors import NotFound
from parvis.portal.remote_desktop.models import Gateway


def samples_visible_to(user: User) -> QuerySet[Sample]:
    """Every hour of every gateway, for who may watch; with the gateway and the figures a list sorts by."""
    if not permissions.can_watch(user):
        return Sample.objects.none()
    return Sample.objects.select_related("gateway").annotate(
        moved=F("bytes_up") + F("bytes_down"),
        # An hour whose only look was the first one has no minute: PostgreSQL divides by nought with an error.
        mean=Cast(F("sessions_sum"), FloatField()) / NullIf(F("beats"), Value(0)),
    )


def gateway_visible_to(user: User, gateway_id: int) -> Gateway:
    """One gateway.

    Raises:
        NotFound: there is none, or it is not for this user.
    """
    found = Gateway.objects.filter(pk=gateway_id).first() if permissions.can_watch(user) else None
    if found is None:
        raise NotFound
    return found


def hours_of(gateway: Gateway, since: datetime) -> dict[datetime, int]:
    """Screens open at once at most, by the beginning of each hour."""
    rows = Sample.objects.filter(gateway=gateway, hour_at__gte=since).order_by("hour_at")
    return dict(rows.values_list("hour_at", "sessions_most"))
