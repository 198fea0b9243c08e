"""What pages show of a meeting: its state in words, the ways in, its day."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from parvis.portal.conferencing import capabilities
from parvis.portal.directory.rules import phone_shown
from parvis.portal.kernel import ical
from parvis.portal.meetings import facts, rules
from parvis.portal.meetings.models import Meeting
from parvis.portal.ui import formats
from parvis.portal.ui.templatetags.ui import state_badge


@dataclass(frozen=True, slots=True)
class Ways:
    """How one joins: a button, a number with its code, a room."""

    browser: bool = False
    number: str = ""
    """In pairs, as people read it."""
    pin: str = ""
    """In groups of three or four digits."""
    dial: str = ""
    """`tel:` with number and code in one touch."""
    by_hand: bool = False
    later: str = ""
    """When number or link will be known, in words; empty: they are."""
    public_url: str = ""


def ways(meeting: Meeting) -> Ways:
    """The ways into a meeting as it is now."""
    provider = meeting.provider
    if provider is None:
        return Ways()
    by_hand = capabilities.of(provider).by_hand
    if facts.is_released(meeting):
        return Ways(by_hand=by_hand, later=_("Personne n’était là au début\u202f: la place est rendue aux autres."))
    if not meeting.is_opened:
        return Ways(by_hand=by_hand, later=_later(meeting))
    dial = ical.dial(meeting.phone_number, meeting.pin) if meeting.phone_number else ""
    return Ways(
        browser=facts.has_link(meeting),
        number=phone_shown(meeting.phone_number) if meeting.phone_number else "",
        pin=grouped(meeting.pin),
        dial=dial,
        by_hand=by_hand,
    )


def grouped(pin: str) -> str:
    """A code as one reads it out: `482 193`, `4821`, `1234 5678`."""
    size = 3 if len(pin) in (5, 6, 9) else 4
    return "\u00a0".join(pin[at : at + size] for at in range(0, len(pin), size))


def _later(meeting: Meeting) -> str:
    if meeting.state == Meeting.State.WAITING:
        return _("La réunion attend une place.")
    booking = meeting.booking
    if booking is not None and not booking.is_final:
        at = booking.starts_at - timedelta(hours=booking.pool.assign_hours)
        return _("Le numéro vous sera donné le %(day)s.") % {"day": formats.instant(at)}
    if meeting.provider is not None and capabilities.of(meeting.provider).by_hand:
        return _("Le lien manque encore\u202f: l’organisateur l’ajoute après avoir réservé.")
    return _("La réunion se prépare\u202f: le lien arrive dans un instant.")


def state_words(meeting: Meeting, now: datetime) -> tuple[str, str, str]:
    """Words, colour and icon of where a meeting stands."""
    if meeting.state == Meeting.State.CANCELLED:
        return _("Annulée"), "red", "ban"
    if meeting.ends_at <= now:
        return _("Terminée"), "secondary", "check"
    if meeting.state == Meeting.State.WAITING:
        return _("En attente d’une place"), "orange", "hourglass"
    if meeting.starts_at <= now:
        return _("En cours"), "green", "player-play"
    if rules.is_open(meeting.starts_at, meeting.ends_at, now):
        return _("Ouverte"), "green", "circle-check"
    if meeting.state == Meeting.State.PREPARING:
        return _("En préparation"), "blue", "loader-2"
    return _("Prévue"), "blue", "calendar-event"


def state_of(meeting: Meeting, now: datetime) -> SafeString:
    """The badge of where a meeting stands."""
    label, colour, icon = state_words(meeting, now)
    return state_badge(label, colour, icon)


def when(meeting: Meeting) -> str:
    """`lundi 23 novembre 2026, de 9:00 à 10:00`."""
    return facts.when(meeting.starts_at, meeting.ends_at)


def hours(meeting: Meeting) -> str:
    """`09:00 – 10:00`, in Paris."""
    starts, ends = (each.astimezone(rules.PARIS) for each in (meeting.starts_at, meeting.ends_at))
    return f"{starts:%H:%M} – {ends:%H:%M}"


def day_of(meeting: Meeting) -> date:
    """The day it begins on, in Paris."""
    return meeting.starts_at.astimezone(rules.PARIS).date()


@dataclass(frozen=True, slots=True)
class Row:
    """A meeting in a list of days."""

    meeting: Meeting
    hours: str
    state: SafeString
    tool: str
    mine: bool
    open: bool
    place: str


def row(meeting: Meeting, agent_id: int | None, now: datetime) -> Row:
    """One line."""
    return Row(
        meeting,
        hours(meeting),
        state_of(meeting, now),
        str(meeting.provider or ""),
        meeting.organiser_id == agent_id,
        meeting.state in rules.ALIVE
        and rules.is_open(meeting.starts_at, meeting.ends_at, now)
        and meeting.ends_at > now,
        facts.room_of(meeting),
    )


def by_day(meetings: Iterable[Meeting], agent_id: int | None, now: datetime) -> list[tuple[date, list[Row]]]:
    """Lines under their day, in the order given."""
    days: dict[date, list[Row]] = {}
    for meeting in meetings:
        days.setdefault(day_of(meeting), []).append(row(meeting, agent_id, now))
    return list(days.items())
