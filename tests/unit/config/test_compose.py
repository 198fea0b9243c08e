"""The example for containers names only what exists."""

from __future__ import annotations

import re
from pathlib import Path

import yaml

from parvis.voice.janus.configuration import JanusSettings
from parvis.voice.settings import Settings

ROOT = Path(__file__).parents[3]
FOLDER = ROOT / "deploy/compose"
SERVICES = yaml.safe_load((FOLDER / "compose.yml").read_text())["services"]
EXAMPLE = (FOLDER / "parvis.env.example").read_text()
VARIABLES = dict(re.findall(r"^#?(PARVIS_\w+)=(.*)$", EXAMPLE, re.MULTILINE))


def test_every_variable_is_one_that_parvis_reads() -> None:
    pages = [ROOT / f"docs/reference/{name}.md" for name in ("settings", "gateway", "voice")]
    known = {name for page in pages for name in re.findall(r"PARVIS_[A-Z_]+", page.read_text())}
    assert set(VARIABLES) - known == set()


def test_the_voice_server_takes_the_values_of_the_example() -> None:
    told = {"PARVIS_VOICE_SECRET": "s" * 32, "PARVIS_VOICE_STATE_DIR": "/var/lib/parvis/voice"}
    told |= {"PARVIS_PORTAL_INTERNAL_URL": "http://127.0.0.1:8000", "PARVIS_ORIGINS": VARIABLES["PARVIS_URL"]}
    settings = Settings.from_environment({**VARIABLES, **told})
    assert settings.sip is not None
    assert any(url.startswith("turn:") for url in settings.turn.urls)


def test_the_ports_told_are_those_of_the_settings() -> None:
    low, high = JanusSettings().media_ports
    told = dict(word.removeprefix("--").split("=", 1) for word in SERVICES["coturn"]["command"] if "=" in word)
    relay = f"{told['min-port']} to {told['max-port']}"
    assert f"UDP {low} to {high} and {told['listening-port']}, {relay} are open" in EXAMPLE


def test_the_relay_leads_to_our_rooms_and_nowhere_else() -> None:
    rules = [word.removeprefix("--") for word in SERVICES["coturn"]["command"] if "-peer-ip=" in word]
    nowhere = {"denied-peer-ip=0.0.0.0-255.255.255.255", "denied-peer-ip=::-" + ":".join(["ffff"] * 8)}
    assert set(rules[:-1]) == nowhere
    assert rules[-1].startswith("allowed-peer-ip=${VOICE_ADDRESS:?")
    documented = (ROOT / "docs/howto/salle-parvis.md").read_text()
    assert all(rule in documented for rule in nowhere)
    assert "--use-auth-secret" in SERVICES["coturn"]["command"]


def test_what_the_image_copies_and_runs_is_in_the_tree() -> None:
    lines = (FOLDER / "Dockerfile").read_text()
    assert SERVICES["parvis"]["build"]["dockerfile"] == "deploy/compose/Dockerfile"
    made = re.search(r"RUN make (.+?) &&", lines)
    assert made
    targets = (ROOT / "Makefile").read_text()
    for stamp in made[1].split():
        assert stamp.replace(".make/", "$(STAMPS)/") + ":" in targets
    assert "/opt/parvis/.venv/bin/parvis" in lines
