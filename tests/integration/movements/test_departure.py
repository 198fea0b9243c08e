"""A leaver's sign-ins, tokens and live screens close within 5 s, whoever says they leave; the rest becomes a list.

With the real machinery: tickets, redemption, gateway heartbeats (one every two seconds), browser and API clients.
"""

from __future__ import annotations

import uuid
from datetime import timedelta

import pytest
from django.core.cache import cache

from parvis.portal.directory import services as directory
from parvis.portal.directory.models import Role, RoleGrant
from parvis.portal.kernel import clock
from parvis.portal.movements.models import Movement, Step
from parvis.portal.parc.models import Assignment
from parvis.portal.remote_desktop import services
from parvis.portal.remote_desktop.models import RemoteSession, Right
from tests.integration import authority
from tests.integration.remote_desktop.conftest import NOW, Office, make_office, state
from tests.integration.signing_in import browser_of, program_of

SECOND = timedelta(seconds=1)
BY = pytest.mark.parametrize("by", ["person", "source"])


@pytest.fixture
def office(db: None, monkeypatch: pytest.MonkeyPatch) -> Office:
    cache.clear()
    monkeypatch.setattr(clock, "now", lambda: NOW)
    office = make_office()
    authority.grant(authority.make_member(office.entity, name="reste"), Role.HEAD_OF_IT, office.entity)
    return office


def leave(office: Office, by: str) -> Movement:
    actor = authority.make_member(office.entity, Role.TECHNICIAN) if by == "person" else None
    directory.deactivate_agent(actor=actor, agent=office.agent, now=NOW + SECOND)
    return Movement.objects.get(agent=office.agent, kind="leaver")


@BY
def test_live_screens_close_at_the_next_heartbeat(office: Office, by: str) -> None:
    grant = office.open()
    assert office.beat(grant, now=NOW) == {}
    leave(office, by)
    assert state(grant) == ("ended", "account_disabled")
    # The gateway beats every two seconds: three at most after the departure it has been told.
    assert grant.connection.pk in office.beat(grant, now=NOW + 3 * SECOND)


@BY
def test_a_screen_opened_by_a_program_closes_too(office: Office, by: str) -> None:
    program = program_of(office.user)
    token = office.user.tokens.get()
    office.sign_in = f"token-{token.pk}"
    grant = office.open()
    assert program.get("/api/v1/me").status_code == 200
    leave(office, by)
    assert state(grant) == ("ended", "account_disabled")
    assert grant.connection.pk in office.beat(grant, now=NOW + 3 * SECOND)
    assert program.get("/api/v1/me").status_code == 401


@BY
def test_an_interrupted_session_cannot_be_resumed(office: Office, by: str) -> None:
    grant = office.open()
    office.tell("ended", grant, NOW, reason="browser_lost")
    leave(office, by)
    assert state(grant) == ("ended", "account_disabled")
    services.sweep(now=NOW + 5 * SECOND)
    assert RemoteSession.objects.get().end_reason == "account_disabled"


@BY
def test_sign_ins_close_at_once(office: Office, by: str) -> None:
    browser = browser_of(office.user)
    assert browser.get("/mon-bureau/").status_code == 200
    leave(office, by)
    answer = browser.get("/mon-bureau/")
    assert answer.status_code == 302
    assert "/compte/" in answer["Location"]


@BY
def test_equipment_rights_and_roles_become_steps_with_owners_and_days(office: Office, by: str) -> None:
    authority.grant(office.user, Role.HEAD_OF_DEPARTMENT, office.entity)
    office.open()
    movement = leave(office, by)
    assert (movement.state, movement.origin) == ("open", by)
    steps = {step.key: step for step in movement.steps.all()}
    computer = steps[f"parc:computer:{office.computer.pk}"]
    assert (computer.kind, computer.outcome, computer.owner_role) == ("comes_back", "", Role.TECHNICIAN)
    assert computer.owner_entity == office.entity
    assert not Assignment.objects.exists()  # the parc has released it; the step remembers
    right = steps[f"remote_desktop:right:{office.right.pk}"]
    assert (right.decision, right.ends_date) == (True, clock.today(NOW) + timedelta(days=7))
    assert steps["accounts:account"].outcome == steps["remote_desktop:sessions"].outcome == "done"
    assert f"directory:successor:{Role.HEAD_OF_DEPARTMENT}:{office.entity.pk}" in steps
    assert not RoleGrant.objects.filter(user=office.user).exists()
    assert all(step.due_date and step.owner_entity_id and step.owner_role for step in steps.values())


def test_a_prepared_departure_ticks_what_closes_by_itself(office: Office) -> None:
    actor = authority.make_member(office.entity, Role.TECHNICIAN)
    directory.update_agent(actor=actor, agent=office.agent, now=NOW, ends_date=clock.today(NOW) + timedelta(days=5))
    planned = Movement.objects.get()
    assert (planned.state, planned.steps.get(key="accounts:account").outcome) == ("planned", "")
    movement = leave(office, "source")
    assert (movement.pk, movement.state) == (planned.pk, "open")
    assert movement.steps.get(key="accounts:account").outcome == "done"
    assert Step.objects.filter(key=f"parc:computer:{office.computer.pk}").count() == 1


def test_the_last_day_over_the_directory_lets_go_and_the_movement_opens(office: Office) -> None:
    actor = authority.make_member(office.entity, Role.TECHNICIAN)
    directory.update_agent(actor=actor, agent=office.agent, now=NOW, ends_date=clock.today(NOW))
    grant = office.open()
    directory.sweep(now=NOW + timedelta(hours=12))
    assert state(grant) == ("active", "")  # still the last day in Paris
    directory.sweep(now=NOW + timedelta(days=1))
    assert RemoteSession.objects.get().state == "ended"
    assert Movement.objects.get().state == "open"
    assert Movement.objects.get().effective_date == clock.today(NOW)


def test_a_right_never_decided_is_gone_after_its_day(office: Office) -> None:
    from parvis.portal.movements.services.passing_time import pass_time

    movement = leave(office, "source")
    step = movement.steps.get(key=f"remote_desktop:right:{office.right.pk}")
    pass_time(now=NOW + timedelta(days=7))
    assert Right.objects.get().revoked_at is None
    pass_time(now=NOW + timedelta(days=9))
    assert Right.objects.get().revoked_at is not None
    step.refresh_from_db()
    assert (step.outcome, step.done_by) == ("removed", None)
    pass_time(now=NOW + timedelta(days=10))


def test_an_unknown_gateway_learns_it_too(office: Office) -> None:
    """A gateway that restarts and asks for a departed agent's ticket is refused."""
    from parvis.portal.kernel.errors import NotAllowed

    grant = office.request()
    leave(office, "source")
    office.boot = uuid.uuid4()
    with pytest.raises(NotAllowed):
        office.redeem(grant)
