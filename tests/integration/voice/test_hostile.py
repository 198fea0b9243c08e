"""Those who try: at the browsers' door and on the telephone's port."""

from __future__ import annotations

import json
import secrets
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import ClientConnection, connect
from websockets.typing import Origin

from tests.integration.voice.fake_portal import room, seat
from tests.integration.voice.harness import World, until, world
from tests.integration.voice.phone import telephone

pytestmark = [pytest.mark.gateway, pytest.mark.xdist_group("voice-hostile"), pytest.mark.timeout(300)]


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with world(tmp_path_factory.mktemp("voice")) as place:
        yield place


@pytest.fixture(autouse=True)
def _lines() -> Iterator[None]:
    """Every line a test opened is closed at its end."""
    with _OPEN:
        yield


_OPEN = ExitStack()


def _door(place: World, origin: str | None = None) -> ClientConnection:
    chosen = Origin(origin or place.origin)
    return _OPEN.enter_context(connect(place.websocket, origin=chosen, proxy=None, open_timeout=30))


def _join(place: World, meeting: dict[str, Any], chair: dict[str, Any]) -> ClientConnection:
    line = _door(place)
    line.send(json.dumps({"type": "hello", "ticket": place.portal.ticket(meeting, chair), "stay": None}))
    assert _next(line, "welcome")["you"] == chair["id"]
    return line


def _next(line: ClientConnection, kind: str) -> dict[str, Any]:
    while True:
        message = json.loads(line.recv(timeout=30))
        if message["type"] == kind:
            return dict(message)


def _read_on(line: ClientConnection) -> None:
    while True:
        line.recv(timeout=30)


def _closed(line: ClientConnection) -> int:
    """The code with which the server closes, whatever it says before."""
    with pytest.raises(ConnectionClosed) as closed:
        _read_on(line)
    assert closed.value.rcvd is not None
    return int(closed.value.rcvd.code)


@pytest.mark.parametrize("origin", ["https://evil.example", "null"])
def test_only_our_own_pages_come_to_the_door(place: World, origin: str) -> None:
    with pytest.raises(InvalidStatus) as refused:
        _door(place, origin)
    assert refused.value.response.status_code == 403


@pytest.mark.parametrize(
    ("first", "code"),
    [
        ("not json", 4010),
        ("[" * 60_000, 4010),
        ('{"type": "mute", "on": true}', 4010),
        ('{"type": "hello"}', 4010),
        ('{"type": "hello", "ticket": "parvisroom1.x", "more": 1}', 4010),
        ('{"type": "hello", "ticket": "parvis1.x"}', 4001),
        ('{"type": "hello", "ticket": "parvisroom1.unknown"}', 4001),
        (json.dumps({"type": "hello", "ticket": "parvisroom1." + "x" * 3000}), 4001),
    ],
)
def test_without_a_ticket_nobody_comes_in(place: World, first: str, code: int) -> None:
    line = _door(place)
    line.send(first)
    assert _closed(line) == code


def test_a_ticket_opens_one_seat_once(place: World) -> None:
    ticket = place.portal.ticket(room("once"), seat(71, "Anne"))
    first, second = _door(place), _door(place)
    for line in (first, second):
        line.send(json.dumps({"type": "hello", "ticket": ticket}))
    with ThreadPoolExecutor(2) as both:
        assert set(both.map(_outcome, (first, second))) == {"admitted", 4001}  # which of them is chance


def _outcome(line: ClientConnection) -> str | int:
    """`admitted`, or the code with which the server closes."""
    try:
        return str(_next(line, "admitted")["type"])
    except ConnectionClosed as closed:
        return int(closed.rcvd.code) if closed.rcvd else 0


