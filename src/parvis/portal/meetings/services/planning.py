"""Planning a meeting, changing it, giving it up. What must be asked of a provider is asked by a task (`opening`)."""

from __future__ import annotations

import secrets
from dataclasses import dataclass, replace
from datetime import date, datetime

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from parvis.portal.accounts.models import User
from parvis.portal.booking.errors import Full
from parvis.portal.booking.models import Booking, Pool, Resource
from parvis.portal.booking.rules import GIVEN_BACK
from parvis.portal.booking.services import placing
from parvis.portal.conferencing import capabilities
from parvis.portal.conferencing.models import Provider
from parvis.portal.kernel import audit, clock, events
from parvis.portal.kernel.authz import require
from parvis.portal.kernel.errors import Conflict, Invalid, ParvisError
from parvis.portal.meetings import permissions, rules, tasks_opening
from parvis.portal.meetings.drafts import Draft
from parvis.portal.meetings.events import MeetingCancelled, MeetingChanged, MeetingPlanned, SeriesPlanned, ToolChanged
from parvis.portal.meetings.models import Meeting, MeetingSeries
from parvis.portal.meetings.services import inviting

UID_HOST = "reunions.parvis"
REASON_LENGTH = 300
PLACE_TITLE = "Réunion"
"""What a kept place says of the meeting: whoever runs the rooms reads it, and not about what people meet. Not
translated: it is kept.
"""
USUAL_IN_ROOM = 2
"""People in a room where nobody has said how many."""
_TIME_WORDS = {
    "past": gettext_lazy("Cette heure est passée."),
    "too_far": gettext_lazy("Une réunion se prévoit au plus un an à l’avance."),
    "too_short": gettext_lazy("Une réunion dure au moins cinq minutes."),
    "too_long": gettext_lazy("Une réunion dure douze heures au plus."),
}


def plan(
    *,
    actor: User | None,
    draft: Draft,
    now: datetime,
    series: MeetingSeries | None = None,
    recurrence_at: datetime | None = None,
) -> Meeting:
    """Make a meeting: its place in the tool's pool and its room are booked at once or not at all.

    Raises:
        NotAllowed: see `permissions.can_organise`.
        Invalid: `fields` says what.
        Conflict: `pool_full`: nothing is free at that time, and the draft does not wait.
    """
    try:
        with transaction.atomic():
            audit.hold()  # before any row, as the places do
            return _plan(actor, draft, now, series, recurrence_at)
    except Full as refused:
        placing.note_refusal(refused, now=now)  # what was counted inside is undone with the rest
        raise


def _plan(
    actor: User | None, draft: Draft, now: datetime, series: MeetingSeries | None, recurrence_at: datetime | None
) -> Meeting:
    if actor is not None:
        require(permissions.can_organise(actor, draft.organiser))
    check(draft, now)
    meeting = Meeting(
        entity=draft.organiser.entity,
        key=secrets.token_hex(8),
        uid=f"{secrets.token_hex(16)}@{UID_HOST}",
        series=series,
        recurrence_at=recurrence_at,
        organiser=draft.organiser,
        booked_by=actor,
        created_at=now,
        **_told(draft),
    )
    _take_places(meeting, draft, actor, now)
    meeting.is_opened = meeting.provider is None
    meeting.state = state_of(meeting)
    meeting.save()
    inviting.write_organiser(meeting)
    inviting.write_guests(meeting=meeting, invited=draft.guests)
    data = {"tool": meeting.provider_id, "starts": meeting.starts_at.isoformat(), "people": meeting.people}
    audit.record(actor=actor, action="meetings.meeting_planned", target=meeting, now=now, data=data)
    events.publish(MeetingPlanned(meeting_id=meeting.pk, actor_id=actor.pk if actor else None, at=now))
    tasks_opening.open_meeting.enqueue(meeting.pk)
    return meeting


@dataclass(frozen=True, slots=True)
class Planned:
    """What became of a series: the meetings made, and the days on which it could not be."""

    series: MeetingSeries
    meetings: list[Meeting]
    refused: list[tuple[datetime, str]]
    """(start, why) of each occurrence without a place."""


