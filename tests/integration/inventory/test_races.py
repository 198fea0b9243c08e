"""Two reports of one computer at the same time. The race is first shown without its guard."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from django.db import close_old_connections, connection, transaction

from parvis.portal.directory.models import Role
from parvis.portal.inventory.content import Program
from parvis.portal.inventory.models import Installation, Inventory, Report
from parvis.portal.inventory.services import differences, matching, recording
from parvis.portal.kernel import clock
from parvis.portal.parc.models import Asset
from tests.integration.authority import make_member
from tests.integration.inventory.world import LAPTOP, Authority, authority, make_report, sent

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def place() -> Authority:
    return authority()


def together(*acts: Callable[[], object]) -> list[object]:
    """Run the acts at once, each with a connection of its own; what each returned or raised."""
    barrier = threading.Barrier(len(acts))
    answers: list[object] = [None] * len(acts)

    def run(number: int, act: Callable[[], object]) -> None:
        try:
            barrier.wait()
            answers[number] = act()
        except Exception as error:
            answers[number] = error
        finally:
            close_old_connections()
            connection.close()

    threads = [threading.Thread(target=run, args=each) for each in enumerate(acts)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return answers


def test_without_the_guard_two_reports_make_two_assets(place: Authority) -> None:
    """Looked up outside the lock, and both believed: what `apply` would do if it did not look again."""
    reports = [make_report(place.token), make_report(place.root_token)]
    looked = threading.Barrier(2)

    def careless(report: Report) -> Callable[[], object]:
        def act() -> None:
            keys = matching.rules.identities(LAPTOP)
            verdict, _weighings = matching._judge(report.token, LAPTOP, keys, "laptop")
            looked.wait()
            if verdict.outcome == "create":
                matching.make(
                    entity=report.token.entity, content=LAPTOP, kind="laptop", name="", now=report.received_at
                )

        return act

    assert together(*(careless(report) for report in reports)) == [None, None]
    assert Asset.objects.count() == 2


def test_two_reports_at_once_make_one_asset(place: Authority) -> None:
    """One by the commune's address, the others by the métropole's: the same lock."""
    tokens = [place.root_token, place.root_token, place.root_token, place.root_token]
    reports = [make_report(token) for token in tokens]

    def send(report: Report) -> Callable[[], object]:
        return lambda: matching.apply(report=report, content=LAPTOP, now=report.received_at)

    assert together(*(send(report) for report in reports)) == [None] * 4
    assert Asset.objects.count() == 1
    assert set(Report.objects.values_list("state", flat=True)) <= {"applied", "discarded"}
    assert Installation.objects.count() == len(LAPTOP.programs)


def test_one_report_taken_twice_is_applied_once(place: Authority) -> None:
    report = make_report(place.token)

    def take() -> object:
        return matching.apply(report=Report.objects.get(pk=report.pk), content=LAPTOP, now=report.received_at)

    assert together(take, take, take) == [None] * 3
    assert Asset.objects.count() == 1
    assert Asset.objects.get().events.filter(kind="reported").count() == 1


def test_two_computers_add_the_same_new_programs(place: Authority) -> None:
    programs = tuple(Program(f"Programme {number}", "1.0", "Éditeur") for number in range(60))
    contents = [
        replace(
            LAPTOP,
            name=f"PC-{n}",
            serial=f"SERIE{n}00",
            uuid="",
            board_serial="",
            networks=(),
            programs=programs[::step],
        )
        for n, step in ((1, 1), (2, -1), (3, 1))
    ]  # fmt: skip
    reports = [make_report(place.token, content) for content in contents]

    def send(number: int) -> Callable[[], object]:
        return lambda: matching.apply(report=reports[number], content=contents[number], now=reports[number].received_at)

    assert together(send(0), send(1), send(2)) == [None] * 3
    assert Installation.objects.count() == 180


def test_an_asset_made_by_the_first_is_found_by_the_second(place: Authority) -> None:
    """The second look, after the lock, sees what was committed while it waited."""
    first, second = sent(place.token), make_report(place.root_token)
    with transaction.atomic():
        matching.lock_makers(place.root)
        matching.apply(report=second, content=LAPTOP, now=second.received_at)
    assert second.asset_id == first.asset_id


def test_what_a_person_keeps_while_a_report_is_written_is_kept(
    place: Authority, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The decision falls between the reading of what is known and its writing: it waits, and is not written over."""
    sent(place.token)
    Asset.objects.update(mac_address="02:00:00:00:00:77", origins={"mac_address": "human"})
    asset = sent(place.token).asset
    assert asset is not None
    actor, decided = make_member(place.here, Role.TECHNICIAN), threading.Event()
    whole = recording._write_asset

    def decide() -> None:
        try:
            differences.keep(actor=actor, asset=asset, field="mac_address", now=clock.now())
        finally:
            decided.set()
            connection.close()

    person = threading.Thread(target=decide)

    def meanwhile(*args: Any) -> Any:
        person.start()
        decided.wait(1)
        return whole(*args)

    monkeypatch.setattr(recording, "_write_asset", meanwhile)
    sent(place.token)
    person.join()
    assert Inventory.objects.get(asset=asset).kept == {"mac_address": "3C:52:82:00:00:01"}
