"""Other weekdays for telework that is granted; a last day brought forward or put off, with what was given for it."""

from __future__ import annotations

from datetime import date, datetime, timedelta

import pytest
from django_tasks_db.models import DBTaskResult

from parvis.portal.directory.models import Role
from parvis.portal.kernel import clock
from parvis.portal.kernel.errors import Conflict, Invalid, NotAllowed
from parvis.portal.kernel.models import AuditRecord
from parvis.portal.presence.models import Pattern
from parvis.portal.remote_desktop import facts as screen_facts
from parvis.portal.remote_desktop.models import Right
from parvis.portal.remote_desktop.rules import why_not
from parvis.portal.remote_desktop.services import grant_right, shorten_right
from parvis.portal.telework import personal_data, queries, request_tasks
from parvis.portal.telework.models import DaysChange, Request
from parvis.portal.telework.services import changing_days, opening, requests
from tests.integration.authority import make_agent, make_entity, make_member
from tests.integration.signing_in import browser_of
from tests.integration.telework.asking import NOW, TODAY, Authority, day, make_authority, soon

pytestmark = pytest.mark.django_db

WAITING = "/teletravail/demandes/a-accorder/"
MONDAY = day(7)


@pytest.fixture
def here() -> Authority:
    return make_authority()


def opened(here: Authority, now: datetime = NOW, **fields: object) -> Request:
    request = here.request(state="approved", decided_at=now, starts_date=clock.today(now), **fields)
    opening.open_request(actor=None, request=request, now=now, invite=False)
    return request


def fresh(request: Request) -> Request:
    return Request.objects.select_related("agent__entity", "agent__user", "pattern").get(pk=request.pk)


def ask(here: Authority, request: Request, **changes: object) -> DaysChange:
    wish = {"actor": here.user, "days": [1], "starts_date": MONDAY, "now": NOW, **changes}
    return changing_days.ask(request=fresh(request), **wish)  # type: ignore[arg-type]


def decide(here: Authority, change: DaysChange, granted: bool = True, **changes: object) -> None:
    again = DaysChange.objects.select_related("request__agent__entity", "request__agent__user").get(pk=change.pk)
    changing_days.decide(**{"actor": here.head, "change": again, "granted": granted, "now": NOW, **changes})  # type: ignore[arg-type]


