"""Hundreds answered at once: few writes, each told and opened once whoever dies, and why some are left out."""

from __future__ import annotations

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django_tasks_db.models import DBTaskResult

from parvis.portal.directory.models import Role
from parvis.portal.kernel import audit, clock
from parvis.portal.kernel.errors import ParvisError
from parvis.portal.kernel.events import recorded
from parvis.portal.kernel.models import AuditRecord
from parvis.portal.telework import queries, request_tasks
from parvis.portal.telework.events import TeleworkDecided
from parvis.portal.telework.models import Enrolment, Request
from parvis.portal.telework.services import deciding_many, opening, requests
from tests.integration.authority import make_agent, make_entity, make_member
from tests.integration.signing_in import browser_of
from tests.integration.telework.asking import NOW, TODAY, Authority, day, make_authority, soon

pytestmark = pytest.mark.django_db

WAITING = "/teletravail/demandes/a-accorder/"


@pytest.fixture
def here() -> Authority:
    return make_authority()


def many(here: Authority, count: int, **fields: object) -> list[Request]:
    made = [here.request(make_agent(here.department, account=True), **fields) for _each in range(count)]
    return list(queries.requests_visible_to(here.head).filter(pk__in=[each.pk for each in made]).order_by("pk"))


def decide(here: Authority, rows: list[Request], granted: bool = True, **changes: object) -> deciding_many.Outcome:
    return deciding_many.decide_many(
        **{"actor": here.head, "requests": rows, "granted": granted, "now": NOW, **changes}  # type: ignore[arg-type]
    )


def states(rows: list[Request]) -> list[str]:
    return list(
        Request.objects.filter(pk__in=[each.pk for each in rows]).order_by("pk").values_list("state", flat=True)
    )


def mailed() -> list[str]:
    waiting = DBTaskResult.objects.filter(task_path__endswith="mail.deliver").order_by("enqueued_at")
    return [each.args_kwargs["kwargs"]["to"][0] for each in waiting]


def addresses(rows: list[Request]) -> list[str]:
    return sorted(each.agent.user.email for each in rows if each.agent.user)


def lines(action: str) -> int:
    return AuditRecord.objects.filter(action=action).count()


def test_one_that_moved_keeps_no_other_from_it(here: Authority) -> None:
    first, *others = many(here, 4)
    gone = here.request(state="ended")
    outcome = decide(here, [first, gone, *others])
    assert outcome.done == 4
    assert [each for each, _why in outcome.problems] == [gone]
    assert states([first, *others]) == ["approved"] * 4
    found = Request.objects.get(pk=first.pk)
    assert (found.decided_at, found.decided_by) == (NOW, here.head)
    assert lines("telework.approved") == 4
    assert AuditRecord.objects.filter(action="telework.approved").first().data == {"before": "requested"}  # type: ignore[union-attr]
    assert audit.verify() is None


def test_ten_times_as_many_cost_hardly_more_questions(here: Authority) -> None:
    def counted(rows: list[Request]) -> int:
        with CaptureQueriesContext(connection) as asked:
            assert decide(here, rows).done == len(rows)
        return len(asked)

    few, lots = counted(many(here, 10)), counted(many(here, 100))
    assert few <= 20
    assert lots <= few + 3  # the lines of the trail: SQLite takes some sixty in one insert


