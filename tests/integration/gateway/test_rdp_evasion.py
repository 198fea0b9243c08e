"""A browser that writes its PDUs so that the gateway and the PC would read two different things."""

from __future__ import annotations

import asyncio
import contextlib
import struct
from pathlib import Path

from parvis.gateway.reasons import CLOSE_CODES, Reason
from parvis.ticket.claims import Protocol
from tests.integration.gateway.fake_portal import fake_portal
from tests.integration.gateway.harness import browser, gateway_for, in_loop
from tests.integration.gateway.rdp_client import (
    RdpClient,
    channel_pdu,
    clipboard_message,
    hidden_blocks,
    send_data,
)
from tests.servers import xrdp_server

CHANNELS = ["cliprdr", "rdpdr", "drdynvc"]
MONITOR_READY, FORMAT_LIST, LIST_RESPONSE, DATA_REQUEST, DATA_RESPONSE = 1, 2, 3, 4, 5
UNICODE_TEXT = struct.pack("<I", 13)
PROTOCOL_ERROR = CLOSE_CODES[Reason.PROTOCOL_ERROR]


@in_loop
async def test_a_padding_bit_does_not_hide_a_request_for_the_pcs_clipboard(tmp_path: Path) -> None:
    """T.125's PER leaves two bits beside the choice of the PDU: xrdp and FreeRDP do not look at them."""
    with fake_portal() as portal, xrdp_server() as xrdp:
        portal.pin = xrdp.fingerprint
        async with gateway_for(portal, tmp_path, xrdp.port) as gateway:
            client = RdpClient(await browser(gateway.port, "/gateway/v1/rdp"))
            await client.connect(portal.ticket(xrdp.port, Protocol.RDP, clipboard_to_pc=True), CHANNELS)
            await asyncio.wait_for(client.listen(MONITOR_READY), 5)
            client.send_channel("cliprdr", clipboard_message(FORMAT_LIST, UNICODE_TEXT + b"\0\0"))
            await asyncio.wait_for(client.listen(LIST_RESPONSE), 5)
            xrdp.desktop.set_clipboard("texte du PC")
            await asyncio.wait_for(client.listen(FORMAT_LIST), 5)
            client.send_channel("cliprdr", clipboard_message(LIST_RESPONSE, b"", 1))
            asked = channel_pdu(clipboard_message(DATA_REQUEST, UNICODE_TEXT))
            pdu = send_data(client.initiator, client.channels["cliprdr"], asked)
            client.browser.send(pdu[:7] + b"\x65" + pdu[8:])
            with contextlib.suppress(TimeoutError, AssertionError):
                await asyncio.wait_for(client.listen(DATA_RESPONSE), 3)
            assert all("texte du PC".encode("utf-16-le") not in data for _, _, data in client.clipboard)
            assert client.browser.close_code == PROTOCOL_ERROR


@in_loop
async def test_an_odd_length_field_does_not_hide_channels(tmp_path: Path) -> None:
    """xrdp skips a fixed 23 bytes of GCC header: a shorter length field moves everything it reads by one byte."""
    with fake_portal() as portal, xrdp_server() as xrdp:
        portal.pin = xrdp.fingerprint
        async with gateway_for(portal, tmp_path, xrdp.port) as gateway:
            client = RdpClient(await browser(gateway.port, "/gateway/v1/rdp"))
            await client.clean_path(portal.ticket(xrdp.port, Protocol.RDP))
            client.browser.send(hidden_blocks(CHANNELS))
            with contextlib.suppress(AssertionError):
                await asyncio.wait_for(client.pdu(), 3)
            log = xrdp.log_path.read_text()
            assert "name rdpdr" not in log
            assert "name cliprdr" not in log
            assert client.browser.close_code == PROTOCOL_ERROR
