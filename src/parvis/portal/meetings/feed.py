"""One's own meetings as a calendar to subscribe to: title, time, place, how to join; nobody's name or answer.

Limited, since whoever has the address reads it: a month back, a year ahead, neither agenda nor guests.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

from django.conf import settings
from django.db.models import Prefetch
from django.urls import reverse
from django.utils.translation import gettext as _

from parvis.portal.directory.models import Agent
from parvis.portal.kernel import ical
from parvis.portal.meetings import ics, queries
from parvis.portal.meetings.models import Guest, Meeting
from parvis.portal.meetings.services.telling import WITH

BEHIND = timedelta(days=31)
AHEAD = timedelta(days=366)
MOST = 1000
REFRESH = timedelta(hours=1)


def calendar_of(agent: Agent, *, now: datetime) -> bytes:
    """The calendar around now: two queries. The same meetings give the same bytes, so that an ETag holds."""
    own = Prefetch("guests", queryset=Guest.objects.filter(agent=agent, removed_at=None), to_attr="own")
    rows = queries.between(queries.of_agent(agent), now - BEHIND, now + AHEAD)
    meetings = rows.select_related(*WITH).prefetch_related(own)[:MOST]
    entries = [_entry(meeting) for meeting in meetings]
    return ical.write(entries, method=ical.PUBLISH, name=_("Mes réunions"), refresh=REFRESH)


def _entry(meeting: Meeting) -> ical.Entry:
    url = str(settings.PARVIS.url) + reverse("meetings:meeting", args=[meeting.key])
    stamped_at = meeting.changed_at or meeting.created_at
    own: list[Guest] = meeting.own  # type: ignore[attr-defined]
    maybe = bool(own) and own[0].answer in (Guest.Answer.NONE, Guest.Answer.MAYBE)
    entry = ics.plain(meeting, stamped_at=stamped_at)
    lines = []
    if meeting.phone_number:
        lines.append(_("D’une touche\u202f: %(dial)s") % {"dial": ical.dial(meeting.phone_number, meeting.pin)})
    lines.append(_("Rejoindre, répondre\u202f: %(url)s") % {"url": url})
    return replace(
        entry,
        description="\n".join(lines),
        url=url,
        ways=ics.ways(meeting, url),
        is_private=True,
        status=ical.TENTATIVE if maybe and entry.status == ical.CONFIRMED else entry.status,
    )
