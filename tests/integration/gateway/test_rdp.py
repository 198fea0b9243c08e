"""RDP through the gateway, against a real xrdp and a real server with NLA."""

from __future__ import annotations

import asyncio
import contextlib
import struct
from pathlib import Path

import pytest

from parvis.gateway.protocol.rdcleanpath import Failure
from parvis.gateway.protocol.x224 import FailureCode, Security, decode_confirm
from parvis.gateway.reasons import CLOSE_CODES, Reason
from parvis.ticket.claims import Protocol
from tests.integration.gateway.fake_portal import FakePortal, fake_portal
from tests.integration.gateway.harness import browser, gateway_for, in_loop
from tests.integration.gateway.rdp_client import RdpClient, clipboard_message
from tests.servers import XrdpServer, free_port, nla_server, xrdp_server

CHANNELS = ["cliprdr", "rdpdr", "drdynvc"]
MONITOR_READY, FORMAT_LIST, LIST_RESPONSE, DATA_REQUEST, DATA_RESPONSE, CAPS = 1, 2, 3, 4, 5, 7
UNICODE_TEXT = struct.pack("<I", 13)
SECRET = "mot de passe\0".encode("utf-16-le")


def ticket(portal: FakePortal, port: int, **policy: bool) -> str:
    return portal.ticket(port, Protocol.RDP, **policy)


@in_loop
async def test_the_policy_is_what_xrdp_sees(tmp_path: Path) -> None:
    """Layout, depth, automatic logon and closed channels, in the words of xrdp's own log."""
    with fake_portal() as portal, xrdp_server() as xrdp:
        portal.pin = xrdp.fingerprint
        async with gateway_for(portal, tmp_path, xrdp.port) as gateway:
            client = RdpClient(await browser(gateway.port, "/gateway/v1/rdp"))
            answer = await client.connect(ticket(portal, xrdp.port), CHANNELS)
            assert answer.server_address == f"127.0.0.1:{xrdp.port}"
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(client.listen(), 1)
            assert client.fast_path > 0
            assert client.browser.received > 10_000
            client.browser.leave()
            (ended,) = await asyncio.to_thread(portal.wait_for, "ended")
        log = xrdp.log_path.read_text()
        assert "keylayout:[0x0000040C]" in log
        assert "Client requested auto logon" in log
        assert [line.split("name ")[1].split(",")[0] for line in log.splitlines() if "Adding channel" in line] == [
            "closed0",
            "closed1",
            "drdynvc",
        ]
        assert portal.pins == []
        assert ended["reason"] == "closed_by_user"


@in_loop
async def test_a_client_that_says_goodbye_has_ended_it_even_when_the_pc_closes_first(tmp_path: Path) -> None:
    with fake_portal() as portal, xrdp_server() as xrdp:
        portal.pin = xrdp.fingerprint
        async with gateway_for(portal, tmp_path, xrdp.port) as gateway:
            client = RdpClient(await browser(gateway.port, "/gateway/v1/rdp"))
            await client.connect(ticket(portal, xrdp.port), CHANNELS)
            client.say_goodbye()
            (ended,) = await asyncio.to_thread(portal.wait_for, "ended")
            assert (ended["reason"], ended["detail"]) == ("closed_by_user", "")  # "": the PC, not the browser, closed
            client.browser.leave()


async def _ready(portal: FakePortal, port: int, xrdp: XrdpServer, **policy: bool) -> RdpClient:
    """A client whose clipboard channel has been initialised by both sides."""
    client = RdpClient(await browser(port, "/gateway/v1/rdp"))
    await client.connect(ticket(portal, xrdp.port, **policy), CHANNELS)
    await asyncio.wait_for(client.listen(MONITOR_READY), 5)
    client.send_channel("cliprdr", clipboard_message(CAPS, struct.pack("<HHHHII", 1, 0, 1, 12, 2, 0x3E)))
    client.send_channel("cliprdr", clipboard_message(FORMAT_LIST, UNICODE_TEXT + b"\0\0"))
    await asyncio.wait_for(client.listen(LIST_RESPONSE), 5)
    return client


@pytest.mark.parametrize(("to_pc", "from_pc"), [(True, True), (True, False), (False, True)])
@in_loop
async def test_each_direction_of_the_clipboard_against_xrdp(tmp_path: Path, to_pc: bool, from_pc: bool) -> None:
    with fake_portal() as portal, xrdp_server() as xrdp:
        portal.pin = xrdp.fingerprint
        async with gateway_for(portal, tmp_path, xrdp.port) as gateway:
            client = await _ready(portal, gateway.port, xrdp, clipboard_to_pc=to_pc, clipboard_from_pc=from_pc)

            # To the PC: xrdp asks for what was announced, and gets it, or was told of nothing.
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(client.listen(DATA_REQUEST), 2)
            asked = any(kind == DATA_REQUEST for kind, _, _ in client.clipboard)
            assert asked is to_pc
            client.send_channel("cliprdr", clipboard_message(DATA_RESPONSE, SECRET, 1))
            await asyncio.sleep(0.5)
            assert await asyncio.to_thread(xrdp.desktop.clipboard) == ("mot de passe" if to_pc else "")

            # From the PC: content or a failure, never silence.
            xrdp.desktop.set_clipboard("texte du PC")
            await asyncio.wait_for(client.listen(FORMAT_LIST), 5)
            client.send_channel("cliprdr", clipboard_message(LIST_RESPONSE, b"", 1))
            client.send_channel("cliprdr", clipboard_message(DATA_REQUEST, UNICODE_TEXT))
            await asyncio.wait_for(client.listen(DATA_RESPONSE), 5)
            _, flags, data = client.clipboard[-1]
            assert flags == (1 if from_pc else 2)
            assert data.decode("utf-16-le").rstrip("\0") == ("texte du PC" if from_pc else "")

            client.browser.leave()
            (ended,) = await asyncio.to_thread(portal.wait_for, "ended")
            assert (ended["clipboard_to_pc"], ended["clipboard_from_pc"]) == (int(to_pc), int(from_pc))


