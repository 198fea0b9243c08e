"""The queue of reports: handled oldest first, each once, whatever is wrong with one of them."""

from __future__ import annotations

import threading
import zlib
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.core.cache import cache
from django.db import OperationalError, connection
from django_tasks_db.models import DBTaskResult

from parvis.portal.inventory import bodies, tasks
from parvis.portal.inventory.content import Content
from parvis.portal.inventory.models import Report
from parvis.portal.inventory.services import ingesting, matching
from parvis.portal.kernel import clock
from tests import probe_reports
from tests.integration.inventory.probes import Address, Probe, open_address

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _no_throttle() -> None:
    cache.clear()


@pytest.fixture
def address(db: None) -> Address:
    return open_address()


@pytest.fixture
def applied(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Matching replaced by a list of the names it was given."""
    names: list[str] = []

    def apply(*, report: Report, content: Content, now: datetime) -> None:
        names.append(content.name)
        Report.objects.filter(pk=report.pk).update(state="applied", body=None, handled_at=now)

    monkeypatch.setattr(matching, "apply", apply)
    return names


def queued(address: Address, name: str, *, body: bytes | None = None, minutes_ago: float = 1) -> Report:
    return Report.objects.create(
        token=address.token,
        received_at=clock.now() - timedelta(minutes=minutes_ago),
        device_id=name,
        name=name,
        body=body if body is not None else zlib.compress(probe_reports.fusion(name, device=name).encode()),
        size=1,
    )


def drain(seconds: float = 60) -> bool:
    return ingesting.drain(clock=clock.now, seconds=seconds)


def test_the_oldest_first_and_until_none_is_left(address: Address, applied: list[str]) -> None:
    for name, ago in (("b", 2), ("c", 1), ("a", 3)):
        queued(address, name, minutes_ago=ago)
    assert drain()
    assert applied == ["a", "b", "c"]
    assert not Report.objects.exclude(body=None).exists()


def test_a_poisoned_report_is_refused_with_its_reason_and_the_others_go_on(
    address: Address, applied: list[str]
) -> None:
    queued(address, "broken", body=b"\x78\x9cnothing", minutes_ago=5)
    queued(address, "entities", body=zlib.compress(b"<!DOCTYPE r><REQUEST/>"), minutes_ago=4)
    queued(address, "empty", body=b"", minutes_ago=3)
    queued(address, "sound", minutes_ago=2)
    assert drain()
    assert applied == ["sound"]
    assert dict(Report.objects.filter(state="refused").values_list("name", "problem")) == {
        "broken": "bad_compression",
        "entities": "declares_entities",
        "empty": "malformed",
    }
    assert not Report.objects.exclude(body=None).exists()


def test_a_report_that_breaks_matching_is_refused(address: Address, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(**_about: Any) -> None:
        Report.objects.update(name="half-way")
        raise ZeroDivisionError

    monkeypatch.setattr(matching, "apply", broken)
    queued(address, "a")
    assert drain()
    assert Report.objects.values_list("state", "problem", "tries").get() == ("refused", "failed", 1)


def test_a_database_at_fault_leaves_the_report_in_the_queue(
    address: Address, applied: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def gone(**_about: Any) -> None:
        raise OperationalError

    with monkeypatch.context() as patch:
        patch.setattr(matching, "apply", gone)
        queued(address, "a")
        for _ in range(5):
            assert drain()
    assert Report.objects.values_list("state", "tries").get() == ("queued", 0)
    assert drain()
    assert applied == ["a"]


def test_a_report_that_ends_every_worker_is_given_up(
    address: Address, applied: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    class Killed(BaseException):
        """As the kernel does where memory ends."""

    def dies(report: Report) -> Content:
        if report.name == "deadly":
            raise Killed
        return bodies.content_of(report)

    monkeypatch.setattr(ingesting, "content_of", dies)
    queued(address, "deadly", minutes_ago=60)
    queued(address, "sound")
    now = clock.now()
    for _ in range(ingesting.MOST_TRIES):
        with pytest.raises(Killed):
            ingesting.handle_next(now=now)
        now += ingesting.LEASE + timedelta(seconds=1)
    assert ingesting.drain(clock=lambda: now, seconds=60)
    assert applied == ["sound"]
    assert Report.objects.filter(name="deadly").values_list("state", "problem", "body").get() == (
        "refused",
        "gave_up",
        None,
    )


def test_a_report_under_way_is_not_taken_by_another(address: Address, applied: list[str]) -> None:
    report = queued(address, "a")
    Report.objects.filter(pk=report.pk).update(handled_at=clock.now(), tries=1)
    assert not ingesting.handle_next(now=clock.now())
    assert ingesting.handle_next(now=clock.now() + ingesting.LEASE + timedelta(seconds=1))
    assert applied == ["a"]


def test_the_time_over_asks_to_be_called_again(address: Address, applied: list[str]) -> None:
    queued(address, "a")
    assert not drain(0)
    assert applied == []


def test_a_report_that_came_is_handled_by_the_task(address: Address, applied: list[str]) -> None:
    Probe(address.secret).send(probe_reports.fusion())
    tasks.ingest.call()
    assert applied == ["PC-MAIRIE-042"]


def test_one_task_for_all_reports_until_it_begins_and_another_for_those_after(
    address: Address, applied: list[str]
) -> None:
    def asked() -> int:
        return DBTaskResult.objects.filter(task_path="parvis.portal.inventory.tasks.ingest").count()

    probe = Probe(address.secret)
    for name in ("a", "b"):
        probe.send(probe_reports.fusion(name, device=name))
    assert asked() == 1
    tasks.ingest.call()
    probe.send(probe_reports.fusion("c", device="c"))
    assert asked() == 2
    tasks.ingest.call()
    assert applied == ["a", "b", "c"]


def test_the_sweep_takes_up_what_was_left(address: Address) -> None:
    tasks.sweep.call()
    assert not DBTaskResult.objects.exists()
    queued(address, "a")
    tasks.sweep.call()
    assert DBTaskResult.objects.get().task_path == "parvis.portal.inventory.tasks.ingest"


def test_old_reports_are_forgotten_but_not_those_in_the_queue(address: Address) -> None:
    old, young = clock.now() - ingesting.KEPT - timedelta(days=1), clock.now()
    for state in Report.State.values:
        for at in (old, young):
            Report.objects.create(token=address.token, received_at=at, state=state, size=1, name=f"{state}")
    assert ingesting.purge(now=clock.now()) == 4
    kept = set(Report.objects.filter(received_at=old).values_list("state", flat=True))
    assert kept == {"queued"}


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("guarded", [False, True], ids=["without the claim", "with it"])
def test_two_workers_never_handle_one_report(monkeypatch: pytest.MonkeyPatch, guarded: bool) -> None:
    """Both see the same report as the next one; only one claim counts. Without the claim, the race happens."""
    cache.clear()
    address, names, meeting = open_address(), [], threading.Barrier(2, timeout=20)
    queued(address, "a")
    first = type(Report.objects.all()).first

    def both_see_it(self: Any) -> Any:
        found = first(self)
        if self.model is Report and threading.current_thread() is not threading.main_thread():
            meeting.wait()
        return found

    def apply(*, report: Report, content: Content, now: datetime) -> None:
        names.append(content.name)
        Report.objects.filter(pk=report.pk).update(state="applied", body=None)

    monkeypatch.setattr(matching, "apply", apply)
    monkeypatch.setattr(type(Report.objects.all()), "first", both_see_it)
    if not guarded:
        monkeypatch.setattr(ingesting, "_claim", lambda report, now: True)

    def work() -> None:
        try:
            ingesting.handle_next(now=clock.now())
        finally:
            connection.close()

    threads = [threading.Thread(target=work) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert len(names) == 1 if guarded else len(names) == 2
