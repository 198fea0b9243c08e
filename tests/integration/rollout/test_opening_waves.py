"""A wave opens for its people: requests, rights, loans; what stands in the way is said and tried again."""

from __future__ import annotations

from datetime import timedelta

import pytest

from parvis.portal.accounts.models import User
from parvis.portal.directory.models import Agent, Role
from parvis.portal.directory.services import deactivate_agent
from parvis.portal.home import queries as home
from parvis.portal.home.models import Tile
from parvis.portal.kernel.errors import Conflict, NotAllowed
from parvis.portal.kernel.models import AuditRecord
from parvis.portal.loans.models import Loan
from parvis.portal.remote_desktop.models import Right
from parvis.portal.rollout import wave_queries
from parvis.portal.rollout.models import Campaign, Member, Place, Wave
from parvis.portal.rollout.services import lending, opening, placing, waves
from parvis.portal.telework.models import Enrolment, JobRule, Request
from parvis.portal.telework.services import requests
from tests.integration.authority import make_member
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

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)


@pytest.fixture
def rollout() -> Rollout:
    return make_rollout((0, 0, 1))


def needs(rollout: Rollout, number: int, *, laptop: bool = False, phone: bool = False) -> None:
    member = rollout.members[number]
    member.needs_laptop, member.needs_phone = laptop, phone
    member.save()


def test_at_its_hour_everybody_is_let_in_without_anybody(rollout: Rollout) -> None:
    rollout.publish()
    work(OPENING - HOUR)
    assert not Enrolment.objects.exists()
    work(OPENING)
    assert Wave.objects.get().state == "running"
    assert Enrolment.objects.count() == 2
    assert Right.objects.count() == 2
    assert set(Request.objects.values_list("state", flat=True)) == {"open", "approved"}
    opened = AuditRecord.objects.filter(action="rollout.place_opened")
    assert [record.actor_id for record in opened] == [None, None]
    work(OPENING + HOUR)
    assert opened.count() == 2


def test_tiles_for_teleworkers_open_with_the_wave_and_go_with_the_end(rollout: Rollout) -> None:
    Tile.objects.create(
        entity=rollout.root, title="Guide", url="https://x.example", category="C", is_published=True,
        for_teleworkers=True,
    )  # fmt: skip
    users = [member.agent.user for member in rollout.members]
    rollout.publish()
    work(OPENING - HOUR)
    assert [see_the_guide(user) for user in users] == [False, False, False]
    work(OPENING)
    assert [see_the_guide(user) for user in users] == [True, True, False]  # the third is of next week's wave
    first, second = (Request.objects.get(agent__user=user) for user in users[:2])
    head = make_member(rollout.root, Role.HEAD_OF_DEPARTMENT)
    requests.suspend(actor=head, request=first, now=OPENING + HOUR)
    requests.end(actor=head, request=second, now=OPENING + HOUR)
    assert [see_the_guide(user) for user in users] == [False, False, False]
    first.refresh_from_db()
    requests.resume(actor=head, request=first, now=OPENING + 2 * HOUR)
    assert [see_the_guide(user) for user in users] == [True, False, False]


def see_the_guide(user: User | None) -> bool:
    assert user is not None
    return bool(home.tiles_seen_by(home.viewer_of(user)))


def test_who_did_not_ask_is_granted_what_the_campaign_is_for() -> None:
    rollout = make_rollout((0,), requests=False)
    rollout.opened()
    request = Request.objects.get()
    assert (request.state, request.level, request.decided_by_id) == ("open", 2, rollout.technician.pk)
    assert "Tous au télétravail" in request.note
    assert rollout.place(0).member.request == request
    assert AuditRecord.objects.filter(action="telework.granted_for_campaign").count() == 1


