"""Reports of probes: any bytes, decompressed or not, XML or JSON."""

import atheris

with atheris.instrument_imports():
    from parvis.portal.inventory.wire import body, messages, reading
    from parvis.portal.inventory.wire.problems import Unreadable

from tests.fuzz.harness import fuzz

HEADS = (
    b"",
    b"<REQUEST><DEVICEID>x</DEVICEID><QUERY>INVENTORY</QUERY><CONTENT>",
    b'<?xml version="1.0" encoding="ISO-8859-1"?><REQUEST><CONTENT><HARDWARE><NAME>',
    b'{"deviceid": "x", "content": {"versionclient": "v", "hardware": ',
)
TAILS = (b"", b"</CONTENT></REQUEST>", b"</NAME></HARDWARE></CONTENT></REQUEST>", b"}}")


def target(provider: atheris.FuzzedDataProvider) -> None:
    number = provider.ConsumeIntInRange(0, len(HEADS) - 1)
    data = provider.ConsumeBytes(provider.remaining_bytes())
    text = HEADS[number] + data + TAILS[number]
    messages.understand(body.pack(text) if len(data) % 2 else text)
    reading.read(text)


if __name__ == "__main__":
    fuzz(target, Unreadable)
