"""Two answers at once, two requests at once. The fault is first made without the guard, then refused with it."""

from __future__ import annotations

import threading
from collections.abc import Callable

import pytest
from django.db import IntegrityError, close_old_connections, connection, transaction

from parvis.portal.kernel import audit
from parvis.portal.kernel.errors import Conflict
from parvis.portal.kernel.events import recorded
from parvis.portal.kernel.models import AuditRecord
from parvis.portal.remote_desktop.models import Right
from parvis.portal.telework.events import TeleworkDecided
from parvis.portal.telework.models import DaysChange, Request
from parvis.portal.telework.services import changing_days, deciding_many, opening, requests
from tests.integration.authority import make_agent
from tests.integration.telework.asking import ANSWERS, NOW, TODAY, Authority, make_authority

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def here() -> Authority:
    return make_authority()


def together(*acts: Callable[[], object]) -> list[object]:
    """Run the acts at once, each with a connection of its own; what each returned or raised."""
    barrier = threading.Barrier(len(acts))
    answers: list[object] = [None] * len(acts)

    def run(number: int, act: Callable[[], object]) -> None:
        try:
            barrier.wait()
            answers[number] = act()
        except Exception as error:
            answers[number] = error
        finally:
            close_old_connections()
            connection.close()

    threads = [threading.Thread(target=run, args=each) for each in enumerate(acts)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return answers


def said(action: str) -> int:
    return AuditRecord.objects.filter(action=action).count()


def test_looking_before_writing_lets_both_answers_pass(here: Authority) -> None:
    """What a page would do alone: look whether it waits, then write. Both look before either writes."""
    pk, both_have_looked = here.request().pk, threading.Barrier(2)

    def look_then_write(state: str) -> Callable[[], object]:
        def act() -> None:
            assert Request.objects.get(pk=pk).state == "requested"
            both_have_looked.wait(timeout=20)
            Request.objects.filter(pk=pk).update(state=state)

        return act

    assert together(look_then_write("withdrawn"), look_then_write("approved")) == [None, None]


def test_of_an_answer_and_a_withdrawal_one_passes(here: Authority) -> None:
    pk = here.request().pk

    def read() -> Request:
        return Request.objects.select_related("agent__entity", "agent__user").get(pk=pk)

    mine, yours, other = read(), read(), read()
    answers = together(
        lambda: requests.decide(actor=here.head, request=mine, granted=True, now=NOW),
        lambda: requests.withdraw(actor=here.user, request=yours, now=NOW),
        lambda: requests.decide(actor=here.technician, request=other, granted=False, now=NOW),
    )
    refused = [each for each in answers if each is not None]
    assert [getattr(each, "code", each) for each in refused] == ["request_moved"] * 2
    assert said("telework.approved") + said("telework.withdrawn") + said("telework.refused") == 1


def test_without_the_constraint_a_double_click_would_ask_twice(here: Authority) -> None:
    """Both find that nothing is under way; only the constraint of the table stops the second."""
    both_have_looked = threading.Barrier(2)

    def look_then_write() -> None:
        assert not Request.objects.filter(agent=here.agent).exists()
        both_have_looked.wait(timeout=20)
        here.request()

    answers = together(look_then_write, look_then_write)
    assert sum(isinstance(each, IntegrityError) for each in answers) == 1


def test_a_double_click_asks_once(here: Authority) -> None:
    def ask() -> Request:
        return requests.ask(actor=here.user, agent=here.agent, level=2, starts_date=TODAY, now=NOW, **ANSWERS)  # type: ignore[arg-type]

    answers = together(ask, ask, ask)
    assert sum(isinstance(each, Conflict) for each in answers) == 2, answers
    assert Request.objects.count() == 1
    assert said("telework.requested") == 1


def test_two_resume_at_once_and_one_is_told(here: Authority) -> None:
    request = here.request(state="approved", decided_at=NOW)
    with transaction.atomic():
        opening.open_request(actor=None, request=request, now=NOW, invite=False)
    requests.suspend(actor=here.head, request=request, now=NOW)

    def resume() -> None:
        found = Request.objects.select_related("agent__entity", "agent__user").get(pk=request.pk)
        requests.resume(actor=here.head, request=found, now=NOW)

    answers = together(resume, resume)
    assert sum(isinstance(each, Conflict) for each in answers) == 1, answers
    assert said("telework.resumed") == 1
    assert Right.objects.filter(agent=here.agent, revoked_at__isnull=True).count() == 1


def read_all() -> list[Request]:
    return list(Request.objects.select_related("agent__entity", "agent__user").order_by("pk"))


def test_two_clicks_on_many_decide_each_once(here: Authority) -> None:
    """Both have read that all wait. Each request is decided by one of them, and neither click complains."""
    for _each in range(12):
        here.request(make_agent(here.department, account=True))

    def grant(rows: list[Request]) -> Callable[[], object]:
        return lambda: deciding_many.decide_many(actor=here.head, requests=rows, granted=True, now=NOW)

    first, second = together(grant(read_all()), grant(read_all()[::-1]))
    assert isinstance(first, deciding_many.Outcome)
    assert isinstance(second, deciding_many.Outcome)
    assert (first.done + second.done, first.already + second.already) == (12, 12)
    assert first.problems == second.problems == []
    assert said("telework.approved") == 12
    assert audit.verify() is None


def test_two_workers_tell_each_once(here: Authority) -> None:
    for _each in range(8):
        here.request(make_agent(here.department, account=True))
    deciding_many.decide_many(actor=here.head, requests=read_all(), granted=True, now=NOW)

    def follow() -> int:
        return deciding_many.follow_up(now=NOW)

    with recorded(TeleworkDecided) as told:
        assert sum(together(follow, follow)) == 8  # type: ignore[call-overload]
    assert sorted(each.request_id for each in told) == sorted(each.pk for each in read_all())


def test_of_many_granted_and_one_withdrawn_at_once_each_moves_once(here: Authority) -> None:
    own = here.request()
    for _each in range(5):
        here.request(make_agent(here.department, account=True))
    rows, mine = read_all(), Request.objects.select_related("agent__entity", "agent__user").get(pk=own.pk)
    granted, withdrawn = together(
        lambda: deciding_many.decide_many(actor=here.head, requests=rows, granted=True, now=NOW),
        lambda: requests.withdraw(actor=here.user, request=mine, now=NOW),
    )
    assert isinstance(granted, deciding_many.Outcome)
    lost = isinstance(withdrawn, Conflict)
    assert [each.pk for each, _why in granted.problems] == ([] if lost else [own.pk])
    assert granted.done == (6 if lost else 5)
    own.refresh_from_db()
    assert (own.state, said("telework.withdrawn")) == (("approved", 0) if lost else ("withdrawn", 1))


def test_without_its_condition_a_change_withdrawn_and_granted_at_once_would_be_both(here: Authority) -> None:
    """Both have read that it waits."""
    change, both_have_looked = waiting_change(here), threading.Barrier(2)

    def look_then_write(state: str) -> Callable[[], object]:
        def act() -> None:
            assert DaysChange.objects.get(pk=change.pk).state == "waiting"
            both_have_looked.wait(timeout=20)
            DaysChange.objects.filter(pk=change.pk).update(state=state)

        return act

    assert together(look_then_write("withdrawn"), look_then_write("granted")) == [None, None]


def test_of_a_grant_a_refusal_and_a_withdrawal_of_days_one_passes(here: Authority) -> None:
    change = waiting_change(here)

    def read() -> DaysChange:
        return DaysChange.objects.select_related("request__agent__entity", "request__agent__user").get(pk=change.pk)

    mine, yours, other = read(), read(), read()
    answers = together(
        lambda: changing_days.decide(actor=here.head, change=mine, granted=True, now=NOW),
        lambda: changing_days.withdraw(actor=here.user, change=yours, now=NOW),
        lambda: changing_days.decide(actor=here.technician, change=other, granted=False, now=NOW),
    )
    assert [getattr(each, "code", each) for each in answers if each is not None] == ["days_moved"] * 2
    assert said("telework.days_granted") + said("telework.days_withdrawn") + said("telework.days_refused") == 1
    granted = said("telework.days_granted")
    assert Request.objects.get().days == (2 if granted else 9)


def test_two_sweeps_change_the_days_once(here: Authority) -> None:
    change = waiting_change(here)
    DaysChange.objects.filter(pk=change.pk).update(state="granted")
    assert sum(together(*[lambda: changing_days.apply_due(now=NOW)] * 2)) == 1  # type: ignore[call-overload]
    assert said("telework.days_changed") == 1


def waiting_change(here: Authority) -> DaysChange:
    request = here.request(state="open", opened_at=NOW)
    return DaysChange.objects.create(request=request, before=9, days=2, starts_date=TODAY, asked_at=NOW)
