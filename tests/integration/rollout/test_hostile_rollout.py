"""A campaign in the wrong hands, at the wrong moment: who grants themselves, who has moved away, days that are none."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import icalendar
import pytest
from django.test import Client
from django.urls import reverse
from django_tasks_db.models import DBTaskResult

from parvis.portal.directory.models import Agent, Role
from parvis.portal.directory.services import deactivate_agent, move_agent
from parvis.portal.kernel import clock
from parvis.portal.kernel.errors import Conflict, Invalid
from parvis.portal.loans.models import Loan
from parvis.portal.remote_desktop.models import Right
from parvis.portal.rollout import convocations
from parvis.portal.rollout.models import Campaign, Member, Place, Planned, Wave
from parvis.portal.rollout.rules import LeftOut
from parvis.portal.rollout.services import campaigns, lending, members, placing, reminding, scenarios, telling, waves
from parvis.portal.telework.models import Request
from parvis.portal.telework.services import requests
from tests.integration.authority import make_computer, make_entity, make_member
from tests.integration.rollout.waving import (
    NOW,
    OPENING,
    Rollout,
    ask,
    later,
    make_rollout,
    make_stock,
    work,
)
from tests.integration.signing_in import browser_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def rollout() -> Rollout:
    return make_rollout((0, 0, 1))


def join(rollout: Rollout, agent: Agent, week: int = 0) -> Member:
    member = Member.objects.create(campaign=rollout.campaign, agent=agent, team=agent.entity)
    Planned.objects.create(scenario=rollout.plan, member=member, week=week)
    make_computer(agent.entity, agent, address="10.0.0.11")
    return member


class TestNobodyGrantsTheirOwn:
    def test_a_wave_grants_nothing_to_who_announced_it(self, rollout: Rollout) -> None:
        mine = join(rollout, rollout.technician.agent)
        rollout.opened()
        place = Place.objects.get(member=mine)
        assert place.opened_at is None
        assert "vous" not in place.open_failure  # the whole team reads it
        assert "annoncé" in place.open_failure
        assert not Request.objects.filter(agent=mine.agent).exists()
        assert not Right.objects.filter(agent=mine.agent).exists()

    def test_what_their_head_granted_a_wave_opens(self, rollout: Rollout) -> None:
        mine = join(rollout, rollout.technician.agent)
        ask(mine.agent)
        rollout.opened()
        assert Place.objects.get(member=mine).opened_at == OPENING

    def test_a_colleague_announces_it_for_them(self, rollout: Rollout) -> None:
        mine = join(rollout, make_member(rollout.root, Role.TECHNICIAN).agent)
        rollout.opened()
        assert Place.objects.get(member=mine).opened_at == OPENING


class TestWhoHasMovedAway:
    def test_a_wave_opens_nothing_in_another_commune(self, rollout: Rollout) -> None:
        rollout.publish()
        Agent.objects.filter(pk=rollout.members[0].agent_id).update(entity=make_entity("Ailleurs"))
        work(NOW)
        work(OPENING)
        place = rollout.place(0)
        assert place.opened_at is None
        assert "ne dépend plus" in place.open_failure
        assert not Right.objects.filter(agent=rollout.members[0].agent).exists()
        assert rollout.place(1).opened_at == OPENING

    def test_they_leave_the_wave_and_what_it_kept_for_them(self, rollout: Rollout) -> None:
        make_stock(rollout.root, "laptop")
        Member.objects.filter(pk=rollout.members[0].pk).update(needs_laptop=True)
        rollout.publish()
        work(NOW)
        move_agent(actor=None, agent=rollout.members[0].agent, entity=make_entity("Ailleurs"), now=later(hours=1))
        assert not Place.objects.filter(member=rollout.members[0], left_at=None).exists()
        assert Loan.objects.get().state == "cancelled"
        move_agent(
            actor=None, agent=rollout.members[1].agent, entity=make_entity("Là", rollout.root), now=later(hours=1)
        )
        assert rollout.place(1).left_at is None

    def test_no_wave_is_announced_to_them(self, rollout: Rollout) -> None:
        move_agent(actor=None, agent=rollout.members[0].agent, entity=make_entity("Ailleurs"), now=NOW)
        wave = rollout.publish()
        assert [place.member for place in wave.places.all()] == [rollout.members[1]]
        members.refresh(campaign=rollout.campaign, now=NOW)
        assert Member.objects.get(pk=rollout.members[0].pk).left_out == LeftOut.MOVED_AWAY

    def test_within_the_campaign_a_new_department_changes_nothing(self, rollout: Rollout) -> None:
        rollout.publish()
        Agent.objects.filter(pk=rollout.members[0].agent_id).update(entity=make_entity("Urbanisme", rollout.root))
        work(OPENING)
        assert rollout.place(0).opened_at == OPENING


class TestAFreshSecondFactor:
    """A wave gives rights to hundreds: no less is asked than for one."""

    @pytest.fixture
    def stale(self, rollout: Rollout) -> Client:
        return browser_of(rollout.technician, age=3600)

    def test_to_announce_a_wave(self, rollout: Rollout, stale: Client) -> None:
        monday = clock.today() + timedelta(days=7 - clock.today().weekday())
        Campaign.objects.update(starts_date=monday)
        address = reverse("rollout:publish_wave", args=[rollout.campaign.pk, 0])
        body = {"day": monday.isoformat(), "hour": "08:00", "scenario": rollout.plan.pk}
        assert stale.get(address).status_code == 200
        answer = stale.post(address, body)
        assert answer.status_code == 302
        assert not Wave.objects.exists()
        browser_of(rollout.technician).post(address, body)
        assert Wave.objects.exists()

    @pytest.mark.parametrize("action", ["ouvrir", "reprendre"])
    def test_to_open_one(self, rollout: Rollout, stale: Client, action: str) -> None:
        wave = rollout.publish()
        if action == "reprendre":
            Wave.objects.update(state="stopped")
        before = Wave.objects.get().state
        address = reverse("rollout:act_on_wave", args=[wave.pk, action])
        assert "/compte/" in stale.post(address)["Location"]
        assert Wave.objects.get().state == before

    def test_but_not_to_stop_it(self, rollout: Rollout, stale: Client) -> None:
        wave = rollout.publish()
        stale.post(reverse("rollout:act_on_wave", args=[wave.pk, "arreter"]))
        assert Wave.objects.get().state == "stopped"

    def test_to_put_somebody_in(self, rollout: Rollout, stale: Client) -> None:
        wave = rollout.publish()
        agent = rollout.members[2].agent
        address = reverse("rollout:put_in_wave", args=[wave.pk])
        assert "/compte/" in stale.post(address, {"email": agent.email})["Location"]
        assert Place.objects.count() == 2


class TestDaysThatAreNone:
    @pytest.mark.parametrize("day", [date(9999, 12, 31), date(1, 1, 1), date(2199, 1, 1)])
    def test_a_campaign_begins_within_a_few_years(self, rollout: Rollout, day: date) -> None:
        data = campaigns.CampaignData(name="Loin", level=2, starts_date=day, weeks=6, support_minutes={})
        with pytest.raises(Invalid) as refusal:
            campaigns.create(actor=rollout.technician, entity=rollout.root, data=data, now=NOW)
        assert "starts_date" in refusal.value.fields

    def test_the_form_says_it(self, rollout: Rollout) -> None:
        body = {
            "name": "Loin", "entity": rollout.root.pk, "level": 2, "starts_date": "9999-12-31", "weeks": 6, "base": 5,
            "laptop": 5, "phone": 5, "share": 60, "kbps": 300,
        }  # fmt: skip
        answer = browser_of(rollout.technician).post(reverse("rollout:create_campaign"), body)
        assert answer.status_code == 200
        assert not Campaign.objects.filter(name="Loin").exists()

    @pytest.mark.parametrize("week", [52, 10**6, 10**12, 10**30])
    def test_a_week_that_is_none_of_the_campaigns(self, rollout: Rollout, week: int) -> None:
        browser = browser_of(rollout.technician)
        address = reverse("rollout:publish_wave", args=[rollout.campaign.pk, week])
        assert browser.get(address).status_code == 404
        body = {"day": "2026-11-30", "hour": "08:00", "scenario": rollout.plan.pk}
        assert browser.post(address, body).status_code == 404


class TestTheirOwnLoans:
    def test_what_they_borrowed_themselves_is_not_let_go_of_with_the_wave(self, rollout: Rollout) -> None:
        offer = make_stock(rollout.root, "laptop")
        member = rollout.members[0]
        Member.objects.filter(pk=member.pk).update(needs_laptop=True)
        mine = Loan.objects.create(
            entity=rollout.root, offer=offer, agent=member.agent, starts_date=NOW.date(), state="approved",
            ends_date=later(days=20).date(), requested_at=NOW, requested_by=member.agent.user, decided_at=NOW,
        )  # fmt: skip
        wave = rollout.publish()
        work(NOW)
        assert rollout.place(0).laptop_loan == mine
        waves.withdraw(actor=rollout.technician, wave=wave, now=later(hours=1))
        mine.refresh_from_db()
        assert mine.state == "approved"

    def test_what_nobody_has_granted_is_not_kept_for_them(self, rollout: Rollout) -> None:
        offer = make_stock(rollout.root, "laptop")
        member = rollout.members[0]
        Member.objects.filter(pk=member.pk).update(needs_laptop=True)
        Loan.objects.create(
            entity=rollout.root, offer=offer, agent=member.agent, starts_date=NOW.date(), state="requested",
            ends_date=later(days=20).date(), requested_at=NOW, requested_by=member.agent.user,
        )  # fmt: skip
        rollout.publish()
        work(NOW)
        place = rollout.place(0)
        assert place.laptop_loan is None or place.laptop_loan.state == "approved"

    def test_an_unforeseen_error_keeps_nobodys_laptop_waiting(
        self, rollout: Rollout, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        make_stock(rollout.root, "laptop")
        Member.objects.update(needs_laptop=True)
        real = lending._lend

        def breaks(place: Place, now: object) -> None:
            if place.member_id == rollout.members[0].pk:
                raise RuntimeError("boom")
            real(place, now)  # type: ignore[arg-type]

        monkeypatch.setattr(lending, "_lend", breaks)
        rollout.publish()
        work(NOW)
        assert rollout.place(1).laptop_loan is not None
        assert rollout.place(0).lend_failure


class TestAtTheSameMoment:
    """A page began before the worker: what it writes is older than what it finds."""

    def test_taken_out_by_who_clicked_before_they_were_told(self, rollout: Rollout) -> None:
        rollout.publish()
        clicked = NOW
        telling.tell_due(now=later(seconds=2))
        placing.take_out(actor=rollout.technician, place=rollout.place(0), now=clicked)
        assert not Place.objects.filter(member=rollout.members[0], left_at=None).exists()

    def test_gone_by_who_clicked_before_they_were_told(self, rollout: Rollout) -> None:
        rollout.publish()
        telling.tell_due(now=later(seconds=2))
        deactivate_agent(actor=None, agent=rollout.members[0].agent, now=NOW)
        assert not Place.objects.filter(member=rollout.members[0], left_at=None).exists()

    def test_given_up_by_who_clicked_before_they_were_told(self, rollout: Rollout) -> None:
        rollout.publish()
        telling.tell_due(now=later(seconds=2))
        request = rollout.members[0].request
        assert request is not None
        requests.withdraw(actor=None, request=request, now=NOW)
        assert not Place.objects.filter(member=rollout.members[0], left_at=None).exists()


class TestPutBack:
    def test_who_gave_it_up_is_not_shown_as_let_in(self, rollout: Rollout) -> None:
        wave = rollout.opened()
        request = Request.objects.get(agent=rollout.members[0].agent)
        requests.end(actor=None, request=request, now=OPENING + timedelta(hours=1))
        placing.put_in(actor=rollout.technician, member=rollout.members[0], wave=wave, now=OPENING + timedelta(hours=2))
        work(OPENING + timedelta(hours=2))
        place = rollout.place(0)
        assert place.opened_at is None
        assert "renoncé" in place.open_failure

    def test_who_was_let_in_stays_so(self, rollout: Rollout) -> None:
        wave = rollout.opened()
        placing.take_out(actor=rollout.technician, place=rollout.place(0), now=OPENING + timedelta(hours=1))
        placing.put_in(actor=rollout.technician, member=rollout.members[0], wave=wave, now=OPENING + timedelta(hours=2))
        work(OPENING + timedelta(hours=2))
        assert rollout.place(0).opened_at is not None
        assert Right.objects.filter(agent=rollout.members[0].agent).count() == 1


class TestStoppedOverAWeekend:
    """Taken up again, a wave has its people's time before it: it does not close at once."""

    MONDAY, FRIDAY = OPENING + timedelta(days=7), OPENING + timedelta(days=11, hours=10)

    def test_a_wave(self, rollout: Rollout) -> None:
        wave = rollout.opened()
        waves.stop(actor=rollout.technician, wave=wave, now=OPENING + timedelta(days=2))
        work(self.MONDAY)
        waves.resume(actor=rollout.technician, wave=wave, now=self.MONDAY + timedelta(hours=2))
        work(self.MONDAY + timedelta(hours=3))
        assert Wave.objects.get().state == "running"
        work(self.FRIDAY)
        assert Wave.objects.get(is_catch_up=False).state == "closed"

    def test_a_campaign(self, rollout: Rollout) -> None:
        rollout.opened()
        campaign = Campaign.objects.get()
        campaigns.move(actor=rollout.technician, campaign=campaign, to="paused", now=OPENING + timedelta(days=2))
        work(self.MONDAY)
        campaigns.move(actor=rollout.technician, campaign=campaign, to="running", now=self.MONDAY + timedelta(hours=2))
        work(self.MONDAY + timedelta(hours=3))
        assert Wave.objects.get().state == "running"
        work(self.FRIDAY)
        assert Wave.objects.get(is_catch_up=False).state == "closed"


