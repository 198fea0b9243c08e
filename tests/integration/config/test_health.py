from __future__ import annotations

from typing import Any

import pytest
from django.db import DatabaseError
from django.test import Client

from parvis.portal.config import health


def test_livez_touches_no_database(client: Client) -> None:
    assert client.get("/livez").content == b"ok"  # pytest-django forbids the database here


@pytest.mark.django_db
def test_readyz_is_green_on_a_migrated_database(client: Client) -> None:
    assert client.get("/readyz").json() == {"ready": True, "problems": []}


@pytest.mark.django_db
def test_readyz_says_what_is_wrong(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> object:
        raise DatabaseError("gone")

    monkeypatch.setattr(health, "_migrated", False)
    monkeypatch.setattr(health, "MigrationExecutor", broken)
    monkeypatch.setattr(health, "LOW_DISK_BYTES", 2**62)
    answer = client.get("/readyz")
    assert answer.status_code == 503
    problems = answer.json()["problems"]
    assert problems[0] == "the database does not answer"
    assert "MiB are free" in problems[1]
    from_outside = client.get("/readyz", HTTP_X_FORWARDED_FOR="203.0.113.9")
    assert (from_outside.status_code, from_outside.json()) == (503, {"ready": False})


@pytest.mark.django_db
def test_readyz_reads_the_migrations_once_and_asks_the_database_each_time(
    client: Client, monkeypatch: pytest.MonkeyPatch, django_assert_num_queries: Any
) -> None:
    monkeypatch.setattr(health, "_migrated", False)
    client.get("/readyz")
    with django_assert_num_queries(1):
        assert client.get("/readyz").json() == {"ready": True, "problems": []}
    monkeypatch.setattr(health.sealing, "differing", _gone)
    assert client.get("/readyz").json()["problems"] == ["the database does not answer"]


def _gone() -> list[str]:
    raise DatabaseError("gone")


@pytest.mark.django_db
def test_metrics_are_for_this_machine_only(client: Client) -> None:
    assert b"parvis_audit_records" in client.get("/metrics").content
    assert client.get("/metrics", REMOTE_ADDR="10.1.2.3").status_code == 404
    assert client.get("/metrics", HTTP_X_FORWARDED_FOR="10.1.2.3").status_code == 404
