"""The probe goes where it may and nowhere else. Requirement 4, for the portal itself."""

from __future__ import annotations

import socket
from typing import Any

import httpx
import pytest

from parvis.portal.home import probe as module
from parvis.portal.home.probe import policy_for, probe
from parvis.ticket.addresses import PRIVATE_NETWORKS, AddressPolicy

LOCAL = AddressPolicy.parse(PRIVATE_NETWORKS, "10.99.0.0/16", "127.0.0.1:8080")
EXTERNAL = policy_for(LOCAL, external=True)


class Web(httpx.BaseTransport):
    """Answers as told and remembers what was asked."""

    def __init__(self, status: int = 200, headers: dict[str, str] | None = None) -> None:
        self.status, self.headers = status, headers or {}
        self.asked: list[httpx.Request] = []

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        self.asked.append(request)
        return httpx.Response(self.status, headers=self.headers)


@pytest.fixture
def names(monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """What DNS says."""
    table = {"intranet.example": "10.0.0.5", "zoom.example": "203.0.114.7", "evil.example": "169.254.169.254"}

    def resolve(host: str, port: int, **_: Any) -> list[Any]:
        address = table.get(host, host)
        if ":" not in address and not address[0].isdigit():
            raise socket.gaierror(-2, "Name or service not known")
        family = socket.AF_INET6 if ":" in address else socket.AF_INET
        return [(family, socket.SOCK_STREAM, 6, "", (address, port))]

    monkeypatch.setattr(module.socket, "getaddrinfo", resolve)
    return table


def test_it_connects_to_the_address_that_was_judged_and_names_the_host(names: dict[str, str]) -> None:
    web = Web()
    outcome = probe("https://intranet.example/sante?a=1#b", LOCAL, transport=web)
    assert outcome.problem == ""
    request = web.asked[0]
    assert str(request.url) == "https://10.0.0.5/sante?a=1"
    assert request.headers["host"] == "intranet.example"
    assert request.extensions["sni_hostname"] == "intranet.example"


def test_the_name_is_resolved_once_only(names: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    answers = iter(["10.0.0.5", "127.0.0.1"])

    def rebind(host: str, port: int, **_: Any) -> list[Any]:
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (next(answers), port))]

    monkeypatch.setattr(module.socket, "getaddrinfo", rebind)
    web = Web()
    probe("http://intranet.example/", LOCAL, transport=web)
    assert web.asked[0].url.host == "10.0.0.5"


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1/",
        "http://[::1]/",
        "http://169.254.169.254/latest/meta-data/",
        "http://evil.example/",
        "http://0.0.0.0/",
        "http://10.99.1.1/",
        "http://203.0.114.7/",
        "http://[::ffff:127.0.0.1]/",
    ],
)
def test_a_local_probe_stays_in_the_allowed_networks(names: dict[str, str], url: str) -> None:
    web = Web()
    assert probe(url, LOCAL, transport=web).problem.startswith("address refused")
    assert not web.asked


@pytest.mark.parametrize(
    "url",
    [
        "http://10.0.0.5/",
        "http://192.168.1.1/",
        "http://[fd00::1]/",
        "http://127.0.0.1:8080/",
        "http://169.254.169.254/",
        "http://100.64.0.1/",
        "http://[::ffff:10.0.0.5]/",
        "http://intranet.example/",
    ],
)
def test_an_external_probe_never_comes_inside(names: dict[str, str], url: str) -> None:
    web = Web()
    assert probe(url, EXTERNAL, transport=web).problem.startswith("address refused")
    assert not web.asked


def test_an_external_service_is_reached(names: dict[str, str]) -> None:
    web = Web()
    assert probe("https://zoom.example/", EXTERNAL, transport=web).problem == ""
    assert web.asked[0].url.host == "203.0.114.7"


def test_a_redirection_is_an_answer_and_is_not_followed(names: dict[str, str]) -> None:
    web = Web(302, {"location": "http://127.0.0.1/"})
    assert probe("http://intranet.example/", LOCAL, transport=web).problem == ""
    assert len(web.asked) == 1


@pytest.mark.parametrize(("status", "problem"), [(200, ""), (401, ""), (404, ""), (500, "HTTP 500"), (503, "HTTP 503")])
def test_what_an_answer_means(names: dict[str, str], status: int, problem: str) -> None:
    assert probe("http://intranet.example/", LOCAL, transport=Web(status)).problem == problem


@pytest.mark.parametrize("url", ["http://unknown/", "http:///", "http://intranet.example:99999/", "not an address"])
def test_it_never_raises(names: dict[str, str], url: str) -> None:
    assert probe(url, LOCAL, transport=Web()).problem


def test_a_refused_connection_is_a_problem() -> None:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port = listener.getsockname()[1]
    policy = AddressPolicy.parse(PRIVATE_NETWORKS, "", f"127.0.0.1:{port}")
    outcome = probe(f"http://127.0.0.1:{port}/", policy)
    assert "ConnectError" in outcome.problem
