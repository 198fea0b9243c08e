"""Clipboard filter: with a direction denied, none of its content gets through."""

import struct

import atheris

with atheris.instrument_imports():
    from parvis.gateway.protocol.errors import ClipboardError
    from parvis.gateway.protocol.rdp_clipboard import ClipboardFilter
    from parvis.ticket.claims import Policy

from tests.fuzz.harness import fuzz

POLICY = Policy(idle_seconds=900, ends_at=2_000_000_000, clipboard_from_pc=True)


def target(provider: atheris.FuzzedDataProvider) -> None:
    judge = ClipboardFilter(POLICY)
    while provider.remaining_bytes():
        # Mostly well-formed, or the strict checks would let the fuzzer see little.
        kind, flags = provider.ConsumeIntInRange(0, 12), provider.ConsumeIntInRange(0, 3)
        data = provider.ConsumeBytes(provider.ConsumeIntInRange(0, 64))
        message = struct.pack("<HHI", kind, flags, len(data)) + data
        cut = provider.ConsumeIntInRange(0, len(message))
        for part, ends in ((message[:cut], 1), (message[cut:], 2)):
            whole = 3 if cut in (0, len(message)) else ends
            total = len(message) if provider.ConsumeIntInRange(0, 20) else provider.ConsumeIntInRange(0, 100)
            if part:
                _check(judge.chunk(struct.pack("<II", total, whole) + part), struct.pack("<II", total, whole) + part)
    assert judge.transfers_to_pc == 0


def _check(passed: bytes | None, chunk: bytes) -> None:
    assert passed is None or len(passed) <= len(chunk)
    if passed is not None and struct.unpack_from("<I", passed, 4)[0] & 1:
        assert struct.unpack_from("<H", passed, 8)[0] in (2, 3, 4, 7)


if __name__ == "__main__":
    fuzz(target, ClipboardError)
