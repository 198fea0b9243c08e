"""Where a provider may be: requirement 4, applied to the sign-in."""

from __future__ import annotations

import dataclasses
import socket
from typing import Any

import pytest
from django.conf import settings as django_settings

from parvis.portal.federation import transport
from parvis.portal.federation.transport import ProviderFailed, ask, check_url, judge
from parvis.ticket.addresses import AddressForbidden


@pytest.fixture
def production(settings: Any) -> None:
    settings.PARVIS = dataclasses.replace(
        django_settings.PARVIS,
        mode="production",
        url="https://portail.rivemarine.example",
        allowed_networks="10.1.0.0/16",
        denied_networks="10.1.9.0/24",
    )


@pytest.mark.parametrize(
    "url",
    ["http://sso.example", "ftp://sso.example", "//sso.example", "https://", "https://u:p@sso.example", "https://[",
     "x", "http://localhost:8000", "http://127.0.0.1", "https://sso.example:99999"],
)  # fmt: skip
def test_addresses_that_are_refused_unresolved(production: None, url: str) -> None:
    with pytest.raises(AddressForbidden):
        check_url(url)


def test_this_machine_is_for_development_only() -> None:
    assert check_url("http://127.0.0.1:4000").port == 4000
    assert str(judge("127.0.0.1", 4000)) == "127.0.0.1"
    with pytest.raises(AddressForbidden):
        check_url("http://10.1.0.1")


@pytest.mark.parametrize("address", ["8.8.8.8", "2001:4860:4860::8888", "10.1.2.3"])
def test_the_internet_and_our_own_networks(production: None, address: str) -> None:
    assert str(judge(address, 443)) == address


@pytest.mark.parametrize(
    "address",
    ["127.0.0.1", "::1", "169.254.169.254", "fe80::1", "10.1.9.3", "10.2.0.1", "192.168.1.1", "172.16.0.1", "fd00::1",
     "100.64.0.1", "0.0.0.0", "::ffff:127.0.0.1", "::ffff:192.168.1.1", "2002:7f00:1::", "224.0.0.1"],
)  # fmt: skip
def test_never(production: None, address: str) -> None:
    with pytest.raises(AddressForbidden):
        judge(address, 443)


def test_a_name_is_judged_by_what_it_resolves_to(production: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_a, **_k: [(2, 1, 6, "", ("192.168.1.1", 443))])
    with pytest.raises(ProviderFailed) as problem:
        ask("https://innocent.example/.well-known/openid-configuration")
    assert problem.value.code == "address"


def test_a_name_that_does_not_exist(production: None, monkeypatch: pytest.MonkeyPatch) -> None:
    def unknown(*_a: object, **_k: object) -> None:
        raise socket.gaierror("Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", unknown)
    with pytest.raises(ProviderFailed) as problem:
        transport.ask("https://absent.example/")
    assert problem.value.code == "unreachable"
