"""Pixels survive the way: every format and every encoding decodes to the picture that was sent."""

from __future__ import annotations

import asyncio

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from parvis.demo_desktop.rfb import constants as c
from parvis.demo_desktop.rfb.encoders import RawEncoder, TightEncoder, ZlibEncoder, choose_encoder, compact_length
from parvis.demo_desktop.rfb.errors import ProtocolError
from parvis.demo_desktop.rfb.pixel_format import COLOUR_MAP_FORMAT, SERVER_FORMAT, PixelFormat
from parvis.demo_desktop.rfb.server_messages import update_header
from tests.integration.demo_desktop.rfb_client import RfbClient

pictures = st.builds(
    lambda w, h, seed: Image.frombytes("RGB", (w, h), (seed * (w * h * 3 // len(seed) + 1))[: w * h * 3]),
    st.integers(1, 40),
    st.integers(1, 40),
    st.binary(min_size=1, max_size=300),
)


def decoded(rectangles, size):
    async def read():
        reader = asyncio.StreamReader()
        client = RfbClient(reader)
        client.picture = Image.new("RGB", size)
        reader.feed_data(update_header(len(rectangles)) + b"".join(rectangles))
        reader.feed_eof()
        await client.message()
        assert await reader.read() == b""
        return client.picture

    return asyncio.run(read())


@settings(max_examples=40)
@given(st.lists(pictures, min_size=1, max_size=3), st.sampled_from([RawEncoder, ZlibEncoder, TightEncoder]))
def test_lossless_encodings_are_exact_rectangle_after_rectangle(many, kind):
    encoder = kind()
    rectangles = [encoder.encode(picture, 50 * i, 3, SERVER_FORMAT) for i, picture in enumerate(many)]
    screen = decoded(rectangles, (200, 60))
    for i, picture in enumerate(many):
        assert screen.crop((50 * i, 3, 50 * i + picture.width, 3 + picture.height)).tobytes() == picture.tobytes()


def test_one_colour_is_a_fill():
    data = TightEncoder().encode(Image.new("RGB", (300, 200), (1, 2, 3)), 0, 0, SERVER_FORMAT)
    assert data[12:] == b"\x80\1\2\3"


def test_the_client_chooses():
    assert choose_encoder((c.COPY_RECT, c.ZLIB, c.TIGHT)) is ZlibEncoder
    assert choose_encoder((5, c.TIGHT, c.ZLIB, -26)) is TightEncoder
    assert choose_encoder((5, 16)) is RawEncoder


@pytest.mark.parametrize(("length", "wire"), [(127, "7f"), (128, "8001"), (10000, "904e"), (4194303, "ffffff")])
def test_compact_length_as_in_the_document(length, wire):
    assert compact_length(length) == bytes.fromhex(wire)


def test_compact_length_has_an_end():
    with pytest.raises(ValueError):
        compact_length(1 << 22)


channel = st.integers(1, 8)


@given(pictures, st.permutations([0, 1, 2]), channel, channel, channel, st.sampled_from([8, 16, 32]), st.booleans())
def test_every_true_colour_format_holds_each_channel(picture, order, red, green, blue, bpp, big):
    bits = [red, green, blue]
    if sum(bits) > bpp:
        return
    shifts, used = [0, 0, 0], 0
    for channel_index in order:
        shifts[channel_index], used = used, used + bits[channel_index]
    wanted = PixelFormat(bpp, sum(bits), big, True, *(2**n - 1 for n in bits), *shifts)
    parsed = PixelFormat.parse(wanted.to_bytes())
    assert parsed == wanted
    data, size = parsed.pixels(picture), bpp // 8
    assert len(data) == picture.width * picture.height * size
    for x, y in {(0, 0), (picture.width - 1, picture.height - 1), (picture.width // 2, picture.height // 2)}:
        at = (y * picture.width + x) * size
        value = int.from_bytes(data[at : at + size], "big" if big else "little")
        for level, n, shift in zip(picture.getpixel((x, y)), bits, shifts, strict=True):
            top = 2**n - 1
            assert abs((value >> shift & top) * 255 / top - level) <= 255 / top / 2 + 1


def test_a_colour_map_is_asked_for_with_the_true_colour_flag_off():
    wire = bytearray(SERVER_FORMAT.to_bytes())
    wire[3] = 0
    assert PixelFormat.parse(bytes(wire)) is COLOUR_MAP_FORMAT


@given(st.binary(min_size=16, max_size=16))
def test_any_pixel_format_is_refused_or_usable(wire):
    try:
        found = PixelFormat.parse(wire)
    except ProtocolError:
        return
    assert len(found.pixels(Image.new("RGB", (3, 2), (200, 100, 50)))) == 6 * found.bits_per_pixel // 8
