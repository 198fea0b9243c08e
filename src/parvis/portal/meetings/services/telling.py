"""Tell guests: each is told of the newest state once, whatever is tried again.

What each was told is on their row (`told_sequence`, `told`); who must hear something is found by comparing. A letter is
written by whoever claims its rows (`tell_after`, a conditional UPDATE), leaves outside any transaction, and is noted
when the mail server has taken it. A worker that dies between the two leaves a claim that ends by itself: the letter
then leaves a second time under the same Message-ID, which mail programs show once.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import groupby

import structlog
from django.db.models import F, Prefetch, Q
from django.db.models.functions import Coalesce

from parvis.portal.accounts import throttle
from parvis.portal.meetings import facts, ics, letters, posting, tell_rules
from parvis.portal.meetings.models import Guest, Meeting
from parvis.portal.meetings.tell_rules import NOTHING, Kind, Need

BATCH = 100
"""Letters of one run: the next run, a moment later, goes on."""
WITH = (
    "series", "organiser__user", "provider", "booking__resource", "room_booking__resource__site", "live_room",
)  # fmt: skip
_COUNTED = "meetings-letters-outside"
log = structlog.get_logger("parvis.meetings")


@dataclass(slots=True)
class Told:
    """What a run did."""

    sent: int = 0
    silent: int = 0
    """Rows brought up to date without a mail: nothing they know had changed."""
    failed: int = 0
    left: bool = False
    """There was more to do than one run does."""
    is_away: bool = False
    """No mail server answered: the rest leaves when one does."""


def tell(meeting_id: int, *, now: datetime) -> Told:
    """Tell who must hear something of this meeting, or of the series it is in. Not part of a transaction."""
    done = Told()
    meetings = _meetings(meeting_id, now)
    with posting.Post() as post:
        for count, (wanted, guests) in enumerate(_letters(meetings, now)):
            if post.is_away:
                break
            if count >= BATCH:
                done.left = True
                break
            _tell_one(guests, wanted, post, done, now)
    return done


def to_tell(now: datetime, *, most: int) -> list[int]:
    """Ids of meetings with somebody to tell now; one of each series is enough."""
    free = Q(tell_after=None) | Q(tell_after__lte=now)
    off = Q(meeting__state=Meeting.State.CANCELLED) | Q(removed_at__isnull=False)
    waited = Q(meeting__state=Meeting.State.PREPARING, since__lte=now - tell_rules.PATIENCE)
    ready = Q(meeting__state=Meeting.State.PLANNED) | waited
    behind = ready & Q(removed_at=None, told_sequence__lt=F("meeting__sequence"))
    since = Coalesce("meeting__changed_at", "meeting__created_at")
    rows = Guest.objects.annotate(since=since).filter(
        free, behind | (off & ~Q(told_sequence=NOTHING)), meeting__ends_at__gt=now
    )
    found: dict[object, int] = {}
    pairs = rows.order_by("meeting__starts_at").values_list("meeting__series_id", "meeting_id").distinct()
    for series_id, meeting_id in pairs[: most * 10]:
        found.setdefault(("series", series_id) if series_id else meeting_id, meeting_id)
    return list(found.values())[:most]


def unreached(meeting: Meeting) -> list[Guest]:
    """Whose address the mail server keeps refusing: the organiser tells them by another way."""
    rows = meeting.guests.filter(failed_times__gte=3, removed_at=None).select_related("agent__user")
    return list(rows)


def _meetings(meeting_id: int, now: datetime) -> list[Meeting]:
    guests = Guest.objects.select_related("agent__user").order_by("pk")
    rows = Meeting.objects.filter(ends_at__gt=now).select_related(*WITH)
    rows = rows.prefetch_related(Prefetch("guests", queryset=guests)).order_by("starts_at", "pk")
    own = rows.filter(Q(pk=meeting_id) | Q(series__isnull=False, series__meetings=meeting_id))
    return list(own.distinct())


def _letters(meetings: Sequence[Meeting], now: datetime) -> Iterator[tuple[Need, list[Guest]]]:
    """One letter each: what a person must hear, of which of their rows, in order of time."""
    due: list[tuple[str, Need, Guest]] = []
    for meeting in meetings:
        for guest in meeting.guests.all():
            guest.meeting = meeting
            wanted = _need(guest, now)
            if wanted is not None and (guest.tell_after is None or guest.tell_after <= now):
                due.append((_who(guest), wanted, guest))
    due.sort(key=lambda each: (each[0], each[1].value, each[2].meeting.starts_at, each[2].pk))
    settled = all(_is_settled(meeting, now) for meeting in meetings)
    for (_name, wanted), rows in groupby(due, key=lambda each: each[:2]):
        guests = [guest for _who_, _wanted, guest in rows]
        if settled or wanted is Need.CANCEL or guests[0].told:
            yield wanted, guests


def _need(guest: Guest, now: datetime) -> Need | None:
    meeting = guest.meeting
    return tell_rules.need(
        state=meeting.state,
        ready_at=_ready_at(meeting),
        sequence=meeting.sequence,
        told=guest.told_sequence,
        is_removed=guest.removed_at is not None,
        now=now,
    )


def _is_settled(meeting: Meeting, now: datetime) -> bool:
    """Whether a first letter may leave: of a series, when none of its dates is being prepared any more."""
    return meeting.state != Meeting.State.PREPARING or _ready_at(meeting) <= now


def _ready_at(meeting: Meeting) -> datetime:
    return (meeting.changed_at or meeting.created_at) + tell_rules.PATIENCE


def _who(guest: Guest) -> str:
    return f"agent {guest.agent_id}" if guest.agent_id is not None else guest.email.lower()


def _tell_one(guests: list[Guest], wanted: Need, post: posting.Post, done: Told, now: datetime) -> None:
    guests = _claimed(guests, now)
    if not guests:
        return
    if not ics.email_of(guests[0]):
        _note(guests, wanted, now, sent=False)
        done.silent += 1
        return
    kind = _kind(guests) if wanted is Need.INVITE else Kind.CANCELLED
    if kind is Kind.NOTHING:
        _note(guests, wanted, now, sent=False)
        done.silent += 1
        return
    if kind is not Kind.CANCELLED and _is_over_cap(guests[0], now):
        _put_off(guests, now + timedelta(hours=1))
        return
    _send(guests, wanted, kind, post, done, now)


def _send(guests: list[Guest], wanted: Need, kind: Kind, post: posting.Post, done: Told, now: datetime) -> None:
    if wanted is Need.INVITE:
        news = [guest for guest in guests if not _is_as_told(guest)]
        whole = kind is Kind.INVITATION and _knows_no_other(guests)
        message = letters.invite(news, kind, whole=whole, now=now)
    else:
        message = letters.cancel(guests, whole=_knows_no_other(guests), now=now)
    outcome = post.send(message)
    if outcome is posting.Outcome.SENT:
        _note(guests, wanted, now, sent=True)
        if guests[0].agent_id is None:
            throttle.count(_COUNTED, _organiser_today(guests[0], now), seconds=24 * 3600)
        done.sent += 1
    elif outcome is posting.Outcome.AWAY:
        _put_off(guests, now + tell_rules.RETRIES[0])
        done.is_away = True
    else:
        done.failed += 1
        failed = max(guest.failed_times for guest in guests) + 1
        _put_off(guests, tell_rules.try_again_at(failed, now), failed_times=failed)
        log.warning("meetings.letter_refused", guest=guests[0].pk, meeting=guests[0].meeting_id, times=failed)


def _claimed(guests: Iterable[Guest], now: datetime) -> list[Guest]:
    """The rows that are this worker's to tell. Who gets the first gets the letter: the others let it be."""
    mine: list[Guest] = []
    for guest in guests:
        free = Q(tell_after=None) | Q(tell_after__lte=now)
        row = Guest.objects.filter(free, pk=guest.pk, told_sequence=guest.told_sequence)
        if row.filter(removed_at=guest.removed_at).update(tell_after=now + tell_rules.CLAIM):
            mine.append(guest)
        elif not mine:
            return []
    return mine


