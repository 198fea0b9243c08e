"""What people do: tick, take back, decide, assign, note; who may; what is told by mail."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.core import mail
from django.db import IntegrityError, transaction
from django.utils import translation

from parvis.portal.accounts.models import User
from parvis.portal.directory import services as directory
from parvis.portal.directory.models import Agent, Role, RoleGrant
from parvis.portal.kernel.errors import Conflict, Invalid, NotAllowed
from parvis.portal.kernel.models import AuditRecord
from parvis.portal.movements import queries, registry
from parvis.portal.movements.models import Movement, Step
from parvis.portal.movements.services import opening, passing_time, settling, steps, telling, templates
from parvis.portal.movements.tasks import is_telling_time
from tests.integration import authority
from tests.integration.movements.conftest import NOW, TODAY, Town

DAY = timedelta(days=1)


def moved(town: Town) -> tuple[Agent, Movement, Step]:
    """A head of department who has moved, and the decision about their old role."""
    agent = town.agent()
    assert agent.user
    authority.grant(agent.user, Role.HEAD_OF_DEPARTMENT, town.department)
    directory.move_agent(actor=None, agent=agent, entity=town.other, now=NOW)
    movement = Movement.objects.get(agent=agent)
    return agent, movement, movement.steps.get(decision=True)


def left(town: Town) -> Movement:
    agent = town.agent()
    authority.make_computer(town.department, agent)
    directory.deactivate_agent(actor=None, agent=agent, now=NOW)
    return Movement.objects.get(agent=agent)


def test_the_last_step_closes_and_taking_it_back_opens_again(town: Town) -> None:
    movement = left(town)
    step = queries.steps_visible_to(town.technician).get(outcome="", movement=movement)
    steps.finish(actor=town.technician, step=step, now=NOW)
    movement.refresh_from_db()
    assert (movement.state, movement.closed_at) == ("done", NOW)
    again = queries.steps_visible_to(town.technician).get(pk=step.pk)
    steps.finish(actor=town.technician, step=step, now=NOW)
    steps.take_back(actor=town.technician, step=again, now=NOW)
    movement.refresh_from_db()
    assert (movement.state, movement.closed_at) == ("open", None)
    assert AuditRecord.objects.filter(action="movements.step_done").count() == 1


def test_who_may_tick(town: Town) -> None:
    step = left(town).steps.get(outcome="")
    stranger = authority.make_member(town.other, Role.HEAD_OF_DEPARTMENT)
    with pytest.raises(NotAllowed):
        steps.finish(actor=stranger, step=step, now=NOW)
    with pytest.raises(NotAllowed):
        steps.finish(actor=town.head, step=step, now=NOW)  # hers to see, the technicians' to do
    steps.assign(actor=town.technician, steps=[step], owner=stranger, now=NOW)
    step.refresh_from_db()
    assert list(queries.steps_to_do_by(stranger)) == [step]
    steps.finish(actor=stranger, step=step, now=NOW)


def test_kept_until_a_day_then_gone(town: Town) -> None:
    agent, _movement, step = moved(town)
    with pytest.raises(Invalid):
        steps.keep(actor=town.head_of_it, step=step, until=TODAY + 400 * DAY, now=NOW)
    with pytest.raises(Conflict):
        steps.finish(actor=town.technician, step=step, now=NOW)
    steps.keep(actor=town.head_of_it, step=step, until=TODAY + 60 * DAY, now=NOW)
    passing_time.pass_time(now=NOW + 60 * DAY)
    assert RoleGrant.objects.filter(user=agent.user).exists()
    passing_time.pass_time(now=NOW + 61 * DAY)
    assert not RoleGrant.objects.filter(user=agent.user).exists()
    step.refresh_from_db()
    assert (step.outcome, step.done_by) == ("removed", None)


def test_undecided_is_gone_after_thirty_days(town: Town) -> None:
    agent, _movement, step = moved(town)
    passing_time.pass_time(now=NOW + 30 * DAY)
    assert RoleGrant.objects.filter(user=agent.user).exists()
    passing_time.pass_time(now=NOW + 31 * DAY)
    assert not RoleGrant.objects.filter(user=agent.user).exists()
    step.refresh_from_db()
    assert step.outcome == "removed"


def test_removing_takes_the_right_of_the_room(town: Town) -> None:
    agent, movement, step = moved(town)
    with pytest.raises(NotAllowed):  # a role takes the head of IT
        steps.remove(actor=town.technician, step=step, now=NOW)
    assert Step.objects.get(pk=step.pk).outcome == ""
    steps.remove(actor=town.head_of_it, step=step, now=NOW)
    assert not RoleGrant.objects.filter(user=agent.user).exists()
    with pytest.raises(Conflict):
        steps.remove(actor=town.head_of_it, step=Step.objects.get(pk=step.pk), now=NOW)
    assert movement.steps.get(pk=step.pk).done_by == town.head_of_it


def test_the_last_head_of_it_stays_and_the_others_go_on(town: Town) -> None:
    agent, _movement, step = moved(town)
    RoleGrant.objects.filter(role=Role.HEAD_OF_IT).delete()
    assert agent.user
    authority.grant(agent.user, Role.HEAD_OF_IT, town.department)
    opening.gather_steps(Movement.objects.get(agent=agent), now=NOW)
    passing_time.pass_time(now=NOW + 31 * DAY)
    assert list(RoleGrant.objects.filter(user=agent.user).values_list("role", flat=True)) == [Role.HEAD_OF_IT]
    step.refresh_from_db()
    assert step.outcome == "removed"


def test_closing_asks_for_decisions_first(town: Town) -> None:
    _agent, movement, step = moved(town)
    with pytest.raises(Conflict):
        settling.close(actor=town.technician, movement=movement, now=NOW)
    steps.keep(actor=town.head_of_it, step=step, until=TODAY + DAY, now=NOW)
    movement.refresh_from_db()
    if movement.state == "open":
        settling.close(actor=town.technician, movement=movement, now=NOW)
    assert not movement.steps.filter(outcome="").exists()
    with pytest.raises(Conflict):
        settling.cancel(actor=town.technician, movement=movement, now=NOW)


def test_two_at_once_open_one_movement(town: Town) -> None:
    """The race: both looked, neither saw one. The constraint lets one in; the other finds it."""
    agent = town.agent()
    facts: dict[str, Any] = {"effective_date": TODAY, "origin": "source", "opened_at": NOW, "kind": "leaver"}
    Movement.objects.create(agent=agent, from_entity=town.department, **facts)
    with pytest.raises(IntegrityError), transaction.atomic():
        Movement.objects.create(agent=agent, **facts)
    found = opening.begin(
        agent=agent, kind="leaver", effective_date=TODAY, origin="source", now=NOW, from_entity=town.department
    )
    assert Movement.objects.get() == found


def test_planning(town: Town) -> None:
    agent = town.agent()
    plan: dict[str, Any] = {"actor": town.technician, "agent": agent, "now": NOW}
    for day, kind, to in ((TODAY - DAY, "leaver", None), (TODAY, "mover", None), (TODAY, "mover", town.department)):
        with pytest.raises(Invalid):
            opening.plan(**plan, kind=kind, day=day, to_entity=to)
    with pytest.raises(NotAllowed):
        opening.plan(**{**plan, "actor": town.head}, kind="leaver", day=TODAY, to_entity=None)
    movement = opening.plan(**plan, kind="leaver", day=TODAY + 90 * DAY, to_entity=None)
    agent.refresh_from_db()
    assert (movement.state, movement.origin, agent.ends_date) == ("planned", "person", TODAY + 90 * DAY)
    settling.cancel(actor=town.technician, movement=movement, now=NOW)
    passing_time.pass_time(now=NOW + 61 * DAY)
    assert Movement.objects.get().state == "cancelled"  # a person said no: it does not come back by itself
    mover = opening.plan(**plan, kind="mover", day=TODAY + DAY, to_entity=town.other)
    assert (mover.state, mover.to_entity) == ("planned", town.other)
    passing_time.pass_time(now=NOW + DAY)
    mover.refresh_from_db()
    assert mover.state == "open"


def test_days_to_come_are_prepared_thirty_days_before(town: Town) -> None:
    agent = town.agent()
    Agent.objects.filter(pk=agent.pk).update(ends_date=TODAY + 40 * DAY)
    passing_time.pass_time(now=NOW + 9 * DAY)
    assert not Movement.objects.exists()
    passing_time.pass_time(now=NOW + 10 * DAY)
    passing_time.pass_time(now=NOW + 10 * DAY)
    assert Movement.objects.get().effective_date == TODAY + 40 * DAY


def test_one_mail_a_person_then_one_a_week(town: Town) -> None:
    movement = left(town)
    step = movement.steps.get(outcome="")
    with translation.override("en"):
        assert telling.tell(now=NOW) == 1
    assert telling.tell(now=NOW) == 0
    assert telling.tell(now=NOW + 2 * DAY) == 1  # late
    assert telling.tell(now=NOW + 3 * DAY) == 0
    assert telling.tell(now=NOW + 9 * DAY) == 1
    steps.assign(actor=town.technician, steps=[step], owner=town.head, now=NOW)
    assert telling.tell(now=NOW + 9 * DAY) == 1
    assert sorted(queued()) == ["chef@rivemarine.example", *["technicien@rivemarine.example"] * 3]
    assert not mail.outbox


def queued() -> list[str]:
    """To whom the mails of the outbox go."""
    from django_tasks_db.models import DBTaskResult

    tasks = DBTaskResult.objects.filter(task_path__endswith="mail.deliver")
    return [each.args_kwargs["kwargs"]["to"][0] for each in tasks]


def test_without_head_the_head_of_it_is_told(town: Town) -> None:
    RoleGrant.objects.filter(role=Role.HEAD_OF_DEPARTMENT).delete()
    templates.add_common(actor=town.technician, entity=town.commune, now=NOW)
    directory.create_agent(actor=None, entity=town.department, now=NOW, first_name="A", last_name="B",
                           email="a@rivemarine.example")  # fmt: skip
    telling.tell(now=NOW)
    assert "dsi@rivemarine.example" in queued()


def test_nobody_is_written_to_at_night_or_on_sundays() -> None:
    assert is_telling_time(NOW)
    assert not is_telling_time(NOW - timedelta(hours=3))
    assert not is_telling_time(NOW - DAY)


def test_templates_of_above_and_only_of_one_s_own_entities(town: Town) -> None:
    assert templates.add_common(actor=town.technician, entity=town.commune, now=NOW) == len(templates.COMMON)
    assert templates.add_common(actor=town.technician, entity=town.commune, now=NOW) == 0
    facts: dict[str, Any] = {
        "movement_kind": "joiner",
        "kind": "opens",
        "title": "Badge et clés",
        "owner_role": Role.TECHNICIAN,
    }
    with pytest.raises(Invalid):
        templates.save_template(actor=town.technician, now=NOW, entity=town.commune, **facts)
    with pytest.raises(NotAllowed):
        templates.save_template(actor=town.head, now=NOW, entity=town.department, **facts)
    elsewhere = authority.make_entity("Ailleurs")
    with pytest.raises(NotAllowed):
        templates.save_template(actor=town.technician, now=NOW, entity=elsewhere, **facts)


def test_a_room_that_tells_too_much_is_cut_and_one_that_fails_is_seen(
    town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    item = registry.Item(key="k" * 300, kind="opens", title="t" * 999, why="w" * 999)
    monkeypatch.setattr(registry, "_providers", {"parc": registry.Provider("parc", lambda agent, movement: [item])})
    movement = opening.begin(
        agent=town.agent(), kind="joiner", effective_date=TODAY, origin="source", now=NOW, to_entity=town.department
    )
    step = movement.steps.get()
    assert (len(step.key), len(step.title), len(step.why)) == (80, 200, 300)


def test_perimeters(town: Town) -> None:
    movement = left(town)
    elsewhere = authority.make_entity("Ailleurs")
    seen: list[tuple[User, bool]] = [
        (town.technician, True),
        (town.head_of_it, True),
        (town.head, True),
        (authority.make_member(town.commune, Role.AUDITOR), True),
        (authority.make_member(town.commune, Role.ELECTED_MEMBER), False),
        (authority.make_member(town.department), False),
        (authority.make_member(elsewhere, Role.HEAD_OF_IT), False),
        (authority.make_member(town.other, Role.HEAD_OF_DEPARTMENT), False),
    ]
    for user, sees in seen:
        assert queries.movements_visible_to(user).filter(pk=movement.pk).exists() is sees


def test_nobody_keeps_what_is_their_own(town: Town) -> None:
    """A technician who goes elsewhere does not decide that they stay a technician here (requirement 20)."""
    agent = authority.make_agent(town.department, account=True)
    assert agent.user
    authority.grant(agent.user, Role.TECHNICIAN, town.commune)
    directory.move_agent(actor=None, agent=agent, entity=town.other, now=NOW)
    movement = Movement.objects.get(agent=agent)
    authority.grant(agent.user, Role.TECHNICIAN, town.department)
    opening.gather_steps(movement, now=NOW)
    step = movement.steps.filter(decision=True).first()
    assert step
    with pytest.raises(NotAllowed):
        steps.keep(actor=agent.user, step=step, until=TODAY + DAY, now=NOW)


def test_a_role_is_kept_by_who_could_give_it(town: Town) -> None:
    _agent, _movement, step = moved(town)
    with pytest.raises(NotAllowed):
        steps.keep(actor=town.technician, step=step, until=TODAY + DAY, now=NOW)
    steps.keep(actor=town.head_of_it, step=step, until=TODAY + DAY, now=NOW)
