"""Two real browsers, a real telephone and a real Janus: who hears whom, measured by their tones."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Playwright, sync_playwright

from tests.integration.voice.browser import Browser, browser
from tests.integration.voice.fake_portal import room, seat
from tests.integration.voice.harness import World, lines, until, world
from tests.integration.voice.phone import telephone
from tests.requirements import require

pytestmark = [pytest.mark.gateway, pytest.mark.timeout(420)]
ANNE, BASILE, PHONE = 600, 1000, 1500


@pytest.fixture(scope="module")
def playwright() -> Iterator[Playwright]:
    require("chromium")
    with sync_playwright() as playwright:
        yield playwright


@pytest.fixture
def place(tmp_path: Path) -> Iterator[World]:
    with world(tmp_path / "voice") as place:
        yield place


@pytest.fixture
def browsers(playwright: Playwright, place: World, tmp_path: Path) -> Iterator[tuple[Browser, Browser]]:
    with (
        browser(playwright, place, tmp_path / "anne", hertz=ANNE) as first,
        browser(playwright, place, tmp_path / "basile", hertz=BASILE) as second,
    ):
        yield first, second


def test_two_browsers_and_a_telephone_hear_each_other(
    place: World, browsers: tuple[Browser, Browser], tmp_path: Path
) -> None:
    meeting = room()
    place.portal.pins["4821"] = meeting
    anne = browsers[0].join(meeting, seat(1, "Anne", role="host"))
    basile = browsers[1].join(meeting, seat(2, "Basile"))
    until(lambda: anne.hears(BASILE) > 0.5, f"Anne hears Basile: {anne.transcript()}")
    until(lambda: basile.hears(ANNE) > 0.5, "Basile hears Anne")
    with telephone(place.machine, tmp_path / "phone", hertz=PHONE) as phone:
        phone.dial(place.number)
        until(lambda: "established" in phone.log, "the call is answered")
        phone.press("9999#")
        until(lambda: len(place.portal.calls) == 1, "the PIN is asked")
        assert anne.hears(PHONE) < 0.01  # a wrong PIN opens nothing
        phone.press("4821#")
        until(lambda: len(place.portal.calls) > 1, f"a second PIN is asked: {place.portal.calls}")
        until(lambda: "joined" in place.portal.kinds()[2:], f"the PIN is taken: {place.portal.calls}")
        until(lambda: anne.hears(PHONE) > 0.2 and anne.hears(BASILE) > 0.2, "Anne hears both")
        until(lambda: basile.hears(PHONE) > 0.2 and basile.hears(ANNE) > 0.2, "Basile hears both")
        until(lambda: phone.hears(ANNE) > 0.2 and phone.hears(BASILE) > 0.2, "the telephone hears both")
        assert anne.hears(ANNE) < 0.05  # nobody hears themselves
        until(lambda: len(anne.messages("talking")) > 0 and len(anne.messages("talking")[-1]["ids"]) == 3, "all talk")

        caller = next(each["id"] for each in anne.people.values() if each["via"] == "phone")
        anne.say("host_mute", who=caller)
        until(lambda: basile.hears(PHONE) < 0.02 and basile.hears(ANNE) > 0.5, "the telephone is muted")
        phone.press("*6")  # a held microphone stays closed
        until(lambda: anne.people[caller]["held"], "held")
        anne.say("host_ask_unmute", who=caller)
        until(lambda: not anne.people[caller]["held"], "released")
        assert anne.people[caller]["muted"]  # asked, not forced
        phone.press("*6")
        until(lambda: basile.hears(PHONE) > 0.2, "the telephone is heard again")

        anne.say("host_kick", who="2")
        until(lambda: basile.closed, "Basile is sent away")
        assert basile.closed == {"code": 4003, "reason": "sent_away"}
        until(lambda: phone.hears(BASILE) < 0.02 and phone.hears(ANNE) > 0.5, "Basile is heard no more")
        anne.say("host_end")
        until(lambda: anne.closed == {"code": 4008, "reason": "ended_by_host"}, "the room ends")
        until(lambda: "terminated" in phone.log or "closed" in phone.log.lower(), "the telephone is hung up")
    until(lambda: {"joined", "left", "kicked", "ended"} <= set(place.portal.kinds()), "told the portal")


def test_who_waits_in_the_lobby_hears_nothing_until_let_in(place: World, browsers: tuple[Browser, Browser]) -> None:
    meeting = room(has_lobby=True)
    basile = browsers[1].join(meeting, seat(2, "Basile", waits=True))
    until(lambda: basile.messages("welcome"), "welcome")
    assert basile.messages("welcome")[0]["state"] == "lobby"
    anne = browsers[0].join(meeting, seat(1, "Anne", role="host"))
    until(lambda: anne.messages("lobby") and anne.messages("lobby")[-1]["people"], "the host sees who waits")
    until(lambda: [each["up"] for each in anne.messages("media")] == [True], "Anne’s sound passes")
    assert basile.page.evaluate("me.pc") is None
    basile.say("audio_offer", sdp="v=0")
    until(lambda: basile.messages("error"), "refused")
    assert basile.messages("error")[0]["code"] == "not_admitted"
    anne.say("host_admit", who="2")
    until(lambda: basile.hears(ANNE) > 0.5 and anne.hears(BASILE) > 0.5, "they hear each other")


def test_a_browser_that_is_cut_comes_back_to_its_place(place: World, browsers: tuple[Browser, Browser]) -> None:
    meeting = room(has_lobby=True)
    anne = browsers[0].join(meeting, seat(1, "Anne", role="host"))
    basile = browsers[1].join(meeting, seat(2, "Basile", waits=True))
    until(lambda: anne.messages("lobby") and anne.messages("lobby")[-1]["people"], "waits")
    anne.say("host_admit", who="2")
    until(lambda: basile.hears(ANNE) > 0.5, "Basile hears Anne")
    basile.say("hand", up=True)
    until(lambda: anne.people["2"]["hand"] == 1, "a hand is up")
    basile.cut()
    again = browsers[1].join(meeting, seat(2, "Basile", waits=True))
    until(lambda: again.hears(ANNE) > 0.5, "Basile hears Anne again")
    assert again.messages("welcome")[0]["state"] == "in"
    assert again.people["2"]["hand"] == 1
    assert place.portal.kinds().count("joined") == 2


def test_cameras_are_seen_by_those_who_want_them(place: World, browsers: tuple[Browser, Browser]) -> None:
    meeting = room()
    anne = browsers[0].join(meeting, seat(1, "Anne", role="host"), microphone=False)
    basile = browsers[1].join(meeting, seat(2, "Basile"))
    until(lambda: len(anne.people) == 2 and basile.messages("admitted"), "both are in")
    anne.say("cameras_want", on=True)
    basile.show_camera()
    until(lambda: anne.pictures() > 10, f"Anne sees Basile: {anne.transcript()}")
    assert basile.pictures() == 0
    basile.say("camera_stop")
    until(lambda: not anne.people["2"]["camera"], "the camera is off")


def test_when_janus_dies_it_is_started_again_and_the_room_goes_on(
    place: World, browsers: tuple[Browser, Browser]
) -> None:
    meeting = room()
    anne = browsers[0].join(meeting, seat(1, "Anne", role="host"))
    basile = browsers[1].join(meeting, seat(2, "Basile"))
    until(lambda: anne.hears(BASILE) > 0.5 and basile.hears(ANNE) > 0.5, "they hear each other")
    os.kill(started(place)[-1], signal.SIGKILL)
    until(lambda: not all(each["up"] for each in basile.messages("media")), "the page is told")
    until(lambda: len(started(place)) == 2, "Janus is started again")
    for participant in (anne, basile):
        until(lambda who=participant: who.page.evaluate("me.pc.connectionState") == "connected", "connected again")
    until(lambda: anne.hears(BASILE) > 0.5 and basile.hears(ANNE) > 0.5, "they hear each other again")
    assert anne.closed is None
    assert place.portal.kinds().count("joined") == 2


def started(place: World) -> list[int]:
    return [line["pid"] for line in lines(place) if line["event"] == "janus_started"]
