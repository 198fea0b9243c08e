"""Rewrite what the browser's RDP client announces, by the ticket's policy. Lengths never change.

IronRDP hard-codes 16 bits per pixel, keyboard layout 0 and no automatic logon, and it
is not up to a browser to decide which static channels are opened. Two PDUs are patched:

* MCS Connect-Initial: keyboard layout, colour depth, names of forbidden channels;
* Client Info: automatic logon, and lighter drawing on the 16-bit profile.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass

from parvis.gateway.protocol import mcs
from parvis.gateway.protocol.errors import McsError
from parvis.ticket.claims import Policy

# Offsets in TS_UD_CS_CORE, its 4-byte header included (MS-RDPBCGR 2.2.1.3.2).
_KEYBOARD_LAYOUT = 16
_HIGH_COLOR_DEPTH = 140
_SUPPORTED_COLOR_DEPTHS = 142
_EARLY_CAPABILITY_FLAGS = 144
_CORE_SIZE = 146
_WANT_32BPP_SESSION = 0x0002
# Session depth → (highColorDepth, bits added to supportedColorDepths, 32 bpp flag).
_DEPTHS = {16: (16, 0x0002, 0), 24: (24, 0x0001, 0), 32: (24, 0x0001 | 0x0008, _WANT_32BPP_SESSION)}

# Client Info (MS-RDPBCGR 2.2.1.11).
_SEC_INFO_PKT = 0x0040
_INFO_AUTOLOGON = 0x00000008
_INFO_FIXED = 18  # code page, flags, five string lengths
# Wallpaper, full-window drag, menu animations, desktop composition: off on the light profile.
_LIGHT_PERFORMANCE = 0x01 | 0x02 | 0x04
_DESKTOP_COMPOSITION = 0x100

CLIPBOARD = "cliprdr"
_ALLOWED_CHANNELS = frozenset({"drdynvc"})
"""Static channels always allowed: dynamic channels carry the display control (resize)."""


@dataclass(frozen=True, slots=True)
class ConnectInitial:
    """The patched PDU, and the place of the clipboard among the static channels (None: not opened)."""

    pdu: bytes
    clipboard_index: int | None


def patch_connect_initial(pdu: bytes | memoryview, policy: Policy) -> ConnectInitial:
    """Apply the policy to an MCS Connect-Initial.

    A channel outside the policy keeps its place under a name no server knows, so it
    is joined but nobody speaks on it: drive, printer and smart-card redirection
    (`rdpdr`) always, the clipboard when both directions are denied.

    Raises:
        McsError: not a Connect-Initial, or without core data.
    """
    patched = bytearray(pdu)
    blocks = mcs.connect_initial_blocks(patched)
    if mcs.CS_CORE not in blocks:
        raise McsError("no core data")
    _patch_core(patched, blocks[mcs.CS_CORE], policy)
    index = _patch_channels(patched, blocks[mcs.CS_NET], policy) if mcs.CS_NET in blocks else None
    return ConnectInitial(bytes(patched), index)


def patch_client_info(pdu: bytes | memoryview, policy: Policy) -> bytes | None:
    """Apply the policy to the Client Info PDU; None when `pdu` is another PDU.

    Raises:
        McsError: a Client Info PDU too short for its fixed part.
    """
    data = mcs.send_data(pdu)
    if data is None or data.end - data.start < 4:
        return None
    if not struct.unpack_from("<H", pdu, data.start)[0] & _SEC_INFO_PKT:
        return None
    start = data.start + 4  # the basic security header
    if data.end - start < _INFO_FIXED:
        raise McsError("truncated client info")
    patched = bytearray(pdu)
    flags = struct.unpack_from("<I", patched, start + 4)[0]
    flags = flags | _INFO_AUTOLOGON if policy.autologon else flags & ~_INFO_AUTOLOGON
    struct.pack_into("<I", patched, start + 4, flags)
    if policy.color_depth == 16:
        _lighten(patched, start, data.end)
    return bytes(patched)


def _patch_core(pdu: bytearray, block: tuple[int, int], policy: Policy) -> None:
    start, end = block
    if end - start < _CORE_SIZE:
        raise McsError("core data too short to hold the colour depth")
    depth, supported, flag = _DEPTHS[policy.color_depth]
    struct.pack_into("<I", pdu, start + _KEYBOARD_LAYOUT, policy.keyboard_layout)
    struct.pack_into("<H", pdu, start + _HIGH_COLOR_DEPTH, depth)
    known = struct.unpack_from("<H", pdu, start + _SUPPORTED_COLOR_DEPTHS)[0]
    struct.pack_into("<H", pdu, start + _SUPPORTED_COLOR_DEPTHS, known | supported)
    early = struct.unpack_from("<H", pdu, start + _EARLY_CAPABILITY_FLAGS)[0]
    struct.pack_into("<H", pdu, start + _EARLY_CAPABILITY_FLAGS, early & ~_WANT_32BPP_SESSION | flag)


def _patch_channels(pdu: bytearray, block: tuple[int, int], policy: Policy) -> int | None:
    clipboard_allowed = policy.clipboard_to_pc or policy.clipboard_from_pc
    clipboard: int | None = None
    for index, (name, offset) in enumerate(mcs.channel_definitions(pdu, block)):
        if name in _ALLOWED_CHANNELS:
            continue
        if name == CLIPBOARD and clipboard_allowed and clipboard is None:
            clipboard = index
            continue
        pdu[offset : offset + 8] = f"closed{index % 10}".encode().ljust(8, b"\0")
    return clipboard


def _lighten(pdu: bytearray, start: int, end: int) -> None:
    """Set the performance flags, if the optional tail of the Client Info PDU holds them."""
    lengths = struct.unpack_from("<5H", pdu, start + 8)
    offset = start + _INFO_FIXED + sum(lengths) + 2 * len(lengths)  # each string has a final NUL
    offset += 2  # address family
    for _ in range(2):  # client address, client directory
        if offset + 2 > end:
            return
        offset += 2 + struct.unpack_from("<H", pdu, offset)[0]
    offset += 172 + 4  # time zone, session id
    if offset + 4 > end:
        return
    flags = struct.unpack_from("<I", pdu, offset)[0]
    struct.pack_into("<I", pdu, offset, (flags | _LIGHT_PERFORMANCE) & ~_DESKTOP_COMPOSITION)