def test_a_wave_of_screens_says_who_has_mail_only(rollout: Rollout) -> None:
    Request.objects.filter(pk=rollout.members[0].request_id).update(state="open", level=1)
    rollout.opened()
    place = rollout.place(0)
    assert place.opened_at is None
    assert "niveau 1" in place.open_failure


def test_a_plan_asked_for_is_looked_for_whatever_happens_next(rollout: Rollout) -> None:
    """The worker's task is written with the plan: a portal killed between the two leaves neither alone."""
    Campaign.objects.update(starts_date=clock.today() + timedelta(days=7 - clock.today().weekday()))
    campaign = Campaign.objects.select_related("entity").get()
    plan = scenarios.ask(actor=rollout.technician, campaign=campaign, asked=scenarios.Asked(), now=clock.now())
    waiting = DBTaskResult.objects.filter(task_path__endswith="rollout.tasks.solve")
    assert [each.args_kwargs["args"] for each in waiting] == [[plan.pk]]


def test_who_was_refused_since_is_not_told_that_it_opens_tomorrow(rollout: Rollout) -> None:
    rollout.publish()
    work(NOW)
    Request.objects.filter(pk=rollout.members[0].request_id).update(state="refused")
    friday = OPENING - timedelta(days=3) + timedelta(hours=4)
    assert [place.member for place in reminding.due(friday)] == [rollout.members[1]]


