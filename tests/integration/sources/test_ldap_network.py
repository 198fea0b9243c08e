"""What stands between Parvis and a directory: certificates, cut and silent connections, forbidden addresses."""

from __future__ import annotations

import socket
import time
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from django.conf import settings as django_settings

from parvis.portal.sources.ldap import connection, network
from parvis.portal.sources.ldap.schema import Server
from parvis.portal.sources.records import SourceBroken
from tests.integration.sources.test_ldap_reader import NO_LIMIT, reader
from tests.servers.cutting import cutting_proxy
from tests.servers.process import free_port
from tests.servers.slapd import READER, Certificate, Slapd, person, slapd

PEOPLE = "".join(person(f"a{number:04d}", title="x" * 100) for number in range(1000))


@pytest.fixture(scope="module")
def server() -> Iterator[Slapd]:
    with slapd(PEOPLE, certificate=Certificate(), more=NO_LIMIT) as running:
        yield running


def problem(server: Slapd, **stored: Any) -> str:
    with pytest.raises(SourceBroken) as broken:
        list(reader(server, **stored).read())
    return str(broken.value)


def modes(server: Slapd) -> dict[str, dict[str, Any]]:
    return {
        "ldaps": {"servers": server.tls_uri},
        "starttls": {"servers": f"ldap://localhost:{server.port}", "start_tls": True},
    }


