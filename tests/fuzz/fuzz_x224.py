"""X.224: requests and confirms; what is understood can be written and read again."""

import atheris

with atheris.instrument_imports():
    from parvis.gateway.protocol import x224
    from parvis.gateway.protocol.errors import X224Error

from tests.fuzz.harness import fuzz


def target(provider: atheris.FuzzedDataProvider) -> None:
    confirm = provider.ConsumeBool()
    data = provider.ConsumeBytes(provider.remaining_bytes())
    if confirm:
        x224.decode_confirm(data, x224.SUPPORTED)
    else:
        request = x224.decode_request(data)
        assert x224.decode_request(x224.encode_request(request)) == request


if __name__ == "__main__":
    fuzz(target, X224Error)
