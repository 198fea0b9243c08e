from __future__ import annotations

import contextlib
from ipaddress import ip_address, ip_network

import pytest
from hypothesis import given
from hypothesis import strategies as st

from parvis.ticket.addresses import PRIVATE_NETWORKS, AddressForbidden, AddressPolicy, check_address

PRIVATE = AddressPolicy.parse(PRIVATE_NETWORKS)
EVERYTHING = AddressPolicy.parse("0.0.0.0/0,::/0")
DEMO = AddressPolicy.parse("10.0.0.0/8", "", "127.0.0.1:5901,[::1]:5902")


@pytest.mark.parametrize("address", ["10.1.2.3", "172.16.0.1", "192.168.255.254", "fd12:3456::1"])
def test_private_addresses_are_allowed_by_default(address: str) -> None:
    assert check_address(address, 3389, PRIVATE) == ip_address(address)


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1", "127.255.255.254", "::1",  # loopback
        "::ffff:127.0.0.1", "::ffff:7f00:1",  # loopback, IPv4-mapped
        "2002:7f00:1::", "2002:a9fe:a9fe::1",  # loopback and metadata, 6to4
        "2001:0:0:0:0:0:80ff:fffe",  # loopback, Teredo (address inverted)
        "169.254.169.254", "::ffff:169.254.169.254", "fe80::1", "fe80::1%eth0",  # metadata, link-local
        "224.0.0.1", "ff02::1",  # multicast
        "0.0.0.0", "::",  # unspecified
    ],
)  # fmt: skip
def test_never_allowed_even_when_every_network_is(address: str) -> None:
    with pytest.raises(AddressForbidden):
        check_address(address, 3389, EVERYTHING)


@pytest.mark.parametrize(
    "address",
    ["8.8.8.8", "172.32.0.1", "100.64.0.1", "2001:4860::8888", "::ffff:8.8.8.8", "64:ff9b::7f00:1", "::127.0.0.1"],
)
def test_outside_the_allowed_networks(address: str) -> None:
    with pytest.raises(AddressForbidden):
        check_address(address, 3389, PRIVATE)


@pytest.mark.parametrize(
    "address",
    [
        "0177.0.0.1",
        "0x7f.0.0.1",
        "2130706433",
        "127.1",
        "010.0.0.1",
        "10.0.0",
        "localhost",
        "",
        " 10.0.0.1",
        "10.0.0.1/8",
        "[::1]",
    ],
)
def test_only_canonical_addresses_are_read(address: str) -> None:
    with pytest.raises(AddressForbidden, match="not an IP address"):
        check_address(address, 3389, EVERYTHING)


def test_denied_wins_over_allowed() -> None:
    policy = AddressPolicy.parse("10.0.0.0/8", "10.9.0.0/16")
    assert check_address("10.8.0.1", 3389, policy)
    for address in ("10.9.0.1", "::ffff:10.9.0.1"):
        with pytest.raises(AddressForbidden, match="denied"):
            check_address(address, 3389, policy)


def test_an_ipv4_address_in_ipv6_clothes_is_connected_to_as_ipv4() -> None:
    assert str(check_address("::ffff:10.0.0.1", 3389, PRIVATE)) == "10.0.0.1"


def test_a_loopback_exception_is_for_one_port() -> None:
    assert check_address("127.0.0.1", 5901, DEMO)
    assert check_address("::1", 5902, DEMO)
    for address, port in (("127.0.0.1", 5902), ("127.0.0.2", 5901), ("::1", 5901)):
        with pytest.raises(AddressForbidden):
            check_address(address, port, DEMO)


@given(st.ip_addresses(), st.integers(1, 65535))
def test_what_passes_is_in_an_allowed_network(address: object, port: int) -> None:
    try:
        checked = check_address(str(address), port, PRIVATE)
    except AddressForbidden:
        return
    assert any(
        checked in ip_network(network)
        for network in PRIVATE_NETWORKS.split(",")
        if ip_network(network).version == checked.version
    )


@given(st.text(max_size=40))
def test_garbage_raises_only_the_documented_error(text: str) -> None:
    with contextlib.suppress(AddressForbidden):
        check_address(text, 3389, EVERYTHING)


@pytest.mark.parametrize(
    "arguments", [("10.0.0.0/33",), ("10.0.0.1/8",), ("", "x"), ("", "", "localhost:1"), ("", "", "127.0.0.1:x")]
)
def test_malformed_settings_are_refused(arguments: tuple[str, ...]) -> None:
    with pytest.raises(ValueError):
        AddressPolicy.parse(*arguments)
