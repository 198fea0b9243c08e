from __future__ import annotations

import contextlib
import struct

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from parvis.gateway.protocol import mcs, rdp_patch
from parvis.gateway.protocol.errors import McsError
from tests.integration.gateway.rdp_client import client_info, connect_initial, core_data, send_data, tpkt
from tests.unit.gateway.protocol.samples import CONNECT_RESPONSE, policy

CHANNELS = ["cliprdr", "rdpdr", "drdynvc"]
INITIAL = connect_initial(CHANNELS)


def _core(pdu: bytes) -> bytes:
    return pdu[pdu.index(b"\x01\xc0", pdu.index(b"Duca")) :]


def _names(pdu: bytes) -> list[str]:
    blocks = mcs.connect_initial_blocks(pdu)
    if mcs.CS_NET not in blocks:  # a client may ask for no channel at all
        return []
    return [name for name, _ in mcs.channel_definitions(pdu, blocks[mcs.CS_NET])]


@pytest.mark.parametrize(("depth", "high", "flag"), [(16, 16, 0), (24, 24, 0), (32, 24, 2)])
def test_layout_and_depth_follow_the_policy(depth: int, high: int, flag: int) -> None:
    patched = rdp_patch.patch_connect_initial(INITIAL, policy(color_depth=depth, keyboard_layout=0x080C)).pdu
    core = _core(patched)
    assert struct.unpack_from("<I", core, 16)[0] == 0x080C
    assert struct.unpack_from("<H", core, 140)[0] == high
    assert struct.unpack_from("<H", core, 144)[0] == 0x0001 | flag
    assert struct.unpack_from("<I", core, 20)[0] == 18363  # the client's build is left alone
    assert len(patched) == len(INITIAL)


@pytest.mark.parametrize(
    ("to_pc", "from_pc", "names", "index"),
    [
        (False, False, ["closed0", "closed1", "drdynvc"], None),
        (True, False, ["cliprdr", "closed1", "drdynvc"], 0),
        (False, True, ["cliprdr", "closed1", "drdynvc"], 0),
    ],
)
def test_forbidden_channels_lose_their_name(to_pc: bool, from_pc: bool, names: list[str], index: int | None) -> None:
    patched = rdp_patch.patch_connect_initial(INITIAL, policy(clipboard_to_pc=to_pc, clipboard_from_pc=from_pc))
    assert _names(patched.pdu) == names
    assert patched.clipboard_index == index


@pytest.mark.parametrize("name", ["CLIPRDR", "ClipRdr", "cliprdr ", "RDPDR", "rdpsnd", "rail"])
def test_other_spellings_and_other_channels_are_closed_too(name: str) -> None:
    assert _names(rdp_patch.patch_connect_initial(connect_initial([name]), policy()).pdu) == ["closed0"]


def test_a_second_clipboard_channel_is_closed() -> None:
    twice = connect_initial(["cliprdr", "CLIPRDR"])
    patched = rdp_patch.patch_connect_initial(twice, policy(clipboard_to_pc=True))
    assert _names(patched.pdu) == ["cliprdr", "closed1"]


def test_repeated_blocks_are_refused() -> None:
    block = struct.pack("<HHI", 0xC003, 8, 0)
    with pytest.raises(McsError, match="repeated"):
        rdp_patch.patch_connect_initial(connect_initial([], blocks=core_data() + block + block), policy())


def test_a_key_hidden_in_an_earlier_field_does_not_mislead() -> None:
    """A browser that puts a second « Duca » in a domain selector is refused, not half patched."""
    decoy = INITIAL.replace(b"\x04\x01\x01\x04\x01\x01", b"\x04\x04Duca\x04\x01\x01", 1)
    with pytest.raises(McsError):
        rdp_patch.patch_connect_initial(decoy, policy())


@pytest.mark.parametrize("autologon", [True, False])
def test_automatic_logon_follows_the_policy(autologon: bool) -> None:
    for flags in (0x33, 0x3B):
        patched = rdp_patch.patch_client_info(client_info(1007, flags=flags), policy(autologon=autologon))
        assert patched is not None
        start = patched.index(b"\x40\x00\x00\x00") + 8
        assert struct.unpack_from("<I", patched, start)[0] == (flags | 0x10) & ~8 | 8 * autologon


def test_the_16_bit_profile_asks_for_lighter_drawing() -> None:
    plain = client_info(1007, flags=0x33)
    light = rdp_patch.patch_client_info(plain, policy(color_depth=16))
    heavy = rdp_patch.patch_client_info(plain, policy(color_depth=32))
    assert light is not None
    assert heavy is not None
    assert struct.unpack_from("<I", light, len(light) - 6)[0] == 0x07
    assert struct.unpack_from("<I", heavy, len(heavy) - 6)[0] == 0
    assert len(light) == len(plain)


def test_other_pdus_are_not_client_info() -> None:
    assert rdp_patch.patch_client_info(tpkt(bytes.fromhex("02f08028")), policy()) is None
    assert rdp_patch.patch_client_info(send_data(1007, 1003, b"\x80\0\0\0licence"), policy()) is None


def test_channel_ids_of_a_real_response() -> None:
    assert mcs.connect_response_channels(CONNECT_RESPONSE) == [1004, 1005, 1006]


@given(st.integers(0, len(INITIAL) - 1), st.integers(1, 255))
@example(INITIAL.rindex(b"\x03\xc0"), 0x10)  # the block of channels becomes one that no server knows
def test_a_changed_byte_never_lets_a_forbidden_channel_through(place: int, change: int) -> None:
    damaged = bytearray(INITIAL)
    damaged[place] ^= change
    try:
        patched = rdp_patch.patch_connect_initial(bytes(damaged), policy())
    except McsError:
        return
    assert len(patched.pdu) == len(damaged)
    assert all(name == "drdynvc" or name.startswith("closed") for name in _names(patched.pdu))


@given(st.binary(max_size=200), st.integers(0, len(INITIAL)))
def test_garbage_raises_only_the_documented_error(tail: bytes, kept: int) -> None:
    for data in (INITIAL[:kept] + tail, CONNECT_RESPONSE[:kept] + tail, tpkt(b"\x02\xf0\x80\x64" + tail)):
        for parse in (
            lambda raw: rdp_patch.patch_connect_initial(raw, policy()),
            lambda raw: rdp_patch.patch_client_info(raw, policy(color_depth=16)),
            mcs.connect_response_channels,
            mcs.send_data,
        ):
            with contextlib.suppress(McsError):
                parse(data)
