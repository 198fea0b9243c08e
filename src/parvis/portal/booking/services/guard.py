"""One at a time for each pool: the guard against two bookings of one resource.

Whoever gives, moves or takes back a place first writes the pool's `turn`, which holds that row until their transaction
ends, and looks at what is free only then. A second client waits there, and sees what the first has written. (On SQLite
transactions that write follow one another anyway; PostgreSQL reads at READ COMMITTED, where each statement sees what
is committed when it begins.)

Who books from several pools in one transaction, or writes to the audit trail before they book, calls `hold` with all
of them at the start: pools in one order, and before the trail's head, so that two clients never wait in a ring.
"""

from __future__ import annotations

from django.db.models import F

from parvis.portal.booking.models import Pool
from parvis.portal.kernel.errors import NotFound


def hold(*pools: Pool) -> None:
    """Hold these pools until the transaction ends.

    Raises:
        NotFound: one of them is no longer there.
    """
    for pk in sorted({pool.pk for pool in pools}):
        if not Pool.objects.filter(pk=pk).update(turn=F("turn") + 1):
            raise NotFound
