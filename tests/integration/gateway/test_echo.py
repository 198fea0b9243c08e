"""The echo: what is small comes back, anything else ends it, and it takes the place of nobody."""

from __future__ import annotations

import functools
from pathlib import Path

from picows import WSMsgType

from parvis.gateway.relay.echo import MOST_BYTES, MOST_MESSAGES
from tests.integration.gateway.fake_portal import fake_portal
from tests.integration.gateway.harness import Browser, browser, gateway_for, in_loop, until
from tests.integration.gateway.test_hostile_browser import http, upgrade

PATH = "/gateway/v1/echo"


@in_loop
async def test_small_messages_come_back_as_they_were(tmp_path: Path) -> None:
    with fake_portal() as portal:
        async with gateway_for(portal, tmp_path) as gateway:
            client = await browser(gateway.port, PATH)
            for number in range(MOST_MESSAGES):
                sent = bytes([number]) * MOST_BYTES
                client.send(sent)
                assert await client.message() == ("binary", sent)
            assert gateway.context.registry.pending == 1
            assert not gateway.context.registry.admitted
            client.transport.disconnect()
            await until(lambda: gateway.context.registry.pending == 0)
        assert not portal.redeemed


@in_loop
async def test_one_too_many_one_too_long_or_a_text_ends_it(tmp_path: Path) -> None:
    with fake_portal() as portal:
        async with gateway_for(portal, tmp_path) as gateway:
            for kind, data, count in (
                (WSMsgType.BINARY, b"x" * (MOST_BYTES + 1), 1),
                (WSMsgType.TEXT, b"x", 1),
                (WSMsgType.BINARY, b"x", MOST_MESSAGES + 1),
            ):
                client = await browser(gateway.port, PATH)
                for _each in range(count):
                    client.transport.send(kind, data)
                await until(functools.partial(_is_closed, client))
                assert client.close_code == 1008, (kind, count)
            await until(lambda: gateway.context.registry.pending == 0)


@in_loop
async def test_it_does_not_stay_for_ever(tmp_path: Path) -> None:
    with fake_portal() as portal:
        async with gateway_for(portal, tmp_path, limits={"first_message_seconds": 0.2}) as gateway:
            client = await browser(gateway.port, PATH)
            await until(functools.partial(_is_closed, client))
            assert client.close_code == 1000
            await until(lambda: gateway.context.registry.pending == 0)


@in_loop
async def test_the_door_is_the_same(tmp_path: Path) -> None:
    with fake_portal() as portal:
        async with gateway_for(portal, tmp_path, limits={"pending_per_address": 1}) as gateway:
            foreign = "Origin: https://evil.example\r\n"
            for more in ("", foreign):
                assert (await http(gateway.port, upgrade(PATH, more=more))).startswith("HTTP/1.1 403"), more
            client = await browser(gateway.port, PATH)
            assert (await http(gateway.port, upgrade(PATH))).startswith("HTTP/1.1 429")
            client.transport.disconnect()


def _is_closed(client: Browser) -> bool:
    return client.close_code is not None
