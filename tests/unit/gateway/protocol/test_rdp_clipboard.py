from __future__ import annotations

import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from parvis.gateway.protocol.errors import ClipboardError
from parvis.gateway.protocol.rdp_clipboard import ClipboardFilter
from tests.integration.gateway.rdp_client import channel_pdu, clipboard_message
from tests.unit.gateway.protocol.samples import policy

FIRST, LAST, SHOW = 1, 2, 0x10
TO_PC = policy(clipboard_to_pc=True)
FROM_PC = policy(clipboard_from_pc=True)
BOTH = policy(clipboard_to_pc=True, clipboard_from_pc=True)


def _chunk(kind: int, data: bytes = b"", flags: int = 0) -> bytes:
    return channel_pdu(clipboard_message(kind, data, flags))


def _text(size: int = 20) -> bytes:
    return ("é" * size).encode("utf-16-le")


def test_both_directions_allowed_pass_unchanged_and_are_counted() -> None:
    judge = ClipboardFilter(BOTH)
    for chunk in (_chunk(2, b"\x0d\0\0\0\0\0"), _chunk(3), _chunk(4, b"\x0d\0\0\0"), _chunk(5, _text(), 1)):
        assert judge.chunk(chunk) == chunk
    assert (judge.transfers_to_pc, judge.transfers_from_pc) == (1, 1)


def test_a_failed_answer_is_no_transfer() -> None:
    judge = ClipboardFilter(BOTH)
    assert judge.chunk(_chunk(5, b"", 2)) is not None
    assert judge.transfers_to_pc == 0


def test_to_the_pc_denied_nothing_is_announced_and_nothing_is_sent() -> None:
    judge = ClipboardFilter(FROM_PC)
    assert judge.chunk(_chunk(2, b"\x0d\0\0\0\0\0")) == _chunk(2)  # initialisation goes on, with nothing
    assert judge.chunk(_chunk(2, b"\x0d\0\0\0\0\0")) is None
    assert judge.chunk(_chunk(5, _text(), 1)) is None
    assert judge.chunk(_chunk(4, b"\x0d\0\0\0")) == _chunk(4, b"\x0d\0\0\0")
    assert (judge.transfers_to_pc, judge.transfers_from_pc) == (0, 1)


def test_from_the_pc_denied_requests_ask_for_nothing() -> None:
    judge = ClipboardFilter(TO_PC)
    assert judge.chunk(_chunk(4, b"\x0d\0\0\0")) == _chunk(4, bytes(4))
    assert judge.chunk(_chunk(5, _text(), 1)) == _chunk(5, _text(), 1)
    assert (judge.transfers_to_pc, judge.transfers_from_pc) == (1, 0)


@pytest.mark.parametrize("kind", [6, 8, 9, 10, 11, 1, 0x1234])
def test_files_and_unknown_messages_are_dropped_whatever_the_policy(kind: int) -> None:
    assert ClipboardFilter(BOTH).chunk(_chunk(kind, bytes(28))) is None


def test_file_capabilities_are_taken_out() -> None:
    capabilities = struct.pack("<HHHHII", 1, 0, 1, 12, 2, 0x3E)
    passed = ClipboardFilter(BOTH).chunk(_chunk(7, capabilities))
    assert passed == _chunk(7, struct.pack("<HHHHII", 1, 0, 1, 12, 2, 0x02))


@pytest.mark.parametrize(
    "capabilities", [b"\0", struct.pack("<HHHH", 1, 0, 1, 12), struct.pack("<HHHHII", 1, 0, 1, 0, 2, 2)]
)
def test_malformed_capabilities_are_refused(capabilities: bytes) -> None:
    with pytest.raises(ClipboardError):
        ClipboardFilter(BOTH).chunk(_chunk(7, capabilities))


