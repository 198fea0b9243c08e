from __future__ import annotations

import struct
import zlib
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from parvis.demo_desktop.rfb import clipboard
from parvis.demo_desktop.rfb.constants import MAX_CUT_TEXT_BYTES
from parvis.demo_desktop.rfb.errors import ProtocolError

texts = st.text(st.characters(exclude_characters="\0\r", exclude_categories=("Cs",)))


@given(texts)
def test_text_comes_back(text):
    assert clipboard.parse(clipboard.provide(text)) == clipboard.Provide(text)


def test_lines_end_as_the_document_says_on_the_wire():
    raw = zlib.decompress(clipboard.provide("a\nb")[4:])
    assert raw == struct.pack(">I", 5) + b"a\r\nb\0"


def test_a_stream_that_was_only_flushed_is_read():
    # Browsers do not finish the zlib stream.
    deflater = zlib.compressobj()
    data = deflater.compress(struct.pack(">I", 4) + "né".encode() + b"\0") + deflater.flush(zlib.Z_SYNC_FLUSH)
    assert clipboard.parse(struct.pack(">I", clipboard.PROVIDE | 1) + data) == clipboard.Provide("né")


def test_actions():
    assert clipboard.parse(clipboard.request()) == clipboard.Request()
    assert clipboard.parse(clipboard.notify(has_text=False)) == clipboard.Notify(has_text=False)
    assert clipboard.parse(struct.pack(">I", clipboard.PEEK)) == clipboard.Peek()
    caps = clipboard.parse(clipboard.capabilities())
    assert isinstance(caps, clipboard.Capabilities)
    assert caps.actions & clipboard.NOTIFY
    assert clipboard.parse(struct.pack(">I", clipboard.REQUEST | 2)) is None


@given(st.binary(max_size=200))
def test_garbage_raises_nothing_but_protocol_errors(data):
    with suppress(ProtocolError):
        clipboard.parse(data)


@pytest.mark.parametrize("size", [MAX_CUT_TEXT_BYTES + 1, 0xFFFFFFFF])
def test_too_much_text_is_refused_before_it_is_inflated(size):
    bomb = struct.pack(">I", clipboard.PROVIDE | 1) + zlib.compress(struct.pack(">I", size) + bytes(100))
    with pytest.raises(ProtocolError):
        clipboard.parse(bomb)