def test_who_has_no_account_has_one_opened_by_who_announced_the_wave() -> None:
    rollout = make_rollout((0, 0), requests=False)
    first, second = (member.agent for member in rollout.members)
    Agent.objects.filter(pk__in=(first.pk, second.pk)).update(user=None)
    User.objects.filter(pk=second.user_id).update(email="autre@rivemarine.example")
    wave = rollout.opened()
    assert not User.objects.filter(email=second.email).exclude(agent=second).exists()
    assert "déjà un compte" in rollout.place(0).open_failure  # the address is somebody's
    assert rollout.place(1).opened_at == OPENING
    second.refresh_from_db()
    assert second.user is not None
    assert not second.user.has_usable_password()
    invited = AuditRecord.objects.get(action="accounts.user_invited")
    assert invited.actor_id == wave.published_by_id


def test_who_did_not_ask_and_whose_job_cannot_is_not_let_in() -> None:
    rollout = make_rollout((0,), requests=False)
    Agent.objects.filter(pk=rollout.members[0].agent_id).update(job_title="Jardinier")
    JobRule.objects.create(entity=rollout.root, words="jardinier", level=0)
    rollout.opened()
    place = rollout.place(0)
    assert place.opened_at is None
    assert place.open_failure
    assert not Request.objects.exists()


def test_the_request_made_since_is_the_one_that_counts(rollout: Rollout) -> None:
    rollout.publish()
    Request.objects.filter(pk=rollout.members[0].request_id).update(state="withdrawn")
    newer = ask(rollout.members[0].agent)
    work(OPENING)
    assert rollout.place(0).member.request == newer
    assert wave_queries.with_standing(Place.objects.filter(pk=rollout.place(0).pk)).get().standing == "invited"


@pytest.mark.parametrize(("state", "words"), [("requested", "attend encore"), ("suspended", "suspendu")])
def test_one_who_cannot_be_let_in_keeps_nobody_waiting(rollout: Rollout, state: str, words: str) -> None:
    request = Request.objects.filter(pk=rollout.members[0].request_id)
    request.update(state=state)
    rollout.opened()
    stuck, other = rollout.place(0), rollout.place(1)
    assert words in stuck.open_failure
    assert (stuck.opened_at, other.opened_at) == (None, OPENING)
    request.update(state="approved")
    work(OPENING + HOUR / 2)
    assert rollout.place(0).opened_at is None
    work(OPENING + HOUR)  # an hour later it is tried again, by itself
    assert (rollout.place(0).opened_at, rollout.place(0).open_failure) == (OPENING + HOUR, "")


def test_an_unforeseen_error_keeps_nobody_waiting(rollout: Rollout, monkeypatch: pytest.MonkeyPatch) -> None:
    first, real = rollout.members[0].request_id, opening.opening.open_request

    def fails(**kwargs: object) -> object:
        if kwargs["request"].pk == first:  # type: ignore[attr-defined]
            raise RuntimeError("boom")
        return real(**kwargs)  # type: ignore[arg-type]

    monkeypatch.setattr(opening.opening, "open_request", fails)
    rollout.opened()
    assert rollout.place(0).open_failure.startswith("Erreur inattendue")
    assert "boom" not in rollout.place(0).open_failure
    assert rollout.place(1).opened_at == OPENING


def test_the_team_tries_again_at_once(rollout: Rollout) -> None:
    request = Request.objects.filter(pk=rollout.members[0].request_id)
    request.update(state="requested")
    wave = rollout.opened()
    assert not opening.try_again(actor=rollout.technician, place=rollout.place(0), now=OPENING)
    request.update(state="approved")
    with pytest.raises(NotAllowed):
        opening.try_again(actor=make_member(rollout.department), place=rollout.place(0), now=OPENING)
    assert opening.try_again(actor=rollout.technician, place=rollout.place(0), now=OPENING)
    waves.stop(actor=rollout.technician, wave=wave, now=OPENING)
    with pytest.raises(Conflict) as problem:
        opening.try_again(actor=rollout.technician, place=rollout.place(1), now=OPENING)
    assert problem.value.code == "wave_halted"


