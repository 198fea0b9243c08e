"""The machine's clock jumps two hours, forwards and back, under a working portal."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from email.utils import parsedate_to_datetime
from pathlib import Path

import httpx
import pytest

from parvis.portal.config import schedule
from parvis.portal.config.schedule import Job
from parvis.portal.kernel import claims
from parvis.portal.kernel import clock as clock_of_parvis
from tests.faults.browsing import announce, running_portal
from tests.faults.nursery import Nursery, wait_for
from tests.servers import false_clock

HOURS = 2
NEAR = 900
"""Seconds a busy machine may take to say what time it is."""


@dataclass(frozen=True)
class Clock:
    """The clock of a nursery's children, the living ones too; durations (CLOCK_MONOTONIC) go on as they are."""

    nursery: Nursery
    setting: Path

    def jump(self, hours: int, folder: Path, portal: httpx.Client | None = None) -> None:
        """So far from the true time from now on; seen by those who start, and by that portal."""
        false_clock.jump(self.setting, hours)

        def has_jumped(hour: float) -> bool:
            return abs(hour - time.time() - hours * 3600) < NEAR

        wait_for(lambda: has_jumped(self.nursery.do("hour", folder=folder)), "the clock to jump")
        if portal is not None:
            wait_for(lambda: has_jumped(_hour_of(portal.get("/livez"))), "the portal's clock to jump")


def _hour_of(answer: httpx.Response) -> float:
    return parsedate_to_datetime(answer.headers["Date"]).timestamp()


@pytest.fixture(scope="module")
def clock(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Clock]:
    folder = tmp_path_factory.mktemp("clock")
    environment = false_clock.environment(folder / "setting")
    with Nursery(folder / "nursery", environment) as nursery:
        yield Clock(nursery, folder / "setting")


def test_sign_ins_and_the_trail_bear_a_clock_that_jumps(installation: Path, clock: Clock, tmp_path: Path) -> None:
    nursery = clock.nursery
    clock.jump(0, installation)
    people = nursery.do("people", folder=installation)
    with running_portal(nursery, folder=installation, where=tmp_path) as portal, portal.browser() as supervisor:
        for hours in (0, HOURS, -HOURS, 0):
            clock.jump(hours, installation, supervisor)
            with portal.browser(people["session"]) as browser:
                assert browser.get("/").status_code == 200, "still signed in: twelve hours are not over"
                assert announce(browser, people["entity"], f"at {hours:+d}").status_code == 302
                assert browser.get("/portail/annonces/").status_code == 200
                assert browser.get("/readyz").status_code == 200
            again = nursery.do("sign_in", folder=installation, user=people["user"])
            with portal.browser(again) as browser:
                assert browser.get("/").status_code == 200
        assert portal.child.running
    found = nursery.do("announcements", folder=installation)
    assert found == {"at +0": [2, 2], "at +2": [1, 1], "at -2": [1, 1]}
    assert nursery.do("fault_of_the_chain", folder=installation) is None


def test_a_ticket_is_good_at_its_own_hour_only(installation: Path, clock: Clock) -> None:
    nursery = clock.nursery
    for made, used in ((0, HOURS), (HOURS, 0), (0, -HOURS), (-HOURS, 0)):
        clock.jump(made, installation)
        ticket = nursery.do("ticket", folder=installation)
        clock.jump(used, installation)
        assert nursery.do("redeem", folder=installation, ticket=ticket) == "ticket_refused"
    for hours in (HOURS, -HOURS):
        clock.jump(hours, installation)
        ticket = nursery.do("ticket", folder=installation)
        assert nursery.do("redeem", folder=installation, ticket=ticket) == ""
        assert nursery.do("redeem", folder=installation, ticket=ticket) == "ticket_used"


@pytest.mark.django_db
@pytest.mark.parametrize("hours", [HOURS, -HOURS])
def test_periodic_work_goes_on_at_its_pace(hours: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Put back by two hours, the claims of who did what last would stand in the way for two hours."""
    calls: list[float] = []
    true, take = clock_of_parvis.now, claims.take

    def again(shift: float) -> int:
        """A worker that starts with the clock moved so far; how many more runs it makes, the first at once."""
        before, stop = len(calls), threading.Event()
        monkeypatch.setattr(clock_of_parvis, "now", lambda: true() + timedelta(seconds=shift))
        works = [Job("work", 600, lambda: calls.append(shift)), Job("end", 1, stop.set)]
        monkeypatch.setattr(schedule, "jobs", lambda: works)
        schedule.run_until(stop, tick=0.01)
        return len(calls) - before

    def taken_or_the_end(name: str, *, seconds: float, now: datetime) -> bool:
        return name == "schedule:end" or take(name, seconds=seconds, now=now)

    monkeypatch.setattr(claims, "take", taken_or_the_end)
    monkeypatch.setattr(schedule, "close_old_connections", lambda: None)
    assert again(0) == 1
    assert again(0) == 0, "once per period"
    assert again(hours * 3600) == 1
    assert again(hours * 3600) == 0
