"""PDUs as real peers send them, for the parsers' tests."""

from __future__ import annotations

import itertools
import struct
import time
from typing import Any

from parvis.ticket.claims import Policy

PIXEL_FORMAT = struct.pack(">BBBBHHHBBBxxx", 32, 24, 0, 1, 255, 255, 255, 16, 8, 0)
PIXEL_FORMAT_16 = struct.pack(">BBBBHHHBBBxxx", 16, 16, 0, 1, 31, 63, 31, 11, 5, 0)

CONNECT_RESPONSE = bytes.fromhex(
    # xrdp 0.9.21 to a client with three static channels: ids 1004, 1005, 1006.
    "0300006d02f0807f66630a0100020100301a020116020103020100020101020100020101020300fff8020102043f"
    "000500147c00012a14760a01010001c0004d63446e8028"
    "010c0c000400080001000000"
    "030c1000eb030300ec03ed03ee030000"
    "020c0c000000000000000000"
)


def policy(**changes: Any) -> Policy:
    """A policy that allows nothing, changed by name."""
    return Policy(**{"idle_seconds": 900, "ends_at": int(time.time()) + 3600, **changes})


def chunks(data: bytes, cuts: list[int]) -> list[bytes]:
    """Cut `data` at these places (modulo its length)."""
    places = sorted({cut % (len(data) + 1) for cut in cuts} | {0, len(data)})
    return [data[a:b] for a, b in itertools.pairwise(places)]