def test_more_than_one_batch(here: Authority, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(deciding_many, "BATCH", 3)
    rows = many(here, 8)
    assert decide(here, rows).done == 8
    assert deciding_many.follow_up(now=NOW) == 8
    assert sorted(mailed()) == addresses(rows)
    assert audit.verify() is None


def test_the_page_answers_and_the_worker_tells(here: Authority) -> None:
    rows = many(here, 30, requested_at=clock.now(), starts_date=soon(3))
    head = browser_of(here.head)
    with CaptureQueriesContext(connection) as asked:
        answer = head.post(WAITING, {"action": "grant", "all": "1", "confirmed": "1", "expected": "30"})
    assert answer.status_code == 302
    assert len(asked) < 60
    page = head.get(answer["Location"]).content.decode()
    assert "30 demandes accordées. Les courriels partent dans les minutes qui viennent." in page
    assert mailed() == []
    (task,) = DBTaskResult.objects.filter(task_path__endswith="request_tasks.follow_up")
    request_tasks.follow_up.func(**task.args_kwargs["kwargs"])
    assert sorted(mailed()) == addresses(rows)
    request_tasks.follow_up.func(**task.args_kwargs["kwargs"])
    assert len(mailed()) == 30
    again = head.post(WAITING, {"action": "grant", "all": "1", "confirmed": "1", "expected": "30"})
    assert again.status_code == 422  # nothing is left to tick
    assert lines("telework.approved") == 30


def test_a_second_click_decides_nothing_again_and_is_no_trouble(here: Authority) -> None:
    rows = many(here, 3)
    stale = list(queries.requests_visible_to(here.head).order_by("pk"))
    assert decide(here, rows).done == 3
    outcome = decide(here, stale)
    assert (outcome.done, outcome.already, outcome.problems) == (0, 3, [])
    assert lines("telework.approved") == 3
    assert DBTaskResult.objects.filter(task_path__endswith="request_tasks.follow_up").count() == 1


def test_another_s_answer_is_said(here: Authority) -> None:
    rows = many(here, 1)
    requests.decide(actor=here.technician, request=Request.objects.get(pk=rows[0].pk), granted=True, now=NOW)
    outcome = decide(here, rows)
    assert (outcome.done, outcome.already) == (0, 0)
    assert [why for _each, why in outcome.problems] == ["Cette demande a changé entre-temps."]


def test_a_worker_that_dies_leaves_the_rest_for_the_next(here: Authority, monkeypatch: pytest.MonkeyPatch) -> None:
    """Killed after the letter of the fourth was written and before it was sure: it is written once all the same."""
    rows = many(here, 6)
    decide(here, rows)
    publish, seen = deciding_many.events.publish, []

    def die_at_the_fourth(event: TeleworkDecided) -> None:
        publish(event)
        seen.append(event)
        if len(seen) == 4:
            raise KeyboardInterrupt

    monkeypatch.setattr(deciding_many.events, "publish", die_at_the_fourth)
    with pytest.raises(KeyboardInterrupt):
        deciding_many.follow_up(now=NOW)
    assert len(mailed()) == 3
    request_tasks.sweep.func()
    assert sorted(mailed()) == addresses(rows)
    assert not Request.objects.exclude(follow_up="").exists()


def test_one_that_breaks_stays_due_and_keeps_no_other_waiting(here: Authority, monkeypatch: pytest.MonkeyPatch) -> None:
    rows = many(here, 3)
    decide(here, rows)
    publish = deciding_many.events.publish

    def break_for_one(event: TeleworkDecided) -> None:
        if event.request_id == rows[1].pk:
            raise RuntimeError("no")
        publish(event)

    with monkeypatch.context() as broken:
        broken.setattr(deciding_many.events, "publish", break_for_one)
        assert deciding_many.follow_up(now=NOW) == 2
    assert list(Request.objects.exclude(follow_up="")) == [rows[1]]
    assert deciding_many.follow_up(now=NOW) == 1
    assert sorted(mailed()) == addresses(rows)


def test_where_the_entity_opens_alone_the_worker_opens(here: Authority) -> None:
    here.policy(opens_alone=True)
    rows = many(here, 2)
    (later,) = many(here, 1, starts_date=day(5))
    decide(here, [*rows, later])
    assert not Enrolment.objects.exists()
    assert deciding_many.follow_up(now=NOW) == 3
    assert states([*rows, later]) == ["open", "open", "approved"]
    assert sorted(mailed()) == addresses([*rows, later])  # two invitations, one letter


def test_what_cannot_be_opened_stays_granted_and_is_told(here: Authority) -> None:
    here.policy(opens_alone=True)
    (row,) = many(here, 1, ends_date=TODAY)
    decide(here, [row])
    assert deciding_many.follow_up(now=NOW.replace(day=25)) == 1
    assert states([row]) == ["approved"]
    assert mailed() == addresses([row])


def test_a_changed_mind_before_the_letter_is_told_once(here: Authority) -> None:
    rows = many(here, 3)
    decide(here, rows)
    first, second, third = queries.requests_visible_to(here.head).order_by("pk")
    requests.decide(actor=here.head, request=first, granted=False, now=NOW)
    requests.withdraw(actor=second.agent.user, request=second, now=NOW)
    opening.open_request(actor=None, request=third, now=NOW)
    before = mailed()
    with recorded(TeleworkDecided) as told:
        deciding_many.follow_up(now=NOW)
    assert [(each.request_id, each.granted) for each in told] == [(third.pk, True)]
    assert mailed() == before  # who is open has been invited


def test_refused_with_the_reason(here: Authority) -> None:
    rows = many(here, 2)
    (approved,) = many(here, 1, state="approved", decided_at=NOW)
    outcome = decide(here, [*rows, approved], granted=False, reason=" effectif\x00  complet ")
    assert outcome.done == 3
    assert set(Request.objects.values_list("refusal", flat=True)) == {"effectif complet"}
    before = AuditRecord.objects.filter(action="telework.refused").order_by("pk").values_list("data__before", flat=True)
    assert sorted(before) == ["approved", "requested", "requested"]
    deciding_many.follow_up(now=NOW)
    assert sorted(mailed()) == addresses([*rows, approved])


def test_refused_granted_after_all_but_not_for_who_has_asked_anew(here: Authority) -> None:
    one, two, twice = many(here, 3, state="refused", decided_at=NOW)
    here.request(two.agent)
    other = here.request(twice.agent, state="refused", decided_at=NOW)
    outcome = decide(here, [one, two, twice, other])
    assert outcome.done == 2
    assert {str(each.agent) for each, _why in outcome.problems} == {str(two.agent), str(twice.agent)}
    assert {why for _each, why in outcome.problems} == {"Une demande de télétravail est déjà en cours pour cet agent."}
    assert Request.objects.filter(agent=twice.agent, state="approved").count() == 1


def test_only_those_one_leads_and_never_oneself(here: Authority) -> None:
    elsewhere = make_agent(make_entity("Voirie", here.root), account=True)
    own = here.request(here.head.agent)
    rows = [here.request(elsewhere), own, *many(here, 1)]
    outcome = decide(here, rows)
    assert outcome.done == 1
    assert [each for each, _why in outcome.problems] == rows[:2]
    assert states(rows[:2]) == ["requested", "requested"]
    auditor = make_member(here.root, Role.AUDITOR)
    assert decide(here, many(here, 1), actor=auditor).done == 0


def test_who_is_told_no_alone_is_told_no_among_many(here: Authority) -> None:
    own = here.request(here.head.agent)
    with pytest.raises(ParvisError) as refused:
        requests.decide(actor=here.head, request=own, granted=True, now=NOW)
    assert [why for _each, why in decide(here, [own]).problems] == [str(refused.value.message)]
