"""The speaking list of a sitting: who asked, who speaks, who has spoken and how long. One speaks at a time.

The voice server runs the list; it is kept here for the minutes that will be written.
"""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.db.models import Max

from parvis.portal.live_rooms.models import LiveRoom, Seat, Speech

_OPEN = (Speech.State.WAITING, Speech.State.SPEAKING)


@transaction.atomic
def ask(*, seat: Seat, now: datetime) -> Speech:
    """Put somebody at the end of the list, if they are not in it."""
    waiting = seat.speeches.filter(state=Speech.State.WAITING).first()
    if waiting is not None:
        return waiting
    last = seat.room.speeches.aggregate(last=Max("rank"))["last"] or 0
    return Speech.objects.create(room=seat.room, seat=seat, rank=last + 1, asked_at=now)


def withdraw(*, seat: Seat, now: datetime) -> bool:
    """Take somebody off the list; whether they were on it."""
    waiting = seat.speeches.filter(state=Speech.State.WAITING)
    return bool(waiting.update(state=Speech.State.WITHDRAWN, ended_at=now))


@transaction.atomic
def give(*, seat: Seat, now: datetime) -> Speech:
    """Give somebody the floor, asked for or not; who had it has spoken."""
    speaking = seat.speeches.filter(state=Speech.State.SPEAKING).first()
    if speaking is not None:
        return speaking
    end(room=seat.room, now=now)
    speech = ask(seat=seat, now=now)
    Speech.objects.filter(pk=speech.pk, state=Speech.State.WAITING).update(state=Speech.State.SPEAKING, began_at=now)
    speech.refresh_from_db()
    return speech


def end(*, room: LiveRoom, now: datetime) -> bool:
    """Nobody has the floor; whether somebody had it."""
    return bool(room.speeches.filter(state=Speech.State.SPEAKING).update(state=Speech.State.DONE, ended_at=now))


def clear(*, room: LiveRoom, now: datetime) -> None:
    """The room is over: nobody speaks, nobody waits."""
    end(room=room, now=now)
    room.speeches.filter(state__in=_OPEN).update(state=Speech.State.WITHDRAWN, ended_at=now)