def _kind(guests: Sequence[Guest]) -> Kind:
    """Which letter: a first one only for who knows nothing of the series at all."""
    kinds = {tell_rules.kind(guest.told, facts.of(guest.meeting)) for guest in guests} - {Kind.NOTHING}
    if not kinds:
        return Kind.NOTHING
    if len(kinds) == 1:
        (kind,) = kinds
        return kind
    return Kind.CHANGED


def _is_as_told(guest: Guest) -> bool:
    """Whether a letter to this person need not speak of this date."""
    return tell_rules.kind(guest.told, facts.of(guest.meeting)) is Kind.NOTHING


def _knows_no_other(guests: Sequence[Guest]) -> bool:
    """Whether all they know of the series is in this letter."""
    guest = guests[0]
    if guest.meeting.series_id is None:
        return False
    same = Q(agent=guest.agent_id) if guest.agent_id is not None else Q(agent=None, email=guest.email)
    known = Guest.objects.filter(same, meeting__series=guest.meeting.series_id).exclude(told_sequence=NOTHING)
    return not known.exclude(pk__in=[each.pk for each in guests]).exists()


def _is_over_cap(guest: Guest, now: datetime) -> bool:
    """People from outside get no more than so many letters: of one organiser in a day, of one meeting each."""
    if guest.agent_id is not None:
        return False
    if guest.told_times >= tell_rules.OUTSIDE_PER_GUEST:
        return True
    # One row may be told many times in a day: letters are counted too.
    if throttle.counted(_COUNTED, _organiser_today(guest, now)) >= tell_rules.OUTSIDE_PER_DAY:
        return True
    day = Guest.objects.filter(agent=None, told_at__gt=now - timedelta(days=1))
    told = day.filter(meeting__organiser=guest.meeting.organiser_id).count()
    return told >= tell_rules.OUTSIDE_PER_DAY


def _organiser_today(guest: Guest, now: datetime) -> str:
    return f"{guest.meeting.organiser_id}:{now:%Y-%m-%d}"


def _note(guests: Sequence[Guest], wanted: Need, now: datetime, *, sent: bool) -> None:
    """What they know from now on."""
    for guest in guests:
        off = wanted is Need.CANCEL
        values: dict[str, object] = {
            "told_sequence": NOTHING if off else guest.meeting.sequence,
            "told": {} if off else facts.of(guest.meeting),
            "tell_after": None,
            "failed_times": 0,
        }
        if guest.told and guest.told.get("starts") != guest.meeting.starts_at.isoformat():
            values |= {"reminded_at": None, "reminded_soon_at": None}
        if sent:
            values |= {"told_at": now, "told_times": F("told_times") + 1}
        Guest.objects.filter(pk=guest.pk).update(**values)


def _put_off(guests: Sequence[Guest], until: datetime, **values: object) -> None:
    Guest.objects.filter(pk__in=[guest.pk for guest in guests]).update(tell_after=until, **values)
