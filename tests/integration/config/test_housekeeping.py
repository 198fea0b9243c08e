from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from django.contrib.sessions.models import Session
from django.core.cache import cache
from django.test import override_settings
from django_tasks import TaskResultStatus
from django_tasks_db.models import DBTaskResult

from parvis.portal.config import housekeeping
from parvis.portal.kernel import mail

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)


@pytest.mark.django_db
def test_old_tasks_and_dead_sign_ins_go() -> None:
    for _ in range(2):
        mail.send_later(subject="s", body="b", to=["a@rivemarine.example"])
    old, fresh = DBTaskResult.objects.order_by("enqueued_at")
    for row, age in ((old, timedelta(days=3)), (fresh, timedelta(hours=3))):
        row.claim("worker")
        row.set_successful(None)
        DBTaskResult.objects.filter(pk=row.pk).update(finished_at=NOW - age)
    mail.send_later(subject="s", body="b", to=["a@rivemarine.example"])  # still waiting
    Session.objects.create(session_key="dead", session_data="", expire_date=NOW - timedelta(hours=1))
    Session.objects.create(session_key="alive", session_data="", expire_date=NOW + timedelta(hours=1))
    housekeeping.run(NOW)
    assert DBTaskResult.objects.count() == 2
    assert not DBTaskResult.objects.filter(pk=old.pk).exists()
    assert list(Session.objects.values_list("session_key", flat=True)) == ["alive"]


@pytest.mark.django_db
def test_what_a_lost_machine_had_begun_is_begun_again_elsewhere() -> None:
    for _ in range(2):
        mail.send_later(subject="s", body="b", to=["a@rivemarine.example"])
    lost, under_way = DBTaskResult.objects.order_by("enqueued_at")
    for row, age in ((lost, timedelta(hours=3)), (under_way, timedelta(minutes=5))):
        row.claim("a-machine-that-burnt:1:default0")
        DBTaskResult.objects.filter(pk=row.pk).update(started_at=NOW - age)
    housekeeping.run(NOW)
    states = [DBTaskResult.objects.get(pk=row.pk).status for row in (lost, under_way)]
    assert states == [TaskResultStatus.READY, TaskResultStatus.RUNNING]


def test_expired_files_of_the_cache_go_and_the_others_stay(tmp_path: Path) -> None:
    backend = "parvis.portal.kernel.disk_cache.DiskCache"
    with override_settings(CACHES={"default": {"BACKEND": backend, "LOCATION": tmp_path}}):
        for number in range(5):
            cache.set(f"old{number}", 1, timeout=0.001)
        cache.set("live", 1, timeout=60)
        cache.set("for_ever", 1, timeout=None)
        assert len(list(tmp_path.iterdir())) == 7
        time.sleep(0.05)  # their thousandth of a second is over
        assert housekeeping.sweep_cache() == 5
        assert (cache.get("live"), cache.get("for_ever")) == (1, 1)
        assert housekeeping.sweep_cache() == 0
