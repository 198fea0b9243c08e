"""Tickets: arbitrary text, and rightly signed arbitrary payloads."""

import base64

import atheris

with atheris.instrument_imports():
    from parvis.ticket import codec
    from parvis.ticket.claims import TicketError

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from tests.fuzz.harness import fuzz

KEY = Ed25519PrivateKey.generate()
PUBLIC = [KEY.public_key()]


def target(provider: atheris.FuzzedDataProvider) -> None:
    if provider.ConsumeBool():
        body = "parvis1." + base64.urlsafe_b64encode(provider.ConsumeBytes(3000)).rstrip(b"=").decode()
        text = body + "." + base64.urlsafe_b64encode(KEY.sign(body.encode())).rstrip(b"=").decode()
    else:
        text = provider.ConsumeUnicode(5000)
    codec.verify(text, PUBLIC, 1_800_000_000)


if __name__ == "__main__":
    fuzz(target, TicketError)
