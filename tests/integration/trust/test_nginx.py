"""Client certificates through the nginx of `deploy/nginx/parvis.conf`, the real one, with a CA made here.

The portal behind it is this process's own Django, served by the same web server as in production.
"""

from __future__ import annotations

import http.client
import re
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import uvicorn
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from django.conf import settings
from django.core.wsgi import get_wsgi_application
from django.db import connections

from parvis.portal.trust import proofs
from parvis.serve.web import configuration
from tests.integration.signing_in import browser_of
from tests.integration.trust.conftest import PROXY, SECRET, Authority, Town, make_ca, make_town, pem
from tests.requirements import require
from tests.servers.certificate import write_self_signed
from tests.servers.process import accepts, free_port, running

EXAMPLE = Path(__file__).parents[3] / "deploy/nginx/parvis.conf"
pytestmark = [pytest.mark.django_db(transaction=True)]


@dataclass
class Site:
    """nginx, and what it needs to be spoken to."""

    port: int
    cookie: str
    ca: Authority
    folder: Path

    def level(self, *certificate: Any, **headers: str) -> str:
        """What « Niveau de confiance » says over this TLS connection."""
        body = self.get("/confiance/", *certificate, **headers)[1]
        found = re.search(r'id="level">([^<]+)<', body)
        assert found, body[:500]
        return found.group(1)

    def get(self, path: str, *certificate: Any, **headers: str) -> tuple[int, str]:
        """A page, with or without a client certificate (certificate, key)."""
        context = ssl.create_default_context()
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        if certificate:
            made, key = certificate
            paths = (self.folder / "client.pem", self.folder / "client.key")
            paths[0].write_text(pem(made))
            paths[1].write_bytes(_key_bytes(key))
            context.load_cert_chain(*paths)
        connection = http.client.HTTPSConnection("127.0.0.1", self.port, context=context, timeout=20)
        connection.request("GET", path, headers={"Host": "localhost", "Cookie": self.cookie, **headers})
        answer = connection.getresponse()
        text = answer.read().decode()
        connection.close()
        return answer.status, text


def _key_bytes(key: Any) -> bytes:
    return bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )


@pytest.fixture
def town(transactional_db: None) -> Town:
    return make_town()


@pytest.fixture
def portal(monkeypatch: pytest.MonkeyPatch) -> Iterator[int]:
    known = replace(settings.PARVIS, trusted_proxies=frozenset({PROXY}), proxy_secret=SECRET)
    monkeypatch.setattr(settings, "PARVIS", known)
    port = free_port()
    server = uvicorn.Server(configuration(_closing(get_wsgi_application()), "127.0.0.1", port))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    _wait(lambda: accepts("127.0.0.1", port))
    yield port
    server.should_exit = True
    thread.join(timeout=15)


def _closing(application: Any) -> Any:
    """The threads of the server keep no database connection: the test database is dropped at the end."""

    def answer(environ: Any, start_response: Any) -> list[bytes]:
        response = application(environ, start_response)
        try:
            return list(response)
        finally:
            response.close()
            connections.close_all()

    return answer


@pytest.fixture
def revoked(ca: Authority) -> tuple[Any, Any]:
    return ca.issue("PC-REVOKED")


@pytest.fixture
def site(portal: int, town: Town, ca: Authority, revoked: tuple[Any, Any], tmp_path: Path) -> Iterator[Site]:
    require("nginx")
    port = free_port()
    _write_files(tmp_path, ca, revoked[0])
    (tmp_path / "nginx.conf").write_text(_configuration(tmp_path, port, portal))
    cookie = f"parvis={browser_of(town.user).cookies['parvis'].value}"
    command = ["nginx", "-p", str(tmp_path), "-c", str(tmp_path / "nginx.conf"), "-e", str(tmp_path / "error.log")]
    ready = lambda: accepts("127.0.0.1", port)  # noqa: E731
    with running(command, log_path=tmp_path / "nginx.log", is_ready=ready):
        yield Site(port, cookie, ca, tmp_path)


def _write_files(folder: Path, ca: Authority, revoked: x509.Certificate) -> None:
    certificate, key, _fingerprint = write_self_signed(folder, "localhost")
    assert certificate.exists()
    assert key.exists()
    (folder / "ca.pem").write_text(pem(ca.certificate))
    now = datetime.now(UTC)
    entry = (
        x509.RevokedCertificateBuilder().serial_number(revoked.serial_number).revocation_date(now - timedelta(days=1))
    ).build()
    crl = (
        x509.CertificateRevocationListBuilder()
        .issuer_name(ca.name)
        .last_update(now - timedelta(days=1))
        .next_update(now + timedelta(days=30))
        .add_revoked_certificate(entry)
        .sign(ca.key, hashes.SHA256())
    )
    (folder / "crl.pem").write_bytes(crl.public_bytes(serialization.Encoding.PEM))
    (folder / "secret.conf").write_text(f'proxy_set_header X-Parvis-Proxy-Secret "{SECRET}";\n')


