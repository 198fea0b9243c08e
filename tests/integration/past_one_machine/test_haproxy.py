"""`deploy/haproxy/haproxy.cfg`, read by the real program; what reaches a portal of what a browser sends."""

from __future__ import annotations

import http.client
import ssl
import subprocess
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from email.message import Message
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import unquote

import pytest

from parvis.portal.trust import proofs
from tests.integration.past_one_machine import haproxy
from tests.integration.trust.conftest import Authority, make_ca, pem
from tests.integration.trust.test_nginx import _key_bytes
from tests.requirements import require
from tests.servers.certificate import write_self_signed
from tests.servers.process import free_port

pytestmark = [pytest.mark.gateway, pytest.mark.xdist_group("haproxy")]
NAMES = (
    "portal-a 10.20.0.11:8000",
    "portal-b 10.20.0.12:8000",
    "gateway-a 10.20.1.11:8001",
    "gateway-b 10.20.1.12:8001",
)
VOICE = "voice-a 10.20.0.11:8000"


@dataclass
class Site:
    """HAProxy, with a portal behind it that only notes what it is asked."""

    proxy: haproxy.Proxy
    folder: Path
    seen: list[tuple[str, Message]] = field(default_factory=list)

    def get(self, path: str, *certificate: object, **headers: str) -> int:
        context = ssl.create_default_context()
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        if certificate:
            context.load_cert_chain(*map(str, certificate))
        connection = http.client.HTTPSConnection("127.0.0.1", self.proxy.port, context=context, timeout=20)
        connection.request("GET", path, headers={"Host": "localhost", **headers})
        status = connection.getresponse().status
        connection.close()
        return status

    @property
    def last(self) -> Message:
        return [headers for path, headers in self.seen if path != "/readyz"][-1]


@pytest.fixture(scope="module")
def ca() -> Authority:
    return make_ca()


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory, ca: Authority) -> Iterator[Site]:
    folder = tmp_path_factory.mktemp("h")
    seen: list[tuple[str, Message]] = []

    class Portal(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            seen.append((self.path, self.headers))
            self.send_response(200)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_args: object) -> None:
            pass

    (folder / "ca.pem").write_text(pem(ca.certificate))
    changes = {"/etc/haproxy/computers-ca.pem": str(folder / "ca.pem"), " crl-file /etc/haproxy/computers-crl.pem": ""}
    with ThreadingHTTPServer(("127.0.0.1", 0), Portal) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        ports = dict.fromkeys((NAMES[0], NAMES[1], VOICE), server.server_address[1]) | dict.fromkeys(
            NAMES[2:], free_port()
        )
        try:
            with haproxy.serving(folder, ports, certificates=True, **changes) as proxy:
                yield Site(proxy, folder, seen)
        finally:
            server.shutdown()
            thread.join()


@pytest.mark.parametrize("certificates", [False, True])
def test_the_example_is_valid_with_certificates_and_without(tmp_path: Path, certificates: bool) -> None:
    require("haproxy")
    made, key, _ = write_self_signed(tmp_path)
    both = tmp_path / "both.pem"
    both.write_bytes(made.read_bytes() + key.read_bytes())
    changes = {"/etc/haproxy/parvis.pem": str(both)}
    if certificates:
        changes |= {"/etc/haproxy/computers-ca.pem": str(made), " crl-file /etc/haproxy/computers-crl.pem": ""}
    path = tmp_path / "haproxy.cfg"
    path.write_text(haproxy.text(changes, certificates=certificates))
    environment = {"PATH": "/usr/sbin:/usr/bin:/bin", "PARVIS_PROXY_SECRET": "s" * 40}
    done = subprocess.run(
        ["haproxy", "-c", "-f", str(path)], env=environment, capture_output=True, text=True, timeout=60
    )
    assert done.returncode == 0, done.stderr
    assert "WARNING" not in done.stderr
    assert "ALERT" not in done.stderr


def test_what_a_browser_says_of_itself_does_not_reach_the_portal(site: Site) -> None:
    lies = {
        "X-Forwarded-For": "10.0.0.1",
        "X-Forwarded-Proto": "http",
        "X-Parvis-Proxy-Secret": "guess",
        "X-Parvis-Client-Verify": "SUCCESS",
        "X-Parvis-Client-Cert": "mine",
    }
    assert site.get("/compte/", **lies) == 200
    assert site.last.get_all("X-Forwarded-For") == ["127.0.0.1"]
    assert site.last.get_all("X-Forwarded-Proto") == ["https"]
    assert site.last.get_all("X-Parvis-Client-Verify") == ["NONE"]
    assert site.last.get_all("X-Parvis-Client-Cert") is None
    assert site.last.get_all("X-Parvis-Proxy-Secret") == ["s" * 40]


def test_a_certificate_of_the_authority_is_vouched_for_and_readable(site: Site, ca: Authority) -> None:
    made, key = ca.issue("RIV-0042")
    (site.folder / "pc.pem").write_text(pem(made))
    (site.folder / "pc.key").write_bytes(_key_bytes(key))
    assert site.get("/compte/", site.folder / "pc.pem", site.folder / "pc.key") == 200
    assert site.last["X-Parvis-Client-Verify"] == "SUCCESS"
    found = proofs.parse(unquote(site.last["X-Parvis-Client-Cert"]))
    assert found is not None
    assert found.subject == "CN=RIV-0042"


def test_another_certificate_is_told_and_not_vouched_for(site: Site) -> None:
    made, key = make_ca("Ailleurs").issue("RIV-0042")
    (site.folder / "no.pem").write_text(pem(made))
    (site.folder / "no.key").write_bytes(_key_bytes(key))
    assert site.get("/compte/", site.folder / "no.pem", site.folder / "no.key") == 200
    assert site.last["X-Parvis-Client-Verify"].startswith("FAILED:")
    assert site.last["X-Parvis-Client-Cert"] is None


def test_inner_doors_are_not_found_from_outside(site: Site) -> None:
    for path in ("/internal/gateway/v1/hello", "/metrics", "/gateway/metrics", "/voice/metrics"):
        assert site.get(path) == 404, path
    assert not [path for path, _headers in site.seen if path.startswith("/internal/")]
