"""One at a time for each pool: the guard against two bookings of one resource.

Whoever gives, moves or takes back a place first writes the pool's `turn`, which holds that row until their transaction
ends, and looks at what is free only then. A second client waits there, and sees what the first has written. (On SQLite
transactions that write follow one another anyway; PostgreSQL reads at READ COMMITTED, where each statement sees what
is committed when it begins.)

Nobody waits in a ring: the trail's end is taken first (each of these transactions writes the trail, and holds its end
from then on anyway), pools after it. A caller that writes rows of its own before it books calls `hold` with its pools
at the start of its transaction, for the same reason.
"""

from __future__ import annotations

from django.db.models import F

from parvis.portal.booking.models import Pool
from parvis.portal.kernel import audit
from parvis.portal.kernel.errors import NotFound


def hold(*pools: Pool) -> None:
    """Hold these pools until the transaction ends.

    Raises:
        NotFound: one of them is no longer there.
    """
    audit.hold()
    for pk in sorted({pool.pk for pool in pools}):
        if not Pool.objects.filter(pk=pk).update(turn=F("turn") + 1):
            raise NotFound
