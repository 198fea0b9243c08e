"""What a letter says of a meeting, in short (`Guest.told`): two of them compared say what changed."""

from __future__ import annotations

import hashlib
from datetime import datetime

from django.utils.translation import gettext as _

from parvis.portal.booking.models import Booking
from parvis.portal.conferencing import capabilities
from parvis.portal.directory.rules import phone_shown
from parvis.portal.kernel import ical
from parvis.portal.kernel.clock import PARIS
from parvis.portal.meetings.models import Meeting
from parvis.portal.ui import formats

Facts = dict[str, str]


def of(meeting: Meeting) -> Facts:
    """What a guest knows once told. Numbers and PINs are kept as a digest only."""
    joins = f"{meeting.phone_number}|{meeting.pin}" if meeting.phone_number else ""
    return {
        "title": meeting.title,
        "starts": meeting.starts_at.isoformat(),
        "ends": meeting.ends_at.isoformat(),
        "room": room_of(meeting),
        "tool": str(meeting.provider) if meeting.provider else "",
        "join": hashlib.sha256(joins.encode()).hexdigest()[:16] if joins else "",
        "link": "1" if has_link(meeting) else "",
        "agenda": hashlib.sha256(meeting.agenda.encode()).hexdigest()[:16] if meeting.agenda else "",
        "organiser": str(meeting.organiser),
    }


def has_link(meeting: Meeting) -> bool:
    """Whether one may join by an address."""
    if meeting.provider is None or not meeting.is_opened or is_released(meeting):
        return False
    return bool(meeting.join_url or meeting.live_room_id or capabilities.of(meeting.provider).personal_links)


def is_released(meeting: Meeting) -> bool:
    """Whether nobody came to its place: number and account may be other people's by now."""
    return meeting.booking is not None and meeting.booking.state == Booking.State.RELEASED


def room_of(meeting: Meeting) -> str:
    """The physical room, with where it is, on one line; empty: none, or not known yet."""
    booking = meeting.room_booking
    if booking is None or booking.resource is None or booking.state == Booking.State.WAITING:
        return ""
    room = booking.resource
    parts = (room.name, room.location, str(room.site) if room.site else "")
    return ical.line(", ".join(part for part in parts if part))


def place(meeting: Meeting) -> str:
    """Where to go, in the words of a calendar: the room, else the number, else the tool."""
    parts = [room_of(meeting)]
    if meeting.phone_number:
        parts.append(phone(meeting))
    elif meeting.provider:
        parts.append(str(meeting.provider))
    return " · ".join(part for part in parts if part)


def phone(meeting: Meeting) -> str:
    """The number as people read it, and its code."""
    number = phone_shown(meeting.phone_number)
    return _("%(number)s, code %(pin)s") % {"number": number, "pin": meeting.pin} if meeting.pin else number


def when(starts_at: datetime, ends_at: datetime) -> str:
    """`lundi 23 novembre 2026, de 14:00 à 15:00`, in Paris."""
    starts, ends = starts_at.astimezone(PARIS), ends_at.astimezone(PARIS)
    if starts.date() == ends.date():
        return _("%(day)s, de %(start)s à %(end)s") % {
            "day": formats.day(starts),
            "start": f"{starts:%H:%M}",
            "end": f"{ends:%H:%M}",
        }
    return _("du %(start)s au %(end)s") % {"start": formats.instant(starts), "end": formats.instant(ends)}


def changes(before: Facts, meeting: Meeting) -> list[str]:
    """What changed since, a line each, for who knew `before`."""
    now = of(meeting)
    lines = []
    if before.get("starts") != now["starts"] or before.get("ends") != now["ends"]:
        old = when(datetime.fromisoformat(before["starts"]), datetime.fromisoformat(before["ends"]))
        lines.append(_("Horaire\u202f: %(new)s (avant\u202f: %(old)s)") % {"new": _when(meeting), "old": old})
    for name, words in (
        ("title", _("Objet\u202f: %(new)s (avant\u202f: %(old)s)")),
        ("room", _("Salle\u202f: %(new)s (avant\u202f: %(old)s)")),
        ("tool", _("Outil\u202f: %(new)s (avant\u202f: %(old)s)")),
        ("organiser", _("Organisateur\u202f: %(new)s (avant\u202f: %(old)s)")),
    ):
        if before.get(name, "") != now[name]:
            none = _("aucune") if name == "room" else _("aucun")
            lines.append(words % {"new": now[name] or none, "old": before.get(name) or none})
    if before.get("join") and before["join"] != now["join"] and meeting.phone_number:
        lines.append(_("Le numéro ou le code d’appel est nouveau\u202f: l’ancien ne sert plus."))
    if before.get("agenda", "") != now["agenda"]:
        lines.append(_("L’ordre du jour est nouveau."))
    return lines


def _when(meeting: Meeting) -> str:
    return when(meeting.starts_at, meeting.ends_at)