def _configuration(folder: Path, port: int, portal: int) -> str:
    """The example, with its [certificates] lines on, and the paths and ports of this test."""
    server = EXAMPLE.read_text(encoding="utf-8").partition("server {\n    listen 80;")[0]
    server = re.sub(r"^( *)#(\S.*\[certificates\].*)$", r"\1\2", server, flags=re.MULTILINE)
    server = server.replace('        proxy_set_header X-Parvis-Proxy-Secret "";\n', "")
    changes = {
        "listen 443 ssl;": f"listen 127.0.0.1:{port} ssl;",
        "    listen [::]:443 ssl;\n": "",
        "/etc/ssl/parvis/fullchain.pem": str(folder / "cert.pem"),
        "/etc/ssl/parvis/privkey.pem": str(folder / "key.pem"),
        "/etc/ssl/parvis/computers-ca.pem": str(folder / "ca.pem"),
        "/etc/ssl/parvis/computers-crl.pem": str(folder / "crl.pem"),
        "/etc/nginx/parvis-secret.conf": str(folder / "secret.conf"),
        "/var/log/nginx/access.log": str(folder / "access.log"),
        "http://127.0.0.1:8000": f"http://127.0.0.1:{portal}",
    }
    for old, new in changes.items():
        assert old in server, old
        server = server.replace(old, new)
    temporary = "".join(
        f"{kind}_temp_path {folder / kind};\n" for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    return f"daemon off;\nworker_processes 1;\npid {folder / 'pid'};\nevents {{}}\nhttp {{\n{temporary}{server}\n}}\n"


def _wait(ready: Callable[[], bool], otherwise: str = "the portal did not start") -> None:
    for _each in range(200):
        if ready():
            return
        time.sleep(0.05)
    raise AssertionError(otherwise)


def test_who_is_believed(site: Site, town: Town, revoked: tuple[Any, Any]) -> None:
    valid = site.ca.issue("PC-1")
    town.enrol(valid[0])
    town.enrol(revoked[0])
    assert site.level() == "PC personnel"
    assert site.level(*valid) == "Poste fourni"
    assert site.level() == "PC personnel", "a certificate no longer shown is trust that is gone"

    status, page = site.get("/confiance/", *revoked)
    assert status == 200
    assert "a été révoqué" in page

    expired = site.ca.issue("PC-1", days=5, age=10)
    status, page = site.get("/confiance/", *expired)
    assert status == 200
    assert "a expiré" in page

    foreign = make_ca("AC d’ailleurs").issue("PC-1")
    status, page = site.get("/confiance/", *foreign)
    assert status == 200
    assert "PC personnel" in page


@pytest.mark.parametrize("spell", [str, lambda name: name.replace("-", "_"), str.lower])
def test_a_browser_that_sends_the_headers_itself_proves_nothing(
    site: Site, town: Town, spell: Callable[[str], str]
) -> None:
    from urllib.parse import quote

    valid = site.ca.issue("PC-1")
    town.enrol(valid[0])
    injected = {
        spell(proofs.VERIFY): "SUCCESS",
        spell(proofs.CERTIFICATE): quote(pem(valid[0])),
        spell(proofs.SECRET): SECRET,
    }
    assert site.level(**injected) == "PC personnel"
    other = make_ca("AC d’ailleurs").issue("PC-1")
    assert site.level(*other, **injected) == "PC personnel"


def test_straight_to_the_portal_without_the_secret(portal: int, town: Town, ca: Authority) -> None:
    """Another process of the same machine reaches the portal's port from the proxy's own address."""
    from urllib.parse import quote

    valid, _key = ca.issue("PC-1")
    town.enrol(valid)
    cookie = f"parvis={browser_of(town.user).cookies['parvis'].value}"
    for secret in (b"", b"X-Parvis-Proxy-Secret: wrong\r\n", b"X_Parvis_Proxy_Secret: " + b"s" * 39 + b"\r\n"):
        with socket.create_connection(("127.0.0.1", portal), timeout=20) as wire:
            wire.sendall(
                b"GET /confiance/ HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n"
                + b"Cookie: " + cookie.encode() + b"\r\nX-Parvis-Client-Verify: SUCCESS\r\n"
                + b"X-Parvis-Client-Cert: " + quote(pem(valid)).encode() + b"\r\n" + secret + b"\r\n"
            )  # fmt: skip
            answer = b""
            while piece := wire.recv(65536):
                answer += piece
        assert 'id="level">PC personnel<' in answer.decode()


@pytest.mark.parametrize("path", ["/internal/gateway/v1/hello", "/metrics", "/gateway/metrics", "//internal/x"])
def test_a_refused_certificate_opens_no_inner_door(site: Site, path: str) -> None:
    """nginx answers it from another place of its configuration, which must close the same doors."""
    foreign = make_ca("AC d’ailleurs").issue("PC-1")
    for shown in ((), foreign):
        status, page = site.get(path, *shown)
        assert (status, "nginx" in page) == (404, True)


def test_addresses_that_are_secrets_are_in_no_log(site: Site) -> None:
    for path in (f"/parc/sondes/{'s' * 43}/", f"/presence/agenda/{'s' * 43}/presence.ics", "/accessibilite/"):
        site.get(path)
    log = site.folder / "access.log"
    _wait(lambda: "/accessibilite/" in log.read_text(), "the log is silent")  # written after the answer has been read
    assert "ssss" not in log.read_text()  # one worker process: what it answered before is written before


def test_an_address_that_is_a_key_is_in_no_log(site: Site) -> None:
    key = "Zm9vYmFyYmF6cXV4-MDEyMzQ1_Njc4OWFiY2Rl"
    for place in ("invitation", "agenda", "salle/invite", "salle/public"):
        site.get(f"/reunions/{place}/{key}/")
        site.get("/livez", Referer=f"https://localhost/reunions/{place}/{key}/")
    site.get(f"/salles/calendrier/{key}.ics")
    site.get("/readyz")
    log = site.folder / "access.log"
    _wait(lambda: "/readyz" in log.read_text(), "nothing was logged")
    assert key not in log.read_text()
    # What somebody asks stays seen, whatever page they say they come from.
    assert log.read_text().count('"GET /livez HTTP/1.1" 200') == 4
    assert log.read_text().count('"GET /reunions/invitation/- HTTP/1.1"') == 1