def test_bad_messages_are_told_then_end_it(place: World) -> None:
    line = _join(place, room("bad"), seat(72, "Basile"))
    line.send('{"type": "raw_janus", "body": {"request": "destroy"}}')
    assert _next(line, "error") == {"type": "error", "code": "invalid", "of": "raw_janus"}
    line.send('{"type": "audio_offer", "sdp": "v=0 not a description"}')
    assert _next(line, "error")["code"] == "media_failed"
    for _ in range(9):
        line.send("{}")
    assert _closed(line) == 4010


def test_who_floods_is_let_go(place: World) -> None:
    line = _join(place, room("flood"), seat(73, "Clara"))
    try:
        for number in range(400):
            line.send(json.dumps({"type": "ping", "t": number}))
    except ConnectionClosed:
        pass
    assert _closed(line) == 4010


def test_a_frame_too_long_is_not_read(place: World) -> None:
    line = _join(place, room("long"), seat(74, "Denis"))
    line.send(json.dumps({"type": "chat", "text": "a" * 200_000}))
    assert _closed(line) == 1009


def test_chat_reaches_the_others_and_no_disk(place: World) -> None:
    secret = f"mot {secrets.token_hex(8)}"
    first, second = _join(place, room("chat"), seat(75, "Anne")), _join(place, room("chat"), seat(76, "Basile"))
    first.send(json.dumps({"type": "chat", "text": secret}))
    assert _next(second, "chat")["text"] == secret
    for path in place.folder.rglob("*"):
        assert not path.is_file() or secret.encode() not in path.read_bytes(), path
    assert secret not in json.dumps(place.portal.events)
    first.close()
    second.close()


def test_no_ticket_and_no_pin_in_any_log(place: World) -> None:
    line = _join(place, room("log"), seat(77, "Anne"))
    line.close()
    for path in place.folder.rglob("*"):
        if path.is_file():
            content = path.read_bytes()
            assert b"parvisroom1." not in content, path


def test_strangers_are_not_answered_on_the_telephone_s_port(place: World) -> None:
    options = (
        f"OPTIONS sip:x@{place.here} SIP/2.0\r\nVia: SIP/2.0/UDP {place.here};branch=z9hG4bK1;rport\r\n"
        f"From: <sip:a@b>;tag=1\r\nTo: <sip:x@{place.here}>\r\nCall-ID: 1\r\nCSeq: 1 OPTIONS\r\n\r\n"
    ).encode()
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as stranger:
        stranger.settimeout(2)
        stranger.sendto(options, (place.here, place.sip_port))
        with pytest.raises(TimeoutError):
            stranger.recv(2000)
    script = (
        "import socket,sys; s=socket.socket(socket.AF_INET,socket.SOCK_DGRAM); s.settimeout(20); "
        f"a=('{place.here}',{place.sip_port}); "
        "[s.sendto(junk,a) for junk in (b'x', b'\\xff'*3000, b'INVITE x\\r\\n\\r\\n')]; "
        f"s.sendto({options!r},a); sys.stdout.write(s.recv(2000).decode())"
    )
    trunk = subprocess.run(
        place.machine.command(sys.executable, "-c", script), capture_output=True, text=True, timeout=60, check=True
    )
    assert trunk.stdout.startswith("SIP/2.0 200 OK")


def test_three_wrong_pins_end_the_call_and_too_many_calls_are_declined(place: World, tmp_path: Path) -> None:
    with telephone(place.machine, tmp_path / "phone", hertz=600, number="33298009999") as phone:
        for call in range(4):
            asked = len(place.portal.calls)
            phone.dial(place.number)
            until(lambda: phone.log.count("established") > call, "answered")  # noqa: B023
            for _ in range(3):
                before = len(place.portal.calls)
                phone.press("9999#")
                until(lambda: len(place.portal.calls) > before, "the PIN is asked")  # noqa: B023
            until(lambda: phone.log.count("terminated") > call, "the call ends")  # noqa: B023
            assert len(place.portal.calls) == asked + 3
        phone.dial(place.number)
        until(lambda: "603" in phone.log or "Decline" in phone.log, "declined")
        time.sleep(1)
        assert len(place.portal.calls) == asked + 3