def test_what_stood_in_the_way_is_gone_and_they_are_let_in_at_once(rollout: Rollout) -> None:
    request = Request.objects.filter(pk=rollout.members[0].request_id)
    request.update(state="requested")
    rollout.opened()
    agent = rollout.members[0].agent_id
    assert not opening.open_for(agent_id=agent, now=OPENING)
    request.update(state="approved")
    assert opening.open_for(agent_id=agent, now=OPENING)
    assert not opening.open_for(agent_id=agent, now=OPENING)


class TestLending:
    def test_a_kit_with_both_is_kept_from_the_waves_day_on(self, rollout: Rollout) -> None:
        make_stock(rollout.root, "laptop", name="Portable seul")
        kit = make_stock(rollout.root, "laptop", "phone")
        needs(rollout, 0, laptop=True, phone=True)
        rollout.publish()
        work(NOW)
        loan = Loan.objects.get()
        assert (loan.offer, loan.agent, loan.state) == (kit, rollout.members[0].agent, "approved")
        assert (loan.starts_date.isoformat(), loan.requested_by) == ("2026-11-30", None)
        place = rollout.place(0)
        assert place.laptop_loan == place.phone_loan == loan
        work(later(hours=2))
        assert Loan.objects.count() == 1

    def test_two_offers_where_no_kit_has_both(self, rollout: Rollout) -> None:
        laptop, phone = (make_stock(rollout.root, kind, name=kind) for kind in ("laptop", "phone"))
        needs(rollout, 0, laptop=True, phone=True)
        rollout.publish()
        work(NOW)
        place = rollout.place(0)
        assert place.laptop_loan is not None
        assert place.phone_loan is not None
        assert (place.laptop_loan.offer, place.phone_loan.offer) == (laptop, phone)

    def test_the_stock_that_arrives_later_is_lent_then(self, rollout: Rollout) -> None:
        offer = make_stock(rollout.root, "laptop")
        pooled = offer.parts.get()
        stock = lending.deciding.booking.assets_for(pooled).get()
        stock.__class__.objects.filter(pk=stock.pk).update(state="repair")
        needs(rollout, 0, laptop=True)
        rollout.publish()
        work(NOW)
        assert "Plus rien de libre" in rollout.place(0).lend_failure
        assert not Loan.objects.exists()  # nothing waits half-made
        stock.__class__.objects.filter(pk=stock.pk).update(state="stock")
        work(later(minutes=30))
        assert not Loan.objects.exists()
        work(later(hours=1))
        assert (rollout.place(0).lend_failure, Loan.objects.count()) == ("", 1)

    def test_access_opens_though_nothing_is_there_to_lend(self, rollout: Rollout) -> None:
        needs(rollout, 0, laptop=True)
        rollout.opened()
        place = rollout.place(0)
        assert place.opened_at == OPENING
        assert "Aucune offre" in place.lend_failure

    def test_what_they_have_already_is_not_lent_twice(self, rollout: Rollout) -> None:
        offer = make_stock(rollout.root, "laptop")
        needs(rollout, 0, laptop=True)
        agent = rollout.members[0].agent
        mine = Loan.objects.create(
            entity=rollout.root, offer=offer, agent=agent, starts_date=NOW.date(), ends_date=later(days=20).date(),
            state="out", requested_at=NOW, out_at=NOW,
        )  # fmt: skip
        rollout.publish()
        work(NOW)
        assert rollout.place(0).laptop_loan == mine

    def test_it_goes_with_who_is_moved_and_is_let_go_of_who_is_taken_out(self, rollout: Rollout) -> None:
        make_stock(rollout.root, "laptop")
        needs(rollout, 0, laptop=True)
        rollout.publish()
        second = rollout.publish(1)
        work(NOW)
        loan = Loan.objects.get()
        new = placing.move(actor=rollout.technician, place=rollout.place(0), to=second, now=later(hours=1))
        assert new.laptop_loan == loan
        placing.take_out(actor=rollout.technician, place=new, now=later(hours=2))
        loan.refresh_from_db()
        assert loan.state == "cancelled"

    def test_it_is_let_go_with_the_announcement(self, rollout: Rollout) -> None:
        make_stock(rollout.root, "laptop")
        needs(rollout, 0, laptop=True)
        wave = rollout.publish()
        work(NOW)
        waves.withdraw(actor=rollout.technician, wave=wave, now=later(hours=1))
        assert Loan.objects.get().state == "cancelled"

    def test_a_halted_wave_lends_nothing(self, rollout: Rollout) -> None:
        make_stock(rollout.root, "laptop")
        needs(rollout, 0, laptop=True)
        rollout.publish()
        work(NOW - timedelta(seconds=1))
        Loan.objects.all().delete()
        Place.objects.update(lend_tried_at=None, laptop_loan=None)
        Campaign.objects.update(state="paused")
        work(later(hours=3))
        assert not Loan.objects.exists()


