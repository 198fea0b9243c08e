"""RFB handshake and what follows it, in turns the fuzzer chooses."""

import atheris

with atheris.instrument_imports():
    from parvis.gateway.protocol.errors import RfbError
    from parvis.gateway.protocol.rfb_stream import RfbStream
    from parvis.ticket.claims import Policy

from tests.fuzz.harness import fuzz

POLICY = Policy(idle_seconds=900, ends_at=2_000_000_000)


def target(provider: atheris.FuzzedDataProvider) -> None:
    stream = RfbStream(POLICY)
    stream.from_server(b"RFB 003.008\n")
    stream.from_client(b"RFB 003.008\n")
    while provider.remaining_bytes():
        data = provider.ConsumeBytes(provider.ConsumeIntInRange(1, 200))
        if provider.ConsumeBool():
            stream.from_client(data)
        else:
            stream.from_server(data)


if __name__ == "__main__":
    fuzz(target, RfbError)
