"""When a device reports next. Pure.

Every device has a moment of its own in the period, from its identifier: a whole town hall that is switched on at eight
is spread over the day from the next report on, and stays so. (What is off at its moment reports when it is switched
on: those come together, and the queue takes them.)
"""

from __future__ import annotations

import hashlib
from datetime import datetime
from math import ceil

HOUR = 3600


def hours_until_next(*, device_id: str, token_id: int, period_hours: int, now: datetime) -> int:
    """Whole hours to wait: half a period at least, one and a half at most, so that it is once a period on the whole."""
    period = period_hours * HOUR
    digest = hashlib.sha256(f"{token_id}:{device_id}".encode()).digest()
    moment = int.from_bytes(digest[:8], "big") % period
    wait = (moment - int(now.timestamp())) % period
    if wait < period / 2:
        wait += period
    return max(1, min(ceil(wait / HOUR), ceil(period_hours * 3 / 2)))
