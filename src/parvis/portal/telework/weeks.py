"""The usual week that follows from the weekdays of telework. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from parvis.portal.presence.rules import NOT_WORKED, WEEK
from parvis.portal.telework import rules

TELEWORK, ON_SITE = "telework", "on_site"


def halves_for(mask: int, base: Sequence[str] = ()) -> list[str]:
    """14 or 28 half-days: telework on the days of `mask`, on site on the others.

    `base`: the usual week of the department, if it has one; what it does not work stays not worked.
    """
    days = set(rules.days_of(mask))
    halves = list(base) or [ON_SITE] * (2 * rules.WEEKDAYS) + [NOT_WORKED] * (WEEK - 2 * rules.WEEKDAYS)
    for rank, code in enumerate(halves):
        if rank % WEEK // 2 in days and code != NOT_WORKED:
            halves[rank] = TELEWORK
        elif code == TELEWORK:
            halves[rank] = ON_SITE
    return halves
