"""A meeting as calendar programs know it: in letters (one person's, with what they may see), in feeds."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from email.utils import parseaddr

from django.conf import settings
from django.urls import reverse
from django.utils.translation import gettext as _

from parvis.portal.directory.models import Agent
from parvis.portal.kernel import ical
from parvis.portal.meetings import facts, tell_rules
from parvis.portal.meetings.models import Guest, Meeting

ANSWERS = {
    Guest.Answer.NONE: "NEEDS-ACTION",
    Guest.Answer.YES: "ACCEPTED",
    Guest.Answer.MAYBE: "TENTATIVE",
    Guest.Answer.NO: "DECLINED",
}
ALARM = timedelta(minutes=15)
MOST_LISTED = 50
"""Past it, a calendar names only the person it is for: 300 guests in 300 mails help nobody."""
ALIKE = ("title", "location", "status", "sequence")
"""What makes a date of a series an exception when it differs; so do another start, length or number."""


def requested(guests: Sequence[Guest], *, whole: bool, now: datetime) -> bytes:
    """The calendar of an invitation for one person, whose rows these are: one meeting, or dates of one series.

    `whole`: they know nothing of the series yet, and get its rule.
    """
    entries = [entry(guest, now=now) for guest in guests]
    if whole and len(entries) > 1:
        entries = _with_rule(guests, entries)
    return ical.write(entries, method=ical.PUBLISH if is_organiser(guests[0]) else ical.REQUEST)


def cancelled(guests: Sequence[Guest], *, whole: bool, now: datetime) -> bytes:
    """The calendar that takes them back; `whole`: the series with all its dates."""
    entries = [
        replace(entry(guest, now=now), status=ical.CANCELLED, alarm_before=None, ways=(), is_busy=False)
        for guest in guests
    ]
    if whole and guests[0].meeting.series:
        highest = max(each.sequence for each in entries)
        entries = [replace(entries[0], recurrence_at=None, sequence=highest)]
    return ical.write(entries, method=ical.CANCEL)


def entry(guest: Guest, *, now: datetime) -> ical.Entry:
    """One meeting for one person. Sequences only grow, and so do stamps."""
    meeting = guest.meeting
    in_series = meeting.series is not None and meeting.recurrence_at is not None
    return replace(
        plain(meeting, stamped_at=now),
        uid=meeting.series.uid if meeting.series is not None and in_series else meeting.uid,
        recurrence_at=meeting.recurrence_at if in_series else None,
        description=description(guest),
        url=address_of(guest),
        organiser=organiser(meeting.organiser),
        attendees=() if is_organiser(guest) else attendees(guest),
        ways=ways(meeting, address_of(guest)),
        alarm_before=ALARM,
    )


def plain(meeting: Meeting, *, stamped_at: datetime) -> ical.Entry:
    """What everybody who may know of a meeting may see."""
    is_off = meeting.state == Meeting.State.CANCELLED
    waits = meeting.state == Meeting.State.WAITING
    return ical.Entry(
        uid=meeting.uid,
        stamped_at=stamped_at,
        sequence=meeting.sequence,
        starts_at=meeting.starts_at,
        ends_at=meeting.ends_at,
        title=meeting.title,
        location=facts.place(meeting),
        status=ical.CANCELLED if is_off else ical.TENTATIVE if waits else ical.CONFIRMED,
        is_busy=not is_off,
    )


def description(guest: Guest) -> str:
    """How to join and answer, then the agenda: what a telephone shows at the hour of the meeting."""
    meeting = guest.meeting
    lines = []
    if meeting.phone_number:
        lines.append(_("Par téléphone\u202f: %(place)s") % {"place": facts.phone(meeting)})
        lines.append(_("D’une touche\u202f: %(dial)s") % {"dial": ical.dial(meeting.phone_number, meeting.pin)})
    lines.append(_("Rejoindre, répondre\u202f: %(url)s") % {"url": address_of(guest)})
    if meeting.agenda:
        lines += ["", meeting.agenda]
    return "\n".join(lines)


def ways(meeting: Meeting, url: str) -> tuple[ical.Way, ...]:
    """The telephone first: it always works."""
    found = []
    if meeting.phone_number:
        dial = ical.dial(meeting.phone_number, meeting.pin)
        found.append(ical.Way(uri=dial, features=("PHONE", "AUDIO"), label=_("Appeler")))
    if facts.has_link(meeting):
        found.append(ical.Way(uri=url, features=("AUDIO", "VIDEO"), label=str(meeting.provider)))
    return tuple(found)


def organiser(agent: Agent) -> ical.Person:
    """Who invites; the sender's address where theirs is not known."""
    return ical.Person(email=agent.email or parseaddr(settings.DEFAULT_FROM_EMAIL)[1], name=str(agent))


