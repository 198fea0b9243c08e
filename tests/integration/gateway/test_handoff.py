"""Connections that the portal accepted on its public port and handed over to the gateway."""

from __future__ import annotations

import array
import asyncio
import contextlib
import json
import os
import socket
import struct
import threading
from collections.abc import Iterator
from ipaddress import ip_network
from pathlib import Path
from typing import Any

import picows
import pytest

from parvis.gateway import handoff
from parvis.ticket.claims import Protocol
from tests.integration.gateway.fake_portal import fake_portal
from tests.integration.gateway.harness import browser, gateway_for, handshake_none, in_loop, until
from tests.integration.gateway.rdp_client import RdpClient
from tests.servers import vnc_server, xrdp_server

CLIENT = "203.0.113.9"


@contextlib.contextmanager
def public_port(path: Path, *, extra: bytes = b"") -> Iterator[int]:
    """A stand-in for the portal's front: reads the request, hands the socket over, forgets it."""
    listener = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        with contextlib.suppress(OSError):
            while True:
                sock, _ = listener.accept()
                with sock:
                    request = b""
                    while b"\r\n\r\n" not in request:
                        request += sock.recv(65536)
                    try:
                        handoff.send(str(path), sock, CLIENT, request + extra)
                    except OSError:
                        sock.sendall(b"HTTP/1.1 503 Service Unavailable\r\nConnection: close\r\n\r\n")

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    try:
        yield listener.getsockname()[1]
    finally:
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        thread.join()


@in_loop
async def test_a_session_goes_over_the_public_port(tmp_path: Path) -> None:
    path = tmp_path / "run" / "gateway.sock"
    with fake_portal() as portal, vnc_server() as vnc, xrdp_server() as xrdp, public_port(path) as port:
        portal.pin = xrdp.fingerprint
        targets = (vnc.port, xrdp.port)
        async with gateway_for(portal, tmp_path, *targets, socket=path, listen=None):
            assert path.stat().st_mode & 0o777 == 0o600
            client = await browser(port)
            client.send(portal.ticket(vnc.port).encode())
            assert await client.message() == ("text", b'{"accepted": true}')
            await handshake_none(client)
            client.leave()

            rdp = RdpClient(await browser(port, "/gateway/v1/rdp"))
            await rdp.connect(portal.ticket(xrdp.port, Protocol.RDP), ["cliprdr", "drdynvc"])
            rdp.browser.leave()
            await asyncio.to_thread(portal.wait_for, "ended", 2)
            assert {event["client_address"] for event in portal.of_kind("started")} == {CLIENT}
            assert {body["client_address"] for body in portal.redeemed.values()} == {CLIENT}
            with pytest.raises(picows.WSHandshakeError, match="403"):
                await browser(port, origin="https://evil.example")
        assert not path.exists()
        with pytest.raises(picows.WSHandshakeError, match="503"):
            await browser(port)


@in_loop
async def test_a_frame_that_came_with_the_request_is_not_lost(tmp_path: Path) -> None:
    path = tmp_path / "gateway.sock"
    with fake_portal() as portal, vnc_server() as vnc:
        ticket = portal.ticket(vnc.port).encode()
        frame = b"\x82\xfe" + struct.pack(">H", len(ticket)) + bytes(4) + ticket
        async with gateway_for(portal, tmp_path, vnc.port, socket=path, listen=None):
            with public_port(path, extra=frame) as port:
                client = await browser(port)
                assert await client.message() == ("text", b'{"accepted": true}')
                client.leave()
                await asyncio.to_thread(portal.wait_for, "ended")


def _message(header: object, body: bytes = b"") -> bytes:
    raw = header if isinstance(header, bytes) else json.dumps(header).encode()
    return struct.pack(">I", len(raw)) + raw + body


def _tcp_pair() -> tuple[socket.socket, socket.socket]:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        client = socket.create_connection(listener.getsockname())
        return listener.accept()[0], client


def _deliver(path: Path, data: bytes, handed: list[socket.socket] | list[int]) -> None:
    """Send a message with these descriptors, and wait until the gateway has done with it."""
    with socket.socket(socket.AF_UNIX) as channel:
        channel.settimeout(8)
        channel.connect(str(path))
        fds = array.array("i", [item if isinstance(item, int) else item.fileno() for item in handed])
        channel.sendmsg([data], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, fds)] if handed else [])
        with contextlib.suppress(ConnectionError):
            channel.shutdown(socket.SHUT_WR)
            assert channel.recv(1) == b""