@pytest.mark.parametrize("mode", ["ldaps", "starttls"])
class TestCertificates:
    def test_a_verified_server_is_read(self, server: Slapd, mode: str) -> None:
        found = list(reader(server, **modes(server)[mode], ca_pem=server.ca_pem).read())
        assert len(found) == 1000

    def test_an_unknown_authority(self, server: Slapd, mode: str) -> None:
        assert "autorité inconnue" in problem(server, **modes(server)[mode])

    def test_another_name(self, server: Slapd, mode: str) -> None:
        stored = modes(server)[mode]
        stored["servers"] = stored["servers"].replace("localhost", "127.0.0.1")
        assert "un autre nom" in problem(server, **stored, ca_pem=server.ca_pem)

    def test_expired(self, mode: str) -> None:
        with slapd(PEOPLE, certificate=Certificate(from_days=-10, to_days=-1)) as server:
            assert "a expiré" in problem(server, **modes(server)[mode], ca_pem=server.ca_pem)

    def test_not_yet_valid(self, mode: str) -> None:
        with slapd(PEOPLE, certificate=Certificate(from_days=1)) as server:
            assert "pas encore valable" in problem(server, **modes(server)[mode], ca_pem=server.ca_pem)

    def test_no_password_is_sent_before_the_certificate_is_verified(
        self, server: Slapd, mode: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        binds: list[str] = []
        monkeypatch.setattr(connection, "bind_as", lambda *_: binds.append("bind"))
        problem(server, **modes(server)[mode])
        assert binds == []


def test_the_servers_own_certificate_is_a_pin(server: Slapd) -> None:
    import ssl

    pinned = ssl.get_server_certificate(("localhost", server.tls_port))
    assert len(list(reader(server, servers=server.tls_uri, ca_pem=pinned).read())) == 1000


def test_a_server_without_start_tls_is_not_used_in_clear() -> None:
    with slapd(PEOPLE) as server:
        assert "refuse StartTLS" in problem(server, start_tls=True)


def test_a_port_that_does_not_speak_tls(server: Slapd) -> None:
    stored = {"servers": f"ldaps://localhost:{server.port}", "seconds": 2}
    assert "connexion chiffrée" in problem(server, **stored)


def test_a_password_never_crosses_a_network_in_clear(server: Slapd, monkeypatch: pytest.MonkeyPatch) -> None:
    class Elsewhere(socket.socket):
        def getpeername(self) -> tuple[str, int]:
            return ("10.0.0.5", 389)

    def connect(_server: Server, seconds: float) -> socket.socket:
        plain = socket.create_connection(("127.0.0.1", server.port), timeout=seconds)
        return Elsewhere(fileno=plain.detach())

    monkeypatch.setattr(network, "connect", connect)
    assert "passerait en clair" in problem(server)


class TestCuts:
    @pytest.mark.parametrize("tls", [False, True])
    @pytest.mark.parametrize("after", [10_000, 120_000])
    def test_dropped_midway_is_broken_not_short(self, server: Slapd, after: int, tls: bool) -> None:
        with cutting_proxy(server.tls_port if tls else server.port, after) as port:
            servers = f"ldaps://localhost:{port}" if tls else f"ldap://127.0.0.1:{port}"
            text = problem(server, servers=servers, ca_pem=server.ca_pem, page_size=100)
        assert "a coupé la connexion" in text

    @pytest.mark.parametrize("after", [0, 60_000])
    def test_a_silent_server_has_a_time_limit(self, server: Slapd, after: int) -> None:
        began = time.monotonic()
        with cutting_proxy(server.port, after, hang=True) as port:
            text = problem(server, servers=f"ldap://127.0.0.1:{port}", seconds=1, page_size=100)
        assert "pas répondu à temps" in text
        assert time.monotonic() - began < 20, "the limit, not pytest's"

    def test_a_silent_server_before_tls(self, server: Slapd) -> None:
        with cutting_proxy(server.tls_port, 0, hang=True) as port:
            assert "chiffrée" in problem(server, servers=f"ldaps://localhost:{port}", seconds=1)


class TestFailover:
    def test_the_next_server_answers(self, server: Slapd) -> None:
        both = f"ldap://127.0.0.1:{free_port()}\nldap://127.0.0.1:{server.port}"
        assert len(list(reader(server, servers=both).read())) == 1000

    def test_each_servers_problem_is_told(self, server: Slapd) -> None:
        text = problem(server, servers=f"ldap://127.0.0.1:{free_port()} ldaps://localhost:{server.tls_port}")
        assert "aucun annuaire n’écoute" in text
        assert "autorité inconnue" in text

    def test_a_refused_password_is_not_tried_elsewhere(self, server: Slapd, monkeypatch: pytest.MonkeyPatch) -> None:
        calls: list[Server] = []
        open_link = connection.open_link

        def counted(settings: Any, each: Server, **options: Any) -> Any:
            calls.append(each)
            return open_link(settings, each, **options)

        monkeypatch.setattr(connection, "open_link", counted)
        problem(server, servers=f"{server.uri} ldap://localhost:{server.port}", bind_dn=READER.replace("lecture", "x"))
        assert len(calls) == 1


class TestAddresses:
    @pytest.fixture(autouse=True)
    def production(self, settings: Any) -> None:
        settings.PARVIS = replace(
            django_settings.PARVIS, mode="production", url="https://parvis.example", denied_networks="10.9.0.0/16"
        )

    @pytest.mark.parametrize(
        "address", ["127.0.0.1", "::1", "169.254.169.254", "8.8.8.8", "10.9.1.1", "0.0.0.0", "::ffff:127.0.0.1"]
    )
    def test_forbidden(self, address: str) -> None:
        with pytest.raises(SourceBroken) as broken:
            network.resolve(Server(address, 389, False), 2)
        assert broken.value.code == "ldap_address_forbidden"

    def test_a_name_is_judged_by_its_address(self) -> None:
        with pytest.raises(SourceBroken) as broken:
            network.connect(Server("localhost", 389, False), 2)
        assert broken.value.code == "ldap_address_forbidden"

    def test_allowed(self, settings: Any) -> None:
        assert network.resolve(Server("10.1.2.3", 389, False), 2) == ["10.1.2.3"]
        settings.PARVIS = replace(settings.PARVIS, directory_servers="10.9.1.1:636")
        assert network.resolve(Server("10.9.1.1", 636, True), 2) == ["10.9.1.1"]
        with pytest.raises(SourceBroken):
            network.resolve(Server("10.9.1.1", 389, False), 2)

    def test_the_address_checked_is_the_one_connected_to(self, monkeypatch: pytest.MonkeyPatch) -> None:
        answers = iter(["10.1.2.3", "127.0.0.1"])
        asked: list[str] = []

        def look_up(*_args: Any, **_options: Any) -> list[Any]:
            return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (next(answers), 389))]

        def create(address: tuple[str, int], timeout: float) -> socket.socket:
            asked.append(address[0])
            raise ConnectionRefusedError

        monkeypatch.setattr(socket, "getaddrinfo", look_up)
        monkeypatch.setattr(socket, "create_connection", create)
        with pytest.raises(SourceBroken):
            network.connect(Server("annuaire.example", 389, False), 2)
        assert asked == ["10.1.2.3"]

    def test_the_demo_asks_nobody_outside(self, settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
        settings.PARVIS = replace(settings.PARVIS, mode="demo")
        assert network.resolve(Server("127.0.0.1", 389, False), 2) == ["127.0.0.1"]
        monkeypatch.setattr(socket, "getaddrinfo", lambda *_a, **_o: pytest.fail("DNS was asked"))
        for host in ("10.1.2.3", "ad.rivemarine.example"):
            with pytest.raises(SourceBroken) as broken:
                network.resolve(Server(host, 636, True), 2)
            assert "démonstration" in str(broken.value)


def test_an_unknown_name() -> None:
    with pytest.raises(SourceBroken) as broken:
        network.resolve(Server("annuaire.invalid", 389, False), 5)
    assert "inconnu du réseau" in str(broken.value)


def test_a_resolver_that_hangs_has_a_time_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_a, **_o: time.sleep(2) or [])
    with pytest.raises(SourceBroken):
        network.resolve(Server("annuaire.example", 389, False), 0.1)
