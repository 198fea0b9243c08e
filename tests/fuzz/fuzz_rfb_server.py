"""PC → browser messages of RFB: any chunking gives the same result."""

import struct

import atheris

with atheris.instrument_imports():
    from parvis.gateway.protocol.errors import RfbError
    from parvis.gateway.protocol.rfb_server import RfbServerFilter
    from parvis.ticket.claims import Policy

from tests.fuzz.harness import fuzz, pieces

POLICY = Policy(idle_seconds=900, ends_at=2_000_000_000)
PIXEL_FORMAT = struct.pack(">BBBBHHHBBBxxx", 32, 24, 0, 1, 255, 255, 255, 16, 8, 0)


def _fed(parts: list[bytes]) -> bytes:
    judge = RfbServerFilter(POLICY, lambda: PIXEL_FORMAT)
    return b"".join(bytes(piece) for part in parts for piece in judge.feed(part))


def target(provider: atheris.FuzzedDataProvider) -> None:
    parts = pieces(provider)
    assert _fed(parts) == _fed([b"".join(parts)])


if __name__ == "__main__":
    fuzz(target, RfbError)
