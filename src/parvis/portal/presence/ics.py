"""One's days as an iCalendar (RFC 5545): whole days without time zone, half-days in Europe/Paris.

Limited on purpose, since whoever has the address reads it: the agent's own days only, the words a colleague may read
(`rules.as_seen` without detail), four weeks back, three months ahead, and neither name, service nor state.
"""

from __future__ import annotations

from datetime import date, datetime, time, timedelta

from django.utils.translation import gettext as _

from parvis.portal.directory.models import Agent
from parvis.portal.kernel import clock, ical
from parvis.portal.presence import loading, rules, showing
from parvis.portal.presence.rules import Half, Shown, Source

BEHIND = timedelta(days=28)
AHEAD = timedelta(days=92)
HOURS = {Half.AM: (time(8, 30), time(12, 0)), Half.PM: (time(13, 30), time(17, 30))}
"""What half a day is, in a calendar. Parvis itself knows no hours."""
REFRESH = timedelta(hours=4)
DOMAIN = "presence.parvis"


def calendar_of(agent: Agent, *, now: datetime) -> bytes:
    """The calendar around today. A day keeps its UID; its SEQUENCE grows with each change declared for it."""
    today = clock.today(now)
    plan = loading.of_agents([agent], today - BEHIND, today + AHEAD)
    entries: list[ical.Entry | None] = []
    for one in plan.of(agent.pk):
        day = showing.shown(one, plan, in_detail=False)
        sequence = one.declared.revision if one.declared else 0
        if day.whole:
            entries.append(_entry(agent, day.date, None, day.am, sequence, now))
        else:
            entries.append(_entry(agent, day.date, Half.AM, day.am, sequence, now))
            entries.append(_entry(agent, day.date, Half.PM, day.pm, sequence, now))
    found = [each for each in entries if each is not None]
    return ical.write(found, method=ical.PUBLISH, name=_("Ma présence"), refresh=REFRESH)


def _entry(agent: Agent, day: date, half: Half | None, shown: Shown, sequence: int, now: datetime) -> ical.Entry | None:
    if shown.code in (rules.UNKNOWN, rules.OFF):
        return None
    starts: datetime | date = day
    ends: datetime | date = day + timedelta(days=1)
    if half is not None:
        starts, ends = (datetime.combine(day, hour, clock.PARIS) for hour in HOURS[half])
    return ical.Entry(
        uid=f"{agent.pk}-{day:%Y%m%d}-{half or 'day'}@{DOMAIN}",
        stamped_at=now,
        sequence=sequence,
        starts_at=starts,
        ends_at=ends,
        title=str(shown.label),
        is_private=True,
        # An all-day event must not hide free hours from colleagues who share calendars; an absence does.
        is_busy=shown.code == rules.ABSENT or shown.source in (Source.HOLIDAY, Source.CLOSURE),
    )
