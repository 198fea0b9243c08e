"""Real telephones (baresip) and a real Janus: they type a PIN and hear each other, and nobody else does."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.integration.voice.fake_portal import room
from tests.integration.voice.harness import World, livez, until, world
from tests.integration.voice.phone import Phone, telephone

pytestmark = [pytest.mark.gateway, pytest.mark.timeout(300)]


@pytest.fixture
def place(tmp_path: Path) -> Iterator[World]:
    with world(tmp_path / "voice") as place:
        yield place


def enters(place: World, phone: Phone, pin: str) -> None:
    before = place.portal.kinds().count("joined")
    phone.dial(place.number)
    until(lambda: phone.hears(600) or "Call established" in phone.log or "established" in phone.log, "established")
    phone.press(f"{pin}#")
    until(lambda: place.portal.kinds().count("joined") > before, "joined")


def test_two_telephones_hear_each_other_and_each_not_itself(place: World, tmp_path: Path) -> None:
    assert livez(place) == "ok\n"
    place.portal.pins["4821"] = room()
    with (
        telephone(place.machine, tmp_path / "a", hertz=600) as first,
        telephone(place.machine, tmp_path / "b", hertz=1000, codec="PCMU", port=4446) as second,
    ):
        enters(place, first, "4821")
        enters(place, second, "4821")
        until(lambda: second.hears(600) > 0.8, "the second hears the first")
        until(lambda: first.hears(1000) > 0.8, "the first hears the second")
        assert first.hears(600) < 0.1
        second.hang_up()
        until(lambda: "left" in place.portal.kinds(), "left")
