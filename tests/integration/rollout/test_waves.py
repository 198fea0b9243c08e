"""Waves announced from the plan, taken back, stopped, resumed; who is told, and what the mail holds."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import icalendar
import pytest
from django.core import mail
from django_tasks_db.models import DBTaskResult

from parvis.portal.config import schedule
from parvis.portal.directory.models import Role
from parvis.portal.kernel import clock
from parvis.portal.kernel.errors import Conflict, Invalid, NotAllowed
from parvis.portal.kernel.models import AuditRecord
from parvis.portal.rollout import convocations, wave_tasks
from parvis.portal.rollout.models import Campaign, Place, Scenario, Wave
from parvis.portal.rollout.services import placing, reminding, telling, waves
from tests.integration.authority import make_entity, make_member
from tests.integration.rollout.waving import FRIDAY_EVENING, MONDAY, NOW, OPENING, Rollout, later, make_rollout, work

pytestmark = pytest.mark.django_db


@pytest.fixture
def rollout() -> Rollout:
    return make_rollout()


def queued(name: str) -> int:
    return DBTaskResult.objects.filter(task_path=f"parvis.portal.rollout.wave_tasks.{name}").count()


def entry_of(message: Any) -> Any:
    (part,) = [each for each in message.message().walk() if each.get_content_type() == "text/calendar"]
    calendar = icalendar.Calendar.from_ical(part.get_payload(decode=True))
    assert part.get_param("method") == calendar["method"]
    return calendar


def test_a_wave_has_the_people_of_its_week_and_sets_the_campaign_going(rollout: Rollout) -> None:
    wave = rollout.publish(1)
    assert sorted(wave.places.values_list("member", flat=True)) == [each.pk for each in rollout.members[3:5]]
    rollout.campaign.refresh_from_db()
    assert rollout.campaign.state == "running"
    record = AuditRecord.objects.get(action="rollout.wave_published")
    assert (record.actor_id, record.data["people"]) == (rollout.technician.pk, 2)
    assert queued("sweep") == 1


def test_who_is_left_out_or_gone_or_in_a_wave_already_is_not_announced(rollout: Rollout) -> None:
    first, second, third = rollout.members[:3]
    rollout.members[0].__class__.objects.filter(pk=first.pk).update(left_out="En congé longue durée")
    second.agent.__class__.objects.filter(pk=second.agent_id).update(is_active=False)
    later_wave = rollout.publish(1)
    Place.objects.create(wave=later_wave, member=third)
    with pytest.raises(Conflict) as problem:
        rollout.publish(0)
    assert problem.value.code == "nobody_planned"


@pytest.mark.parametrize(
    ("starts_at", "code"),
    [
        (NOW - timedelta(hours=1), "past"),
        (OPENING - timedelta(days=1), "other_week"),
        (OPENING + timedelta(days=7), "other_week"),
    ],
)
def test_a_wave_opens_in_its_week(rollout: Rollout, starts_at: datetime, code: str) -> None:
    with pytest.raises(Invalid) as problem:
        rollout.publish(0, starts_at=starts_at)
    assert problem.value.code == code
    assert not Wave.objects.exists()


def test_a_week_is_announced_once(rollout: Rollout) -> None:
    rollout.publish()
    Place.objects.all().delete()
    with pytest.raises(Conflict) as problem:
        rollout.publish()
    assert problem.value.code == "already_published"


def test_only_the_chosen_plan_is_announced_and_only_while_the_campaign_goes_on(rollout: Rollout) -> None:
    Scenario.objects.update(is_chosen=False)
    with pytest.raises(Conflict) as problem:
        rollout.publish()
    assert problem.value.code == "plan_changed"
    Scenario.objects.update(is_chosen=True)
    for state in ("paused", "closed"):
        Campaign.objects.update(state=state)
        with pytest.raises(Conflict) as problem:
            rollout.publish()
        assert problem.value.code == "campaign_halted"


def test_the_team_of_the_entity_alone_runs_its_waves(rollout: Rollout) -> None:
    others = (
        make_member(rollout.department, Role.HEAD_OF_DEPARTMENT),
        make_member(rollout.department, Role.TECHNICIAN),
        make_member(make_entity(), Role.HEAD_OF_IT),
        make_member(rollout.root, Role.AUDITOR),
    )
    wave = rollout.publish()
    for user in others:
        with pytest.raises(NotAllowed):
            waves.publish(actor=user, scenario=rollout.plan, week=1, starts_at=OPENING + timedelta(days=7), now=NOW)
        for verb in (waves.stop, waves.resume, waves.withdraw, waves.open_now):
            with pytest.raises(NotAllowed):
                verb(actor=user, wave=wave, now=NOW)


def test_each_is_told_once_with_an_entry_for_their_calendar(rollout: Rollout) -> None:
    rollout.publish()
    assert telling.tell_due(now=NOW) == 3
    assert telling.tell_due(now=NOW) == 0
    assert queued("send_convocation") == 3
    place = rollout.place(0)
    assert convocations.convoke(place.pk, now=NOW)
    (message,) = mail.outbox
    agent = place.member.agent
    assert message.to == [agent.user.email]  # type: ignore[union-attr]
    assert "votre télétravail ouvre lundi 30 novembre 2026 à 08:00" in message.subject
    assert "laissez cet ordinateur allumé" in message.body
    assert "prêté" not in message.body
    assert "/mon-teletravail/" in message.body
    calendar = entry_of(message)
    (event,) = calendar.walk("VEVENT")
    assert calendar["method"] == "REQUEST"
    assert event["dtstart"].dt == OPENING
    assert event["dtstart"].dt.tzinfo.key == "Europe/Paris"
    assert event["status"] == "CONFIRMED"
    assert event["attendee"] == f"mailto:{agent.user.email}"  # type: ignore[union-attr]


def test_what_is_lent_is_said(rollout: Rollout) -> None:
    member = rollout.members[0]
    member.needs_laptop = member.needs_phone = True
    member.save()
    rollout.publish()
    telling.tell_due(now=NOW)
    convocations.convoke(rollout.place(0).pk, now=NOW)
    assert "Un ordinateur portable et un téléphone vous sont prêtés" in mail.outbox[0].body


def test_the_mail_speaks_the_agents_language(rollout: Rollout) -> None:
    user = rollout.members[0].agent.user
    assert user is not None
    user.language = "en"
    user.save()
    rollout.publish()
    telling.tell_due(now=NOW)
    convocations.convoke(rollout.place(0).pk, now=NOW)
    assert "Monday" in mail.outbox[0].subject


def test_who_has_left_the_wave_since_hears_nothing_of_it(rollout: Rollout) -> None:
    rollout.publish()
    telling.tell_due(now=NOW)
    place = rollout.place(0)
    placing.take_out(actor=rollout.technician, place=place, now=NOW)
    assert not convocations.convoke(place.pk, now=NOW)
    assert mail.outbox == []


def test_a_convocation_on_its_way_when_the_wave_is_stopped_leaves_once_it_goes_on(rollout: Rollout) -> None:
    wave = rollout.publish()
    telling.tell_due(now=NOW)
    waves.stop(actor=rollout.technician, wave=wave, now=NOW)
    place = rollout.place(0)
    assert not convocations.convoke(place.pk, now=NOW)
    assert mail.outbox == []
    waves.resume(actor=rollout.technician, wave=wave, now=later(hours=1))
    assert telling.tell_due(now=later(hours=1)) == 1
    assert convocations.convoke(place.pk, now=later(hours=1))


def test_an_announcement_is_taken_back_and_calendars_with_it(rollout: Rollout) -> None:
    wave = rollout.publish()
    telling.tell_due(now=NOW)
    member = rollout.members[0]
    convocations.convoke(rollout.place(0).pk, now=NOW)
    assert waves.withdraw(actor=rollout.technician, wave=wave, now=later(hours=1)) == 3
    assert not Wave.objects.exists()
    assert queued("send_cancellation") == 3
    assert convocations.cancel(member.pk, starts_at=OPENING, now=later(hours=1))
    before, after = (entry_of(message) for message in mail.outbox)
    assert (after["method"], after.walk("VEVENT")[0]["status"]) == ("CANCEL", "CANCELLED")
    old, new = before.walk("VEVENT")[0], after.walk("VEVENT")[0]
    assert old["uid"] == new["uid"]
    assert new["sequence"] > old["sequence"]
    # The same week may be announced anew; who is told again is not told that it is cancelled.
    rollout.publish(now=later(hours=2))
    telling.tell_due(now=later(hours=2))
    assert not convocations.cancel(member.pk, starts_at=OPENING, now=later(hours=2))


def test_nobody_is_told_of_what_is_taken_back_before_they_were_told(rollout: Rollout) -> None:
    wave = rollout.publish()
    assert waves.withdraw(actor=rollout.technician, wave=wave, now=NOW) == 0
    assert queued("send_cancellation") == 0


def test_what_has_opened_is_not_taken_back(rollout: Rollout) -> None:
    wave = rollout.opened()
    with pytest.raises(Conflict) as problem:
        waves.withdraw(actor=rollout.technician, wave=wave, now=OPENING)
    assert problem.value.code == "wave_opened"
    assert wave.places.count() == 3


def test_a_stopped_wave_does_nothing_and_goes_on_where_it_was(rollout: Rollout) -> None:
    wave = rollout.publish()
    waves.stop(actor=rollout.technician, wave=wave, now=NOW)
    work(OPENING)
    assert not Place.objects.filter(told_at__isnull=False).exists()
    wave.refresh_from_db()
    assert wave.state == "stopped"
    with pytest.raises(Conflict):
        waves.stop(actor=rollout.technician, wave=wave, now=NOW)
    waves.resume(actor=rollout.technician, wave=wave, now=NOW)
    wave.refresh_from_db()
    assert (wave.state, wave.stopped_at) == ("published", None)
    work(OPENING)
    assert Place.objects.filter(opened_at__isnull=False).count() == 3
    with pytest.raises(Conflict):
        waves.resume(actor=rollout.technician, wave=wave, now=NOW)


def test_a_wave_stopped_while_it_runs_runs_again(rollout: Rollout) -> None:
    wave = rollout.opened()
    waves.stop(actor=rollout.technician, wave=wave, now=OPENING)
    waves.resume(actor=rollout.technician, wave=wave, now=OPENING)
    wave.refresh_from_db()
    assert wave.state == "running"


def test_a_halted_campaign_halts_its_waves(rollout: Rollout) -> None:
    rollout.publish()
    Campaign.objects.update(state="paused")
    work(OPENING)
    assert not Place.objects.exclude(told_at=None, opened_at=None).exists()
    assert Wave.objects.get().state == "published"


def test_a_wave_is_opened_before_its_hour(rollout: Rollout) -> None:
    wave = rollout.publish()
    waves.open_now(actor=rollout.technician, wave=wave, now=later(minutes=5))
    work(later(minutes=5))
    assert Place.objects.filter(opened_at=later(minutes=5)).count() == 3
    wave.refresh_from_db()
    with pytest.raises(Conflict):
        waves.open_now(actor=rollout.technician, wave=wave, now=later(minutes=6))


def test_the_eve_is_told_once_to_who_was_invited_days_before(rollout: Rollout) -> None:
    rollout.publish()
    rollout.publish(1)
    work(NOW)
    friday = datetime(2026, 11, 27, 10, 0, tzinfo=clock.PARIS)
    assert reminding.remind_due(now=friday) == 3  # Monday's, not the week after's
    assert reminding.remind_due(now=friday) == 0
    assert reminding.remind_due(now=OPENING - timedelta(days=30)) == 0


def test_who_was_invited_the_day_before_is_not_reminded_the_day_after(rollout: Rollout) -> None:
    sunday = datetime(2026, 11, 29, 10, 0, tzinfo=clock.PARIS)
    rollout.publish(now=sunday)
    work(sunday)
    assert reminding.remind_due(now=sunday + timedelta(hours=1)) == 0


class TestByHand:
    def test_somebody_is_moved_and_has_one_appointment(self, rollout: Rollout) -> None:
        rollout.publish()
        second = rollout.publish(1)
        work(NOW)
        place = rollout.place(0)
        convocations.convoke(place.pk, now=NOW)
        new = placing.move(actor=rollout.technician, place=place, to=second, now=later(hours=1))
        assert (new.wave_id, new.told_at) == (second.pk, None)
        work(later(hours=2))
        assert convocations.convoke(new.pk, now=later(hours=2))
        assert not convocations.convoke(place.pk, now=later(hours=2))
        old, moved = (entry_of(message).walk("VEVENT")[0] for message in mail.outbox)
        assert old["uid"] == moved["uid"]
        assert moved["dtstart"].dt == OPENING + timedelta(days=7)
        assert moved["sequence"] > old["sequence"]

    def test_moved_there_and_back_they_are_told_again(self, rollout: Rollout) -> None:
        first, second = rollout.publish(), rollout.publish(1)
        work(NOW)
        there = placing.move(actor=rollout.technician, place=rollout.place(0), to=second, now=later(hours=1))
        back = placing.move(actor=rollout.technician, place=there, to=first, now=later(hours=2))
        assert back.told_at is None
        assert Place.objects.filter(member=rollout.members[0], left_at=None).count() == 1
        work(later(hours=3))
        assert rollout.place(0).told_at == later(hours=3)

    def test_what_is_open_stays_open(self, rollout: Rollout) -> None:
        rollout.opened()
        second = rollout.publish(1, now=OPENING)
        new = placing.move(actor=rollout.technician, place=rollout.place(0), to=second, now=OPENING)
        assert new.opened_at == OPENING

    def test_not_into_a_wave_that_is_over_or_another_campaigns_or_their_own(self, rollout: Rollout) -> None:
        first, second = rollout.publish(), rollout.publish(1)
        Wave.objects.filter(pk=second.pk).update(state="closed")
        other = make_rollout((0,))
        foreign = other.publish()
        place = rollout.place(0)
        for wave, code in ((second, "wave_over"), (foreign, "same_wave"), (first, "same_wave")):
            with pytest.raises(Conflict) as problem:
                placing.move(actor=rollout.technician, place=place, to=wave, now=NOW)
            assert problem.value.code == code
        assert rollout.place(0).pk == place.pk

    def test_taken_out_they_are_told_and_may_be_put_in_again(self, rollout: Rollout) -> None:
        wave = rollout.publish()
        work(NOW)
        place = rollout.place(0)
        placing.take_out(actor=rollout.technician, place=place, now=later(hours=1))
        assert queued("send_cancellation") == 1
        with pytest.raises(Conflict) as problem:
            placing.take_out(actor=rollout.technician, place=place, now=later(hours=1))
        assert problem.value.code == "place_moved"
        placing.put_in(actor=rollout.technician, member=rollout.members[0], wave=wave, now=later(hours=2))
        with pytest.raises(Conflict) as problem:
            placing.put_in(actor=rollout.technician, member=rollout.members[0], wave=wave, now=later(hours=2))

    def test_who_is_in_another_wave_is_moved_not_put_in(self, rollout: Rollout) -> None:
        rollout.publish()
        second = rollout.publish(1)
        with pytest.raises(Conflict) as problem:
            placing.put_in(actor=rollout.technician, member=rollout.members[0], wave=second, now=NOW)
        assert problem.value.code == "placed_elsewhere"


def test_weeks_are_counted_from_the_first_monday(rollout: Rollout) -> None:
    assert rollout.publish(2).starts_at.date() == MONDAY + timedelta(days=14)


def test_the_worker_does_all_of_it_at_its_hours(rollout: Rollout, monkeypatch: pytest.MonkeyPatch) -> None:
    def at(now: datetime) -> None:
        monkeypatch.setattr(clock, "now", lambda: now)
        wave_tasks.sweep.call()

    wave = rollout.publish()
    at(NOW)
    assert queued("send_convocation") == 3
    wave_tasks.send_convocation.call(place_id=rollout.place(0).pk)
    assert len(mail.outbox) == 1
    at(datetime(2026, 11, 27, 10, 0, tzinfo=clock.PARIS))
    assert Place.objects.filter(reminders=1).count() == 3
    at(OPENING)
    assert Place.objects.filter(opened_at=OPENING).count() == 3
    at(FRIDAY_EVENING)
    wave.refresh_from_db()
    assert wave.state == "closed"
    assert Place.objects.filter(wave__is_catch_up=True, told_at=FRIDAY_EVENING).count() == 3
    wave_tasks.send_cancellation.call(member_id=rollout.members[0].pk, starts_at=OPENING.isoformat())
    assert len(mail.outbox) == 1  # invited anew: nothing is cancelled


def test_it_is_in_the_worker_s_table() -> None:
    assert "rollout_waves" in {job.name for job in schedule.jobs()}
