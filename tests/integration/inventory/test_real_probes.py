"""The real agents of Debian against a running portal: only their address is set, a full inventory arrives."""

from __future__ import annotations

import re
import socket
import time
from pathlib import Path
from typing import Any

import pytest
from django.core.cache import cache
from django.urls import reverse

from parvis.portal.inventory.bodies import content_of
from parvis.portal.inventory.models import Inventory, Report
from parvis.portal.inventory.services import ingesting, tokens
from parvis.portal.kernel import clock
from tests.integration.inventory.probes import Address, open_address
from tests.servers import probes

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.timeout(400)]


@pytest.fixture
def address(transactional_db: None) -> Address:
    cache.clear()
    return open_address(frequency_hours=8)


@pytest.fixture
def url(live_server: Any, address: Address) -> str:
    return f"{live_server.url}{reverse('inventory:speak', args=[address.secret])}"


def arrived() -> Report:
    """The report, found sound and complete."""
    report = Report.objects.get()
    content = content_of(report)
    assert report.state == "queued"
    assert content.name == socket.gethostname().split(".")[0] == report.name
    assert len(content.programs) > 100
    assert any(not each.virtual and each.addresses for each in content.networks)
    assert content.memory_mb
    assert content.disk_mb
    assert content.processor
    assert "Debian" in content.os_name
    return report


def test_fusioninventory_sends_a_full_inventory(url: str, tmp_path: Path) -> None:
    log = probes.fusioninventory(url, tmp_path / "fusion")
    assert "[error]" not in log, log[-3000:]
    assert re.search(r"<PROLOG_FREQ>\d+</PROLOG_FREQ><RESPONSE>SEND</RESPONSE>", log)
    assert arrived().client.startswith("FusionInventory-Agent_v2")


def test_fusioninventory_without_compression(url: str, tmp_path: Path) -> None:
    log = probes.fusioninventory(url, tmp_path / "fusion", "--no-compression")
    assert "[error]" not in log, log[-3000:]
    arrived()


def test_ocs_asks_first_and_sends_a_full_inventory(url: str, tmp_path: Path) -> None:
    log = probes.ocsinventory(url, tmp_path / "ocs")
    assert "Deflating problem" not in log
    assert "Cannot establish communication" not in log
    assert re.search(r"<RESPONSE>SEND</RESPONSE>", log), log[-3000:]
    assert "NO_ACCOUNT_UPDATE" in log
    assert arrived().client.startswith("OCS-NG_unified_unix_agent_v2")


def test_the_same_machine_by_two_probes_goes_through_the_queue(url: str, tmp_path: Path, address: Address) -> None:
    probes.fusioninventory(url, tmp_path / "fusion")
    time.sleep(1.1)  # both name themselves after the host and the second they first ran in
    probes.ocsinventory(url, tmp_path / "ocs")
    assert Report.objects.count() == 2
    assert Report.objects.values("device_id").distinct().count() == 2
    assert ingesting.drain(clock=clock.now, seconds=120)
    assert set(Report.objects.values_list("state", flat=True)) <= {"applied", "quarantined"}
    for inventory in Inventory.objects.select_related("asset"):
        assert inventory.asset.entity_id == address.commune.pk
        assert inventory.asset.installations.count() > 100


def test_they_say_in_their_logs_that_the_address_is_revoked(url: str, tmp_path: Path, address: Address) -> None:
    tokens.revoke_token(actor=address.technician, token=address.token, now=clock.now())
    assert "403" in probes.fusioninventory(url, tmp_path / "fusion")
    assert "403" in probes.ocsinventory(url, tmp_path / "ocs")
    assert not Report.objects.exists()
