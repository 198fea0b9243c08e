"""The compose file of the parts, resolved by docker-compose itself (Debian's). No engine is at hand: nothing starts."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from parvis.gateway.settings import Settings
from parvis.portal.config import env
from tests.requirements import require

ROOT = Path(__file__).parents[3]
FOLDER = ROOT / "deploy/compose"
TOLD = {
    "DATABASE_PASSWORD": "canary-database",
    "GATEWAY_SECRET": "canary-gateway-that-is-long-enough",
    "ORIGIN": "https://parvis.example.fr",
    "ALLOWED_NETWORKS": "10.20.0.0/16",
    "DENIED_NETWORKS": "10.20.0.0/24",
}
OURS = ("portal-1", "portal-2", "worker", "gateway-1", "gateway-2", "migrate")


def resolved(folder: Path, told: dict[str, str]) -> subprocess.CompletedProcess[str]:
    """`docker-compose config` in a copy, as the file's first lines say."""
    require("docker-compose")
    shutil.copy(FOLDER / "several.yml", folder)
    shutil.copy(FOLDER / "several.env.example", folder / "several.env")
    command = ["docker-compose", "-f", "several.yml", "config"]
    environ = {"PATH": os.environ["PATH"], "HOME": str(folder), **told}
    return subprocess.run(command, cwd=folder, env=environ, capture_output=True, text=True, check=False)


@pytest.fixture(scope="module")
def services(tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict[str, Any]]:
    done = resolved(tmp_path_factory.mktemp("compose"), TOLD)
    assert done.returncode == 0, done.stderr
    found: dict[str, dict[str, Any]] = yaml.safe_load(done.stdout)["services"]
    return found


@pytest.mark.parametrize("name", ["DATABASE_PASSWORD", "GATEWAY_SECRET", "ORIGIN", "ALLOWED_NETWORKS"])
def test_nothing_starts_without_its_secrets(tmp_path: Path, name: str) -> None:
    done = resolved(tmp_path, {**TOLD, name: ""})
    assert done.returncode != 0
    assert name in done.stderr


def test_no_secret_is_in_the_file() -> None:
    """Each is asked of whoever starts it."""
    text = (FOLDER / "several.yml").read_text() + (FOLDER / "several.env.example").read_text()
    told = re.findall(r"^\s*\w*(?:PASSWORD|SECRET)\w*\s*[:=]\s*(\S+)", text, re.MULTILINE)
    assert len(told) == 3
    assert all(value.startswith("${") for value in told)


def test_only_the_proxy_is_open(services: dict[str, dict[str, Any]]) -> None:
    assert {name for name, each in services.items() if each.get("ports")} == {"proxy"}
    assert set(services["database"]["networks"]) == set(services["cache"]["networks"]) == {"back"}
    for gateway in ("gateway-1", "gateway-2"):
        assert "back" not in services[gateway]["networks"], "a gateway has no database"


def test_ours_may_do_little(services: dict[str, dict[str, Any]]) -> None:
    for name in OURS:
        each = services[name]
        assert (each["read_only"], each["cap_drop"]) == (True, ["ALL"]), name
        assert each["security_opt"] == ["no-new-privileges:true"]
        assert each["command"][0] == "/opt/parvis/.venv/bin/python", "process 1 must be the one that hears the signal"
    for name, each in services.items():
        assert not each["image"].endswith(":latest"), name
        assert ":" in each["image"], name


def test_portals_and_gateways_take_what_they_are_told(services: dict[str, dict[str, Any]]) -> None:
    names = set()
    for name in ("gateway-1", "gateway-2"):
        settings = Settings.from_environment(services[name]["environment"])
        names.add(settings.name)
        assert settings.listen == ("0.0.0.0", 8001)
    assert names == {"gateway-1", "gateway-2"}, "two of one name would close each other's connections"
    stores = [next(iter(services[name]["volumes"])) for name in ("gateway-1", "gateway-2")]
    assert stores[0] != stores[1]
    told = services["portal-1"]["environment"]
    portal = env.parse(told)
    assert portal.database_url == "postgresql://parvis:canary-database@database:5432/parvis"
    assert (portal.mode, portal.gateway_secret) == ("production", TOLD["GATEWAY_SECRET"])
    assert portal.is_proxy("172.30.7.5")
    assert services["portal-2"]["environment"] == services["worker"]["environment"] == told


def test_what_nginx_looks_for_is_there(services: dict[str, dict[str, Any]]) -> None:
    wanted = set(re.findall(r"^\s*server ([\w-]+):\d+", (ROOT / "deploy/nginx/several.conf").read_text(), re.MULTILINE))
    assert wanted == {"portal-1", "portal-2", "gateway-1", "gateway-2"}
    for name in wanted:
        assert "front" in services[name]["networks"]
    for name in ("portal-1", "portal-2"):
        assert services[name]["networks"]["front"]["aliases"] == ["portals"]
        assert services[name]["depends_on"]["migrate"]["condition"] == "service_completed_successfully"
    address = services["gateway-1"]["environment"]["PARVIS_PORTAL_INTERNAL_URL"]
    assert address == "http://portals:8000"


def test_every_variable_is_one_that_parvis_reads(services: dict[str, dict[str, Any]]) -> None:
    pages = [ROOT / f"docs/reference/{name}.md" for name in ("settings", "gateway", "voice")]
    known = {name for page in pages for name in re.findall(r"PARVIS_[A-Z_]+", page.read_text())}
    known |= {"PARVIS_LISTEN"}  # `serve.options`
    used = {name for each in OURS for name in services[each]["environment"] if name.startswith("PARVIS_")}
    example = set(re.findall(r"^#?(PARVIS_\w+)=", (FOLDER / "several.env.example").read_text(), re.MULTILINE))
    assert (used | example) - known == set()
