"""What `object_world` makes of meetings, for one side: pools and bookings, a tool, a live room, a meeting."""

from __future__ import annotations

import secrets
from datetime import timedelta

from parvis.portal.booking.models import Booking, MoveRequest, Pool, Refusal, Resource
from parvis.portal.conferencing.models import Provider
from parvis.portal.directory.models import Agent, Entity
from parvis.portal.kernel import clock
from parvis.portal.live_rooms.models import LiveRoom, Seat, Speech
from parvis.portal.meetings.models import Guest, Meeting, ToolUse
from parvis.portal.parc.models import Site


def make(commune: Entity, agent: Agent, site: Site) -> dict[str, object]:
    """One object of every kind; their keys, by the name URLs give them."""
    pool_id, room_id, booking = _booking(commune, agent, site)
    tool = Provider.objects.create(entity=commune, kind="other", name="Outil", by_hand=True)
    room = _room(commune, agent)
    meeting = _meeting(commune, agent, booking, tool, room)
    outside = Guest.objects.create(meeting=meeting, email="invitee@dehors.example", key=secrets.token_urlsafe(32))
    return {
        "pool_id": pool_id,
        "resource_id": room_id,
        "booking_id": booking.pk,
        "own_booking_id": booking.pk,
        "move_request_id": _asked_to_move(booking),
        "tool_id": tool.pk,
        "room_key": room.key,
        "meeting_key": meeting.key,
        "guest_id": outside.pk,
    }


def _booking(commune: Entity, agent: Agent, site: Site) -> tuple[int, int, Booking]:
    """A telephone room that is kept, a meeting room, a refusal."""
    soon = clock.now() + timedelta(hours=1)
    pool = Pool.objects.create(entity=commune, kind="phone_room", name="Salles")
    number = f"+3326191{commune.pk % 10_000:04d}"
    resource = Resource.objects.create(pool=pool, name="Salle 1", phone_number=number, pin="4821")
    rooms = Pool.objects.create(entity=commune, kind="room", name="Salles de réunion", assignment="fixed")
    council = Resource.objects.create(pool=rooms, name="Salle du conseil", site=site)
    booking = Booking.objects.create(
        pool=pool, resource=resource, title="Point", holder=agent, booked_by=agent.user, booked_at=clock.now(),
        starts_at=soon, ends_at=soon + timedelta(hours=1), free_at=soon + timedelta(hours=1), is_final=True,
    )  # fmt: skip
    Refusal.objects.create(pool=pool, at=clock.now(), starts_at=soon, ends_at=soon + timedelta(hours=1))
    return pool.pk, council.pk, booking


def _asked_to_move(booking: Booking) -> int:
    """A crisis wants its place."""
    crisis = Booking.objects.create(
        pool=booking.pool, title="Crise", holder=booking.holder, booked_at=clock.now(), starts_at=booking.starts_at,
        ends_at=booking.ends_at, free_at=booking.free_at, priority=1, state="waiting",
    )  # fmt: skip
    return MoveRequest.objects.create(wanted_by=crisis, booking=booking, asked_at=clock.now()).pk


def _room(commune: Entity, agent: Agent) -> LiveRoom:
    """A sitting under way, with its president on the speaking list; not open to other agents."""
    now = clock.now()
    room = LiveRoom.objects.create(
        entity=commune, key=secrets.token_hex(8), title="Séance", mode="sitting", starts_at=now,
        ends_at=now + timedelta(hours=2), pin=f"{commune.pk:06d}", is_open_inside=False,
    )  # fmt: skip
    seat = Seat.objects.create(room=room, user=agent.user, name=str(agent), role="host", first_joined_at=now)
    Speech.objects.create(room=room, seat=seat, rank=1, asked_at=now)
    return room


def _meeting(commune: Entity, agent: Agent, booking: Booking, tool: Provider, room: LiveRoom) -> Meeting:
    """A meeting of the agent, with a tool they have used."""
    now = clock.now()
    key = secrets.token_hex(8)
    meeting = Meeting.objects.create(
        entity=commune, key=key, uid=f"{key}@parvis", title="Réunion", organiser=agent, booked_by=agent.user,
        starts_at=booking.starts_at, ends_at=booking.ends_at, provider=tool, booking=booking, live_room=room,
        is_opened=True, created_at=now,
    )  # fmt: skip
    Guest.objects.create(meeting=meeting, agent=agent, role="host", answer="yes", key=secrets.token_urlsafe(32))
    ToolUse.objects.create(agent=agent, kind="other", first_at=now, last_at=now)
    return meeting