def test_the_people_of_an_ended_campaign_change_no_more(rollout: Rollout) -> None:
    Campaign.objects.update(state="closed")
    move_agent(actor=None, agent=rollout.members[0].agent, entity=make_entity("Ailleurs"), now=NOW)
    browser = browser_of(rollout.technician)
    answer = browser.post(reverse("rollout:refresh_members", args=[rollout.campaign.pk]))
    assert answer.status_code == 409
    assert Member.objects.get(pk=rollout.members[0].pk).left_out == ""


def test_a_campaign_with_an_announced_wave_is_not_ended_over_the_heads_of_its_people(rollout: Rollout) -> None:
    wave = rollout.publish()
    campaign = rollout.campaign
    campaign.refresh_from_db()
    with pytest.raises(Conflict) as refusal:
        campaigns.move(actor=rollout.technician, campaign=campaign, to="closed", now=NOW)
    assert refusal.value.code == "wave_announced"
    waves.withdraw(actor=rollout.technician, wave=wave, now=NOW)
    campaigns.move(actor=rollout.technician, campaign=campaign, to="closed", now=NOW)
    assert Campaign.objects.get().state == "closed"


@pytest.mark.parametrize("name", ['Jean "Jo"', "a;b:c,d", "x\r\nATTENDEE:mailto:autre@x", "\x07", "=1+1", "<script>"])
def test_a_hostile_name_is_only_a_name_in_a_calendar(rollout: Rollout, name: str, mailoutbox: list[Any]) -> None:
    Agent.objects.update(first_name=name)
    rollout.publish()
    work(NOW)
    assert convocations.convoke(rollout.place(0).pk, now=NOW)
    (message,) = mailoutbox
    assert "\n" not in message.subject
    ((_file, entry, _kind),) = message.attachments
    (event,) = icalendar.Calendar.from_ical(entry).walk("VEVENT")
    assert event["attendee"] == f"mailto:{rollout.members[0].agent.user.email}"
