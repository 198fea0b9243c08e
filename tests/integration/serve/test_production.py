"""An installation as the guide makes it: `parvis serve` in production mode, reached through a proxy by its own name."""

from __future__ import annotations

import signal
import subprocess
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
ROOT = Path(__file__).resolve().parents[3]


@dataclass(frozen=True)
class Installation:
    address: str
    log: Path
    release: Path
    """What it imports; a link, as an update in place changes it."""
    process: subprocess.Popen[bytes]

    def get(self, path: str, **headers: str) -> httpx.Response:
        # Long: the address listens before there is a portal, and while all of them start again.
        return httpx.get(f"{self.address}{path}", headers=headers, timeout=180, trust_env=False)


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    folder, port = tmp_path_factory.mktemp("production"), free_port()
    environment = {
        "PARVIS_MODE": "production",
        "PARVIS_URL": f"https://{NAME}",
        "PARVIS_LISTEN": f"127.0.0.1:{port}",
        "PARVIS_DATA_DIR": str(folder / "data"),
        "PARVIS_DATABASE_URL": "sqlite",
        "DJANGO_SETTINGS_MODULE": "parvis.portal.config.settings",  # not the suite's own
    }
    release = folder / "release" / "parvis"
    release.parent.mkdir()
    release.symlink_to(ROOT / "src/parvis")
    environment["PYTHONPATH"] = str(release.parent)
    log = folder / "serve.log"

    command = [sys.executable, "-m", "parvis", "serve"]
    with running(
        command,
        log_path=log,
        # The address listens before there is a portal; and a gateway that knows it is the last to be there.
        is_ready=lambda: accepts("127.0.0.1", port) and '"portal_reached"' in log.read_text(),
        timeout=600,  # a first start makes the whole database
        env=environment,
    ) as process:
        yield Installation(f"http://127.0.0.1:{port}", log, release, process)


def test_health_is_asked_on_the_machine_itself_as_the_guide_says(installed: Installation) -> None:
    assert {path: installed.get(f"/{path}").status_code for path in ("livez", "readyz", "metrics")} == {
        "livez": 200,
        "readyz": 200,
        "metrics": 200,
    }


def test_the_gateway_reaches_the_portal_by_an_inner_address(installed: Installation) -> None:
    """What a gateway is told first: the portal's keys. Without them no screen opens, and nothing here has started."""
    assert '"portal_reached"' in installed.log.read_text()


def test_pages_answer_to_the_site_s_name_only(installed: Installation) -> None:
    for host, status in ((NAME, 200), ("evil.example", 400), ("127.0.0.1", 400)):
        answer = installed.get("/accessibilite/", Host=host, **{"X-Forwarded-Proto": "https"})
        assert answer.status_code == status, (host, answer.status_code)


def test_a_reload_refuses_what_does_not_start_and_takes_what_does(installed: Installation, tmp_path: Path) -> None:
    """With the real trial: every part read, the database migrated, the settings checked."""

    def reload(*outcomes: str) -> str:
        before = len(installed.log.read_text())
        installed.process.send_signal(signal.SIGHUP)
        deadline = time.monotonic() + 300
        while not (found := [each for each in outcomes if f'"{each}"' in installed.log.read_text()[before:]]):
            assert time.monotonic() < deadline, installed.log.read_text()[-3000:]
            assert installed.process.poll() is None
            time.sleep(0.2)
        return found[0]

    torn, whole = tmp_path / "parvis", installed.release.readlink()
    torn.mkdir()
    (torn / "__init__.py").write_text("raise ImportError('half an update')")
    for each in whole.iterdir():  # what runs reads templates of its own all the while
        if each.name != "__init__.py":
            (torn / each.name).symlink_to(each)
    installed.release.unlink()
    installed.release.symlink_to(torn)
    try:
        assert reload("reload_refused", "reload_done") == "reload_refused"
        assert "half an update" in installed.log.read_text()
        assert installed.get("/readyz").status_code == 200
    finally:
        installed.release.unlink()
        installed.release.symlink_to(whole)

    assert reload("reload_refused", "reload_done") == "reload_done"
    assert installed.get("/readyz").status_code == 200
