"""Opening gives what telework needs, shutting takes back what opening gave and nothing else."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from parvis.portal.directory.models import Role
from parvis.portal.kernel.errors import Conflict, NotAllowed
from parvis.portal.kernel.models import AuditRecord
from parvis.portal.parc.models import Asset
from parvis.portal.presence.models import Pattern
from parvis.portal.remote_desktop.models import Right
from parvis.portal.telework.models import Enrolment, HelpCall, Request
from parvis.portal.telework.services import opening, requests
from tests.integration.authority import grant, make_agent, make_computer, make_entity, make_member
from tests.integration.telework.asking import NOW, TODAY, Authority, day, make_authority, ready_computer
from tests.integration.telework.texting import mails

pytestmark = pytest.mark.django_db


@pytest.fixture
def here() -> Authority:
    return make_authority()


def granted(here: Authority, **fields: object) -> Request:
    return here.request(state="approved", decided_at=NOW, decided_by=here.head, **fields)


def standing(here: Authority) -> list[Right]:
    return list(Right.objects.filter(agent=here.agent, revoked_at=None).order_by("starts_date"))


def test_opening_gives_the_right_the_path_the_week_and_writes(here: Authority) -> None:
    request = granted(here, ends_date=day(60))
    enrolment = opening.open_request(actor=here.technician, request=request, now=NOW)
    (right,) = standing(here)
    assert (right.computer, right.starts_date, right.ends_date) == (here.computer, TODAY, day(60))
    assert right.granted_by == here.technician
    assert (enrolment.stage, enrolment.level, enrolment.agent) == ("factor", 2, here.agent)
    request.refresh_from_db()
    assert request.state == "open"
    assert request.pattern is not None
    assert request.pattern.halves.split(",")[:8] == ["telework"] * 2 + ["on_site"] * 4 + ["telework"] * 2
    assert (request.pattern.state, request.pattern.ends_date) == ("confirmed", day(60))
    (message,) = mails()
    assert message["to"] == [here.user.email]
    assert "/mon-teletravail/" in message["body"]
    assert "mot de passe de votre ordinateur" in message["body"]
    assert AuditRecord.objects.filter(action="telework.request_opened").count() == 1


def test_twice_is_once(here: Authority) -> None:
    request = granted(here)
    first = opening.open_request(actor=None, request=request, now=NOW)
    assert opening.open_request(actor=None, request=request, now=NOW) == first
    assert len(standing(here)) == 1
    assert Pattern.objects.count() == 1
    assert len(mails()) == 1
    assert AuditRecord.objects.filter(action="telework.request_opened").count() == 1


def test_a_computer_assigned_since_is_given_too(here: Authority) -> None:
    request = granted(here)
    opening.open_request(actor=None, request=request, now=NOW)
    other = ready_computer(here.department, here.agent)
    opening.open_request(actor=None, request=request, now=NOW)
    assert {right.computer_id for right in standing(here)} == {here.computer.pk, other.pk}


def test_level_1_gives_no_right_to_a_screen(here: Authority) -> None:
    opening.open_request(actor=None, request=granted(here, level=1), now=NOW)
    assert standing(here) == []
    assert "mot de passe de votre ordinateur" not in mails()[0]["body"]


def test_servers_and_lost_computers_stay_closed(here: Authority) -> None:
    ready_computer(here.department, here.agent, kind="server")
    lost = ready_computer(here.department, here.agent)
    Asset.objects.filter(pk=lost.pk).update(state="lost")
    opening.open_request(actor=None, request=granted(here), now=NOW)
    assert [right.computer for right in standing(here)] == [here.computer]


def test_a_team_gives_no_right_on_another_teams_computer(here: Authority) -> None:
    elsewhere = make_entity("Autre commune")
    theirs = make_computer(elsewhere, here.agent)
    opening.open_request(actor=here.technician, request=granted(here), now=NOW)
    assert theirs.pk not in {right.computer_id for right in standing(here)}
    assert AuditRecord.objects.get(action="telework.request_opened").data["left_out"] == 1


@pytest.mark.parametrize("whose", ["head", "user", "stranger", "self"])
def test_the_it_team_opens_and_nobody_for_themselves(here: Authority, whose: str) -> None:
    request = granted(here)
    if whose == "self":
        grant(here.user, Role.TECHNICIAN, here.root)
    actors = {"head": here.head, "user": here.user, "self": here.user,
              "stranger": make_member(make_entity("Ailleurs"), Role.TECHNICIAN)}  # fmt: skip
    with pytest.raises(NotAllowed):
        opening.open_request(actor=actors[whose], request=request, now=NOW)
    assert not Enrolment.objects.exists()


@pytest.mark.parametrize(
    ("facts", "code"),
    [
        ({"state": "requested"}, "request_moved"),
        ({"state": "ended"}, "request_moved"),
        ({"state": "approved", "starts_date": day(-9), "ends_date": day(-1)}, "request_over"),
    ],
)
def test_what_is_not_granted_or_over_is_not_opened(here: Authority, facts: dict[str, object], code: str) -> None:
    with pytest.raises(Conflict) as refused:
        opening.open_request(actor=None, request=here.request(**facts), now=NOW)  # type: ignore[arg-type]
    assert refused.value.code == code
    assert standing(here) == []


def test_who_has_left_or_has_no_account_is_not_let_in(here: Authority) -> None:
    nobody = make_agent(here.department)
    gone = make_agent(here.department, account=True, is_active=False)
    many = [here.request(nobody, state="approved"), granted(here), here.request(gone, state="approved")]
    outcome = opening.open_many(actor=here.technician, requests=many, now=NOW)
    assert outcome.opened == 1
    assert [request.agent for request, _why in outcome.problems] == [nobody, gone]
    assert Enrolment.objects.count() == 1


def test_who_has_a_usual_week_keeps_it(here: Authority) -> None:
    own = Pattern.objects.create(
        agent=here.agent, starts_date=day(-90), halves=",".join(["on_site"] * 10 + [""] * 4), state="declared",
        proposed_at=NOW,
    )  # fmt: skip
    request = granted(here)
    opening.open_request(actor=None, request=request, now=NOW)
    requests.end(actor=here.user, request=request, now=NOW)
    own.refresh_from_db()
    assert own.ends_date is None
    assert Pattern.objects.count() == 1


def test_shutting_takes_back_what_opening_gave_and_leaves_the_rest(here: Authority) -> None:
    other = ready_computer(here.department)
    by_hand = Right.objects.create(
        agent=here.agent, computer=other, starts_date=TODAY, ends_date=day(9), granted_at=NOW
    )
    request = granted(here)
    enrolment = opening.open_request(actor=None, request=request, now=NOW)
    HelpCall.objects.create(enrolment=enrolment, stage="computer", created_at=NOW)
    opening.shut(actor=here.head, request=request, now=NOW + timedelta(days=3))
    assert standing(here) == [by_hand]
    assert Pattern.objects.get().ends_date == day(2)
    assert HelpCall.objects.get().state == "closed"
    opening.shut(actor=here.head, request=request, now=NOW + timedelta(days=4))
    assert Pattern.objects.get().ends_date == day(2)


def test_a_right_that_was_there_is_neither_doubled_nor_taken(here: Authority) -> None:
    there = Right.objects.create(agent=here.agent, computer=here.computer, starts_date=day(-9), granted_at=NOW)
    request = granted(here)
    opening.open_request(actor=None, request=request, now=NOW)
    opening.shut(actor=None, request=request, now=NOW)
    assert standing(here) == [there]


def test_a_shorter_right_is_carried_on(here: Authority) -> None:
    Right.objects.create(
        agent=here.agent, computer=here.computer, starts_date=day(-9), ends_date=day(4), granted_at=NOW
    )
    opening.open_request(actor=None, request=granted(here), now=NOW)
    assert [(right.starts_date, right.ends_date) for right in standing(here)] == [(day(-9), day(4)), (day(5), None)]


def test_suspended_then_resumed_it_works_as_before_without_a_second_invitation(here: Authority) -> None:
    request = granted(here)
    opening.open_request(actor=None, request=request, now=NOW)
    requests.suspend(actor=here.head, request=request, now=NOW)
    assert standing(here) == []
    requests.resume(actor=here.head, request=request, now=NOW + timedelta(days=2))
    (right,) = standing(here)
    assert right.starts_date == day(2)
    assert Enrolment.objects.count() == 1
    assert "télétravail est ouvert" not in " ".join(each["subject"] for each in mails()[1:])


def test_another_last_day_moves_the_right_and_the_week(here: Authority) -> None:
    request = granted(here, ends_date=day(30))
    opening.open_request(actor=None, request=request, now=NOW)
    requests.set_last_day(actor=here.head, request=request, last_day=day(60), now=NOW + timedelta(days=1))
    assert max(right.ends_date or day(999) for right in standing(here)) == day(60)
    request.refresh_from_db()
    assert request.pattern is not None
    assert request.pattern.ends_date == day(60)


def test_what_was_suspended_meanwhile_is_not_opened_again(here: Authority) -> None:
    request = granted(here)
    opening.open_request(actor=None, request=request, now=NOW)
    stale = Request.objects.select_related("agent__entity", "agent__user").get(pk=request.pk)
    requests.suspend(actor=here.head, request=request, now=NOW)
    with pytest.raises(Conflict) as refused:
        opening.open_request(actor=None, request=stale, now=NOW)
    assert refused.value.code == "request_moved"
    assert standing(here) == []


def test_a_wave_costs_each_agent_the_same(here: Authority) -> None:
    """Seven hundred in an hour: no opening reads what others have."""

    def cost(count: int) -> int:
        many = []
        for _each in range(count):
            agent = make_agent(here.department, account=True)
            ready_computer(here.department, agent)
            pk = here.request(agent, state="approved").pk
            many.append(Request.objects.select_related("agent__entity", "agent__user").get(pk=pk))
        with CaptureQueriesContext(connection) as queries:
            assert opening.open_many(actor=None, requests=many, now=NOW).opened == count
        return len(queries) // count

    first = cost(1)
    assert first <= 60
    assert cost(6) <= first
