"""Reminders to finish: three, further and further apart, and none to who has finished."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django_tasks_db.models import DBTaskResult

from parvis.portal.directory.models import Entity, Role
from parvis.portal.kernel.errors import NotAllowed
from parvis.portal.telework.models import Enrolment, Request
from parvis.portal.telework.rules import Stage
from parvis.portal.telework.services import enrolment as services
from parvis.portal.telework.services import path_reminders
from tests.integration.authority import make_entity, make_member
from tests.integration.telework.pathing import NOW, at_stage, invited, opened

pytestmark = pytest.mark.django_db


@pytest.fixture
def town() -> Entity:
    return make_entity("Ville")


def mails() -> list[dict[str, object]]:
    sent = DBTaskResult.objects.filter(task_path="parvis.portal.kernel.mail.deliver").order_by("enqueued_at")
    return [each.args_kwargs["kwargs"] for each in sent]


def days_told(enrolment: Enrolment, days: int = 20) -> list[int]:
    """The days on which a reminder leaves, looking every day."""
    return [day for day in range(days) if path_reminders.remind_due(now=NOW + timedelta(days=day, minutes=1))]


def test_three_then_silence(town: Entity) -> None:
    enrolment = invited(town)
    assert days_told(enrolment) == [1, 3, 7]
    assert len(mails()) == 3


def test_it_says_what_is_left_and_what_stopped_them(town: Entity) -> None:
    enrolment = opened(invited(town))
    services.note_try(enrolment=enrolment, stage="connection", outcome="failed", code="line_poor", now=NOW)
    path_reminders.remind_due(now=NOW + timedelta(days=1))
    body = str(mails()[0]["body"])
    for words in (
        "- Vérifier votre connexion",
        "Votre connexion est lente.",
        "/mon-teletravail/parcours/",
        "6 minutes",
    ):
        assert words in body, body
    assert mails()[0]["to"] == [enrolment.agent.email]


def test_nobody_who_has_finished_gone_or_been_shut(town: Entity) -> None:
    finished, shut, gone, away = (at_stage(invited(town), Stage.GUIDE) for _each in range(4))
    services.note_try(enrolment=finished, stage="guide", outcome="passed", now=NOW)
    Request.objects.filter(pk=shut.request_id).update(state="suspended")
    type(gone.agent).objects.filter(pk=gone.agent_id).update(is_active=False)
    type(away.agent.user).objects.filter(pk=away.agent.user_id).update(is_active=False)
    assert path_reminders.remind_due(now=NOW + timedelta(days=9)) == 0


def test_one_asked_for_puts_the_others_off(town: Entity) -> None:
    enrolment, technician = invited(town), make_member(town, Role.TECHNICIAN)
    path_reminders.remind_now(actor=technician, enrolments=[enrolment], now=NOW + timedelta(hours=20))
    assert days_told(enrolment) == [2, 4, 8]


def test_nobody_reminds_the_agents_of_others(town: Entity) -> None:
    elsewhere = make_member(make_entity("Ailleurs"), Role.TECHNICIAN)
    with pytest.raises(NotAllowed):
        path_reminders.remind_now(actor=elsewhere, enrolments=[invited(town)], now=NOW)
    assert not mails()
