"""A request from the asking to the end: who may, what is recorded, what follows, what the other way round does."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django_tasks_db.models import DBTaskResult

from parvis.portal.directory import services as directory
from parvis.portal.directory.models import Agent, Role, RoleGrant
from parvis.portal.kernel.errors import Conflict, Invalid, NotAllowed
from parvis.portal.kernel.events import recorded
from parvis.portal.kernel.models import AuditRecord
from parvis.portal.movements.models import Movement
from parvis.portal.remote_desktop.models import Right
from parvis.portal.telework import holdings, personal_data, queries, rules
from parvis.portal.telework.events import TeleworkDecided, TeleworkRequested
from parvis.portal.telework.models import Document, Enrolment, JobRule, Request
from parvis.portal.telework.services import chasing, opening, passing_time, requests
from tests.integration.authority import grant, make_agent, make_entity, make_member
from tests.integration.telework.asking import ANSWERS, NOW, TODAY, Authority, day, make_authority, ready_computer

pytestmark = pytest.mark.django_db


@pytest.fixture
def here() -> Authority:
    return make_authority()


def ask(here: Authority, **changes: object) -> Request:
    wish = {"level": 2, **ANSWERS, "starts_date": TODAY, **changes}
    agent = wish.pop("agent", here.agent)
    actor = wish.pop("actor", here.user)
    return requests.ask(actor=actor, agent=agent, now=NOW, **wish)  # type: ignore[arg-type]


def decide(here: Authority, request: Request, granted: bool = True, **changes: object) -> None:
    requests.decide(**{"actor": here.head, "request": request, "granted": granted, "now": NOW, **changes})  # type: ignore[arg-type]


def opened(here: Authority, **fields: object) -> Request:
    request = here.request(state="approved", decided_at=NOW, **fields)
    opening.open_request(actor=None, request=request, now=NOW, invite=False)
    return request


def rights_of(agent: Agent) -> int:
    return Right.objects.filter(agent=agent, revoked_at__isnull=True).count()


def actions() -> list[str]:
    return list(
        AuditRecord.objects.filter(action__startswith="telework.").order_by("pk").values_list("action", flat=True)
    )


# Asking


def test_asked_it_waits_for_the_head_who_is_told(here: Authority) -> None:
    with recorded(TeleworkRequested) as seen:
        request = ask(here, note="  du\x00  calme ")
    assert (request.state, request.days, request.note) == ("requested", 0b01001, "du calme")
    assert [each.request_id for each in seen] == [request.pk]
    assert actions() == ["telework.requested"]
    assert list(queries.to_decide(here.head)) == [request]
    assert not queries.to_decide(here.technician).exists()


def test_one_asks_once(here: Authority) -> None:
    ask(here)
    with pytest.raises(Conflict) as refused:
        ask(here)
    assert refused.value.code == "already_requested"
    assert Request.objects.count() == 1


def test_where_nobody_has_to_agree_it_is_granted_at_once(here: Authority) -> None:
    here.policy(head_approves=False)
    request = ask(here)
    assert (request.state, request.decided_by, request.decided_at) == ("approved", None, NOW)


def test_where_the_entity_opens_alone_it_is_open_at_once(here: Authority) -> None:
    here.policy(head_approves=False, opens_alone=True)
    request = ask(here)
    request.refresh_from_db()
    assert request.state == "open"
    assert rights_of(here.agent) == 1
    assert Enrolment.objects.get(request=request).level == 2


def test_not_open_before_its_first_day(here: Authority) -> None:
    here.policy(head_approves=False, opens_alone=True)
    request = ask(here, starts_date=day(7))
    assert request.state == "approved"
    passing_time.sweep(now=NOW + timedelta(days=6))
    request.refresh_from_db()
    assert request.state == "approved"
    passing_time.sweep(now=NOW + timedelta(days=7))
    request.refresh_from_db()
    assert request.state == "open"


def test_what_was_granted_on_its_first_day_is_not_opened_by_the_passing_of_time(here: Authority) -> None:
    """A campaign opens it at the hour of its wave."""
    here.policy(opens_alone=True)
    request = here.request(state="approved", decided_at=NOW)
    passing_time.sweep(now=NOW + timedelta(days=1))
    request.refresh_from_db()
    assert request.state == "approved"


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"starts_date": day(-1)}, "starts_date"),
        ({"starts_date": day(400)}, "starts_date"),
        ({"starts_date": day(5), "ends_date": day(4)}, "ends_date"),
        ({"days": [0, 1, 2, 3]}, "days"),
        ({"days": []}, "days"),
    ],
)
def test_days_and_dates_that_cannot_be(here: Authority, changes: dict[str, object], field: str) -> None:
    with pytest.raises(Invalid) as refused:
        ask(here, **changes)
    assert list(refused.value.fields) == [field]
    assert not Request.objects.exists()


def test_what_stands_in_the_way_is_named(here: Authority) -> None:
    JobRule.objects.create(entity=here.root, words="comptable", level=1, reason="Guichet")
    with pytest.raises(Conflict) as refused:
        ask(here)
    assert refused.value.code == rules.Obstacle.JOB_LEVEL_1
    assert "Guichet" in str(refused.value.message)
    assert ask(here, level=1).state == "requested"


def test_the_charter_first_but_not_when_somebody_asks_for_them(here: Authority) -> None:
    Document.objects.create(
        entity=here.root, kind="charter", version=1, title="Charte", text="x", created_at=NOW, published_at=NOW,
        digest="a" * 64,
    )  # fmt: skip
    with pytest.raises(Conflict) as refused:
        ask(here)
    assert refused.value.code == rules.Obstacle.CHARTER
    request = ask(here, actor=here.head)
    assert (request.state, request.decided_by) == ("approved", here.head)


def test_no_computer_or_second_factor_is_no_reason_not_to_ask(here: Authority) -> None:
    other = make_agent(here.department, account=True)
    assert ask(here, agent=other, actor=other.user).state == "requested"


def test_nobody_asks_for_a_stranger(here: Authority) -> None:
    stranger = make_agent(make_entity("Voirie", here.root), account=True)
    for actor in (here.user, here.head):
        with pytest.raises(NotAllowed):
            ask(here, agent=stranger, actor=actor)
    assert ask(here, agent=stranger, actor=here.technician, level=1).state == "approved"


# Deciding


def test_granted_then_refused_then_granted_again(here: Authority) -> None:
    request = ask(here)
    with recorded(TeleworkDecided) as seen:
        decide(here, request)
        decide(here, request, granted=False, reason="Fermeture\n du bureau")
        assert (request.state, request.refusal) == ("refused", "Fermeture du bureau")
        decide(here, request)
    request.refresh_from_db()
    assert (request.state, request.refusal, request.decided_by) == ("approved", "", here.head)
    assert [each.granted for each in seen] == [True, False, True]
    assert actions() == ["telework.requested", "telework.approved", "telework.refused", "telework.approved"]


def test_what_is_open_is_not_decided_any_more(here: Authority) -> None:
    request = opened(here)
    with pytest.raises(Conflict):
        decide(here, request, granted=False)


def test_refused_is_not_granted_once_they_asked_again(here: Authority) -> None:
    refused = here.request(state="refused")
    ask(here)
    with pytest.raises(Conflict) as problem:
        decide(here, refused)
    assert problem.value.code == "already_requested"
    refused.refresh_from_db()
    assert refused.state == "refused"


def test_nobody_decides_for_themselves_nor_elsewhere(here: Authority) -> None:
    grant(here.user, Role.HEAD_OF_DEPARTMENT, here.department)
    request = ask(here)
    other_head = make_member(make_entity("Voirie", here.root), Role.HEAD_OF_DEPARTMENT)
    auditor = make_member(here.root, Role.AUDITOR)
    for actor in (here.user, other_head, auditor):
        with pytest.raises(NotAllowed):
            decide(here, request, actor=actor)
    assert request not in queries.to_decide(here.user)


def test_without_another_head_the_it_team_is_asked(here: Authority) -> None:
    RoleGrant.objects.filter(user=here.head).delete()
    grant(here.user, Role.HEAD_OF_DEPARTMENT, here.department)
    request = ask(here)
    assert list(queries.to_decide(here.technician)) == [request]


def test_what_cannot_be_opened_stays_granted(here: Authority) -> None:
    here.policy(opens_alone=True)
    request = ask(here)
    here.user.is_active = False
    here.user.save()
    request = queries.requests_of(here.agent).get()
    decide(here, request)
    request.refresh_from_db()
    assert request.state == "approved"
    assert not Enrolment.objects.exists()


# Afterwards


def test_withdrawn_one_may_ask_again(here: Authority) -> None:
    request = ask(here)
    requests.withdraw(actor=here.user, request=request, now=NOW)
    assert request.state == "withdrawn"
    assert ask(here).state == "requested"


def test_an_open_one_is_not_withdrawn_but_ended(here: Authority) -> None:
    request = opened(here)
    with pytest.raises(Conflict):
        requests.withdraw(actor=here.user, request=request, now=NOW)
    requests.end(actor=here.user, request=request, reason="Je déménage", now=NOW)
    request.refresh_from_db()
    assert (request.state, request.ending, request.ended_at) == ("ended", "Je déménage", NOW)
    assert rights_of(here.agent) == 0
    assert ask(here).state == "requested"


def test_suspended_then_taken_up_again_with_its_rights(here: Authority) -> None:
    request = opened(here)
    assert rights_of(here.agent) == 1
    requests.suspend(actor=here.head, request=request, reason="Travaux", resumes_date=day(10), now=NOW)
    request.refresh_from_db()
    assert (request.state, request.suspension, request.suspended_at) == ("suspended", "Travaux", NOW)
    assert rights_of(here.agent) == 0
    requests.resume(actor=here.head, request=request, now=NOW)
    request.refresh_from_db()
    assert (request.state, request.suspension, request.resumes_date) == ("open", "", None)
    assert rights_of(here.agent) == 1
    assert Enrolment.objects.filter(request=request).count() == 1
    with pytest.raises(Conflict):
        requests.resume(actor=here.head, request=request, now=NOW)


def test_it_goes_on_by_itself_on_its_day(here: Authority) -> None:
    request = opened(here)
    requests.suspend(actor=here.head, request=request, resumes_date=day(10), now=NOW)
    passing_time.sweep(now=NOW + timedelta(days=9))
    request.refresh_from_db()
    assert request.state == "suspended"
    assert passing_time.sweep(now=NOW + timedelta(days=10)) == 1
    assert passing_time.sweep(now=NOW + timedelta(days=10)) == 0
    request.refresh_from_db()
    assert request.state == "open"


@pytest.mark.parametrize("resumes", [day(0), day(31)])
def test_a_day_of_return_within_its_days(here: Authority, resumes: object) -> None:
    request = opened(here, ends_date=day(30))
    with pytest.raises(Invalid):
        requests.suspend(actor=here.head, request=request, resumes_date=resumes, now=NOW)  # type: ignore[arg-type]
    request.refresh_from_db()
    assert request.state == "open"


def test_an_agent_neither_suspends_nor_takes_up_their_own(here: Authority) -> None:
    request = opened(here)
    with pytest.raises(NotAllowed):
        requests.suspend(actor=here.user, request=request, now=NOW)
    requests.suspend(actor=here.technician, request=request, now=NOW)
    with pytest.raises(NotAllowed):
        requests.resume(actor=here.user, request=request, now=NOW)


def test_its_last_day_is_included_then_it_ends(here: Authority) -> None:
    request = opened(here)
    requests.set_last_day(actor=here.user, request=request, last_day=day(2), now=NOW)
    passing_time.sweep(now=NOW + timedelta(days=2))
    request.refresh_from_db()
    assert request.state == "open"
    passing_time.sweep(now=NOW + timedelta(days=3))
    request.refresh_from_db()
    assert request.state == "ended"
    assert rights_of(here.agent) == 0


def test_the_agent_makes_it_shorter_the_head_longer(here: Authority) -> None:
    request = opened(here, ends_date=day(10))
    requests.set_last_day(actor=here.user, request=request, last_day=day(5), now=NOW)
    for longer in (day(6), None):
        with pytest.raises(NotAllowed):
            requests.set_last_day(actor=here.user, request=request, last_day=longer, now=NOW)
    with pytest.raises(Invalid):
        requests.set_last_day(actor=here.head, request=request, last_day=day(-1), now=NOW)
    requests.set_last_day(actor=here.head, request=request, last_day=None, now=NOW)
    request.refresh_from_db()
    assert request.ends_date is None
    assert Right.objects.filter(agent=here.agent, revoked_at__isnull=True, ends_date=None).exists()


def test_days_past_without_opening_are_given_up(here: Authority) -> None:
    request = here.request(ends_date=day(1))
    passing_time.sweep(now=NOW + timedelta(days=2))
    request.refresh_from_db()
    assert request.state == "withdrawn"


@pytest.mark.parametrize(("state", "after"), [("requested", "withdrawn"), ("approved", "withdrawn")])
def test_who_leaves_asks_for_nothing_any_more(here: Authority, state: str, after: str) -> None:
    request = here.request(state=state)
    passing_time.give_up(here.agent.pk, now=NOW)
    request.refresh_from_db()
    assert request.state == after


def test_who_leaves_works_from_nowhere_any_more(here: Authority) -> None:
    request = opened(here)
    directory.deactivate_agent(actor=here.technician, agent=here.agent, now=NOW)
    request.refresh_from_db()
    assert request.state == "ended"
    assert rights_of(here.agent) == 0


# Mails


def letters() -> list[dict[str, str]]:
    """What waits for the worker to be sent, oldest first: subject, body, to."""
    waiting = DBTaskResult.objects.filter(task_path__endswith="mail.deliver").order_by("enqueued_at")
    return [each.args_kwargs["kwargs"] for each in waiting]


def test_the_head_is_written_to_with_a_link_to_the_request(here: Authority) -> None:
    here.request(make_agent(here.department, account=True))
    request = ask(here)
    (letter,) = letters()
    assert letter["to"] == [here.head.email]
    assert f"/teletravail/demandes/{request.pk}/" in letter["body"]
    assert "lundi, jeudi" in letter["body"]
    assert "1 autre demande attend" in letter["body"]


def test_the_agent_is_told_of_the_answer_and_who_gave_it_is_not(here: Authority) -> None:
    request = here.request()
    decide(here, request, granted=False, reason="Bureau fermé")
    (letter,) = letters()
    assert letter["to"] == [here.user.email]
    assert "Bureau fermé" in letter["body"]
    assert "/mon-teletravail/" in letter["body"]


def test_opened_at_once_one_mail_not_two(here: Authority) -> None:
    here.policy(opens_alone=True)
    decide(here, here.request())
    assert [each["to"] for each in letters()] == [[here.user.email]]


def test_an_end_is_told_to_the_head_when_the_agent_wants_it(here: Authority) -> None:
    request = opened(here)
    requests.end(actor=here.user, request=request, now=NOW)
    assert [each["to"] for each in letters()] == [[here.head.email]]


def test_a_suspension_is_told_to_the_agent_with_its_end(here: Authority) -> None:
    request = opened(here)
    requests.suspend(actor=here.head, request=request, reason="Travaux", resumes_date=day(7), now=NOW)
    (letter,) = letters()
    assert letter["to"] == [here.user.email]
    assert "lundi 30 novembre 2026" in letter["body"]


def test_given_up_it_waits_for_nobody(here: Authority) -> None:
    requests.withdraw(actor=here.user, request=here.request(), now=NOW)
    (letter,) = letters()
    assert letter["to"] == [here.head.email]


def test_a_second_computer_is_no_second_request(here: Authority) -> None:
    request = opened(here)
    ready_computer(here.department, here.agent)
    opening.open_request(actor=None, request=request, now=NOW)
    assert rights_of(here.agent) == 2


def test_who_lets_requests_wait_is_reminded_once_for_all_then_a_week_later(here: Authority) -> None:
    here.request()
    here.request(make_agent(here.department, account=True))
    here.request(make_agent(here.department), requested_at=NOW + timedelta(days=3))
    assert chasing.remind(now=NOW + timedelta(days=2)) == 0
    assert chasing.remind(now=NOW + timedelta(days=3)) == 1
    (letter,) = letters()
    assert letter["to"] == [here.head.email]
    assert "2 demandes de télétravail attendent votre réponse" in letter["subject"]
    assert str(here.agent) in letter["body"]
    assert "/teletravail/demandes/a-accorder/" in letter["body"]
    assert chasing.remind(now=NOW + timedelta(days=4)) == 0
    assert chasing.remind(now=NOW + timedelta(days=10)) == 1


def test_what_was_decided_is_spoken_of_no_more(here: Authority) -> None:
    here.request(state="approved")
    here.request(make_agent(here.department, account=True), state="refused")
    assert chasing.remind(now=NOW + timedelta(days=30)) == 0


def test_who_joins_another_department_brings_days_its_head_looks_at(here: Authority) -> None:
    request, other = here.request(state="open"), make_entity("Voirie", here.root)
    facts = {"agent": here.agent, "effective_date": TODAY, "from_entity": here.department, "opened_at": NOW}
    move = Movement(kind="mover", to_entity=other, **facts)
    (held,) = holdings.telework(here.agent, move)
    assert (held.owner_role, held.owner_entity_id) == (Role.HEAD_OF_DEPARTMENT, other.pk)
    assert held.link == f"/teletravail/demandes/{request.pk}/"
    assert not list(holdings.telework(here.agent, Movement(kind="leaver", **facts)))


def test_a_heads_own_request_goes_to_the_head_above(here: Authority) -> None:
    above = make_member(here.root, Role.HEAD_OF_DEPARTMENT)
    request = ask(here, agent=here.head.agent, actor=here.head, level=1)
    assert list(queries.to_decide(above)) == [request]
    assert not queries.to_decide(here.technician).exists()
    assert [each["to"] for each in letters()] == [[above.email]]


def test_who_sees_everything_may_answer_everything(here: Authority) -> None:
    chief = make_member(here.root)
    chief.is_superuser = True
    chief.save()
    request = here.request()
    assert list(queries.to_decide(chief)) == [request]


def test_an_agent_gets_every_word_written_about_their_request(here: Authority) -> None:
    here.request(state="ended", note="Au calme", refusal="Non", suspension="Travaux", ending="Retour au bureau")
    (told,) = personal_data.export(here.agent)
    assert {"Au calme", "Non", "Travaux", "Retour au bureau"} <= set(map(str, told.values()))
