"""RDCleanPath: what is accepted is written back byte for byte (one spelling only)."""

import atheris

with atheris.instrument_imports():
    from parvis.gateway.protocol import rdcleanpath
    from parvis.gateway.protocol.errors import DerError, RDCleanPathError

from tests.fuzz.harness import fuzz


def target(provider: atheris.FuzzedDataProvider) -> None:
    data = provider.ConsumeBytes(provider.remaining_bytes())
    size = rdcleanpath.total_size(data)
    pdu = rdcleanpath.decode(data)
    assert size == len(data)
    assert rdcleanpath.encode(pdu) == data


if __name__ == "__main__":
    fuzz(target, DerError, RDCleanPathError)
