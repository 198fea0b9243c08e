"""Browser → PC messages of RFB: any chunking gives the same result."""

import atheris

with atheris.instrument_imports():
    from parvis.gateway.protocol.errors import RfbError
    from parvis.gateway.protocol.rfb_client import RfbClientFilter
    from parvis.ticket.claims import Policy

from tests.fuzz.harness import fuzz, pieces

POLICY = Policy(idle_seconds=900, ends_at=2_000_000_000)


def target(provider: atheris.FuzzedDataProvider) -> None:
    parts = pieces(provider)
    expected = RfbClientFilter(POLICY).feed(b"".join(parts))
    split = RfbClientFilter(POLICY)
    assert b"".join(split.feed(part) for part in parts) == expected
    assert split.transfers_to_pc == 0


if __name__ == "__main__":
    fuzz(target, RfbError)
