"""Makes the history as long as years of telework make it."""

from __future__ import annotations

import uuid
from datetime import timedelta
from itertools import cycle, islice

from parvis.portal.remote_desktop.models import RemoteSession

_BATCH = 500


def lengthen(rows: int) -> None:
    """Copies of the demo's ended sessions, each some minutes apart, until there are `rows`."""
    known = list(RemoteSession.objects.filter(state="ended").order_by("requested_at"))
    missing = max(0, rows - RemoteSession.objects.count())
    copies = []
    for number, session in enumerate(islice(cycle(known), missing)):
        shift = timedelta(minutes=7 + number % 600)
        session.pk = uuid.uuid4()
        session.requested_at -= shift
        copies.append(
            RemoteSession(
                **{field.attname: getattr(session, field.attname) for field in RemoteSession._meta.concrete_fields}
            )
        )
        if len(copies) == _BATCH:
            RemoteSession.objects.bulk_create(copies)
            copies = []
    RemoteSession.objects.bulk_create(copies)
