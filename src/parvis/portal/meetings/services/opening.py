"""Having a provider open, change or close a meeting; taking another tool when it fails, and telling everybody.

The provider is asked outside any transaction; what it answers is written only if the meeting is still the one asked
for. One worker asks at a time (`Meeting.asked_at`); one that dies is followed by another after `PATIENCE`.
"""

from __future__ import annotations

from datetime import datetime, timedelta

import structlog
from django.db import transaction
from django.db.models import F, Q

from parvis.portal.booking.models import Booking, Pool
from parvis.portal.booking.services import placing
from parvis.portal.conferencing import capabilities
from parvis.portal.conferencing.adapters.base import Opened, Wanted
from parvis.portal.conferencing.models import Provider
from parvis.portal.conferencing.services import opening as asking
from parvis.portal.kernel import audit, events
from parvis.portal.kernel.errors import Conflict, Invalid, NotFound, ParvisError, Unavailable
from parvis.portal.live_rooms.models import LiveRoom, Seat
from parvis.portal.live_rooms.services import rooms
from parvis.portal.meetings import queries, rules, suggesting, tasks_opening
from parvis.portal.meetings.drafts import Draft
from parvis.portal.meetings.events import MeetingOpened, ToolChanged
from parvis.portal.meetings.models import Guest, Meeting
from parvis.portal.meetings.services import planning

log = structlog.get_logger("parvis.meetings")
PATIENCE = timedelta(seconds=50)
"""How long a worker has before another tries; also the pause between two tries."""
TRIES = 3
"""After so many without an answer, another tool takes over."""
CONCERNED = timedelta(hours=2)
"""A tool that is down concerns the meetings that begin so soon."""
SWEPT = 200


def settle(*, meeting_id: int, now: datetime) -> None:
    """Bring the provider to where the meeting is: open it, tell it a change, give it up. Twice is once."""
    meeting = _load(meeting_id)
    if meeting is None:
        return
    if meeting.state == Meeting.State.CANCELLED:
        _close(meeting, now)
    elif meeting.provider is None:
        _write(meeting, state=Meeting.State.PLANNED, is_opened=True, is_current=True)
    elif meeting.state == Meeting.State.WAITING:
        return
    elif capabilities.of(meeting.provider).by_hand:
        _by_hand(meeting, now)
    elif not meeting.is_opened:
        _open(meeting, now)
    elif not meeting.is_current:
        _tell_change(meeting, now)


@transaction.atomic
def _by_hand(meeting: Meeting, now: datetime) -> None:
    """What somebody books at the provider's own site is open as soon as its link is there."""
    _write(meeting, state=Meeting.State.PLANNED, is_opened=bool(meeting.join_url), is_current=True)
    if meeting.join_url and not meeting.is_opened:
        events.publish(MeetingOpened(meeting_id=meeting.pk, at=now))


def _load(meeting_id: int) -> Meeting | None:
    return (
        Meeting.objects.select_related(
            "provider__pool", "organiser__entity", "organiser__user", "booking__resource", "booking__pool", "live_room"
        )
        .filter(pk=meeting_id)
        .first()
    )


def _open(meeting: Meeting, now: datetime) -> None:
    provider = meeting.provider
    assert provider is not None  # noqa: S101 (said by the caller; for the type checker)
    if meeting.booking is not None and not _has_its_own(meeting.booking, now):
        # Its place is sure; which one it is will be known later: `BookingAssigned` comes back here.
        _write(meeting, state=Meeting.State.PLANNED)
        return
    if provider.health == Provider.Health.DOWN and _take_another(meeting, now):
        return
    if not _claim(meeting, now):
        return
    try:
        opened = asking.open_meeting(provider=provider, wanted=wanted_of(meeting), now=now)
    except (Unavailable, Invalid, NotFound) as problem:
        _failed(meeting, problem, now)
        return
    _opened(meeting, opened, now)


def _has_its_own(booking: Booking, now: datetime) -> bool:
    """Whether the place is settled; settles it where its time has come."""
    if booking.is_final:
        return True
    late = booking.pool.assignment == Pool.Assignment.LATE
    if late and booking.starts_at - now > timedelta(hours=booking.pool.assign_hours):
        return False
    booking.resource = placing.fix(booking=booking, now=now)
    booking.is_final = True
    return True


def _claim(meeting: Meeting, now: datetime) -> bool:
    free = Q(asked_at__isnull=True) | Q(asked_at__lt=now - PATIENCE)
    return bool(Meeting.objects.filter(free, pk=meeting.pk).update(asked_at=now))


def _opened(meeting: Meeting, opened: Opened, now: datetime) -> None:
    with transaction.atomic():
        audit.hold()  # before any row, as the places do
        still = Meeting.objects.filter(
            pk=meeting.pk, provider=meeting.provider, sequence=meeting.sequence, state__in=rules.ALIVE
        )
        room = _live_room(meeting, opened)
        written = still.update(
            is_opened=True,
            is_current=True,
            state=Meeting.State.PLANNED,
            external_id=opened.external_id,
            join_url=opened.join_url[:1000],
            phone_number=opened.phone_number,
            pin=opened.pin,
            live_room=room,
            tries=0,
            asked_at=None,
        )
        if written:
            if room is not None:
                seat_hosts(meeting, room, now)
            data = {"tool": meeting.provider_id}
            audit.record(actor=None, action="meetings.meeting_opened", target=meeting, now=now, data=data)
            events.publish(MeetingOpened(meeting_id=meeting.pk, at=now))
            return
        _overtaken(meeting, opened, room)


