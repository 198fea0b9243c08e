"""The directory's events open movements, brought by a person or by a source."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest

from parvis.portal.accounts.models import User
from parvis.portal.directory import services as directory
from parvis.portal.directory.models import Agent, Entity, Role
from parvis.portal.movements.models import BulkArrival, Movement, Step
from parvis.portal.movements.services import templates
from parvis.portal.remote_desktop.models import Right
from tests.integration import authority
from tests.integration.movements.conftest import NOW, TODAY, Town

DAY = timedelta(days=1)


def arrive(town: Town, actor: User | None, name: str = "nouveau", **facts: object) -> Agent:
    return directory.create_agent(
        actor=actor, entity=town.department, now=NOW, first_name=name, last_name="Essai",
        email=f"{name}@rivemarine.example", **facts,
    )  # fmt: skip


def live(agent: Agent) -> list[tuple[str, str, date, str]]:
    found = Movement.objects.filter(agent=agent, state__in=("planned", "open")).order_by("kind")
    return [(each.kind, each.state, each.effective_date, each.origin) for each in found]


def titles(agent: Agent, kind: str) -> set[str]:
    return set(Step.objects.filter(movement__agent=agent, movement__kind=kind).values_list("title", flat=True))


@pytest.mark.parametrize("by", ["person", "source"])
def test_an_arrival_opens_with_what_the_department_wants(town: Town, by: str) -> None:
    templates.add_common(actor=town.technician, entity=town.commune, now=NOW)
    agent = arrive(town, town.technician if by == "person" else None)
    assert live(agent) == [("joiner", "open", TODAY, by)]
    assert {"Badge et clés", "Ouvrir le compte", "Attribuer un ordinateur"} <= titles(agent, "joiner")
    badge = Step.objects.get(movement__agent=agent, title="Badge et clés")
    assert (badge.owner_role, badge.owner_entity) == (Role.HEAD_OF_DEPARTMENT, town.department)


def test_a_known_day_is_prepared_and_a_long_past_one_is_no_arrival(town: Town) -> None:
    soon = arrive(town, None, "bientot", starts_date=TODAY + 10 * DAY)
    far = arrive(town, None, "loin", starts_date=TODAY + 90 * DAY)
    old = arrive(town, None, "ancien", starts_date=TODAY - 900 * DAY)
    assert live(soon) == [("joiner", "planned", TODAY + 10 * DAY, "source")]
    assert live(far) == live(old) == []


def test_a_first_import_opens_nothing(town: Town) -> None:
    root = authority.make_entity("Le Moulin-Neuf", kind=Entity.Kind.COMMUNE)
    for rank in range(8):
        directory.create_agent(actor=None, entity=root, now=NOW + rank * timedelta(seconds=40), first_name="A",
                               last_name="B", email=f"a{rank}@rivemarine.example")  # fmt: skip
    assert not Movement.objects.filter(to_entity=root).exists()
    assert BulkArrival.objects.get().entity == root
    # The other commune is not concerned, nor is what a person does.
    assert live(arrive(town, None)) != []
    assert live(arrive(town, town.technician, "autre")) != []


def test_a_load_into_a_known_commune_takes_back_what_it_opened(town: Town) -> None:
    Agent.objects.bulk_create(
        [Agent(entity=town.department, first_name="X", last_name="Y", email=f"x{n}@rivemarine.example", search="")
         for n in range(200)]
    )  # fmt: skip
    agents = [arrive(town, None, f"n{rank}") for rank in range(50)]
    assert Movement.objects.filter(kind="joiner").count() == 50
    arrive(town, None, "un-de-trop")
    assert Movement.objects.count() == 0
    assert live(agents[0]) == []
    arrive(town, None, "encore")
    assert Movement.objects.count() == 0
    # An hour after the last one it is over.
    late = directory.create_agent(actor=None, entity=town.department, now=NOW + timedelta(hours=2), first_name="E",
                                  last_name="F", email="e@rivemarine.example")  # fmt: skip
    assert live(late) == [("joiner", "open", TODAY, "source")]


@pytest.mark.parametrize("by", ["person", "source"])
def test_a_move_lists_what_was_held_with_an_end(town: Town, by: str) -> None:
    agent = town.agent()
    assert agent.user
    role = authority.grant(agent.user, Role.HEAD_OF_DEPARTMENT, town.department)
    computer = authority.make_computer(town.department, agent)
    right = Right.objects.create(agent=agent, computer=computer, starts_date=TODAY, granted_at=NOW)
    directory.move_agent(actor=town.technician if by == "person" else None, agent=agent, entity=town.other, now=NOW)
    movement = Movement.objects.get(agent=agent)
    assert (movement.kind, movement.from_entity, movement.to_entity) == ("mover", town.department, town.other)
    held = {step.key: step for step in movement.steps.filter(decision=True)}
    assert set(held) == {f"directory:role:{role.pk}", f"remote_desktop:right:{right.pk}"}
    assert {step.ends_date for step in held.values()} == {TODAY + 30 * DAY}
    assert movement.steps.filter(key=f"parc:computer:{computer.pk}", kind="moves").exists()


def test_moving_on_and_coming_back_is_one_story(town: Town) -> None:
    agent, third = town.agent(), authority.make_entity("Accueil", town.commune)
    directory.move_agent(actor=None, agent=agent, entity=town.other, now=NOW)
    directory.move_agent(actor=None, agent=agent, entity=third, now=NOW)
    movement = Movement.objects.get(agent=agent)
    assert (movement.from_entity, movement.to_entity) == (town.department, third)
    directory.move_agent(actor=None, agent=agent, entity=town.department, now=NOW)
    assert Movement.objects.get(agent=agent).state == "cancelled"


def test_a_reorganisation_opens_pages_for_who_holds_something_only(town: Town) -> None:
    for _ in range(12):
        directory.move_agent(actor=None, agent=town.agent(), entity=town.other, now=NOW)
    assert Movement.objects.count() == 10
    head = town.agent()
    assert head.user
    authority.grant(head.user, Role.HEAD_OF_DEPARTMENT, town.department)
    directory.move_agent(actor=None, agent=head, entity=town.other, now=NOW)
    assert Movement.objects.filter(agent=head).exists()
    assert Movement.objects.count() == 11


def test_a_departure_ends_what_was_under_way(town: Town) -> None:
    agent = arrive(town, None)
    directory.deactivate_agent(actor=None, agent=agent, now=NOW)
    assert live(agent) == [("leaver", "open", TODAY, "source")]
    assert Movement.objects.get(agent=agent, kind="joiner").state == "cancelled"


def test_a_return_cancels_the_departure_and_opens_an_arrival(town: Town) -> None:
    agent = town.agent()
    directory.deactivate_agent(actor=town.technician, agent=agent, now=NOW)
    directory.reactivate_agent(actor=town.technician, agent=agent, now=NOW)
    assert live(agent) == [("joiner", "open", TODAY, "person")]
    assert Movement.objects.get(agent=agent, kind="leaver").state == "cancelled"


def test_twice_is_once(town: Town) -> None:
    agent = town.agent()
    authority.make_computer(town.department, agent)
    directory.deactivate_agent(actor=None, agent=agent, now=NOW)
    before = Step.objects.count()
    directory.deactivate_agent(actor=None, agent=agent, now=NOW)
    assert Movement.objects.count() == 1
    assert Step.objects.count() == before


def test_days_of_the_directory_are_followed(town: Town) -> None:
    agent = town.agent()
    authority.make_computer(town.department, agent)
    change: dict[str, Any] = {"actor": town.technician, "agent": agent, "now": NOW}
    directory.update_agent(**change, ends_date=TODAY + 10 * DAY)
    assert live(agent) == [("leaver", "planned", TODAY + 10 * DAY, "date")]
    due = {step.due_date for step in Step.objects.all() if step.due_date}
    directory.update_agent(**change, ends_date=TODAY + 12 * DAY)
    assert live(agent) == [("leaver", "planned", TODAY + 12 * DAY, "date")]
    assert {step.due_date for step in Step.objects.all()} == {day + 2 * DAY for day in due}
    directory.update_agent(**change, ends_date=None)
    assert live(agent) == []
    directory.update_agent(**change, ends_date=TODAY + 200 * DAY)
    assert live(agent) == []
