"""The little DER that RDCleanPath needs (X.690): definite, minimal lengths, single-byte tags."""

from __future__ import annotations

from parvis.gateway.protocol.errors import DerError

INTEGER = 0x02
OCTET_STRING = 0x04
UTF8_STRING = 0x0C
SEQUENCE = 0x30
_LONG_FORM = 0x80


def context(number: int) -> int:
    """The tag of an EXPLICIT `[number]`."""
    return 0xA0 | number


def header(data: bytes | bytearray | memoryview, offset: int = 0) -> tuple[int, int, int] | None:
    """Read tag and length at `offset`: (tag, start of the value, end of the value).

    None when the header itself is not complete yet; the value may lie beyond the data.

    Raises:
        DerError: indefinite, non-minimal or absurd length.
    """
    if len(data) - offset < 2:
        return None
    tag, first = data[offset], data[offset + 1]
    start = offset + 2
    if first < _LONG_FORM:
        return tag, start, start + first
    count = first & 0x7F
    if not 1 <= count <= 4:
        raise DerError("indefinite or absurd length")
    if len(data) - start < count:
        return None
    length = int.from_bytes(data[start : start + count], "big")
    if length < _LONG_FORM or length >> (8 * (count - 1)) == 0:
        raise DerError("length is not minimal")
    return tag, start + count, start + count + length


def value(data: bytes, offset: int, end: int, tag: int) -> tuple[bytes, int]:
    """Read one complete element with the given tag: (its value, where the next one starts).

    Raises:
        DerError: another tag, or the element overruns `end`.
    """
    read = header(data[:end], offset)
    if read is None or read[2] > end:
        raise DerError("element overruns its container")
    if read[0] != tag:
        raise DerError(f"tag 0x{read[0]:02x} where 0x{tag:02x} was expected")
    return data[read[1] : read[2]], read[2]


def only(data: bytes, tag: int) -> bytes:
    """The value of the single element that fills `data`.

    Raises:
        DerError: another tag, or trailing bytes.
    """
    content, end = value(data, 0, len(data), tag)
    if end != len(data):
        raise DerError("trailing bytes")
    return content


def read_unsigned(data: bytes, bits: int) -> int:
    """The INTEGER that fills `data`, non-negative and of at most `bits` bits.

    Raises:
        DerError: negative, non-minimal or too large.
    """
    content = only(data, INTEGER)
    if not content or content[0] & 0x80:
        raise DerError("integer is empty or negative")
    if len(content) > 1 and content[0] == 0 and not content[1] & 0x80:
        raise DerError("integer is not minimal")
    number = int.from_bytes(content, "big")
    if number >> bits:
        raise DerError("integer is too large")
    return number


def element(tag: int, content: bytes) -> bytes:
    """Write one element."""
    size = len(content)
    if size < _LONG_FORM:
        return bytes((tag, size)) + content
    octets = size.to_bytes((size.bit_length() + 7) // 8, "big")
    return bytes((tag, _LONG_FORM | len(octets))) + octets + content


def write_unsigned(number: int) -> bytes:
    """Write a non-negative INTEGER."""
    return element(INTEGER, number.to_bytes(number.bit_length() // 8 + 1, "big"))
