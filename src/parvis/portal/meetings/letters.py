"""The mails of a meeting: invitation, what changed, how to join, cancellation, reminders. One person, one language.

Invitations carry their calendar twice, as calendar programs want it: as an alternative (Outlook, Gmail show it) and as
a file. Answers go to the organiser's own address; the answer that counts is given on the page, by a button: mail
scanners that follow links answer nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urlencode

from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext as _

from parvis.portal.conferencing import capabilities
from parvis.portal.kernel import ical
from parvis.portal.meetings import facts, ics
from parvis.portal.meetings.models import Guest, Meeting
from parvis.portal.meetings.tell_rules import Kind

DATES_LISTED = 12
"""Dates of a series written out; the rest are in the calendar."""
NAMES_LISTED = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One date of a series, as a letter lists it."""

    when: str
    phone: str


def invite(guests: Sequence[Guest], kind: Kind, *, whole: bool, now: datetime) -> EmailMultiAlternatives:
    """The letter that says what is true of one meeting, or of some dates of one series, to one person."""
    with translation.override(language_of(guests[0])):
        lines = _changes(guests) if kind is not Kind.INVITATION else []
        subject, body = _written("invitation", guests, kind=kind.value, changes=lines)
        calendar = ics.requested(guests, whole=whole, now=now)
    method = ical.PUBLISH if ics.is_organiser(guests[0]) else ical.REQUEST
    return _letter(guests, subject, body, name=kind.value, calendar=calendar, method=method)


def cancel(guests: Sequence[Guest], *, whole: bool, now: datetime) -> EmailMultiAlternatives:
    """The letter that takes an invitation back: the meeting is off, or goes on without them."""
    goes_on = guests[0].removed_at is not None and guests[0].meeting.state != Meeting.State.CANCELLED
    with translation.override(language_of(guests[0])):
        subject, body = _written(
            "cancelled", guests, goes_on=goes_on, reason=ical.line(guests[0].meeting.cancel_reason)
        )
        calendar = ics.cancelled(guests, whole=whole, now=now)
    return _letter(guests, subject, body, name="cancelled", calendar=calendar, method=ical.CANCEL)


def remind(guest: Guest, *, soon: bool) -> EmailMultiAlternatives:
    """The reminder of the day before, or just before."""
    with translation.override(language_of(guest)):
        subject, body = _written("reminder", [guest], soon=soon)
    return _letter([guest], subject, body, name="soon" if soon else "eve")


def language_of(guest: Guest) -> str:
    """Their account's language; French for who has none."""
    user = guest.agent.user if guest.agent is not None else None
    return user.language if user is not None else "fr"


def _written(name: str, guests: Sequence[Guest], **more: object) -> tuple[str, str]:
    """Subject and body, in the active language: the template's first line is the subject."""
    guest, meeting = guests[0], guests[0].meeting
    context = {
        "guest": guest,
        "reader": ical.line(ics.name_of(guest)),
        "meeting": meeting,
        "title": ical.line(meeting.title),
        "agenda": ical.text(meeting.agenda),
        "organiser": meeting.organiser,
        "is_organiser": ics.is_organiser(guest),
        "is_outside": guest.agent_id is None,
        "when": _when(guests),
        "joins_alike": len({(each.meeting.phone_number, each.meeting.pin) for each in guests}) == 1,
        "dates": _dates(guests),
        "more_dates": max(0, len(guests) - DATES_LISTED),
        "room": facts.room_of(meeting),
        "url": ics.address_of(guest),
        "answers": _answers(guest),
        "authority_name": settings.PARVIS.authority_name,
        **_joining(guest),
        **more,
    }
    subject, _sep, body = render_to_string(f"meetings/mail/{name}.txt", context).strip().partition("\n")
    return ical.line(subject), _airy(body)


def _joining(guest: Guest) -> dict[str, object]:
    """How to join: what is known of the tool, and what is still to come."""
    meeting = guest.meeting
    can = capabilities.of(meeting.provider) if meeting.provider is not None else None
    resource = meeting.booking.resource if meeting.booking is not None and meeting.booking.is_final else None
    is_host = guest.role == Guest.Role.HOST or ics.is_organiser(guest)
    return {
        "tool": str(meeting.provider) if meeting.provider is not None else "",
        "phone": facts.phone(meeting) if meeting.phone_number else "",
        "dial": ical.dial(meeting.phone_number, meeting.pin),
        "host_pin": resource.moderator_pin if resource is not None and is_host else "",
        "link": facts.has_link(meeting),
        "to_come": meeting.provider is not None and not meeting.phone_number and not facts.has_link(meeting),
        "by_browser": bool(can and can.browser and facts.has_link(meeting)),
    }


def _when(guests: Sequence[Guest]) -> str:
    meeting = guests[0].meeting
    if len(guests) == 1:
        return facts.when(meeting.starts_at, meeting.ends_at)
    first = facts.when(meeting.starts_at, meeting.ends_at)
    return _("%(n)d dates, la première %(first)s") % {"n": len(guests), "first": first}


def _dates(guests: Sequence[Guest]) -> list[Line]:
    if len(guests) < 2:
        return []
    return [
        Line(
            when=facts.when(each.meeting.starts_at, each.meeting.ends_at),
            phone=facts.phone(each.meeting) if each.meeting.phone_number else "",
        )
        for each in guests[:DATES_LISTED]
    ]


def _changes(guests: Sequence[Guest]) -> list[str]:
    """What changed; of several dates, what is common to all is said once."""
    found: list[str] = []
    for guest in guests:
        if guest.told:
            found += [line for line in facts.changes(guest.told, guest.meeting) if line not in found]
    return found[:DATES_LISTED]


def _answers(guest: Guest) -> list[tuple[str, str]]:
    """The words and the addresses of yes, maybe and no."""
    base = str(settings.PARVIS.url) + reverse("meetings:invitation", args=[guest.key])
    words = (
        (Guest.Answer.YES, _("Je viens")),
        (Guest.Answer.MAYBE, _("Peut-être")),
        (Guest.Answer.NO, _("Je ne viens pas")),
    )
    return [(text, f"{base}?{urlencode({'reponse': answer.value})}") for answer, text in words]


def _letter(
    guests: Sequence[Guest], subject: str, body: str, *, name: str, calendar: bytes | None = None, method: str = ""
) -> EmailMultiAlternatives:
    guest = guests[0]
    host = settings.PARVIS.host
    # The same letter sent again after a cut has the same name: mail programs show it once.
    mark = f"meeting-{guest.pk}-{guest.meeting.sequence}-{guest.told_times}-{name}"
    organiser = guest.meeting.organiser
    message = EmailMultiAlternatives(
        subject=subject,
        body=body,
        to=[ics.email_of(guest)],
        reply_to=[organiser.email] if organiser.email and not ics.is_organiser(guest) else None,
        headers={"Message-ID": f"<{mark}@{host}>", "Auto-Submitted": "auto-generated"},
    )
    if calendar is not None:
        message.attach_alternative(
            calendar.decode(), f"text/calendar; method={method}; charset=utf-8; component=VEVENT"
        )
        message.attach("reunion.ics", calendar, "application/ics")
    return message


def _airy(body: str) -> str:
    """The body with never more than one empty line in a row: templates leave some where nothing is to be said."""
    kept: list[str] = []
    for line in (each.rstrip() for each in body.strip().split("\n")):
        if line or (kept and kept[-1]):
            kept.append(line)
    return "\n".join(kept) + "\n"
