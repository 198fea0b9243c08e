"""Compression on and off: known by the bytes, bounded, never half-way."""

from __future__ import annotations

import gzip
import tracemalloc
import zlib

import pytest

from parvis.portal.inventory.wire import limits
from parvis.portal.inventory.wire.body import pack, packing_of, unpack
from parvis.portal.inventory.wire.problems import Unreadable

TEXT = "<REQUEST>été</REQUEST>".encode()


@pytest.mark.parametrize(
    ("data", "packing"),
    [
        (zlib.compress(TEXT), "zlib"),
        (zlib.compress(TEXT, 1), "zlib"),
        (zlib.compress(TEXT, 9), "zlib"),
        (gzip.compress(TEXT, mtime=0), "gzip"),
        (TEXT, "none"),
    ],
    # gzip writes the hour into its header: named by their bytes, these tests would change names each second.
    ids=["zlib", "zlib-fastest", "zlib-smallest", "gzip", "none"],
)
def test_every_packing_is_known_and_taken_off(data: bytes, packing: str) -> None:
    assert packing_of(data) == packing
    assert unpack(data) == TEXT


@pytest.mark.parametrize("packing", ["zlib", "gzip", "none"])
def test_what_is_packed_comes_back(packing: str) -> None:
    packed = pack(TEXT * 1000, packing)  # type: ignore[arg-type]
    assert packing_of(packed) == packing
    assert unpack(packed) == TEXT * 1000


def test_fusioninventory_knows_our_zlib_by_its_two_bytes() -> None:
    assert pack(TEXT)[:2] == b"\x78\x9c"


def refusal_of(data: bytes) -> str:
    with pytest.raises(Unreadable) as caught:
        unpack(data)
    return caught.value.key


def test_a_broken_or_unfinished_body_is_refused() -> None:
    whole = zlib.compress(TEXT * 50)
    assert refusal_of(whole[:-3]) == "bad_compression"
    assert refusal_of(whole[:10] + b"\xff\xff" + whole[12:]) == "bad_compression"
    assert refusal_of(gzip.compress(TEXT)[:12]) == "bad_compression"
    assert refusal_of(zlib.compress(b"")[:3]) == "bad_compression"


def test_too_many_bytes_are_refused_as_they_are() -> None:
    assert refusal_of(b"<" * (limits.MOST_SENT + 1)) == "too_large"


@pytest.mark.parametrize("size", [limits.MOST_TEXT + 1, 2 * 2**30])
def test_a_bomb_takes_no_memory(size: int) -> None:
    engine, bomb = zlib.compressobj(9), bytearray()
    for _ in range(size // 2**20 + 1):
        bomb += engine.compress(bytes(2**20))
    bomb += engine.flush()
    if len(bomb) > limits.MOST_SENT:
        bomb = bomb[: limits.MOST_SENT]
    tracemalloc.start()
    try:
        assert refusal_of(bytes(bomb)) == "too_large"
        assert tracemalloc.get_traced_memory()[1] < 3 * limits.MOST_TEXT
    finally:
        tracemalloc.stop()


def test_a_small_body_that_grows_two_hundred_times_is_a_bomb_below_the_limit_too() -> None:
    bomb = zlib.compress(bytes(8 * 2**20))
    assert len(bomb) * limits.MOST_RATIO < 8 * 2**20 < limits.MOST_TEXT
    assert refusal_of(bomb) == "too_large"
    assert len(unpack(zlib.compress(bytes(limits.FREE_TEXT)))) == limits.FREE_TEXT
