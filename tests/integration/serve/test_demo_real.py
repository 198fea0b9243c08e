"""The demo with a real xrdp and a real TigerVNC desktop beside its own."""

from __future__ import annotations

import json
import re
import socket
import ssl
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from cryptography import x509

from deploy import demo_stack
from deploy.demo_stack import DemoStack
from tests import databases
from tests.requirements import require

# The demo has five minutes to start, on a busy machine.
pytestmark = [pytest.mark.gateway, pytest.mark.xdist_group("demo-stack"), pytest.mark.timeout(400)]

ASK = """
import json
from parvis.portal.parc.models import Computer
from parvis.portal.remote_desktop.models import Right
rows = [
    [c.name, c.kind, c.address, c.probe_port, c.display.protocol, c.display.port, c.display.enabled,
     Right.objects.filter(computer=c, agent__email="yann.kerbrat@rivemarine.example", ends_date=None).count()]
    for c in Computer.objects.filter(agents__email="yann.kerbrat@rivemarine.example", name__contains="-LINUX")
]
print("ROWS" + json.dumps(sorted(rows)))
"""
# X.224 Connection Request asking for TLS ([MS-RDPBCGR] 2.2.1.1).
REQUEST = bytes.fromhex("030000130ee000000000000100080001000000")


@pytest.fixture(scope="module")
def stack() -> Iterator[DemoStack]:
    require("Xtigervnc", "xterm", "xrdp")
    with demo_stack.running({"PARVIS_DEMO_REAL": "auto"}, prepare=databases.copy_into) as running:
        yield running


@pytest.fixture
def base(stack: DemoStack) -> int:
    return int(stack.environ["PARVIS_DEMO_BASE_PORT"])


def connect(port: int, seconds: float = 60) -> socket.socket:
    """The servers start beside the portal: wait for them."""
    deadline = time.monotonic() + seconds
    while True:
        try:
            return socket.create_connection(("127.0.0.1", port), timeout=20)
        except OSError:
            assert time.monotonic() < deadline, f"nobody listens on {port}"
            time.sleep(0.2)


def certificate(port: int) -> bytes:
    """What xrdp presents after its X.224 answer, DER."""
    with connect(port) as sock:
        sock.sendall(REQUEST)
        answer = sock.recv(19)
        assert answer[5] == 0xD0, "X.224 Connection Confirm"
        assert (answer[11], answer[15]) == (2, 1), "RDP_NEG_RSP, PROTOCOL_SSL"
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        with context.wrap_socket(sock) as secure:
            return secure.getpeercert(binary_form=True) or b""


def rows(stack: DemoStack) -> list[list[object]]:
    found = re.search(r"^ROWS(.*)$", stack.manage("shell", "-c", ASK), re.MULTILINE)
    assert found is not None
    answer: list[list[object]] = json.loads(found[1])
    return answer


def test_tigervnc_answers(base: int) -> None:
    with connect(base + 32) as sock:
        assert sock.recv(12) == b"RFB 003.008\n"
        sock.sendall(b"RFB 003.008\n")
        assert sock.recv(16) == b"\x01\x01", "one security type: None"


def test_looking_whether_it_is_on_shuts_nobody_out(base: int) -> None:
    for _ in range(12):
        connect(base + 32).close()
    test_tigervnc_answers(base)


def test_xrdp_answers_with_the_certificate_of_the_data_folder(stack: DemoStack, base: int) -> None:
    kept = x509.load_pem_x509_certificate((stack.data_dir / "real" / "xrdp-cert.pem").read_bytes())
    assert x509.load_der_x509_certificate(certificate(base + 33)) == kept


def test_yann_has_both_computers_and_a_second_start_makes_none(stack: DemoStack, base: int) -> None:
    expected = [
        ["RIV-RDP-LINUX", "office", "127.0.0.1", base + 33, "rdp", base + 33, True, 1],
        ["RIV-VNC-LINUX", "office", "127.0.0.1", base + 32, "vnc", base + 32, True, 1],
    ]
    assert rows(stack) == expected
    stack.manage("demo_desktops", str(stack.data_dir), "vnc", "rdp")
    assert rows(stack) == expected


def test_the_console_says_so(stack: DemoStack) -> None:
    console: Path = stack.data_dir / "console.txt"
    deadline = time.monotonic() + 20
    while "Parvis is ready" not in console.read_text():
        assert time.monotonic() < deadline
        time.sleep(0.2)
    assert "Yann Kerbrat also has a real xrdp and a real TigerVNC desktop" in console.read_text()


def test_something_is_to_be_seen_and_no_shell(stack: DemoStack, base: int) -> None:
    connect(base + 32).close()
    deadline = time.monotonic() + 30
    while not (children := _programs(stack)) >= {"Xtigervnc", "xterm", "xrdp", "cat"}:
        assert time.monotonic() < deadline, children
        time.sleep(0.2)
    assert "bash" not in children


def _programs(stack: DemoStack) -> set[str]:
    found = set()
    for path in Path("/proc").glob("[0-9]*"):
        try:
            if str(stack.data_dir).encode() in (path / "environ").read_bytes():
                found.add((path / "comm").read_text().strip())
        except OSError:  # ended meanwhile
            continue
    return found