@in_loop
async def test_a_first_certificate_is_reported_and_nothing_passes_when_refused(tmp_path: Path) -> None:
    with fake_portal() as portal, xrdp_server() as xrdp:
        async with gateway_for(portal, tmp_path, xrdp.port) as gateway:
            trusted = RdpClient(await browser(gateway.port, "/gateway/v1/rdp"))
            assert (await trusted.clean_path(ticket(portal, xrdp.port))).failure is None
            assert portal.pins[0]["fingerprint"] == xrdp.fingerprint
            assert portal.pins[0]["subject"] == "CN=PC-TEST.mairie.example"
            assert portal.pins[0]["not_after"].endswith("+00:00")
            trusted.browser.leave()

            portal.accept_pin = False
            refused = RdpClient(await browser(gateway.port, "/gateway/v1/rdp"))
            answer = await refused.clean_path(ticket(portal, xrdp.port))
            assert answer.failure == Failure(tls_alert=42)
            assert await refused.browser.closed() == CLOSE_CODES[Reason.CERTIFICATE_CHANGED]


@in_loop
async def test_a_reinstalled_pc_is_refused_and_its_new_certificate_reported(tmp_path: Path) -> None:
    port = free_port()
    with fake_portal() as portal:
        async with gateway_for(portal, tmp_path, port) as gateway:
            with xrdp_server(port=port) as before:
                portal.pin = before.fingerprint
                client = RdpClient(await browser(gateway.port, "/gateway/v1/rdp"))
                assert (await client.clean_path(ticket(portal, port))).failure is None
                client.browser.leave()
            portal.accept_pin = False
            with xrdp_server(port=port) as after:
                client = RdpClient(await browser(gateway.port, "/gateway/v1/rdp"))
                answer = await client.clean_path(ticket(portal, port))
                assert answer.failure == Failure(tls_alert=42)
                assert answer.certificates is None
                assert portal.pins[-1]["fingerprint"] == after.fingerprint != before.fingerprint
            (refused,) = await asyncio.to_thread(portal.wait_for, "refused")
            assert refused["reason"] == "certificate_changed"
            assert after.fingerprint in refused["detail"]


@in_loop
async def test_a_pc_without_tls_is_refused_in_rdps_own_words(tmp_path: Path) -> None:
    with fake_portal() as portal, xrdp_server(security="rdp") as xrdp:
        async with gateway_for(portal, tmp_path, xrdp.port) as gateway:
            client = RdpClient(await browser(gateway.port, "/gateway/v1/rdp"))
            answer = await client.clean_path(ticket(portal, xrdp.port))
            assert answer.failure == Failure(code=2)
            assert answer.x224 is not None
            assert decode_confirm(answer.x224, Security.SSL).failure == FailureCode.SSL_NOT_ALLOWED
            assert await client.browser.closed() == CLOSE_CODES[Reason.TARGET_UNREACHABLE]


@in_loop
async def test_nla_is_negotiated_and_credssp_answered(tmp_path: Path) -> None:
    with fake_portal() as portal, nla_server() as shadow:
        async with gateway_for(portal, tmp_path, shadow.port) as gateway:
            # A client that cannot do NLA is told so by the PC.
            plain = RdpClient(await browser(gateway.port, "/gateway/v1/rdp"))
            answer = await plain.clean_path(ticket(portal, shadow.port), protocols=1)
            assert answer.failure == Failure(code=2)
            assert answer.x224 is not None
            assert decode_confirm(answer.x224, Security.SSL).failure == FailureCode.HYBRID_REQUIRED

            client = RdpClient(await browser(gateway.port, "/gateway/v1/rdp"))
            answer = await client.clean_path(ticket(portal, shadow.port), protocols=0x0B)
            assert answer.failure is None
            assert answer.x224 is not None
            assert decode_confirm(answer.x224, Security(0x0B)).selected is Security.HYBRID
            # SPNEGO with an NTLM Negotiate message in a TSRequest; the PC answers with its challenge.
            negotiate = bytes.fromhex(
                "4e544c4d5353500001000000b78208e2000000000000000000000000000000000a0061580000000f"
            )
            token = bytes((0x04, len(negotiate))) + negotiate
            for tag in (0xA0, 0x30, 0x30, 0xA1):
                token = bytes((tag, len(token))) + token
            request = b"\xa0\x03\x02\x01\x06" + token
            client.browser.send(bytes((0x30, len(request))) + request)
            kind, challenge = await client.browser.message()
            assert kind == "binary"
            assert challenge[0] == 0x30
            assert b"NTLMSSP\0\x02" in challenge
            client.browser.leave()


@in_loop
async def test_a_pc_that_is_off_is_told_in_winsock_words(tmp_path: Path) -> None:
    port = free_port()
    with fake_portal() as portal:
        async with gateway_for(portal, tmp_path, port) as gateway:
            client = RdpClient(await browser(gateway.port, "/gateway/v1/rdp"))
            assert (await client.clean_path(ticket(portal, port))).failure == Failure(wsa_error=10061)
            assert await client.browser.closed() == CLOSE_CODES[Reason.TARGET_UNREACHABLE]
            unknown = RdpClient(await browser(gateway.port, "/gateway/v1/rdp"))
            answer = await unknown.clean_path(portal.ticket(port, Protocol.RDP, host="nowhere.invalid"))
            assert answer.failure == Failure(wsa_error=11001)
