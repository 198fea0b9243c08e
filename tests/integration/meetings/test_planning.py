"""Planning, opening, changing, cancelling, failing over: the meeting and its places stay together."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from parvis.portal.booking.errors import Full
from parvis.portal.booking.models import Booking, Refusal
from parvis.portal.booking.services import placing
from parvis.portal.conferencing.models import Provider
from parvis.portal.directory.events import AgentDeactivated
from parvis.portal.directory.models import Role
from parvis.portal.kernel import clock, events
from parvis.portal.kernel.errors import Conflict, Invalid, NotAllowed, Unavailable
from parvis.portal.kernel.models import AuditRecord
from parvis.portal.live_rooms.models import LiveRoom, Seat
from parvis.portal.meetings import rules, suggesting
from parvis.portal.meetings.drafts import Invited
from parvis.portal.meetings.events import GuestsChanged, MeetingCancelled, MeetingChanged, MeetingOpened, ToolChanged
from parvis.portal.meetings.models import Guest, Meeting, ToolUse
from parvis.portal.meetings.services import inviting, joining, opening, planning
from parvis.portal.meetings.suggest_rules import Question
from tests.integration.authority import grant, make_agent, make_entity
from tests.integration.meetings.planning_world import HOUR, Town, fresh, settle, user_of, working_day

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def answered_by_telephone(settings: Any) -> None:
    """Our own rooms have a number, as with a trunk."""
    settings.PARVIS = replace(settings.PARVIS, voice_phone_number="+33261910099")


@pytest.fixture
def town() -> Town:
    return Town()


def test_a_meeting_by_telephone_has_number_and_pin_of_its_own_room(town: Town) -> None:
    meeting = settle(town.plan(town.phone, town.colleague, "ana@dehors.example", audience="guests"))
    assert meeting.state == Meeting.State.PLANNED
    assert meeting.is_opened
    assert meeting.booking is not None
    assert meeting.booking.resource is not None
    assert (meeting.phone_number, meeting.pin) == (meeting.booking.resource.phone_number, meeting.booking.resource.pin)
    assert Guest.objects.filter(meeting=meeting).count() == 3  # the organiser too
    actions = set(AuditRecord.objects.values_list("action", flat=True))
    assert {"meetings.meeting_planned", "meetings.meeting_opened"} <= actions


def test_a_meeting_in_our_own_room_has_it_and_its_hosts_are_seated(town: Town) -> None:
    with events.recorded(MeetingOpened) as opened:
        meeting = settle(town.plan(town.parvis, town.colleague))
    assert meeting.live_room is not None
    assert Seat.objects.get(room=meeting.live_room, user=town.organiser.user).role == Seat.Role.HOST
    assert [each.meeting_id for each in opened] == [meeting.pk]


def test_what_is_booked_by_hand_is_open_once_its_link_is_there(town: Town) -> None:
    meeting = settle(town.plan(town.other))
    assert (meeting.state, meeting.is_opened) == (Meeting.State.PLANNED, False)
    draft = town.draft(town.other, join_url="https://visio.example/salle/12")
    with events.recorded(MeetingOpened) as opened:
        planning.change(actor=user_of(town.organiser), meeting=meeting, draft=draft, now=clock.now())
        meeting = settle(settle(meeting))
    assert (meeting.is_opened, meeting.join_url) == (True, "https://visio.example/salle/12")
    assert len(opened) == 1


def test_opening_twice_is_opening_once(town: Town) -> None:
    meeting = town.plan(town.parvis)
    with events.recorded(MeetingOpened) as opened:
        settle(meeting)
        settle(meeting)
    assert len(opened) == 1
    assert LiveRoom.objects.count() == 1


def test_two_meetings_never_have_one_number(town: Town) -> None:
    taken = {settle(town.plan(town.phone)).phone_number for _each in range(2)}
    assert len(taken) == 2
    with pytest.raises(Full):
        town.plan(town.phone)
    assert Meeting.objects.count() == 2
    assert Refusal.objects.count() == 1, "counted once, though all else was undone"


def test_one_may_wait_for_a_place_and_gets_it_when_one_is_given_up(town: Town) -> None:
    first = town.plan(town.phone)
    town.plan(town.phone)
    waiting = town.plan(town.phone, wait=True)
    assert waiting.state == Meeting.State.WAITING
    planning.cancel(actor=user_of(town.organiser), meeting=first, now=clock.now())
    assert settle(waiting).state == Meeting.State.PLANNED
    assert fresh(waiting).phone_number


def test_late_numbers_come_when_they_are_assigned() -> None:
    town = Town(assignment="late")
    meeting = settle(town.plan(town.phone, starts_at=working_day(later=10)))
    assert (meeting.state, meeting.is_opened, meeting.phone_number) == (Meeting.State.PLANNED, False, "")
    assert meeting.booking is not None
    placing.fix(booking=meeting.booking, now=clock.now())
    meeting = settle(meeting)
    assert meeting.is_opened
    assert meeting.phone_number


def test_a_meeting_soon_has_its_number_at_once_even_where_they_come_late() -> None:
    town = Town(assignment="late")
    starts = rules.start_of("soon", clock.now())
    assert settle(town.plan(town.phone, starts_at=starts)).phone_number


def test_a_changed_hour_moves_the_place_and_tells(town: Town) -> None:
    meeting = settle(town.plan(town.phone, town.colleague))
    later = meeting.starts_at + 3 * HOUR
    draft = town.draft(town.phone, starts_at=later)
    with events.recorded(MeetingChanged) as changed:
        planning.change(actor=user_of(town.organiser), meeting=meeting, draft=draft, now=clock.now())
    meeting = settle(meeting)
    assert (meeting.starts_at, meeting.sequence, meeting.is_opened) == (later, 1, True)
    assert meeting.booking is not None
    assert meeting.booking.starts_at == later
    assert len(changed) == 1


def test_what_changes_nothing_tells_nobody(town: Town) -> None:
    meeting = settle(town.plan(town.phone))
    with events.recorded(MeetingChanged) as changed:
        planning.change(
            actor=user_of(town.organiser), meeting=meeting, draft=opening.draft_of(meeting), now=clock.now()
        )
    assert not changed
    assert fresh(meeting).sequence == 0


def test_another_tool_gives_the_old_place_back(town: Town) -> None:
    meeting = settle(town.plan(town.phone))
    old = meeting.booking
    draft = town.draft(town.parvis)
    with events.recorded(ToolChanged) as changed:
        planning.change(actor=user_of(town.organiser), meeting=meeting, draft=draft, now=clock.now())
    meeting = settle(meeting)
    assert old is not None
    old.refresh_from_db()
    assert old.state == Booking.State.CANCELLED
    assert meeting.provider == town.parvis
    assert meeting.live_room is not None
    assert [(each.old, each.failed) for each in changed] == [("Salle téléphonique", False)]


def test_a_cancelled_meeting_gives_everything_back_and_closes_its_room(town: Town) -> None:
    meeting = settle(town.plan(town.parvis, room=town.room))
    with events.recorded(MeetingCancelled) as cancelled:
        planning.cancel(actor=user_of(town.organiser), meeting=meeting, now=clock.now(), reason="Reportée")
    meeting = settle(meeting)
    assert meeting.state == Meeting.State.CANCELLED
    assert meeting.room_booking is not None
    assert meeting.room_booking.state == Booking.State.CANCELLED
    assert LiveRoom.objects.get().closed_at is not None
    assert [each.reason for each in cancelled] == ["Reportée"]
    with pytest.raises(Conflict):
        planning.cancel(actor=user_of(town.organiser), meeting=meeting, now=clock.now())


def test_a_room_alone_needs_no_tool(town: Town) -> None:
    meeting = settle(town.plan(None, room=town.room))
    assert meeting.state == Meeting.State.PLANNED
    assert meeting.provider is None
    with pytest.raises(Conflict):
        town.plan(None, room=town.room)


def test_a_full_tool_keeps_no_room(town: Town) -> None:
    town.plan(town.phone)
    town.plan(town.phone)
    with pytest.raises(Full):
        town.plan(town.phone, room=town.room)
    assert not Booking.objects.filter(resource=town.room).exists()


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"title": "  "}, "title"),
        ({"people": 0}, "people"),
        ({"people": 51}, "provider"),
        ({"needs": ("x",)}, "needs"),
        ({"starts_at": working_day() - timedelta(days=30)}, "starts"),
    ],
)
def test_what_cannot_be_is_said_by_its_field(town: Town, fields: dict[str, object], field: str) -> None:
    with pytest.raises(Invalid) as refused:
        town.plan(town.phone, **fields)
    assert field in refused.value.fields


def test_who_may_book_for_whom(town: Town) -> None:
    draft = town.draft(town.parvis)
    planning.plan(actor=user_of(town.colleague), draft=draft, now=clock.now())
    with pytest.raises(NotAllowed):
        planning.plan(actor=user_of(town.elsewhere), draft=draft, now=clock.now())
    grant(user_of(town.elsewhere), Role.HEAD_OF_DEPARTMENT, town.commune)
    planning.plan(actor=user_of(town.elsewhere), draft=draft, now=clock.now())


def test_a_guest_may_not_change_and_one_who_runs_it_too_may(town: Town) -> None:
    meeting = settle(town.plan(town.parvis, town.colleague))
    with pytest.raises(NotAllowed):
        planning.cancel(actor=user_of(town.colleague), meeting=meeting, now=clock.now())
    guest = Guest.objects.get(meeting=meeting, agent=town.colleague)
    inviting.set_role(actor=user_of(town.organiser), meeting=meeting, guest=guest, role="host", now=clock.now())
    planning.cancel(actor=user_of(town.colleague), meeting=meeting, now=clock.now())


# Series


def test_a_series_books_every_day_and_says_which_it_could_not(town: Town) -> None:
    starts = working_day(9, later=7)
    town.plan(town.phone, starts_at=starts + timedelta(weeks=1))
    town.plan(town.phone, starts_at=starts + timedelta(weeks=1))
    day = starts.astimezone(rules.PARIS).date()
    rule = rules.rule_for("weekly", day, day + timedelta(weeks=3))
    draft = town.draft(town.phone, town.colleague, starts_at=starts)
    planned = planning.plan_series(actor=user_of(town.organiser), draft=draft, rule=rule, now=clock.now())
    assert len(planned.meetings) == 3
    assert [at for at, _why in planned.refused] == [starts + timedelta(weeks=1)]
    assert len({each.uid for each in planned.meetings}) == 3


def test_a_series_invites_no_crowd_to_every_date(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rules, "MOST_IN_SERIES", 7)
    starts = working_day(9, later=7)
    day = starts.astimezone(rules.PARIS).date()
    draft = town.draft(town.parvis, town.colleague, town.elsewhere, starts_at=starts)
    three, four = (rules.rule_for("weekly", day, day + timedelta(weeks=weeks)) for weeks in (2, 3))
    with pytest.raises(Invalid) as refused:
        planning.plan_series(actor=user_of(town.organiser), draft=draft, rule=four, now=clock.now())
    assert refused.value.fields == {"guests": ["1 invités au plus."]}
    assert len(planning.plan_series(actor=None, draft=draft, rule=three, now=clock.now()).meetings) == 3


def test_one_or_all_that_follow_are_cancelled(town: Town) -> None:
    starts = working_day(9, later=7)
    day = starts.astimezone(rules.PARIS).date()
    planned = planning.plan_series(
        actor=user_of(town.organiser),
        draft=town.draft(town.parvis, starts_at=starts),
        rule=rules.rule_for("weekly", day, day + timedelta(weeks=4)),
        now=clock.now(),
    )
    first, second, third, *_rest = planned.meetings
    planning.cancel(actor=user_of(town.organiser), meeting=second, now=clock.now())
    assert planning.cancel_following(actor=user_of(town.organiser), meeting=third, now=clock.now()) == 3
    alive = Meeting.objects.filter(state__in=rules.ALIVE)
    assert [each.pk for each in alive] == [first.pk]


def test_all_that_follow_move_by_the_same_wall_clock(town: Town) -> None:
    starts = working_day(9, later=7)
    day = starts.astimezone(rules.PARIS).date()
    planned = planning.plan_series(
        actor=user_of(town.organiser),
        draft=town.draft(town.parvis, starts_at=starts),
        rule=rules.rule_for("weekly", day, day + timedelta(weeks=25)),
        now=clock.now(),
    )
    draft = town.draft(town.parvis, starts_at=starts + HOUR)
    done, refused = planning.change_following(
        actor=user_of(town.organiser), meeting=planned.meetings[0], draft=draft, now=clock.now()
    )
    assert len(done) == len(planned.meetings)
    assert not refused
    hours = {each.starts_at.astimezone(rules.PARIS).hour for each in Meeting.objects.all()}
    assert hours == {10}, "half a year: the clocks change within it"


# Failing over


def test_a_tool_that_is_down_is_replaced_and_everybody_hears_of_it(town: Town) -> None:
    meeting = town.plan(town.parvis, town.colleague)
    Provider.objects.filter(pk=town.parvis.pk).update(health="down")
    with events.recorded(ToolChanged) as changed:
        settle(meeting)
    meeting = settle(meeting)
    assert meeting.provider == town.phone
    assert meeting.phone_number
    assert meeting.tool_changed_at is not None
    assert [(each.old, each.failed) for each in changed] == [("Salle Parvis", True)]
    assert AuditRecord.objects.filter(action="meetings.tool_replaced").count() == 1


def test_after_three_tries_another_tool_takes_over(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    def silent(**_given: object) -> object:
        raise Unavailable

    monkeypatch.setattr(opening.asking, "open_meeting", silent)
    meeting = town.plan(town.parvis)
    now = clock.now()
    for each in range(3):
        assert fresh(meeting).provider == town.parvis
        opening.settle(meeting_id=meeting.pk, now=now + each * opening.PATIENCE * 2)
    assert fresh(meeting).provider == town.phone
    assert fresh(meeting).tried == [town.parvis.pk]


def test_two_workers_do_not_ask_at_once(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = []

    def silent(**_given: object) -> object:
        asked.append(1)
        opening.settle(meeting_id=meeting.pk, now=now)  # another worker, meanwhile
        raise Unavailable

    monkeypatch.setattr(opening.asking, "open_meeting", silent)
    meeting, now = town.plan(town.parvis), clock.now()
    opening.settle(meeting_id=meeting.pk, now=now)
    assert len(asked) == 1


def test_where_nothing_else_fits_the_meeting_stays_and_is_tried_again(town: Town) -> None:
    meeting = town.plan(town.parvis, audience="public")
    Provider.objects.filter(pk=town.parvis.pk).update(health="down")
    meeting = settle(meeting)
    assert meeting.provider == town.parvis
    assert not meeting.is_opened
    Provider.objects.filter(pk=town.parvis.pk).update(health="up")
    opening.settle(meeting_id=meeting.pk, now=clock.now() + opening.PATIENCE * 2)
    assert fresh(meeting).is_opened


def test_a_meeting_that_begins_soon_leaves_a_tool_that_went_down(town: Town) -> None:
    meeting = settle(town.plan(town.parvis, starts_at=rules.start_of("soon", clock.now())))
    Provider.objects.filter(pk=town.parvis.pk).update(health="down")
    opening.sweep(now=clock.now())
    assert settle(meeting).provider == town.phone


def test_a_change_made_while_the_tool_is_asked_is_not_lost(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    real, later = opening.asking.open_meeting, working_day(15)

    def slow(**given: object) -> object:
        monkeypatch.setattr(opening.asking, "open_meeting", real)
        draft = town.draft(town.parvis, starts_at=later)
        planning.change(actor=user_of(town.organiser), meeting=meeting, draft=draft, now=clock.now())
        return real(**given)  # type: ignore[arg-type]

    meeting = town.plan(town.parvis)
    monkeypatch.setattr(opening.asking, "open_meeting", slow)
    settle(meeting)
    assert settle(meeting).is_opened
    assert fresh(meeting).live_room is not None
    assert LiveRoom.objects.get(pk=fresh(meeting).live_room_id).starts_at == later


# Places given up elsewhere


def test_a_place_given_up_elsewhere_is_replaced(town: Town) -> None:
    meeting = settle(town.plan(town.phone))
    assert meeting.booking is not None
    placing.cancel(actor=None, booking=meeting.booking, now=clock.now(), reason="crise")
    opening.replace_place(meeting_id=meeting.pk, now=clock.now())
    assert settle(meeting).provider == town.parvis


def test_a_place_moved_elsewhere_takes_its_meeting_along(town: Town) -> None:
    meeting = settle(town.plan(town.phone))
    assert meeting.booking is not None
    later = meeting.starts_at + 2 * HOUR
    with events.recorded(MeetingChanged) as changed:
        placing.move(actor=None, booking=meeting.booking, starts_at=later, ends_at=later + HOUR, now=clock.now())
    assert settle(meeting).starts_at == later
    assert len(changed) == 1


def test_who_leaves_organises_nothing_any_more(town: Town) -> None:
    meeting = settle(town.plan(town.parvis))
    events.publish(AgentDeactivated(agent_id=town.organiser.pk, actor_id=None, at=clock.now()))
    assert fresh(meeting).state == Meeting.State.CANCELLED


# Guests and joining


def test_guests_are_invited_once_removed_and_invited_again(town: Town) -> None:
    meeting = settle(town.plan(town.parvis, town.colleague))
    both = [Invited(agent=town.colleague), Invited(email="Ana@Dehors.example", name="Ana")]
    with events.recorded(GuestsChanged) as changed:
        added = inviting.invite(actor=user_of(town.organiser), meeting=meeting, invited=both, now=clock.now())
        again = inviting.invite(actor=user_of(town.organiser), meeting=meeting, invited=both, now=clock.now())
    assert [each.email for each in added] == ["ana@dehors.example"]
    assert again == []
    assert len(changed) == 1
    inviting.remove(actor=user_of(town.organiser), meeting=meeting, guest=added[0], now=clock.now())
    back = inviting.invite(actor=user_of(town.organiser), meeting=meeting, invited=both, now=clock.now())
    assert [each.pk for each in back] == [added[0].pk]


def test_the_organiser_cannot_be_removed(town: Town) -> None:
    meeting = settle(town.plan(town.parvis))
    own = Guest.objects.get(meeting=meeting, agent=town.organiser)
    with pytest.raises(Conflict):
        inviting.remove(actor=user_of(town.organiser), meeting=meeting, guest=own, now=clock.now())


def test_joining_checks_in_and_notes_the_tool(town: Town) -> None:
    meeting = settle(town.plan(town.parvis, town.colleague, starts_at=rules.start_of("now", clock.now())))
    guest = Guest.objects.select_related("agent__user").get(meeting=meeting, agent=town.colleague)
    address = joining.join(meeting=meeting, guest=guest, now=clock.now())
    assert meeting.live_room is not None
    assert meeting.live_room.key in address
    joining.join(meeting=meeting, guest=guest, now=clock.now())
    use = ToolUse.objects.get(agent=town.colleague)
    assert (use.kind, use.times) == ("parvis", 1)


def test_one_does_not_join_long_before(town: Town) -> None:
    meeting = settle(town.plan(town.parvis))
    guest = Guest.objects.get(meeting=meeting)
    with pytest.raises(Conflict) as refused:
        joining.join(meeting=meeting, guest=guest, now=clock.now())
    assert refused.value.code == "meeting_not_open"


def test_who_calls_says_so_in_one_touch_and_keeps_the_room(town: Town) -> None:
    meeting = settle(town.plan(town.phone, starts_at=rules.start_of("now", clock.now())))
    joining.note(meeting=meeting, guest=None, now=meeting.starts_at)
    assert fresh(meeting).booking.state == Booking.State.IN_USE  # type: ignore[union-attr]


# Suggesting


def test_what_is_proposed_is_what_can_be_booked(town: Town, django_assert_max_num_queries: object) -> None:
    question = Question(by_phone_only=True)
    starts = working_day()
    with django_assert_max_num_queries(5):  # type: ignore[operator]
        found = suggesting.answer(town.organiser, question, starts, starts + HOUR)
    assert [each.tool.id for each in found.suggestion.proposals][:2] == [town.phone.pk, town.parvis.pk]
    town.plan(town.phone)
    town.plan(town.phone)
    found = suggesting.answer(town.organiser, question, starts, starts + HOUR)
    assert found.suggestion.best is not None
    assert found.suggestion.best.tool.id == town.parvis.pk
    waits = {each.tool.id: each for each in found.suggestion.proposals}[town.phone.pk]
    assert waits.waits
    assert waits.tool.next_free_at is not None
    assert waits.tool.next_free_at >= starts + HOUR


def test_rooms_on_site_are_those_free_and_large_enough(town: Town) -> None:
    starts = working_day()
    assert suggesting.free_rooms(town.organiser, starts, starts + HOUR, people=10) == [town.room]
    assert suggesting.free_rooms(town.organiser, starts, starts + HOUR, people=21) == []
    town.plan(None, room=town.room)
    assert suggesting.free_rooms(town.organiser, starts, starts + HOUR, people=10) == []


def test_a_stranger_of_another_authority_is_proposed_nothing_of_ours(town: Town) -> None:
    stranger = make_agent(make_entity("Ailleurs", kind="commune"), account=True)
    found = suggesting.answer(stranger, Question(), working_day(), working_day() + HOUR)
    assert found.suggestion.proposals == []
    assert found.suggestion.plain


def test_a_role_given_or_taken_back_is_so_in_the_room_at_once(town: Town) -> None:
    meeting = settle(town.plan(town.parvis, town.colleague))
    guest = Guest.objects.get(meeting=meeting, agent=town.colleague)
    for role in ("host", "listener", "speaker"):
        inviting.set_role(actor=user_of(town.organiser), meeting=meeting, guest=guest, role=role, now=clock.now())
        assert Seat.objects.get(room=meeting.live_room, user=town.colleague.user).role == role


def test_who_joins_again_has_the_role_a_host_gave_them_in_the_room(town: Town) -> None:
    meeting = settle(town.plan(town.parvis, town.colleague, starts_at=rules.start_of("now", clock.now())))
    guest = Guest.objects.select_related("agent__user").get(meeting=meeting, agent=town.colleague)
    joining.join(meeting=meeting, guest=guest, now=clock.now())
    seats = Seat.objects.filter(room=meeting.live_room, user=town.colleague.user)
    seats.update(role=Seat.Role.LISTENER)
    joining.join(meeting=meeting, guest=guest, now=clock.now())
    assert seats.get().role == Seat.Role.LISTENER
