"""An installation as the guide makes it: `parvis serve` in production mode, reached through a proxy by its own name."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest

from tests.servers.process import accepts, free_port, running

pytestmark = [pytest.mark.gateway, pytest.mark.xdist_group("production"), pytest.mark.timeout(900)]
NAME = "parvis.example.fr"


@dataclass(frozen=True)
class Installation:
    address: str
    log: Path

    def get(self, path: str, **headers: str) -> httpx.Response:
        return httpx.get(f"{self.address}{path}", headers=headers, timeout=20, trust_env=False)


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    folder, port = tmp_path_factory.mktemp("production"), free_port()
    environment = {
        "PARVIS_MODE": "production",
        "PARVIS_URL": f"https://{NAME}",
        "PARVIS_LISTEN": f"127.0.0.1:{port}",
        "PARVIS_DATA_DIR": str(folder / "data"),
        "PARVIS_DATABASE_URL": "sqlite",
    }
    installation = Installation(f"http://127.0.0.1:{port}", folder / "serve.log")

    command = [sys.executable, "-m", "parvis", "serve"]
    with running(
        command,
        log_path=installation.log,
        is_ready=lambda: accepts("127.0.0.1", port),
        timeout=600,  # a first start makes the whole database
        env=environment,
    ):
        yield installation


def test_health_is_asked_on_the_machine_itself_as_the_guide_says(installed: Installation) -> None:
    assert {path: installed.get(f"/{path}").status_code for path in ("livez", "readyz", "metrics")} == {
        "livez": 200,
        "readyz": 200,
        "metrics": 200,
    }


def test_the_gateway_reaches_the_portal_by_an_inner_address(installed: Installation) -> None:
    """What a gateway is told first: the portal's keys. Without them no screen opens."""
    deadline = time.monotonic() + 60
    while '"portal_reached"' not in installed.log.read_text():
        assert time.monotonic() < deadline, installed.log.read_text()[-3000:]
        time.sleep(0.2)


def test_pages_answer_to_the_site_s_name_only(installed: Installation) -> None:
    for host, status in ((NAME, 200), ("evil.example", 400), ("127.0.0.1", 400)):
        answer = installed.get("/accessibilite/", Host=host, **{"X-Forwarded-Proto": "https"})
        assert answer.status_code == status, (host, answer.status_code)
