"""What both ends say before the measured traffic, and what that traffic looks like: real RFB, believable RDP.

A dialogue is a script for the load generator (`bench/c/load.c`): a line per step, `B` the
browser, `T` the office PC.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from parvis.serve.load_test.words import (
    KEY_RDP,
    KEY_RFB,
    RFB_VERSION,
    client_info,
    connect_initial,
    connect_response,
    fast_path_update,
    rfb_init,
    rfb_update,
    rfb_wishes,
    x224_confirm,
    x224_request,
)


@dataclass(frozen=True, slots=True)
class Dialogue:
    """The opening, then the first bytes of each measured message; 8 bytes of time stamp follow them."""

    script: tuple[str, ...]
    up_prefix: bytes
    """Of the 12 bytes a browser sends."""
    update: int
    """Bytes of a screen update when people work."""
    bulk_update: int
    """Bytes of a screen update when the whole screen moves."""

    def down_prefix(self, size: int) -> bytes:
        """Of the `size` bytes a PC sends."""
        raise NotImplementedError

    def text(self) -> str:
        return "\n".join(self.script) + "\n"


class Rfb(Dialogue):
    """Raw rectangles: 34 × 30 pixels, or tiles of 64 × 64 (RFC 6143 §7.6.1)."""

    def down_prefix(self, size: int) -> bytes:
        width, height = {4096: (34, 30), 16400: (64, 64)}[size]
        assert width * height * 4 + 16 == size
        return rfb_update(width, height)


class FastPath(Dialogue):
    """Fast-path updates (MS-RDPBCGR 2.2.9.1.2): header, 15-bit length."""

    def down_prefix(self, size: int) -> bytes:
        return fast_path_update(size)


def rfb(*, ticket: bool) -> Rfb:
    """RFB 3.8 without password, one SetEncodings, one update request. `ticket`: our gateway's first two messages."""
    version, init, wishes = RFB_VERSION, rfb_init(), rfb_wishes()
    browser = [("expect", version), ("send", version), ("expect", b"\1\1"), ("send", b"\1"), ("expect", bytes(4))]
    browser += [("send", b"\1"), ("expect", init), ("send", wishes)]
    first = ("B secret", "B message") if ticket else ()
    return Rfb(
        (*first, *_steps("B", browser), *_steps("T", _mirror(browser))),
        up_prefix=KEY_RFB,
        update=4096,
        bulk_update=16400,
    )


def fast_path_through_gateway() -> FastPath:
    """X.224 and TLS are the gateway's; then as much of MCS as makes it find the first picture."""
    request, confirm = x224_request(), x224_confirm()
    initial, response, info = connect_initial(), connect_response(), client_info()
    script = (
        "B secret",
        "B message",
        *_steps("B", [("send", initial), ("expect", response), ("send", info)]),
        *_steps("T", [("expect", request), ("send", confirm)]),
        "T tls",
        *_steps("T", [("expect", initial), ("send", response), ("expect", info)]),
    )
    return _fast_path(script)


def fast_path_over_tls() -> FastPath:
    """The same traffic for a relay that only knows TLS: no X.224 before it."""
    initial, response, info = connect_initial(), connect_response(), client_info()
    browser = [("send", initial), ("expect", response), ("send", info)]
    return _fast_path((*_steps("B", browser), "T tls", *_steps("T", _mirror(browser))))


def to_websocket(spoken: Dialogue) -> Dialogue:
    """The same, for a relay that speaks WebSocket to the PC as well: the PC answers its HTTP request first."""
    first = "T tls" in spoken.script
    script = tuple(line for line in spoken.script if line != "T tls")
    return replace(spoken, script=(*(("T tls",) if first else ()), "T upgrade", *script))


def _fast_path(script: tuple[str, ...]) -> FastPath:
    return FastPath(script, up_prefix=KEY_RDP, update=4096, bulk_update=16384)


def _mirror(steps: list[tuple[str, bytes]]) -> list[tuple[str, bytes]]:
    return [("send" if verb == "expect" else "expect", data) for verb, data in steps]


def _steps(side: str, steps: list[tuple[str, bytes]]) -> list[str]:
    return [f"{side} {verb} {data.hex() if verb == 'send' else len(data)}" for verb, data in steps]
