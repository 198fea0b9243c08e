"""Telework in the wrong hands: what a suspension holds, a computer that is somebody else's now, days that are none."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from django.urls import reverse

from parvis.portal.directory.models import Role
from parvis.portal.kernel.errors import Conflict, Invalid
from parvis.portal.parc import asset_services as parc
from parvis.portal.remote_desktop.models import Right
from parvis.portal.telework.models import Enrolment, HelpCall, Request
from parvis.portal.telework.services import deciding_many, opening, requests, screen_check
from tests.integration.authority import make_agent, make_entity, make_member
from tests.integration.signing_in import browser_of
from tests.integration.telework.asking import NOW, TODAY, Authority, day, make_authority, ready_computer

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)


@pytest.fixture
def here() -> Authority:
    return make_authority()


def opened(here: Authority, **fields: object) -> Request:
    request = here.request(state="approved", decided_at=NOW, decided_by=here.head, **fields)
    opening.open_request(actor=None, request=request, now=NOW)
    return request


def reaches(here: Authority) -> set[int]:
    return set(Right.objects.filter(agent=here.agent, revoked_at=None).values_list("computer", flat=True))


class TestASuspensionHolds:
    @pytest.fixture
    def suspended(self, here: Authority) -> Request:
        request = opened(here)
        requests.suspend(actor=here.head, request=request, reason="Service fermé", resumes_date=day(30), now=NOW + HOUR)
        return request

    def test_opening_is_no_way_round_it(self, here: Authority, suspended: Request) -> None:
        with pytest.raises(Conflict) as refusal:
            opening.open_request(actor=here.technician, request=suspended, now=NOW + 2 * HOUR)
        assert refusal.value.code == "suspended"
        suspended.refresh_from_db()
        assert (suspended.state, suspended.resumes_date) == ("suspended", day(30))
        assert not reaches(here)

    def test_nor_among_many(self, here: Authority, suspended: Request) -> None:
        granted = here.request(
            make_agent(here.department, account=True), state="approved", decided_at=NOW, level=1, starts_date=TODAY
        )
        outcome = opening.open_many(actor=here.technician, requests=[suspended, granted], now=NOW + 2 * HOUR)
        assert outcome.opened == 1
        assert [request for request, _why in outcome.problems] == [suspended]
        assert Request.objects.get(pk=suspended.pk).state == "suspended"

    def test_a_page_sent_again_by_hand(self, here: Authority, suspended: Request) -> None:
        answer = browser_of(here.technician).post(reverse("telework_staff:open", args=[suspended.pk]))
        assert answer.status_code == 409
        assert Request.objects.get(pk=suspended.pk).state == "suspended"

    def test_a_computer_assigned_after_it_is_given_all_the_same(self, here: Authority, suspended: Request) -> None:
        """What shutting took back was nobody's decision about this agent's next computer."""
        requests.resume(actor=here.head, request=suspended, now=NOW + 2 * HOUR)
        new = ready_computer(here.department, here.agent)
        enrolment = Enrolment.objects.get(agent=here.agent)
        assert screen_check.give_missing_right(enrolment=enrolment, now=NOW + 3 * HOUR)
        assert reaches(here) == {here.computer.pk, new.pk}


class TestAnotherComputer:
    def test_the_old_one_is_not_reached_any_more(self, here: Authority) -> None:
        """A right with a last day opens also what is not one's own: it goes with the computer."""
        opened(here, ends_date=day(60))
        colleague = make_agent(here.department, account=True)
        parc.assign_agent(actor=here.technician, asset=here.computer, agent=colleague, now=NOW + HOUR)
        parc.unassign_agent(actor=here.technician, asset=here.computer, agent=here.agent, now=NOW + HOUR)
        assert not reaches(here)

    def test_what_somebody_lent_by_hand_stays(self, here: Authority) -> None:
        opened(here, ends_date=day(60))
        Right.objects.all().delete()
        Right.objects.create(
            agent=here.agent, computer=here.computer, starts_date=TODAY, ends_date=day(3), granted_at=NOW
        )
        parc.unassign_agent(actor=here.technician, asset=here.computer, agent=here.agent, now=NOW + HOUR)
        assert reaches(here) == {here.computer.pk}

    def test_the_new_one_is_given_by_the_check(self, here: Authority) -> None:
        opened(here, ends_date=day(60))
        parc.unassign_agent(actor=here.technician, asset=here.computer, agent=here.agent, now=NOW + HOUR)
        new = ready_computer(here.department, here.agent)
        enrolment = Enrolment.objects.get(agent=here.agent)
        assert screen_check.give_missing_right(enrolment=enrolment, now=NOW + 2 * HOUR)
        assert reaches(here) == {new.pk}

    def test_never_where_somebody_took_a_right_away(self, here: Authority) -> None:
        opened(here)
        Right.objects.update(revoked_at=NOW, revoked_by=here.technician)
        ready_computer(here.department, here.agent)
        enrolment = Enrolment.objects.get(agent=here.agent)
        assert not screen_check.give_missing_right(enrolment=enrolment, now=NOW + 2 * HOUR)
        assert not reaches(here)


