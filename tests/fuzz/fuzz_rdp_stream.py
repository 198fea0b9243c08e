"""Both directions of an RDP connection, in turns the fuzzer chooses."""

import atheris

with atheris.instrument_imports():
    from parvis.gateway.protocol.errors import ProtocolError
    from parvis.gateway.protocol.rdp_stream import RdpStream, is_goodbye, is_user_input
    from parvis.gateway.protocol.x224 import Security
    from parvis.ticket.claims import Policy

from tests.fuzz.harness import fuzz

POLICY = Policy(idle_seconds=900, ends_at=2_000_000_000, clipboard_to_pc=True)


def target(provider: atheris.FuzzedDataProvider) -> None:
    stream = RdpStream(provider.PickValueInList([Security.SSL, Security.HYBRID, Security.HYBRID_EX]), POLICY)
    while provider.remaining_bytes():
        data = provider.ConsumeBytes(provider.ConsumeIntInRange(1, 600))
        is_user_input(data)
        is_goodbye(data)
        if provider.ConsumeBool():
            stream.from_client(data)
        else:
            stream.from_server(data)


if __name__ == "__main__":
    fuzz(target, ProtocolError)
