from __future__ import annotations

import os
import socket
import threading

import pytest
from django.db import OperationalError
from django_tasks import TaskResultStatus
from django_tasks_db.models import DBTaskResult

from parvis.portal.config import schedule
from parvis.portal.config.schedule import Job
from parvis.portal.kernel import claims, mail
from parvis.serve.worker import requeue_orphans


def _claimed_by(worker: str) -> DBTaskResult:
    mail.send_later(subject="s", body="b", to=["a@rivemarine.example"])
    row = DBTaskResult.objects.order_by("-enqueued_at").first()
    assert row is not None
    row.claim(worker)
    return row


@pytest.mark.django_db
def test_tasks_of_a_dead_worker_go_back_in_the_queue(settings: object) -> None:
    host = socket.gethostname()[:40]
    dead = _claimed_by(f"{host}:999999:default0")
    alive = _claimed_by(f"{host}:{os.getppid()}:default0")
    elsewhere = _claimed_by("another-machine:999999:default0")
    assert requeue_orphans() == 1
    for row in (dead, alive, elsewhere):
        row.refresh_from_db()
    assert [row.status for row in (dead, alive, elsewhere)] == [
        TaskResultStatus.READY,
        TaskResultStatus.RUNNING,
        TaskResultStatus.RUNNING,
    ]


@pytest.mark.django_db
def test_a_job_that_fails_is_tried_again_and_harms_no_other(monkeypatch: pytest.MonkeyPatch) -> None:
    calls: list[str] = []
    stop = threading.Event()

    def fails() -> None:
        calls.append("fails")
        raise RuntimeError

    def works() -> None:
        calls.append("works")
        if calls.count("works") == 2:
            stop.set()

    monkeypatch.setattr(schedule, "jobs", lambda: [Job("fails", 1, fails), Job("works", 1, works)])
    monkeypatch.setattr(schedule, "close_old_connections", lambda: None)
    monkeypatch.setattr(claims, "take", lambda *_a, **_k: True)
    schedule.run_until(stop, tick=0.3)
    assert calls.count("fails") >= 2


@pytest.mark.django_db
def test_a_job_is_done_by_one_worker_at_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    calls: list[int] = []
    monkeypatch.setattr(schedule, "jobs", lambda: [Job("once", 60, lambda: calls.append(1))])
    monkeypatch.setattr(schedule, "close_old_connections", lambda: None)
    for _ in range(2):
        stop = threading.Event()
        threading.Timer(0.3, stop.set).start()
        schedule.run_until(stop, tick=0.05)
    assert len(calls) == 1


def test_while_the_database_is_away_no_job_is_done_and_the_worker_lives(monkeypatch: pytest.MonkeyPatch) -> None:
    calls: list[str] = []
    asked: list[str] = []
    stop = threading.Event()

    def away(name: str, **_: object) -> bool:
        asked.append(name)
        if len(asked) == 3:
            return True
        raise OperationalError("gone")

    def work() -> None:
        calls.append("worked")
        stop.set()

    monkeypatch.setattr(schedule, "jobs", lambda: [Job("once", 3600, work)])
    monkeypatch.setattr(schedule, "close_old_connections", lambda: None)
    monkeypatch.setattr(schedule, "ASKED_AGAIN_SECONDS", 0)
    monkeypatch.setattr(claims, "take", away)
    schedule.run_until(stop, tick=0.02)  # asked again soon, and not an hour later
    assert calls == ["worked"]
