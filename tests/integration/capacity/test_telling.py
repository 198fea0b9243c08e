"""The heads of IT are told once that gateways will not be enough."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django_tasks_db.models import DBTaskResult

from parvis.portal.accounts.models import User
from parvis.portal.capacity import arrivals, outlook, tasks
from parvis.portal.capacity.forecast import Arrivals
from parvis.portal.capacity.models import Capability, Notice
from parvis.portal.capacity.services import telling
from parvis.portal.directory.models import Role
from parvis.portal.kernel import clock
from parvis.portal.kernel.models import AuditRecord
from parvis.portal.remote_desktop.models import Gateway
from tests.integration import authority
from tests.integration.capacity.conftest import MONDAY, NOW, beat, make_gateway
from tests.integration.capacity.test_sampling import together

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)


def short(monkeypatch: pytest.MonkeyPatch, days: int = 3) -> User:
    """A gateway that carries 40, and a wave that asks for more; the head of IT."""
    root = authority.make_entity("Métropole")
    head = authority.make_member(root, Role.HEAD_OF_IT)
    authority.make_member(root, Role.TECHNICIAN)
    authority.make_member(authority.make_entity("Commune", parent=root), Role.HEAD_OF_IT)
    gateway = make_gateway()
    Capability.objects.create(gateway=gateway, sessions=40)
    beat(gateway, NOW, sessions=1)
    wave_on(monkeypatch, days)
    return head


def letters() -> list[dict[str, Any]]:
    """The mails that wait to leave."""
    rows = DBTaskResult.objects.filter(task_path__endswith="mail.deliver")
    return [each.args_kwargs["kwargs"] for each in rows]


def wave_on(monkeypatch: pytest.MonkeyPatch, days: int) -> None:
    wave = Arrivals(starts_date=MONDAY + timedelta(days=days), people=200, by_weekday=(150,) * 5)
    monkeypatch.setattr(arrivals, "_source", lambda now: [wave])


def told_again(monkeypatch: pytest.MonkeyPatch, days: int) -> int:
    """Three hours later, the wave is another day."""
    wave_on(monkeypatch, days)
    outlook.refresh(NOW)
    return telling.tell(now=NOW)


def test_once_and_to_the_head_of_the_whole_authority(monkeypatch: pytest.MonkeyPatch) -> None:
    head = short(monkeypatch)
    assert telling.tell(now=NOW) == 1
    assert telling.tell(now=NOW) == 0
    (letter,) = letters()
    assert letter["to"] == [head.email]
    assert "avant le jeudi 26 novembre 2026" in letter["subject"]
    assert "vos passerelles en portent 40" in letter["body"]
    assert "/teletravail/capacite/" in letter["body"]
    assert AuditRecord.objects.filter(action="capacity.shortage_told").count() == 1


def test_an_earlier_day_is_told_a_later_one_is_not(monkeypatch: pytest.MonkeyPatch) -> None:
    short(monkeypatch)
    telling.tell(now=NOW)
    assert told_again(monkeypatch, 4) == 0
    assert told_again(monkeypatch, 1) == 1
    assert list(Notice.objects.order_by("day").values_list("day", flat=True)) == [
        MONDAY + timedelta(days=1),
        MONDAY + timedelta(days=3),
    ]


def test_too_far_ahead_the_page_says_it_a_mail_does_not(monkeypatch: pytest.MonkeyPatch) -> None:
    short(monkeypatch, 21)
    assert telling.tell(now=NOW) == 0


def test_enough_is_silent(monkeypatch: pytest.MonkeyPatch) -> None:
    short(monkeypatch)
    Capability.objects.update(sessions=4000, kbps=None)
    assert telling.tell(now=NOW) == 0


def test_no_gateway_heard_is_another_alarm(monkeypatch: pytest.MonkeyPatch) -> None:
    short(monkeypatch)
    assert telling.tell(now=NOW + HOUR) == 0


@pytest.mark.parametrize(("shift", "count"), [(timedelta(0), 1), (timedelta(hours=11), 0), (timedelta(days=5), 0)])
def test_on_working_days_by_day(monkeypatch: pytest.MonkeyPatch, shift: timedelta, count: int) -> None:
    short(monkeypatch)
    monkeypatch.setattr(clock, "now", lambda: NOW + shift)
    beat(Gateway.objects.get(), NOW + shift, sessions=1)
    tasks.tell.func()
    assert len(letters()) == count


@pytest.mark.django_db(transaction=True)
def test_several_workers_tell_once(monkeypatch: pytest.MonkeyPatch) -> None:
    short(monkeypatch)
    outlook.refresh(NOW)
    assert sorted(together(4, lambda: telling.tell(now=NOW))) == [0, 0, 0, 1]  # type: ignore[type-var]
    assert len(letters()) == 1
