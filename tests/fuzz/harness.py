"""What every fuzzer shares."""

from __future__ import annotations

import sys
from collections.abc import Callable

import atheris

Target = Callable[["atheris.FuzzedDataProvider"], None]


def fuzz(target: Target, *errors: type[Exception]) -> None:
    """Run `target` under libFuzzer with the command line's options; `errors` are the documented ones."""

    def one(data: bytes) -> None:
        try:
            target(atheris.FuzzedDataProvider(data))
        except errors:
            return

    atheris.Setup(sys.argv, one)
    atheris.Fuzz()


def pieces(provider: atheris.FuzzedDataProvider) -> list[bytes]:
    """The rest of the input in pieces of sizes the fuzzer chooses."""
    sizes = [provider.ConsumeIntInRange(1, 64) for _ in range(provider.ConsumeIntInRange(0, 16))]
    data = provider.ConsumeBytes(provider.remaining_bytes())
    found, offset = [], 0
    for size in sizes:
        found.append(data[offset : offset + size])
        offset += size
    return [*found, data[offset:]]