def _overtaken(meeting: Meeting, opened: Opened, room: LiveRoom | None) -> None:
    """Changed or cancelled while the provider was asked: what it made just now is told the change, or given up."""
    same = Meeting.objects.filter(pk=meeting.pk, provider=meeting.provider)
    values = {"external_id": opened.external_id, "live_room": room, "is_current": False, "asked_at": None}
    kept = same.filter(state__in=rules.ALIVE, is_opened=False).update(is_opened=bool(opened.external_id), **values)
    if kept or same.filter(is_opened=True).update(is_current=False, asked_at=None):
        tasks_opening.open_meeting.enqueue(meeting.pk)
        return
    Meeting.objects.filter(pk=meeting.pk).update(asked_at=None)
    if meeting.provider_id is not None and opened.external_id:
        tasks_opening.close_elsewhere.enqueue(meeting.provider_id, opened.external_id)
    tasks_opening.open_meeting.enqueue(meeting.pk)


def _live_room(meeting: Meeting, opened: Opened) -> LiveRoom | None:
    if meeting.provider is None or meeting.provider.kind != Provider.Kind.PARVIS:
        return None
    return LiveRoom.objects.filter(key=opened.external_id).first()


def seat_hosts(meeting: Meeting, room: LiveRoom, now: datetime) -> None:
    """Those who run the meeting have their seat, by whatever way they come to the room."""
    hosts = [meeting.organiser]
    helpers = Guest.objects.filter(meeting=meeting, role=Guest.Role.HOST, removed_at__isnull=True, agent__isnull=False)
    hosts += [each.agent for each in helpers.select_related("agent__user") if each.agent is not None]
    for agent in hosts:
        if agent.user is not None:
            rooms.take_seat(room=room, user=agent.user, name=str(agent), role=Seat.Role.HOST, now=now)


def _tell_change(meeting: Meeting, now: datetime) -> None:
    provider = meeting.provider
    assert provider is not None  # noqa: S101 (said by the caller; for the type checker)
    if meeting.booking is not None and not _has_its_own(meeting.booking, now):
        return
    if not _claim(meeting, now):
        return
    try:
        opened = asking.change_meeting(
            provider=provider, external_id=meeting.external_id, wanted=wanted_of(meeting), now=now
        )
    except NotFound:
        _write(meeting, is_opened=False, is_current=True, external_id="", asked_at=None)
        tasks_opening.open_meeting.enqueue(meeting.pk)
        return
    except (Unavailable, Invalid) as problem:
        _failed(meeting, problem, now)
        return
    # What is empty in the answer to a change is as it was.
    kept = Opened(
        external_id=opened.external_id or meeting.external_id,
        join_url=opened.join_url or meeting.join_url,
        phone_number=opened.phone_number or meeting.phone_number,
        pin=opened.pin or meeting.pin,
    )
    _opened(meeting, kept, now)


def _close(meeting: Meeting, now: datetime) -> None:
    """A cancelled meeting is given up at its provider."""
    if meeting.is_current:
        return
    if meeting.provider is not None and meeting.external_id and not capabilities.of(meeting.provider).by_hand:
        try:
            asking.close_meeting(provider=meeting.provider, external_id=meeting.external_id, now=now)
        except (Unavailable, Invalid, NotFound) as problem:
            log.warning("meeting_not_closed", meeting=meeting.pk, problem=problem.code)
            if Meeting.objects.filter(pk=meeting.pk, tries__lt=TRIES).update(tries=F("tries") + 1):
                return  # the sweep comes back
    _write(meeting, is_current=True)


def close_left(*, provider_id: int, external_id: str, now: datetime) -> None:
    """Give up at a provider what another one carries now; one that does not answer forgets it by itself one day."""
    provider = Provider.objects.select_related("pool").filter(pk=provider_id).first()
    if provider is None:
        return
    try:
        asking.close_meeting(provider=provider, external_id=external_id, now=now)
    except (Unavailable, Invalid, NotFound) as problem:
        log.warning("meeting_not_closed", provider=provider_id, problem=problem.code)


def _failed(meeting: Meeting, problem: ParvisError, now: datetime) -> None:
    log.warning("meeting_not_opened", meeting=meeting.pk, provider=meeting.provider_id, problem=problem.code)
    Meeting.objects.filter(pk=meeting.pk).update(tries=F("tries") + 1)
    for_good = isinstance(problem, (Invalid, NotFound))
    if for_good or meeting.tries + 1 >= TRIES:
        _take_another(meeting, now)