def test_seven_hundred_would_be_opened_in_the_order_of_their_priority(rollout: Rollout) -> None:
    Member.objects.filter(pk=rollout.members[1].pk).update(priority=1)
    rollout.publish()
    waves.start_due(now=OPENING)
    assert [place.member_id for place in wave_queries.to_open(OPENING)] == [
        rollout.members[1].pk,
        rollout.members[0].pk,
    ]


def test_the_head_says_yes_and_the_wave_lets_them_in_at_once(rollout: Rollout) -> None:
    request = rollout.members[0].request
    assert request is not None
    request.state = "requested"
    request.save()
    rollout.opened()
    requests.decide(
        actor=make_member(rollout.department, Role.HEAD_OF_DEPARTMENT), request=request, granted=True, now=OPENING
    )
    assert rollout.place(0).opened_at == OPENING


def test_who_leaves_is_in_no_wave_any_more(rollout: Rollout) -> None:
    rollout.publish()
    agent = rollout.members[0].agent
    deactivate_agent(actor=None, agent=agent, now=NOW)
    assert not Place.objects.filter(member__agent=agent, left_at=None).exists()
    work(OPENING)
    assert not Enrolment.objects.filter(agent=agent).exists()


def test_who_gives_telework_up_is_in_no_wave_and_keeps_no_laptop(rollout: Rollout) -> None:
    make_stock(rollout.root, "laptop")
    needs(rollout, 0, laptop=True)
    rollout.publish()
    work(NOW)
    request, agent = rollout.members[0].request, rollout.members[0].agent
    assert request is not None
    assert agent.user is not None
    requests.withdraw(actor=agent.user, request=request, now=later(hours=1))
    assert not Place.objects.filter(member__agent=agent, left_at=None).exists()
    assert Loan.objects.get().state == "cancelled"
    work(OPENING)
    assert not Enrolment.objects.filter(agent=agent).exists()


@pytest.mark.parametrize(("state", "words"), [("refused", "refusée"), ("withdrawn", "renoncé")])
def test_nothing_is_granted_against_a_decision(state: str, words: str) -> None:
    rollout = make_rollout((0,), requests=False)
    request = ask(rollout.members[0].agent, state)
    rollout.publish()
    Request.objects.filter(pk=request.pk).update(ended_at=later(hours=1))
    work(OPENING)
    assert words in rollout.place(0).open_failure
    assert Request.objects.count() == 1


def test_a_telework_that_ended_long_ago_is_no_such_decision() -> None:
    rollout = make_rollout((0,), requests=False)
    request = ask(rollout.members[0].agent, "ended")
    Request.objects.filter(pk=request.pk).update(ended_at=NOW - timedelta(days=200))
    rollout.opened()
    assert rollout.place(0).opened_at == OPENING
