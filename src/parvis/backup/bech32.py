"""Bech32 (BIP 173), the text form of age's keys: a prefix, the bytes, a checksum that catches typing errors."""

from __future__ import annotations

_LETTERS = "qpzry9x8gf2tvdw0s3jn54khce6mua7l"
_GENERATOR = (0x3B6A57B2, 0x26508E6D, 0x1EA119FA, 0x3D4233DD, 0x2A1462B3)
_CHECKSUM_LETTERS = 6


def encode(prefix: str, data: bytes) -> str:
    """`data` with a prefix and a checksum, in lower case."""
    values = _regroup(data, 8, 5, pad=True)
    check = _polymod([*_expand(prefix), *values, *[0] * _CHECKSUM_LETTERS]) ^ 1
    values += [(check >> 5 * (_CHECKSUM_LETTERS - 1 - position)) & 31 for position in range(_CHECKSUM_LETTERS)]
    return f"{prefix}1{''.join(_LETTERS[value] for value in values)}"


def decode(text: str) -> tuple[str, bytes]:
    """Prefix and bytes.

    Raises:
        ValueError: not Bech32, or a typing error.
    """
    if text.lower() != text and text.upper() != text:
        raise ValueError("mixed case")
    prefix, one, rest = text.lower().rpartition("1")
    if not one or not prefix or len(rest) < _CHECKSUM_LETTERS or any(letter not in _LETTERS for letter in rest):
        raise ValueError("not Bech32")
    values = [_LETTERS.index(letter) for letter in rest]
    if _polymod([*_expand(prefix), *values]) != 1:
        raise ValueError("the checksum is wrong")
    return prefix, bytes(_regroup(values[:-_CHECKSUM_LETTERS], 5, 8, pad=False))


def _polymod(values: list[int]) -> int:
    check = 1
    for value in values:
        top = check >> 25
        check = (check & 0x1FFFFFF) << 5 ^ value
        for position in range(5):
            if top >> position & 1:
                check ^= _GENERATOR[position]
    return check


def _expand(prefix: str) -> list[int]:
    return [*(ord(letter) >> 5 for letter in prefix), 0, *(ord(letter) & 31 for letter in prefix)]


def _regroup(values: bytes | list[int], wide: int, narrow: int, *, pad: bool) -> list[int]:
    held = bits = 0
    out = []
    for value in values:
        held, bits = held << wide | value, bits + wide
        while bits >= narrow:
            bits -= narrow
            out.append(held >> bits & (1 << narrow) - 1)
        held &= (1 << bits) - 1
    if pad and bits:
        out.append(held << narrow - bits & (1 << narrow) - 1)
    elif not pad and (bits >= wide or held):
        raise ValueError("bits are left over")
    return out