@pytest.mark.parametrize("rules", [TO_PC, FROM_PC])
def test_a_long_text_in_chunks_passes_or_is_dropped_whole(rules: object) -> None:
    message = clipboard_message(5, _text(4000), 1)
    parts = [message[at : at + 1600] for at in range(0, len(message), 1600)]
    judge = ClipboardFilter(rules)  # type: ignore[arg-type]
    passed = []
    for index, part in enumerate(parts):
        flags = SHOW | (FIRST if index == 0 else 0) | (LAST if index == len(parts) - 1 else 0)
        passed.append(judge.chunk(channel_pdu(part, flags, len(message))))
    assert len(parts) > 3
    assert all((chunk is not None) == (rules is TO_PC) for chunk in passed)
    assert judge.transfers_to_pc == (1 if rules is TO_PC else 0)


def test_a_long_format_list_is_emptied_once() -> None:
    message = clipboard_message(2, bytes(2000))
    judge = ClipboardFilter(FROM_PC)
    assert judge.chunk(channel_pdu(message[:1600], FIRST, len(message))) == _chunk(2)
    assert judge.chunk(channel_pdu(message[1600:], LAST, len(message))) is None


_HEADER = clipboard_message(3)
_BEGIN = clipboard_message(5, bytes(92), 1)[:8]


@pytest.mark.parametrize(
    "sequence",
    [
        [channel_pdu(_HEADER, LAST)],  # never began
        [channel_pdu(_BEGIN, FIRST, 100), channel_pdu(_HEADER, FIRST, 8)],  # begins inside another
        [channel_pdu(_BEGIN, FIRST, 100), channel_pdu(_HEADER, 0, 99)],  # another total
        [channel_pdu(_HEADER, FIRST | LAST, 100)],  # ends too early
        [channel_pdu(_HEADER, FIRST, 8)],  # ends without saying so
        [channel_pdu(_HEADER, FIRST | LAST, 4)],  # longer than announced
        [channel_pdu(_HEADER, FIRST | LAST | 0x00200000)],  # compressed
        [channel_pdu(clipboard_message(3)[:6] + b"\xff\0", FIRST | LAST, 8)],  # inner length beyond the message
        [channel_pdu(_HEADER + bytes(40))],  # inner length far below the message
        [channel_pdu(b"\x03\0", FIRST | LAST)],
        [channel_pdu(clipboard_message(4, b"\x0d\0"))],
        [b"\x08\0"],
    ],
)
def test_chunks_that_could_be_understood_in_two_ways_are_refused(sequence: list[bytes]) -> None:
    judge = ClipboardFilter(BOTH)
    *before, last = sequence
    for chunk in before:
        judge.chunk(chunk)
    with pytest.raises(ClipboardError):
        judge.chunk(last)


@given(st.lists(st.binary(max_size=60), max_size=5), st.booleans(), st.booleans())
def test_garbage_raises_only_the_documented_error(sequence: list[bytes], to_pc: bool, from_pc: bool) -> None:
    judge = ClipboardFilter(policy(clipboard_to_pc=to_pc, clipboard_from_pc=from_pc))
    try:
        for chunk in sequence:
            passed = judge.chunk(chunk)
            assert passed is None or len(passed) <= len(chunk)
    except ClipboardError:
        pass


@given(st.lists(st.tuples(st.integers(0, 12), st.binary(max_size=40), st.integers(0, 3)), max_size=10))
def test_no_content_ever_leaves_towards_the_pc_when_denied(messages: list[tuple[int, bytes, int]]) -> None:
    judge = ClipboardFilter(FROM_PC)
    for kind, data, flags in messages:
        try:
            passed = judge.chunk(_chunk(kind, data, flags))
        except ClipboardError:
            return
        if passed is not None:
            kind_passed = struct.unpack_from("<H", passed, 8)[0]
            assert kind_passed in (2, 3, 4, 7)
            assert kind_passed != 2 or len(passed) == 16
    assert judge.transfers_to_pc == 0
