"""Two stages passed at once: without keeping the row, the path goes back; with it, both count. And once is once."""

from __future__ import annotations

import threading
from datetime import timedelta

import pytest
from django.db import connection

from parvis.portal.directory.models import Entity
from parvis.portal.kernel.models import AuditRecord
from parvis.portal.telework.models import Enrolment, Request
from parvis.portal.telework.rules import Stage
from parvis.portal.telework.services import enrolment as services
from parvis.portal.telework.services import path_reminders
from tests.integration.authority import make_entity
from tests.integration.loans.test_races import together
from tests.integration.telework.pathing import NOW, invited, opened

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def town() -> Entity:
    return make_entity("Ville")


def passing(enrolment: Enrolment, stage: Stage) -> object:
    mine = Enrolment.objects.get(pk=enrolment.pk)
    return services.note_try(enrolment=mine, stage=stage, outcome="passed", now=NOW + timedelta(minutes=1))


def test_without_keeping_the_row_one_stage_hides_the_other(town: Entity, monkeypatch: pytest.MonkeyPatch) -> None:
    """The very code, the row read without being kept: each writes the stage it computed without the other's."""
    enrolment, both_have_read = opened(invited(town)), threading.Barrier(2)
    acts = (lambda: passing(enrolment, Stage.CONNECTION), lambda: passing(enrolment, Stage.COMPUTER))
    there = Enrolment.objects.filter(request__state=Request.State.OPEN)
    monkeypatch.setattr(services, "_held", lambda given: there.filter(pk=given.pk).first())
    if connection.vendor == "sqlite":  # those that write follow one another: nobody can read before the other wrote
        together(*acts)
        enrolment.refresh_from_db()
        assert enrolment.stage == Stage.GUIDE
        return
    read = services._passed

    def look_and_wait(held: Enrolment) -> object:
        found = read(held)
        both_have_read.wait(timeout=20)
        return found

    monkeypatch.setattr(services, "_passed", look_and_wait)
    together(*acts)
    enrolment.refresh_from_db()
    assert enrolment.stage != Stage.GUIDE


def test_both_stages_count(town: Entity) -> None:
    enrolment = opened(invited(town))
    answers = together(lambda: passing(enrolment, Stage.CONNECTION), lambda: passing(enrolment, Stage.COMPUTER))
    assert not [each for each in answers if isinstance(each, Exception)]
    enrolment.refresh_from_db()
    assert enrolment.stage == Stage.GUIDE


def test_one_stage_passed_by_eight_pages_is_passed_once(town: Entity) -> None:
    enrolment = opened(invited(town))
    answers = together(*[lambda: passing(enrolment, Stage.CONNECTION)] * 8)
    assert not [each for each in answers if isinstance(each, Exception)]
    assert sum(each is not None for each in answers) == 1
    assert enrolment.tries.filter(stage="connection").count() == 1
    assert AuditRecord.objects.filter(action="telework.stage_passed").count() == 2  # with the second factor


def test_eight_devices_open_one_path(town: Entity) -> None:
    enrolment = invited(town)
    answers = together(*[lambda: opened(Enrolment.objects.select_related("agent__user").get(pk=enrolment.pk))] * 8)
    assert not [each for each in answers if isinstance(each, Exception)]
    assert AuditRecord.objects.filter(action="telework.path_opened").count() == 1


def test_two_workers_send_one_reminder(town: Entity, monkeypatch: pytest.MonkeyPatch) -> None:
    enrolment = invited(town)
    now = NOW + timedelta(days=1)
    sent: list[int] = []
    monkeypatch.setattr(path_reminders.path_letters, "remind", lambda each: sent.append(each.pk) or True)
    due = list(path_reminders.enrolment_queries.to_remind(now))  # both have read before either writes
    together(*[lambda: [path_reminders._remind_once(each, now) for each in due]] * 2)
    assert sent == [enrolment.pk]