def telework_days(pattern: Pattern | None) -> list[int]:
    assert pattern is not None
    return sorted({rank // 2 for rank, code in enumerate(pattern.halves.split(",")) if code == "telework"})


def mails() -> list[dict[str, object]]:
    waiting = DBTaskResult.objects.filter(task_path__endswith="mail.deliver").order_by("enqueued_at")
    return [each.args_kwargs["kwargs"] for each in waiting]


def actions() -> list[str]:
    lines = AuditRecord.objects.filter(action__startswith="telework.days_").order_by("pk")
    return list(lines.values_list("action", flat=True))


# Asked, granted, done on its day


def test_asked_granted_and_done_on_its_day_and_the_usual_week_follows(here: Authority) -> None:
    request = opened(here)
    change = ask(here, request)
    assert (change.state, change.before, change.days) == ("waiting", 0b01001, 0b00010)
    (asked,) = mails()
    assert asked["to"] == [here.head.email]
    assert "Jours demandés\u202f: mardi" in str(asked["body"])
    assert [each.pk for each in queries.days_to_decide(here.head)] == [change.pk]
    assert queries.to_decide_count(here.head) == 1
    assert queries.to_decide_count(here.technician) == 0
    decide(here, change)
    assert mails()[1]["to"] == [here.user.email]
    request = fresh(request)
    assert request.days == 0b01001
    assert telework_days(request.pattern) == [0, 3]
    assert changing_days.apply_due(now=NOW + timedelta(days=6)) == 0
    assert changing_days.apply_due(now=NOW + timedelta(days=7)) == 1
    assert changing_days.apply_due(now=NOW + timedelta(days=7)) == 0
    request = fresh(request)
    assert request.days == 0b00010
    assert telework_days(request.pattern) == [1]
    assert actions() == ["telework.days_asked", "telework.days_granted", "telework.days_changed"]


def test_what_the_days_were_is_kept(here: Authority) -> None:
    request = opened(here)
    decide(here, ask(here, request))
    changing_days.apply_due(now=NOW + timedelta(days=7))
    later = NOW + timedelta(days=20)
    decide(here, ask(here, request, days=[4], starts_date=day(20), now=later), now=later)
    changes = DaysChange.objects.order_by("pk")
    assert list(changes.values_list("before", "days", "state")) == [(9, 2, "applied"), (2, 16, "applied")]
    weeks = Pattern.objects.filter(agent=here.agent).order_by("starts_date")
    assert [(telework_days(each), each.starts_date, each.ends_date) for each in weeks] == [
        ([0, 3], TODAY, day(6)),
        ([1], day(7), day(19)),
        ([4], day(20), None),
    ]
    exported = next(personal_data.export(here.agent))["Changements de jours"]
    assert [each["Avant"] for each in exported] == ["mardi", "lundi, jeudi"]


def test_a_week_of_the_agent_s_own_is_left_and_they_are_told(here: Authority) -> None:
    request = opened(here)
    Request.objects.update(pattern=None)  # theirs from the beginning
    before = list(Pattern.objects.values_list("pk", "halves", "ends_date"))
    decide(here, ask(here, request, starts_date=TODAY))
    assert fresh(request).days == 0b00010
    assert list(Pattern.objects.values_list("pk", "halves", "ends_date")) == before
    assert "semaine habituelle est la vôtre" in str(mails()[-1]["body"])


def test_suspended_the_days_change_and_the_week_comes_with_the_resumption(here: Authority) -> None:
    request = opened(here)
    decide(here, ask(here, request))
    requests.suspend(actor=here.head, request=fresh(request), now=NOW)
    assert changing_days.apply_due(now=NOW + timedelta(days=7)) == 1
    assert fresh(request).pattern is None
    requests.resume(actor=here.head, request=fresh(request), now=NOW + timedelta(days=9))
    assert telework_days(fresh(request).pattern) == [1]


def test_who_decides_or_where_nobody_does_it_is_granted_at_once(here: Authority) -> None:
    request = opened(here)
    assert ask(here, request, actor=here.head, starts_date=TODAY).state == "applied"
    assert telework_days(fresh(request).pattern) == [1]
    here.policy(head_approves=False)
    assert ask(here, request, days=[2], starts_date=TODAY).state == "applied"
    assert ask(here, request, days=[0], starts_date=day(3)).state == "granted"


def test_refused_the_days_stay_and_it_may_be_asked_again(here: Authority) -> None:
    request = opened(here)
    decide(here, ask(here, request), granted=False, reason="Réunion\x00  le mardi")
    assert fresh(request).days == 0b01001
    assert "Réunion le mardi" in str(mails()[-1]["body"])
    assert changing_days.apply_due(now=NOW + timedelta(days=9)) == 0
    ask(here, request, days=[2])


def test_withdrawn_before_its_day_nothing_changes(here: Authority) -> None:
    request = opened(here)
    change = ask(here, request)
    decide(here, change)
    changing_days.withdraw(actor=here.user, change=DaysChange.objects.get(pk=change.pk), now=NOW)
    assert changing_days.apply_due(now=NOW + timedelta(days=7)) == 0
    assert fresh(request).days == 0b01001


def test_telework_that_ends_takes_its_change_with_it(here: Authority) -> None:
    request = opened(here)
    change = ask(here, request)
    requests.end(actor=here.user, request=fresh(request), now=NOW)
    with pytest.raises(Conflict) as refused:
        decide(here, change)
    assert refused.value.code == "request_moved"
    assert not queries.days_to_decide(here.head).exists()
    assert queries.to_decide_count(here.head) == 0
    request_tasks.sweep.func()
    assert DaysChange.objects.get().state == "withdrawn"


# What is refused


@pytest.mark.parametrize(
    ("wish", "field"),
    [
        ({"days": []}, "days"),
        ({"days": [0, 1, 2, 3]}, "days"),
        ({"days": [0, 3]}, "days"),
        ({"starts_date": day(-1)}, "starts_date"),
        ({"starts_date": day(400)}, "starts_date"),
        ({"starts_date": day(31)}, "starts_date"),
    ],
)
def test_days_and_dates_that_cannot_be(here: Authority, wish: dict[str, object], field: str) -> None:
    request = opened(here, ends_date=day(30))
    with pytest.raises(Invalid) as refused:
        ask(here, request, **wish)
    assert list(refused.value.fields) == [field]
    assert not DaysChange.objects.exists()


@pytest.mark.parametrize("state", ["requested", "refused", "withdrawn", "ended"])
def test_only_of_telework_that_is_granted(here: Authority, state: str) -> None:
    with pytest.raises(Conflict) as refused:
        ask(here, here.request(state=state))
    assert refused.value.code == "request_moved"


def test_one_change_at_a_time(here: Authority) -> None:
    request = opened(here)
    ask(here, request)
    with pytest.raises(Conflict) as refused:
        ask(here, request, days=[2])
    assert refused.value.code == "days_waiting"


def test_nobody_grants_their_own_nor_another_department_s(here: Authority) -> None:
    change = ask(here, opened(here))
    other_head = make_member(make_entity("Voirie", here.root), Role.HEAD_OF_DEPARTMENT)
    for actor in (here.user, other_head, make_member(here.root, Role.AUDITOR)):
        with pytest.raises(NotAllowed):
            decide(here, change, actor=actor)
    with pytest.raises(NotAllowed):
        ask(here, opened(here, NOW, agent=make_agent(here.department, account=True)), actor=here.user)
    assert DaysChange.objects.get().state == "waiting"


def test_answered_once(here: Authority) -> None:
    change = ask(here, opened(here))
    decide(here, change, granted=False)
    with pytest.raises(Conflict) as refused:
        decide(here, change)
    assert refused.value.code == "days_moved"


# The pages


def test_through_the_pages(here: Authority) -> None:
    request = opened(here, clock.now())
    agent, head = browser_of(here.user), browser_of(here.head)
    address = f"/mon-teletravail/demandes/{request.pk}/jours/"
    assert address in agent.get("/mon-teletravail/").content.decode()
    page = agent.get(address).content.decode()
    assert "Jours actuels\u202f: lundi, jeudi" in page
    assert agent.post(address, {"days": [1], "starts_date": soon(0), "note": "Cours du soir"}).status_code == 302
    mine = agent.get("/mon-teletravail/").content.decode()
    assert "lundi, jeudi → <strong>mardi</strong>" in mine
    assert "Accorder ces jours" not in mine
    assert agent.get(address).status_code == 302  # one at a time
    change = DaysChange.objects.get()
    assert str(here.agent) in head.get(WAITING).content.decode()
    seen = head.get(f"/teletravail/demandes/{request.pk}/").content.decode()
    assert "Accorder ces jours" in seen
    assert "Cours du soir" in seen
    assert agent.post(f"/teletravail/demandes/jours/{change.pk}/accorder/").status_code == 403
    assert head.post(f"/teletravail/demandes/jours/{change.pk}/accorder/").status_code == 302
    assert telework_days(fresh(request).pattern) == [1]
    assert str(here.agent) not in head.get(WAITING).content.decode().split("<main")[1]


def test_refused_and_withdrawn_through_the_pages(here: Authority) -> None:
    request = opened(here, clock.now())
    agent, head = browser_of(here.user), browser_of(here.head)
    address = f"/mon-teletravail/demandes/{request.pk}/jours/"
    wish = {"days": [1], "starts_date": soon(7)}
    agent.post(address, wish)
    refusal = f"/teletravail/demandes/jours/{DaysChange.objects.get().pk}/refuser/"
    assert "continue avec ses jours actuels" in head.get(refusal).content.decode()
    assert head.post(refusal, {"reason": "Réunion"}).status_code == 302
    assert "Réunion" in agent.get("/mon-teletravail/").content.decode()
    agent.post(address, wish)
    again = DaysChange.objects.get(state="waiting")
    assert agent.post(f"/mon-teletravail/jours/{again.pk}/retirer/").status_code == 302
    assert sorted(DaysChange.objects.values_list("state", flat=True)) == ["refused", "withdrawn"]


def test_faults_are_said_beside_the_field(here: Authority) -> None:
    request = opened(here, clock.now())
    agent = browser_of(here.user)
    address = f"/mon-teletravail/demandes/{request.pk}/jours/"
    same = agent.post(address, {"days": [0, 3], "starts_date": soon(7)}).content.decode()
    assert "Ce sont déjà les jours de ce télétravail." in same
    assert "Choisissez au moins un jour." in agent.post(address, {"starts_date": soon(7)}).content.decode()


# The last day


def may_open(here: Authority, when: date) -> bool:
    return why_not(screen_facts.of(here.agent, here.computer), when) is None


def ends(here: Authority) -> list[date | None]:
    return list(Right.objects.filter(agent=here.agent, revoked_at=None).values_list("ends_date", flat=True))


@pytest.mark.parametrize("before", [None, day(60)])
def test_shortened_the_right_and_the_week_end_with_it_at_once(here: Authority, before: date | None) -> None:
    request = opened(here, ends_date=before)
    assert may_open(here, day(12))
    requests.set_last_day(actor=here.user, request=fresh(request), last_day=day(10), now=NOW)
    assert ends(here) == [day(10)]
    assert may_open(here, day(10))
    assert not may_open(here, day(11))
    pattern = fresh(request).pattern
    assert pattern is not None
    assert pattern.ends_date == day(10)
    assert telework_days(pattern) == [0, 3]
    assert AuditRecord.objects.filter(action="remote_desktop.right_shortened").count() == 1


def test_shortened_what_others_gave_stays(here: Authority) -> None:
    request = opened(here)
    other = grant_right(
        actor=here.technician, agent=here.agent, computer=here.computer, starts_date=day(1), ends_date=day(90), now=NOW
    )
    requests.set_last_day(actor=here.head, request=fresh(request), last_day=day(10), now=NOW)
    other.refresh_from_db()
    assert other.ends_date == day(90)
    assert may_open(here, day(80))


def test_shortened_then_prolonged_right_and_week_go_on(here: Authority) -> None:
    request = opened(here, ends_date=day(60))
    requests.set_last_day(actor=here.user, request=fresh(request), last_day=day(10), now=NOW)
    requests.set_last_day(actor=here.head, request=fresh(request), last_day=day(90), now=NOW)
    assert all(may_open(here, day(each)) for each in (0, 10, 11, 90))
    assert not may_open(here, day(91))
    pattern = fresh(request).pattern
    assert pattern is not None
    assert pattern.ends_date == day(90)
    requests.set_last_day(actor=here.head, request=fresh(request), last_day=None, now=NOW)
    assert may_open(here, day(900))
    pattern = fresh(request).pattern
    assert pattern is not None
    assert pattern.ends_date is None


def test_shortened_a_right_that_had_not_begun_is_taken_back(here: Authority) -> None:
    request = opened(here, ends_date=day(20))
    requests.set_last_day(
        actor=here.head, request=fresh(request), last_day=day(60), now=NOW
    )  # a second right, day 21 on
    assert sorted(each or day(999) for each in ends(here)) == [day(20), day(60)]
    requests.set_last_day(actor=here.head, request=fresh(request), last_day=day(15), now=NOW)
    assert ends(here) == [day(15)]


def test_shortened_a_week_the_agent_has_ended_stays_ended(here: Authority) -> None:
    request = opened(here)
    Pattern.objects.update(starts_date=day(-9), ends_date=day(-1))
    requests.set_last_day(actor=here.head, request=fresh(request), last_day=day(10), now=NOW)
    assert Pattern.objects.get().ends_date == day(-1)


def test_a_right_is_never_made_longer_by_shortening(here: Authority) -> None:
    opened(here, ends_date=day(20))
    right = Right.objects.get(agent=here.agent)
    assert not shorten_right(actor=None, right=right, ends_date=day(40), now=NOW)
    assert not shorten_right(actor=None, right=right, ends_date=day(20), now=NOW)
    assert ends(here) == [day(20)]
    with pytest.raises(NotAllowed):
        shorten_right(actor=here.user, right=right, ends_date=day(5), now=NOW)
