"""MCS: patched PDUs keep their length, and no forbidden channel keeps its name."""

import atheris

with atheris.instrument_imports():
    from parvis.gateway.protocol import mcs, rdp_patch
    from parvis.gateway.protocol.errors import McsError
    from parvis.ticket.claims import Policy

from tests.fuzz.harness import fuzz
from tests.integration.gateway.rdp_client import client_info, connect_initial
from tests.unit.gateway.protocol.samples import CONNECT_RESPONSE

INITIAL = connect_initial(["cliprdr", "rdpdr", "drdynvc"])
INFO = client_info(1007)
POLICY = Policy(idle_seconds=900, ends_at=2_000_000_000, color_depth=16)


def _damaged(provider: atheris.FuzzedDataProvider, sample: bytes) -> bytes:
    """A real PDU with some bytes overwritten, then cut or lengthened."""
    data = bytearray(sample)
    for _ in range(provider.ConsumeIntInRange(0, 8)):
        offset = provider.ConsumeIntInRange(0, len(sample) - 1)
        data[offset : offset + 2] = provider.ConsumeBytes(2)
    return bytes(data[: provider.ConsumeIntInRange(0, len(data))]) + provider.ConsumeBytes(provider.remaining_bytes())


def target(provider: atheris.FuzzedDataProvider) -> None:
    kind = provider.ConsumeIntInRange(0, 3)
    data = _damaged(provider, (INITIAL, INFO, CONNECT_RESPONSE, INFO)[kind])
    if kind == 0:
        patched = rdp_patch.patch_connect_initial(data, POLICY)
        assert len(patched.pdu) == len(data)
        blocks = mcs.connect_initial_blocks(patched.pdu)
        if mcs.CS_NET in blocks:
            names = [name for name, _ in mcs.channel_definitions(patched.pdu, blocks[mcs.CS_NET])]
            assert all(name == "drdynvc" or name.startswith("closed") for name in names)
    elif kind == 1:
        info = rdp_patch.patch_client_info(data, POLICY)
        assert info is None or len(info) == len(data)
    elif kind == 2:
        mcs.connect_response_channels(data)
    else:
        mcs.send_data(data)


if __name__ == "__main__":
    fuzz(target, McsError)
