"""RDP framer: any chunking gives the same PDUs, and not a byte is lost."""

import atheris

with atheris.instrument_imports():
    from parvis.gateway.protocol.errors import FramingError
    from parvis.gateway.protocol.rdp_framer import Framer

from tests.fuzz.harness import fuzz, pieces


def target(provider: atheris.FuzzedDataProvider) -> None:
    options = {"credssp": provider.ConsumeBool(), "early_user_authorisation": provider.ConsumeBool()}
    parts = pieces(provider)
    whole, split = Framer(**options), Framer(**options)
    data = b"".join(parts)
    expected = [bytes(pdu) for _, pdu in whole.feed(data)]
    found = [bytes(pdu) for part in parts for _, pdu in split.feed(part)]
    assert found == expected
    assert b"".join(found) + split.drain() == data


if __name__ == "__main__":
    fuzz(target, FramingError)