def attendees(guest: Guest) -> tuple[ical.Person, ...]:
    """Colleagues see who comes; a person from outside sees themselves only: addresses are nobody else's business."""
    everybody = [each for each in guest.meeting.guests.all() if each.removed_at is None]
    if guest.agent_id is None or len(everybody) > MOST_LISTED or guest.removed_at is not None:
        everybody = [guest]
    return tuple(person(each) for each in everybody if email_of(each) and not is_organiser(each))


def person(guest: Guest) -> ical.Person:
    """A guest as an attendee."""
    return ical.Person(
        email=email_of(guest),
        name=name_of(guest),
        answer=ANSWERS[Guest.Answer(guest.answer)],
        is_chair=guest.role == "host",
    )


def is_organiser(guest: Guest) -> bool:
    """Whether it is the organiser's own row."""
    return guest.agent_id is not None and guest.agent_id == guest.meeting.organiser_id


def name_of(guest: Guest) -> str:
    """What they are called."""
    return str(guest.agent) if guest.agent is not None else guest.name or guest.email


def email_of(guest: Guest) -> str:
    """Where their letters go; empty: nowhere (an agent who has left)."""
    if guest.agent is None:
        return guest.email
    if not guest.agent.is_active:
        return ""
    user = guest.agent.user
    return user.email if user is not None and user.is_active else guest.agent.email


def address_of(guest: Guest) -> str:
    """Their own page: agents sign in, people from outside have a key."""
    if guest.agent_id is not None and guest.agent is not None and guest.agent.user_id is not None:
        return str(settings.PARVIS.url) + reverse("meetings:meeting", args=[guest.meeting.key])
    return str(settings.PARVIS.url) + reverse("meetings:invitation", args=[guest.key])


def _with_rule(guests: Sequence[Guest], entries: list[ical.Entry]) -> list[ical.Entry]:
    """The series by its rule, then each date that differs from it; without rule where dates follow none."""
    series = guests[0].meeting.series
    starts = [each.recurrence_at for each in entries if each.recurrence_at is not None]
    found = tell_rules.shortened(series.rule, starts) if series is not None and len(starts) == len(entries) else None
    if found is None:
        return entries
    rule, without = found
    began = min(starts)
    first = next(each for each in entries if each.recurrence_at == began)
    pattern = replace(
        first,
        starts_at=began,
        ends_at=began + first.lasts,
        recurrence_at=None,
        rule=rule,
        without=without,
        sequence=min(each.sequence for each in entries),
    )
    return [pattern, *(each for each in entries if _differs(each, pattern))]


def _differs(one: ical.Entry, pattern: ical.Entry) -> bool:
    if one.starts_at != one.recurrence_at or one.lasts != pattern.lasts:
        return True
    mine, usual = ([getattr(each, name) for name in ALIKE] for each in (one, pattern))
    phones = [[way.uri for way in each.ways if way.uri.startswith("tel:")] for each in (one, pattern)]
    return mine != usual or phones[0] != phones[1]