class TestDaysThatAreNone:
    @pytest.mark.parametrize("last", [date(9999, 12, 31), date(2400, 1, 1)])
    def test_a_last_day_is_one_that_somebody_will_see(self, here: Authority, last: date) -> None:
        with pytest.raises(Invalid) as refusal:
            requests.ask(
                actor=here.user, agent=here.agent, level=2, machine="own", line="fibre", days=[0], starts_date=TODAY,
                ends_date=last, now=NOW,
            )  # fmt: skip
        assert "ends_date" in refusal.value.fields
        request = opened(here)
        with pytest.raises(Invalid) as refusal:
            requests.set_last_day(actor=here.head, request=request, last_day=last, now=NOW)
        assert "last_day" in refusal.value.fields

    def test_nor_does_an_old_one_break_what_follows(self, here: Authority) -> None:
        request = opened(here, ends_date=date(9999, 12, 31))
        requests.set_last_day(actor=here.head, request=request, last_day=None, now=NOW)
        assert Request.objects.get().ends_date is None
        assert reaches(here) == {here.computer.pk}


def test_the_refused_of_who_has_left_is_not_granted(here: Authority) -> None:
    request = here.request(state="refused", decided_at=NOW)
    here.agent.is_active = False
    here.agent.save()
    with pytest.raises(Conflict):
        requests.decide(actor=here.head, request=Request.objects.get(pk=request.pk), granted=True, now=NOW + HOUR)
    found = Request.objects.select_related("agent__entity")
    outcome = deciding_many.decide_many(actor=here.head, requests=found, granted=True, now=NOW + HOUR)
    assert (outcome.done, len(outcome.problems)) == (0, 1)
    assert Request.objects.get().state == "refused"


def test_a_head_of_one_department_neither_sees_nor_decides_for_another(here: Authority) -> None:
    browser = browser_of(make_member(make_entity("Urbanisme", here.root), Role.HEAD_OF_DEPARTMENT))
    request = here.request()
    for name in ("grant", "refuse", "suspend", "resume", "open", "go_on"):
        assert browser.post(reverse(f"telework_staff:{name}", args=[request.pk])).status_code == 404, name
    data = {"action": "grant", "pk": [request.pk], "confirmed": "1", "expected": "1"}
    browser.post(reverse("telework_staff:requests"), data)
    assert Request.objects.get().state == "requested"


def test_an_address_with_a_plus_sign_leads_to_its_agent(here: Authority) -> None:
    here.agent.email = "jeanne+essai@rivemarine.example"
    here.agent.save()
    opened(here)
    Right.objects.all().delete()
    call = HelpCall.objects.create(
        enrolment=Enrolment.objects.get(), computer=here.computer, stage="computer", code="no_right", created_at=NOW
    )
    page = browser_of(here.technician).get(reverse("telework_staff:help_call", args=[call.pk])).content.decode()
    assert "agent=jeanne%2Bessai%40rivemarine.example" in page
