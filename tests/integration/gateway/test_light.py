"""The light profile against a real xrdp: asked for by the browser, drawn at 16 bits, a fraction of the bytes."""

from __future__ import annotations

import asyncio
import contextlib
from pathlib import Path

from parvis.gateway.protocol.rdp_light import ASKED
from parvis.ticket.claims import Protocol
from tests.integration.gateway.fake_portal import FakePortal, fake_portal
from tests.integration.gateway.harness import browser, gateway_for, in_loop
from tests.integration.gateway.rdp_client import RdpClient
from tests.servers import XrdpServer, typing_terminal, xrdp_server

_QUIET_SECONDS = 1.5


async def _opening(portal: FakePortal, xrdp: XrdpServer, port: int, blob: str | None) -> tuple[RdpClient, int, int]:
    """A client that has got the whole first picture, the bytes it took, and those the portal was told of."""
    client = RdpClient(await browser(port, "/gateway/v1/rdp"), blob=blob)
    await client.connect(portal.ticket(xrdp.port, Protocol.RDP), ["cliprdr", "drdynvc"])
    with contextlib.suppress(TimeoutError):
        await asyncio.wait_for(client.listen(), _QUIET_SECONDS)
    client.browser.leave()
    ended = (await asyncio.to_thread(portal.wait_for, "ended"))[-1]
    return client, client.browser.received, ended["down"]


@in_loop
async def test_the_same_picture_for_less_than_a_third_of_the_bytes(tmp_path: Path) -> None:
    with fake_portal() as portal, xrdp_server() as xrdp, typing_terminal(xrdp.desktop):
        portal.pin = xrdp.fingerprint
        async with gateway_for(portal, tmp_path, xrdp.port) as gateway:
            fine, fine_bytes, _ = await _opening(portal, xrdp, gateway.port, None)
    with fake_portal() as portal, xrdp_server() as xrdp, typing_terminal(xrdp.desktop):
        portal.pin = xrdp.fingerprint
        async with gateway_for(portal, tmp_path / "light", xrdp.port) as gateway:
            light, light_bytes, told = await _opening(portal, xrdp, gateway.port, ASKED)
    assert (fine.inflater, fine.depths) == (None, {32})
    assert light.inflater is not None
    assert light.depths == {16}
    assert 3 * light_bytes < fine_bytes
    assert 0 <= light_bytes - told < 4000  # the portal is told what went over the line


@in_loop
async def test_a_word_of_another_kind_asks_for_nothing(tmp_path: Path) -> None:
    with fake_portal() as portal, xrdp_server() as xrdp:
        portal.pin = xrdp.fingerprint
        async with gateway_for(portal, tmp_path, xrdp.port) as gateway:
            client, _, _ = await _opening(portal, xrdp, gateway.port, "parvis:LIGHT")
    assert client.inflater is None