@in_loop
async def test_malformed_messages_are_refused_and_no_descriptor_leaks(tmp_path: Path) -> None:
    path = tmp_path / "gateway.sock"
    good = {"client": CLIENT, "request_length": 4}
    with fake_portal() as portal:
        async with gateway_for(portal, tmp_path, socket=path, listen=None) as gateway:
            before = len(os.listdir("/proc/self/fd"))
            pair = _tcp_pair()
            unix_pair = socket.socketpair()
            one = [pair[0]]
            cases: list[tuple[bytes, list[socket.socket] | list[int]]] = [
                (_message(good, b"GET "), []),
                (_message(good, b"GET "), list(pair)),
                (_message(good, b"GE"), one),  # truncated
                (b"\xff\xff\xff\xff", one),
                (_message(b"{"), one),
                (_message([]), one),
                (_message({"client": "not an address", "request_length": 4}), one),
                (_message({"client": CLIENT, "request_length": -1}), one),
                (_message({"client": CLIENT, "request_length": 10**9}), one),
                (_message({"client": CLIENT}), one),
                (_message(good, b"GET "), [unix_pair[0]]),  # not TCP
                (_message(good, b"GET "), [1]),  # not a socket
                (_message(good, b"\0\0\r\n"), one),  # garbage instead of HTTP
            ]
            for data, handed in cases:
                await asyncio.to_thread(_deliver, path, data, handed)
            for sock in (*pair, *unix_pair):
                sock.close()
            await until(lambda: len(os.listdir("/proc/self/fd")) <= before)
            assert gateway.context.registry.pending == 0


def test_an_oversized_request_is_not_sent() -> None:
    with socket.socket() as sock, pytest.raises(ValueError, match="too long"):
        handoff.send("/nowhere", sock, CLIENT, bytes(handoff.MAX_REQUEST + 1))


def test_without_a_gateway_the_sender_is_told() -> None:
    with socket.socket() as sock, pytest.raises(OSError, match=r"No such file"):
        handoff.send("/nowhere/gateway.sock", sock, CLIENT, b"GET / HTTP/1.1\r\n\r\n")


@pytest.mark.parametrize("size", [10, 4096])  # the rest unread: closing resets; everything read: closing is plain
def test_once_sent_the_socket_is_not_the_senders_any_more(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, size: int
) -> None:
    """A gateway faster than the sender: no error, or the caller would write its 503 into a live stream."""
    send_fds = socket.send_fds

    def slow_send_fds(*arguments: Any) -> int:
        sent = send_fds(*arguments)
        thread.join()
        return sent

    monkeypatch.setattr(socket, "send_fds", slow_send_fds)
    path = str(tmp_path / "gateway.sock")
    with socket.socket(socket.AF_UNIX) as listener, socket.socket() as sock:
        listener.bind(path)
        listener.listen()

        def take_and_die() -> None:
            channel, _ = listener.accept()
            with channel:
                socket.recv_fds(channel, size, 1)

        thread = threading.Thread(target=take_and_die)
        thread.start()
        handoff.send(path, sock, CLIENT, b"GET / HTTP/1.1\r\n\r\n")


@in_loop
async def test_behind_a_proxy_the_browsers_address_counts_and_metrics_stay_inside(tmp_path: Path) -> None:
    """A reverse proxy that sends everything to the portal's port is the peer of what is handed over."""
    path = tmp_path / "gateway.sock"
    proxies = (ip_network(f"{CLIENT}/32"),)
    with fake_portal() as portal, vnc_server() as vnc, public_port(path) as port:
        async with gateway_for(portal, tmp_path, vnc.port, socket=path, listen=None, trusted_proxies=proxies):
            headers = {"X-Forwarded-For": "10.9.8.7, 198.51.100.7"}  # the first is what the browser claims
            client = await browser(port, **headers)
            client.send(portal.ticket(vnc.port).encode())
            assert await client.message() == ("text", b'{"accepted": true}')
            client.leave()
            started = await asyncio.to_thread(portal.wait_for, "started")
            assert started[0]["client_address"] == "198.51.100.7"
            for page in ("/gateway/metrics", "/gateway/livez"):
                with pytest.raises(picows.WSHandshakeError, match="404"):
                    await browser(port, page, **{"X-Forwarded-For": "127.0.0.1"})
