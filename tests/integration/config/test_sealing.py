from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from django.core.checks import run_checks
from django.core.management import call_command
from django.core.management.base import SystemCheckError
from django.test import Client

from parvis.portal.config import env, keys, sealing
from parvis.portal.kernel.models import AuditRecord, KeyMark

pytestmark = pytest.mark.django_db


@pytest.fixture
def other(tmp_path: Path) -> keys.Keys:
    """What a second machine makes for itself when nobody copied the keys."""
    return keys.load(env.parse({"PARVIS_MODE": "development", "PARVIS_DATA_DIR": str(tmp_path)}))


def test_the_first_machine_notes_its_keys_and_the_same_keys_are_welcome(settings: Any) -> None:
    sealing.claim()
    sealing.claim()
    assert KeyMark.objects.count() == 4
    stored = " ".join(KeyMark.objects.values_list("fingerprint", flat=True))
    assert settings.KEYS.django not in stored
    assert run_checks(tags=["database"], databases=["default"]) == []


def test_a_machine_with_other_keys_is_refused_and_told_what_to_do(settings: Any, other: keys.Keys) -> None:
    sealing.claim()
    settings.KEYS = replace(settings.KEYS, ticket=other.ticket)
    with pytest.raises(sealing.OtherKeys, match=r"\(ticket\).*PARVIS_KEYS_DIR.*accept_keys"):
        sealing.claim()
    assert not sealing.claim_at_start()
    settings.KEYS = other
    with pytest.raises(sealing.OtherKeys, match="django, gateway, voice, ticket"):
        sealing.claim()


def test_it_migrates_nothing_and_is_not_ready(settings: Any, other: keys.Keys, client: Client) -> None:
    sealing.claim()
    settings.KEYS = other
    (found,) = run_checks(tags=["database"], databases=["default"])
    assert (found.id, found.is_serious()) == ("parvis.E001", True)
    assert "Copy the folder of the keys" in str(found.hint)
    with pytest.raises(SystemCheckError, match=r"parvis\.E001"):
        call_command("migrate", skip_checks=False)
    answer = client.get("/readyz")
    assert answer.status_code == 503
    assert "keys of this machine" in answer.json()["problems"][0]


def test_keys_changed_on_purpose_are_accepted_by_a_command(
    settings: Any, other: keys.Keys, capsys: pytest.CaptureFixture[str]
) -> None:
    sealing.claim()
    settings.KEYS = replace(settings.KEYS, gateway=other.gateway)
    call_command("accept_keys")
    assert "Accepted: gateway." in capsys.readouterr().out
    sealing.claim()
    assert AuditRecord.objects.get(action="kernel.keys_accepted").data == {"keys": ["gateway"]}
    call_command("accept_keys")
    assert "are those of the database" in capsys.readouterr().out