@transaction.atomic
def plan_series(
    *, actor: User | None, draft: Draft, rule: str, now: datetime, skip: frozenset[date] = frozenset()
) -> Planned:
    """Make all meetings of a series; days without a place are said, not made.

    Raises:
        NotAllowed: see `permissions.can_organise`.
        Invalid: no day at all, or what `plan` says of the first.
        Conflict: not one of them has a place.
    """
    if actor is not None:
        require(permissions.can_organise(actor, draft.organiser))
    check(draft, now)
    starts = [at for at in rules.occurrences(draft.starts_at, rule) if clock.today(at) not in skip]
    if len(starts) < 1:
        raise Invalid(_("Cette série n’a aucun jour."), fields={"until": [_("Choisissez un jour plus tard.")]})
    if len(draft.guests) > (most := rules.MOST_IN_SERIES // len(starts)):
        raise Invalid(fields={"guests": [_("%(n)s invités au plus.") % {"n": most}]})
    audit.hold()
    series = MeetingSeries.objects.create(uid=f"{secrets.token_hex(16)}@{UID_HOST}", rule=rule)
    made, refused = [], []
    full: ParvisError | None = None
    for at in starts:
        each = replace(draft, starts_at=at, ends_at=at + draft.duration)
        try:
            made.append(plan(actor=actor, draft=each, now=now, series=series, recurrence_at=at))
        except Conflict as problem:
            full = problem
            refused.append((at, str(problem.message)))
        except Invalid as problem:
            refused.append((at, next(iter(_faults(problem)), str(problem.message))))
    if not made:
        raise full or Conflict(_("Aucun jour de cette série n’est possible."), code="series_refused")
    events.publish(SeriesPlanned(series_id=series.pk, actor_id=actor.pk if actor else None, at=now))
    return Planned(series, made, refused)


def _faults(problem: Invalid) -> list[str]:
    return [fault for faults in problem.fields.values() for fault in faults]


def change(*, actor: User | None, meeting: Meeting, draft: Draft, now: datetime) -> Meeting:
    """Another time, tool, room, title or agenda; who is invited is `inviting`'s. Nothing is lost where it cannot be.

    Raises:
        NotAllowed: see `permissions.can_run`.
        Invalid: `fields` says what.
        Conflict: it was cancelled; nothing is free at the new time.
    """
    try:
        with transaction.atomic():
            return _change(actor, meeting, draft, now)
    except Full as refused:
        placing.note_refusal(refused, now=now)
        raise


def _change(actor: User | None, meeting: Meeting, draft: Draft, now: datetime) -> Meeting:
    if actor is not None:
        require(permissions.can_run(actor, meeting))
    meeting = _locked(meeting)
    _alive(meeting)
    check(draft, now, before=meeting)
    old_tool, before = meeting.provider, _seen(meeting)
    # First, so that who hears of the moved place finds that the meeting has moved already.
    Meeting.objects.filter(pk=meeting.pk).update(starts_at=draft.starts_at, ends_at=draft.ends_at)
    for name, value in _told(draft).items():
        setattr(meeting, name, value)
    if old_tool != draft.provider:
        _leave_tool(meeting, actor, now)
    meeting.provider = draft.provider
    _move_places(meeting, draft, actor, now)
    changed = _seen(meeting) != before
    if old_tool != draft.provider:
        forget_opening(meeting)
        meeting.tool_changed_at = now if old_tool is not None else None
    if changed:
        meeting.sequence += 1
        meeting.is_current = not meeting.external_id
    meeting.state = state_of(meeting)
    meeting.save()
    audit.record(
        actor=actor, action="meetings.meeting_changed", target=meeting, now=now, data={"seq": meeting.sequence}
    )
    if changed:
        events.publish(MeetingChanged(meeting_id=meeting.pk, actor_id=actor.pk if actor else None, at=now))
    if old_tool is not None and old_tool != draft.provider:
        events.publish(ToolChanged(meeting_id=meeting.pk, old=old_tool.name, failed=False, at=now))
    tasks_opening.open_meeting.enqueue(meeting.pk)
    return meeting


@transaction.atomic
def cancel(*, actor: User | None, meeting: Meeting, now: datetime, reason: str = "") -> None:
    """Give a meeting up: its places are free again, everybody is told. `actor` None: the portal itself.

    Raises:
        NotAllowed: see `permissions.can_run`.
        Conflict: it was cancelled already.
    """
    if actor is not None:
        require(permissions.can_run(actor, meeting))
    values = {"state": Meeting.State.CANCELLED, "cancelled_at": now, "is_current": False}
    if not Meeting.objects.filter(pk=meeting.pk, state__in=rules.ALIVE).update(**values):
        raise _cancelled()
    meeting.refresh_from_db()
    Meeting.objects.filter(pk=meeting.pk).update(sequence=meeting.sequence + 1)
    meeting.refresh_from_db()
    for booking in (meeting.booking, meeting.room_booking):
        give_back(booking, now)
    said = " ".join(reason.split())[:REASON_LENGTH]
    audit.record(actor=actor, action="meetings.meeting_cancelled", target=meeting, now=now, data={})
    events.publish(MeetingCancelled(meeting_id=meeting.pk, actor_id=actor.pk if actor else None, reason=said, at=now))
    tasks_opening.open_meeting.enqueue(meeting.pk)


@transaction.atomic
def cancel_following(*, actor: User | None, meeting: Meeting, now: datetime, reason: str = "") -> int:
    """This meeting and all later ones of its series; how many."""
    following = Meeting.objects.filter(series=meeting.series, starts_at__gte=meeting.starts_at, state__in=rules.ALIVE)
    todo = list(following.select_related("organiser", "booking", "room_booking")) if meeting.series_id else [meeting]
    for each in todo:
        cancel(actor=actor, meeting=each, now=now, reason=reason)
    return len(todo)


@transaction.atomic
def change_following(
    *, actor: User | None, meeting: Meeting, draft: Draft, now: datetime
) -> tuple[list[Meeting], list[tuple[datetime, str]]]:
    """This meeting and all later ones of its series, moved by as much of the wall clock; days refused stay as they are.

    Raises:
        NotAllowed, Invalid, Conflict: of the first one, as `change`.
    """
    first = change(actor=actor, meeting=meeting, draft=draft, now=now)
    if meeting.series_id is None:
        return [first], []
    later = Meeting.objects.filter(series=meeting.series, starts_at__gt=meeting.starts_at, state__in=rules.ALIVE)
    shift = _wall(draft.starts_at) - _wall(meeting.starts_at)
    done, refused = [first], []
    for each in later.exclude(pk=first.pk).select_related("organiser", "provider", "booking", "room_booking"):
        at = (_wall(each.starts_at) + shift).replace(tzinfo=rules.PARIS).astimezone(each.starts_at.tzinfo)
        try:
            done.append(
                change(
                    actor=actor, meeting=each, now=now, draft=replace(draft, starts_at=at, ends_at=at + draft.duration)
                )
            )
        except (Conflict, Invalid) as problem:
            refused.append((each.starts_at, str(problem.message)))
    return done, refused


def _wall(instant: datetime) -> datetime:
    return instant.astimezone(rules.PARIS).replace(tzinfo=None)


def check(draft: Draft, now: datetime, *, before: Meeting | None = None) -> None:
    """Whether a meeting may be like this at all.

    Raises:
        Invalid: `fields` names each fault.
    """
    faults: dict[str, list[str]] = {}
    moved = before is None or (before.starts_at, before.ends_at) != (draft.starts_at, draft.ends_at)
    wrong = rules.wrong_with_time(draft.starts_at, draft.ends_at, now) if moved else None
    if wrong is not None:
        faults[wrong[0]] = [str(_TIME_WORDS[wrong[1]])]
    if not draft.title.strip():
        faults["title"] = [_("Dites de quoi parle la réunion.")]
    if not 1 <= draft.people <= rules.PEOPLE_AT_MOST:
        faults["people"] = [_("Entre 1 et %(n)s personnes.") % {"n": rules.PEOPLE_AT_MOST}]
    if unknown := [code for code in draft.needs if code not in rules.NEEDS]:
        faults["needs"] = [_("Besoin inconnu\u202f: %(code)s.") % {"code": unknown[0][:30]}]
    if draft.provider is None and draft.room is None:
        faults["provider"] = [_("Choisissez un outil, ou une salle sur place.")]
    if draft.provider is not None and (fault := _fault_of_tool(draft, draft.provider, before)):
        faults["provider"] = [fault]
    if draft.room is not None and (draft.room.pool.kind != Pool.Kind.ROOM or not draft.room.is_active):
        faults["room"] = [_("Cette salle n’est pas une salle de réunion en service.")]
    if draft.join_url and not draft.join_url.startswith("https://"):
        faults["join_url"] = [_("L’adresse commence par https://.")]
    faults |= inviting.faults_of(draft.guests)
    if faults:
        raise Invalid(fields=faults)


def _fault_of_tool(draft: Draft, provider: Provider, before: Meeting | None) -> str:
    found = capabilities.of(provider)
    keeps = before is not None and before.provider_id == provider.pk
    if not provider.is_open and not keeps:
        return _("Cet outil n’est plus proposé.")
    if found.max_people and draft.people > found.max_people:
        return ngettext(
            "Cet outil accueille %(n)d personne au plus.",
            "Cet outil accueille %(n)d personnes au plus.",
            found.max_people,
        ) % {"n": found.max_people}
    if draft.audience != Meeting.Audience.INTERNAL and not found.outside_guests:
        return _("Cet outil est réservé aux agents.")
    if draft.by_phone_only and not found.phone_in:
        return _("On n’entre pas dans cet outil par téléphone.")
    if found.needs_pool and provider.pool_id is None:
        return _("Cet outil n’a encore aucun compte à réserver.")
    return ""


def _told(draft: Draft) -> dict[str, object]:
    """The columns a draft fills as they are."""
    return {
        "title": " ".join(draft.title.split())[:200],
        "agenda": draft.agenda.strip()[:4000],
        "starts_at": draft.starts_at,
        "ends_at": draft.ends_at,
        "people": draft.people,
        "audience": draft.audience,
        "by_phone_only": draft.by_phone_only,
        "needs": list(draft.needs),
    }


def _seen(meeting: Meeting) -> tuple[object, ...]:
    """What a guest sees of it: a change of these is told."""
    room = meeting.room_booking.resource_id if meeting.room_booking else None
    return (
        meeting.title,
        meeting.agenda,
        meeting.starts_at,
        meeting.ends_at,
        meeting.provider_id,
        room,
        meeting.join_url,
    )


def state_of(meeting: Meeting) -> Meeting.State:
    """Where it stands, by its place and what the provider has said."""
    if meeting.booking is not None and meeting.booking.state == Booking.State.WAITING:
        return Meeting.State.WAITING
    return Meeting.State.PLANNED if meeting.is_opened else Meeting.State.PREPARING


def _take_places(meeting: Meeting, draft: Draft, actor: User | None, now: datetime) -> None:
    meeting.provider = draft.provider
    if draft.provider is not None and capabilities.of(draft.provider).by_hand:
        meeting.join_url = draft.join_url.strip()
    meeting.booking = place_for(draft.provider, draft, now)
    if draft.room is not None:
        meeting.room_booking = _book_room(draft, draft.room, now)


def place_for(provider: Provider | None, draft: Draft, now: datetime, *, wait: bool | None = None) -> Booking | None:
    """The place in the provider's pool that the meeting needs; None where it needs none.

    Who may book for whom was decided by this room: the engine is asked in the portal's own name.

    Raises:
        Full: nothing is free, and the draft does not wait.
    """
    if provider is None or provider.pool is None:
        return None
    wanted = placing.Wanted(
        pool=provider.pool,
        starts_at=draft.starts_at,
        ends_at=draft.ends_at,
        holder=draft.organiser,
        title=PLACE_TITLE,
        people=draft.people,
        priority=draft.priority,
    )
    return placing.book(actor=None, wanted=wanted, now=now, wait=draft.wait if wait is None else wait)


def _book_room(draft: Draft, room: Resource, now: datetime) -> Booking:
    wanted = placing.Wanted(
        pool=room.pool,
        starts_at=draft.starts_at,
        ends_at=draft.ends_at,
        holder=draft.organiser,
        title=PLACE_TITLE,
        people=draft.on_site or USUAL_IN_ROOM,
        resource=room,
    )
    return placing.book(actor=None, wanted=wanted, now=now)


def _move_places(meeting: Meeting, draft: Draft, actor: User | None, now: datetime) -> None:
    if draft.provider is not None and capabilities.of(draft.provider).by_hand:
        meeting.join_url = draft.join_url.strip()
    if meeting.booking is None:
        meeting.booking = place_for(draft.provider, draft, now)
    elif (meeting.booking.starts_at, meeting.booking.ends_at) != (draft.starts_at, draft.ends_at):
        before = meeting.booking.resource_id if meeting.booking.is_final else None
        meeting.booking = placing.move(
            actor=None, booking=meeting.booking, starts_at=draft.starts_at, ends_at=draft.ends_at, now=now
        )
        if not meeting.booking.is_final or meeting.booking.resource_id != before:
            _close_opening(meeting)
    held = meeting.room_booking
    if held is not None and not _keeps_room(held, draft.room):
        meeting.room_booking = None
        give_back(held, now)
        held = None
    if held is None and draft.room is not None:
        meeting.room_booking = _book_room(draft, draft.room, now)
    elif held is not None and (held.starts_at, held.ends_at) != (draft.starts_at, draft.ends_at):
        meeting.room_booking = placing.move(
            actor=None, booking=held, starts_at=draft.starts_at, ends_at=draft.ends_at, now=now
        )


def _keeps_room(held: Booking, room: Resource | None) -> bool:
    """Whether the room held is the one wanted; a room waited for is not given up by naming none."""
    return held.resource_id == room.pk if room is not None else held.state == Booking.State.WAITING


def _leave_tool(meeting: Meeting, actor: User | None, now: datetime) -> None:
    """What the old tool holds for this meeting is given back."""
    old = meeting.booking
    meeting.booking = None
    if meeting.pk is not None:
        Meeting.objects.filter(pk=meeting.pk).update(booking=None)
    give_back(old, now)
    _close_opening(meeting)


def _close_opening(meeting: Meeting) -> None:
    """What the provider opened is given up there, and opened again with another number or account."""
    if meeting.provider_id is not None and meeting.external_id:
        tasks_opening.close_elsewhere.enqueue(meeting.provider_id, meeting.external_id)
    forget_opening(meeting)


def give_back(booking: Booking | None, now: datetime) -> None:
    """A place no longer needed; one that is over or was given up already stays so."""
    if booking is None:
        return
    booking.refresh_from_db()
    if booking.state in (Booking.State.WAITING, Booking.State.BOOKED):
        placing.cancel(actor=None, booking=booking, now=now, reason=GIVEN_BACK)


def forget_opening(meeting: Meeting) -> None:
    """What the provider had given is void: it is asked again, or another is."""
    meeting.external_id = meeting.phone_number = meeting.pin = ""
    if meeting.provider is None or not capabilities.of(meeting.provider).by_hand:
        meeting.join_url = ""
    meeting.live_room = None
    meeting.tries = 0
    meeting.is_current = True
    meeting.is_opened = meeting.provider is None


def _locked(meeting: Meeting) -> Meeting:
    """The row as it is now; PostgreSQL holds it until the end of the transaction, SQLite the whole database.

    The trail's end comes first, as wherever places are taken (`booking.services.guard`): nobody waits in a ring.
    """
    audit.hold()
    return (
        Meeting.objects.select_for_update(of=("self",))
        .select_related("organiser__entity", "provider__pool", "booking", "room_booking")
        .get(pk=meeting.pk)
    )


def _alive(meeting: Meeting) -> None:
    if meeting.state == Meeting.State.CANCELLED:
        raise _cancelled()


def _cancelled() -> Conflict:
    return Conflict(_("Cette réunion est annulée."), code="meeting_cancelled")
