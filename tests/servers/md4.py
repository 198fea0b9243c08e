"""MD4 (RFC 1320), for the NT hash of a test account: OpenSSL 3 no longer offers it."""

from __future__ import annotations

import struct

_ROUNDS = (
    (lambda x, y, z: x & y | ~x & z, 0x00000000, range(16), (3, 7, 11, 19)),
    (
        lambda x, y, z: x & y | x & z | y & z,
        0x5A827999,
        (0, 4, 8, 12, 1, 5, 9, 13, 2, 6, 10, 14, 3, 7, 11, 15),
        (3, 5, 9, 13),
    ),
    (lambda x, y, z: x ^ y ^ z, 0x6ED9EBA1, (0, 8, 4, 12, 2, 10, 6, 14, 1, 9, 5, 13, 3, 11, 7, 15), (3, 9, 11, 15)),
)
_MASK = 0xFFFFFFFF


def md4(data: bytes) -> bytes:
    """The 16-byte digest."""
    state = [0x67452301, 0xEFCDAB89, 0x98BADCFE, 0x10325476]
    padded = data + b"\x80" + bytes((55 - len(data)) % 64) + struct.pack("<Q", 8 * len(data))
    for start in range(0, len(padded), 64):
        words = struct.unpack_from("<16I", padded, start)
        a, b, c, d = state
        for mix, constant, order, shifts in _ROUNDS:
            for step, index in enumerate(order):
                total = (a + mix(b, c, d) + words[index] + constant) & _MASK
                shift = shifts[step % 4]
                a, b, c, d = d, (total << shift | total >> (32 - shift)) & _MASK, b, c
        state = [(old + new) & _MASK for old, new in zip(state, (a, b, c, d), strict=True)]
    return struct.pack("<4I", *state)


def nt_hash(password: str) -> str:
    """The NT hash of a password, upper-case hexadecimal."""
    return md4(password.encode("utf-16-le")).hex().upper()