def _take_another(meeting: Meeting, now: datetime) -> bool:
    """Another tool takes over, the best that fits and is free; everybody is told. False: there is none."""
    refused = {*meeting.tried, meeting.provider_id}
    found = suggesting.answer(
        meeting.organiser, suggesting.question_of(meeting), meeting.starts_at, meeting.ends_at, without=refused
    )
    for proposal in found.suggestion.proposals:
        if proposal.waits or proposal.tool.by_hand:
            continue
        try:
            if _switch(meeting, found.providers[proposal.tool.id], now):
                return True
        except Conflict:
            continue  # taken meanwhile: the next one
    return False


@transaction.atomic
def _switch(meeting: Meeting, provider: Provider, now: datetime) -> bool:
    audit.hold()
    place = planning.place_for(provider, draft_of(meeting), now, wait=False)
    old, old_place = meeting.provider, meeting.booking
    same = Meeting.objects.filter(pk=meeting.pk, provider=meeting.provider, state__in=rules.ALIVE)
    written = same.filter(sequence=meeting.sequence).update(
        provider=provider,
        booking=place,
        tried=[*meeting.tried, meeting.provider_id],
        tool_changed_at=now,
        sequence=F("sequence") + 1,
        state=Meeting.State.PREPARING,
        is_opened=False,
        is_current=True,
        external_id="",
        join_url="",
        phone_number="",
        pin="",
        live_room=None,
        tries=0,
        asked_at=None,
    )
    if not written:
        transaction.set_rollback(True)
        return True  # somebody changed it meanwhile: what they did stands
    planning.give_back(old_place, now)
    if old is not None and meeting.external_id:
        tasks_opening.close_elsewhere.enqueue(old.pk, meeting.external_id)
    data = {"from": meeting.provider_id, "to": provider.pk}
    audit.record(actor=None, action="meetings.tool_replaced", target=meeting, now=now, data=data)
    events.publish(ToolChanged(meeting_id=meeting.pk, old=old.name if old else "", failed=True, at=now))
    tasks_opening.open_meeting.enqueue(meeting.pk)
    return True


def sweep(*, now: datetime) -> None:
    """Those whose provider must be asked again; those that begin soon with a tool that is down."""
    pause = Q(asked_at__isnull=True) | Q(asked_at__lt=now - PATIENCE)
    ahead = Q(ends_at__gt=now) | Q(state=Meeting.State.CANCELLED)
    due = queries.to_open().filter(pause, ahead).exclude(state=Meeting.State.WAITING)
    for pk in due.order_by("starts_at").values_list("pk", flat=True)[:SWEPT]:
        tasks_opening.open_meeting.enqueue(pk)
    down = Meeting.objects.filter(
        state=Meeting.State.PLANNED,
        is_opened=True,
        provider__health=Provider.Health.DOWN,
        starts_at__lt=now + CONCERNED,
        ends_at__gt=now,
    )
    for pk in list(down.order_by("starts_at").values_list("pk", flat=True)[:SWEPT]):
        meeting = _load(pk)
        if meeting is not None:
            _take_another(meeting, now)


def wanted_of(meeting: Meeting) -> Wanted:
    """What a provider must know of a meeting: no agenda, no guests."""
    resource = meeting.booking.resource if meeting.booking is not None else None
    public = meeting.audience == Meeting.Audience.PUBLIC
    return Wanted(
        uid=meeting.uid,
        title=meeting.title,
        starts_at=meeting.starts_at,
        ends_at=meeting.ends_at,
        people=meeting.people,
        organiser_name=str(meeting.organiser),
        organiser_email=meeting.organiser.email,
        host_ref=resource.account_ref if resource is not None else "",
        phone_number=resource.phone_number if resource is not None else "",
        pin=resource.pin if resource is not None else meeting.pin,
        entity_id=meeting.entity_id,
        mode=LiveRoom.Mode.SITTING if public else LiveRoom.Mode.MEETING,
        lobby=public or meeting.audience == Meeting.Audience.GUESTS or "lobby" in meeting.needs,
    )


def draft_of(meeting: Meeting) -> Draft:
    """The meeting as the draft that would make it again; without its guests."""
    return Draft(
        organiser=meeting.organiser,
        title=meeting.title,
        starts_at=meeting.starts_at,
        ends_at=meeting.ends_at,
        people=meeting.people,
        audience=meeting.audience,
        by_phone_only=meeting.by_phone_only,
        needs=tuple(meeting.needs),
        provider=meeting.provider,
        room=meeting.room_booking.resource if meeting.room_booking is not None else None,
        on_site=meeting.room_booking.people if meeting.room_booking is not None else 0,
        join_url=meeting.join_url,
        agenda=meeting.agenda,
    )


def _write(meeting: Meeting, **values: object) -> None:
    Meeting.objects.filter(pk=meeting.pk, sequence=meeting.sequence).update(**values)


def replace_place(*, meeting_id: int, now: datetime) -> None:
    """The meeting has lost its place: the best tool that is free carries it now, the same one too."""
    meeting = _load(meeting_id)
    if meeting is None or meeting.state not in rules.ALIVE or meeting.booking is None:
        return
    if meeting.booking.state in (Booking.State.WAITING, Booking.State.CANCELLED, Booking.State.RELEASED):
        _take_another(meeting, now)
