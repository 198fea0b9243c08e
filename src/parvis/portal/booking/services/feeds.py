"""The calendar address of a room: made, made anew, closed, recognised. As `presence.services.feeds` does for people.

Its secret opens one thing only (when the room is taken, without names nor titles), is kept as a hash and shown once.
"""

from __future__ import annotations

import hashlib
import secrets
from datetime import datetime

from django.db import transaction

from parvis.portal.accounts.models import User
from parvis.portal.booking import permissions
from parvis.portal.booking.models import Resource
from parvis.portal.kernel import audit
from parvis.portal.kernel.authz import require


@transaction.atomic
def open_feed(*, actor: User, resource: Resource, now: datetime) -> str:
    """A new secret for the room's calendar; the one before opens nothing any more.

    Raises:
        NotAllowed: not of the IT team of its pool's entity.
    """
    require(permissions.can_manage(actor, resource.pool.entity))
    secret = secrets.token_urlsafe(32)
    resource.feed_key = digest(secret)
    resource.save(update_fields=["feed_key"])
    audit.record(actor=actor, action="booking.feed_opened", target=resource, now=now)
    return secret


@transaction.atomic
def close_feed(*, actor: User, resource: Resource, now: datetime) -> None:
    """The address opens nothing any more; twice is once.

    Raises:
        NotAllowed: not of the IT team of its pool's entity.
    """
    require(permissions.can_manage(actor, resource.pool.entity))
    if Resource.objects.filter(pk=resource.pk).exclude(feed_key="").update(feed_key=""):
        resource.feed_key = ""
        audit.record(actor=actor, action="booking.feed_closed", target=resource, now=now)


def recognise(secret: str) -> Resource | None:
    """The room in service whose calendar this secret opens."""
    found = Resource.objects.filter(feed_key=digest(secret), is_active=True)
    return found.select_related("pool", "site").first()


def digest(secret: str) -> str:
    """What is kept of a secret."""
    return hashlib.sha256(secret.encode()).hexdigest()
