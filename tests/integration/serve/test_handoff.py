"""One address: what the portal's web server does with a WebSocket, against the real gateway and a real demo desktop."""

from __future__ import annotations

import socket
from collections.abc import Iterator

import pytest

from deploy import demo_stack
from deploy.demo_stack import DemoStack
from tests import databases

# The demo has five minutes to start, on a busy machine.
pytestmark = [pytest.mark.gateway, pytest.mark.xdist_group("demo-stack"), pytest.mark.timeout(400)]


@pytest.fixture(scope="module")
def stack() -> Iterator[DemoStack]:
    with demo_stack.running(prepare=databases.copy_into) as running:
        yield running


def _upgrade(stack: DemoStack, path: str, origin: str | None) -> str:
    port = int(stack.url.rsplit(":", 1)[1])
    lines = [
        f"GET {path} HTTP/1.1",
        f"Host: localhost:{port}",
        "Upgrade: websocket",
        "Connection: Upgrade",
        "Sec-WebSocket-Version: 13",
        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
    ]
    if origin:
        lines.append(f"Origin: {origin}")
    with socket.create_connection(("127.0.0.1", port), timeout=10) as sock:
        sock.sendall("\r\n".join([*lines, "", ""]).encode())
        return sock.recv(4096).decode("latin-1").split("\r\n")[0]


def test_the_gateway_answers_on_the_portal_s_address(stack: DemoStack) -> None:
    assert " 101 " in _upgrade(stack, "/gateway/v1/vnc", stack.url)


def test_only_our_own_pages_may_open_it(stack: DemoStack) -> None:
    assert " 403 " in _upgrade(stack, "/gateway/v1/vnc", "https://evil.example")
    assert " 403 " in _upgrade(stack, "/gateway/v1/vnc", None)


def test_no_other_websocket_exists(stack: DemoStack) -> None:
    assert " 404 " in _upgrade(stack, "/mon-bureau/", stack.url)
    assert " 404 " in _upgrade(stack, "/gateway/v2/vnc", stack.url)


def test_the_pages_go_on_while_the_gateway_is_away(stack: DemoStack) -> None:
    name = stack.data_dir / "run" / "gateway.sock"
    aside = name.with_suffix(".aside")
    name.rename(aside)
    try:
        assert " 503 " in _upgrade(stack, "/gateway/v1/vnc", stack.url)
    finally:
        aside.rename(name)
    assert " 101 " in _upgrade(stack, "/gateway/v1/vnc", stack.url)
