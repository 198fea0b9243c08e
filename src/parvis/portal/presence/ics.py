"""One's days as an iCalendar (RFC 5545): whole days without time zone, half-days in Europe/Paris.

Limited on purpose, since whoever has the address reads it: the agent's own days only, the words a colleague may read
(`rules.as_seen` without detail), four weeks back, three months ahead, and neither name, service nor state.
"""

from __future__ import annotations

from datetime import date, datetime, time, timedelta

import icalendar
from django.utils.translation import gettext as _

from parvis.portal.directory.models import Agent
from parvis.portal.kernel import clock
from parvis.portal.presence import loading, rules, showing
from parvis.portal.presence.rules import Half, Shown, Source

BEHIND = timedelta(days=28)
AHEAD = timedelta(days=92)
HOURS = {Half.AM: (time(8, 30), time(12, 0)), Half.PM: (time(13, 30), time(17, 30))}
"""What half a day is, in a calendar. Parvis itself knows no hours."""
DOMAIN = "presence.parvis"


def calendar_of(agent: Agent, *, now: datetime) -> bytes:
    """The calendar around today. A day keeps its UID; its SEQUENCE grows with each change declared for it."""
    today = clock.today(now)
    plan = loading.of_agents([agent], today - BEHIND, today + AHEAD)
    calendar = icalendar.Calendar()
    calendar.add("prodid", "-//Parvis//Presence//FR")
    calendar.add("version", "2.0")
    calendar.add("calscale", "GREGORIAN")
    calendar.add("method", "PUBLISH")
    calendar.add("x-wr-calname", _("Ma présence"))
    calendar.add("refresh-interval", timedelta(hours=4), parameters={"value": "DURATION"})
    for one in plan.of(agent.pk):
        day = showing.shown(one, plan, in_detail=False)
        sequence = one.declared.revision if one.declared else 0
        if day.whole:
            _add(calendar, agent, day.date, None, day.am, sequence, now)
        else:
            _add(calendar, agent, day.date, Half.AM, day.am, sequence, now)
            _add(calendar, agent, day.date, Half.PM, day.pm, sequence, now)
    calendar.add_missing_timezones()
    return bytes(calendar.to_ical())


def _add(
    calendar: icalendar.Calendar, agent: Agent, day: date, half: Half | None, shown: Shown, sequence: int, now: datetime
) -> None:
    if shown.code in (rules.UNKNOWN, rules.OFF):
        return
    event = icalendar.Event()
    event.add("uid", f"{agent.pk}-{day:%Y%m%d}-{half or 'day'}@{DOMAIN}")
    event.add("dtstamp", now)
    event.add("sequence", sequence)
    event.add("summary", str(shown.label))
    if half is None:
        event.add("dtstart", day)
        event.add("dtend", day + timedelta(days=1))
    else:
        first, last = HOURS[half]
        event.add("dtstart", datetime.combine(day, first, clock.PARIS))
        event.add("dtend", datetime.combine(day, last, clock.PARIS))
    event.add("class", "PRIVATE")
    # An all-day event must not hide free hours from colleagues who share calendars; an absence does.
    busy = shown.code == rules.ABSENT or shown.source in (Source.HOLIDAY, Source.CLOSURE)
    event.add("transp", "OPAQUE" if busy else "TRANSPARENT")
    calendar.add_component(event)
