"""The light profile: never more than the ticket allows, and a stream any inflater reads piece by piece."""

from __future__ import annotations

import random
import struct
import zlib

import pytest

from parvis.gateway.protocol import rdp_patch
from parvis.gateway.protocol.rdp_light import Deflater, lightened
from tests.integration.gateway.rdp_client import client_info, connect_initial, core_data
from tests.unit.gateway.protocol.samples import policy


@pytest.mark.parametrize("depth", [16, 24, 32])
def test_only_the_depth_changes_and_only_downwards(depth: int) -> None:
    given = policy(color_depth=depth, clipboard_to_pc=True, autologon=False)
    asked = lightened(given)
    assert asked.color_depth == 16
    assert asked == policy(color_depth=16, clipboard_to_pc=True, autologon=False)


def test_the_bytes_asked_of_the_pc() -> None:
    initial = connect_initial([], blocks=core_data())
    heavy = rdp_patch.patch_connect_initial(initial, policy(color_depth=32)).pdu
    light = rdp_patch.patch_connect_initial(initial, lightened(policy(color_depth=32))).pdu
    changed = [at for at, (one, other) in enumerate(zip(heavy, light, strict=True)) if one != other]
    # High colour depth 24 → 16, the depths supported, and the wish for 32 bits: three bytes, nothing else.
    assert len(changed) == 3
    assert light[changed[0]] == 16
    info = client_info(1007)
    plain = rdp_patch.patch_client_info(info, policy(color_depth=32))
    bare = rdp_patch.patch_client_info(info, lightened(policy(color_depth=32)))
    assert plain is not None
    assert bare is not None
    # Wallpaper, full-window drag and menu animations are off.
    assert [(at, bare[at] & ~plain[at]) for at in range(len(bare)) if bare[at] != plain[at]] == [(len(bare) - 6, 7)]
    assert struct.unpack_from("<I", bare, len(bare) - 6)[0] == 7


def test_each_message_is_readable_at_once() -> None:
    source = random.Random(28)
    deflater, inflater = Deflater(), zlib.decompressobj(-zlib.MAX_WBITS)
    for size in (1, 5, 4096, 70_000, 3):
        data = source.randbytes(size // 2) + bytes(size - size // 2)
        assert inflater.decompress(deflater.message(memoryview(data))) == data


def test_what_was_sent_before_costs_little_again() -> None:
    deflater, data = Deflater(), random.Random(28).randbytes(8000)
    first, again = len(deflater.message(data)), len(deflater.message(data))
    assert again < first / 20
