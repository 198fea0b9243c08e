"""A browser that may only speak through the relay is heard all the same: coturn, with a pass of the voice server's."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import sync_playwright

from tests.integration.voice.browser import browser
from tests.integration.voice.fake_portal import room, seat
from tests.integration.voice.harness import World, until, world
from tests.requirements import require
from tests.servers.process import accepts, free_port, running

pytestmark = [pytest.mark.gateway, pytest.mark.timeout(300)]
SECRET = "shared-with-coturn-and-nobody-else"
PORT = free_port()


@pytest.fixture
def place(tmp_path: Path) -> Iterator[World]:
    require("turnserver")
    with world(
        tmp_path / "voice",
        PARVIS_VOICE_TURN_URLS=f"turn:HERE:{PORT}?transport=udp",
        PARVIS_VOICE_TURN_SECRET=SECRET,
    ) as place:
        # As docs/howto/salle-parvis.md configures it: towards Janus's machine and nowhere else.
        arguments = [
            *("-n", "--listening-ip", place.here, "--relay-ip", place.here, "--listening-port", str(PORT)),
            *("--use-auth-secret", "--static-auth-secret", SECRET, "--realm", "parvis.test", "--fingerprint"),
            *("--no-tls", "--no-dtls", "--no-cli", "--no-multicast-peers", "--log-file", "stdout", "--simple-log"),
            *("--denied-peer-ip", "0.0.0.0-255.255.255.255", "--allowed-peer-ip", place.here),
            *("--pidfile", str(tmp_path / "turn.pid"), "--userdb", str(tmp_path / "turn.db")),
        ]
        with running(
            ["turnserver", *arguments],
            log_path=tmp_path / "turn.log",
            is_ready=lambda: accepts(place.here, PORT),
            timeout=60,
        ):
            yield place


def test_through_the_relay_alone_two_browsers_hear_each_other(place: World, tmp_path: Path) -> None:
    require("chromium")
    with (
        sync_playwright() as playwright,
        browser(playwright, place, tmp_path / "anne", hertz=600) as first,
        browser(playwright, place, tmp_path / "basile", hertz=1000) as second,
    ):
        anne = first.join(room(), seat(1, "Anne"), relay_only=True)
        basile = second.join(room(), seat(2, "Basile"))
        servers = anne.messages("welcome") or until(lambda: anne.messages("welcome"), "welcome")
        [relay] = servers[0]["ice_servers"]
        assert int(relay["username"].partition(":")[0]) > time.time() + 3600
        assert "Anne" not in relay["username"]
        until(lambda: anne.hears(1000) > 0.5, f"Anne hears Basile: {anne.transcript()[-1500:]}")
        until(lambda: basile.hears(600) > 0.5, "Basile hears Anne")
        used = anne.page.evaluate(
            """async () => {
              const kinds = {}, pairs = [];
              (await me.pc.getStats()).forEach((each) => {
                if (each.type === "local-candidate") kinds[each.id] = each.candidateType;
                if (each.type === "candidate-pair" && each.nominated) pairs.push(each.localCandidateId);
              });
              return pairs.map((id) => kinds[id]);
            }"""
        )
        assert set(used) == {"relay"}
