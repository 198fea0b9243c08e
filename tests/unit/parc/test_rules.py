"""What a check means, how a wake-up goes on, what MAC addresses, hosts and names may be."""

from __future__ import annotations

import contextlib
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from parvis.portal.parc import rules

NOW = datetime(2026, 11, 23, 8, 40, tzinfo=UTC)
LATELY, LONG_AGO = NOW - timedelta(days=3), NOW - timedelta(days=31)


@pytest.mark.parametrize(
    ("answered", "seen", "mac", "wakes", "state"),
    [
        (True, None, False, False, "on"),
        (True, LONG_AGO, True, True, "on"),
        (None, LATELY, True, True, "unknown"),
        (None, None, False, False, "unknown"),
        (False, None, True, True, "unknown"),
        (False, LATELY, True, True, "asleep"),
        (False, NOW - rules.LOST_AFTER, True, True, "asleep"),
        (False, LATELY, False, True, "unreachable"),
        (False, LATELY, True, False, "unreachable"),
        (False, LONG_AGO, True, True, "unreachable"),
        (False, LONG_AGO, False, False, "unreachable"),
    ],
)
def test_reachability(answered: bool | None, seen: datetime | None, mac: bool, wakes: bool, state: str) -> None:
    assert rules.reachability(answered=answered, last_seen_at=seen, now=NOW, mac_known=mac, site_wakes=wakes) == state


def test_a_wake_up_always_ends_and_ends_once() -> None:
    assert set(rules.RUNNING) == {"requested", "sent"}
    for state in rules.RUNNING:
        assert {"awake", "failed"} <= rules.WAKE_UP_MOVES[state]
    assert rules.sources_of("awake") == {"requested", "sent"}
    assert rules.sources_of("sent") == {"requested"}
    assert rules.sources_of("requested") == set()


@pytest.mark.parametrize(
    "text", ["02:52:49:4f:55:01", "02-52-49-4F-55-01", "0252.494f.5501", "0252494F5501", " 02:52:49:4F:55:01\n"]
)
def test_mac_forms_are_one(text: str) -> None:
    assert rules.normal_mac(text) == "02:52:49:4F:55:01"


@pytest.mark.parametrize(
    "text",
    [
        "", "02:52:49:4f:55", "02:52:49:4f:55:0g", "02:52-49:4f:55:01", "025.2494f5.501", "ff:ff:ff:ff:ff:ff",
        "01:00:5e:00:00:01", "00:00:00:00:00:00", "<b>0252494F5501</b>", "02:52:49:4f:55:01:02", "０２:52:49:4f:55:01",
    ],
)  # fmt: skip
def test_what_is_no_mac_of_one_computer(text: str) -> None:
    with pytest.raises(ValueError, match="not"):
        rules.normal_mac(text)


@given(st.binary(min_size=6, max_size=6).filter(lambda raw: not raw[0] & 1 and any(raw)))
def test_a_magic_packet_is_six_ff_and_sixteen_macs(raw: bytes) -> None:
    packet = rules.magic_packet(raw.hex("-"))
    assert len(packet) == 102
    assert packet[:6] == b"\xff" * 6
    assert packet[6:] == raw * 16


@given(st.text())
def test_mac_parsing_has_one_exception(text: str) -> None:
    with contextlib.suppress(ValueError):
        assert rules.normal_mac(rules.normal_mac(text)) == rules.normal_mac(text)


@pytest.mark.parametrize(
    ("text", "host"),
    [
        ("10.1.2.3", "10.1.2.3"), ("FD00::0:1", "fd00::1"),
        ("PC-Claire.rivemarine.example.", "pc-claire.rivemarine.example"),
        (" riv_pc1 ", "riv_pc1"), ("3com", "3com"),
    ],
)  # fmt: skip
def test_hosts(text: str, host: str) -> None:
    assert rules.normal_host(text) == host


@pytest.mark.parametrize(
    "text",
    [
        "", "http://10.1.2.3", "10.1.2.3:3389", "10.1.2", "10.1.2.256", "a b", "a/b", "<script>", "-pc", "pc-", "a..b",
        "user@pc", "pc?x=1", "pc#1", "é.example", "a" * 64, "0x7f.1", ".".join(["a" * 60] * 5), "pc\n.x",
    ],
)  # fmt: skip
def test_what_is_no_host(text: str) -> None:
    with pytest.raises(ValueError, match="neither"):
        rules.normal_host(text)


@pytest.mark.parametrize("name", ["RIV-PC-00001", "pc1", "a", "serveur_1.x"])
def test_names(name: str) -> None:
    assert rules.name_is_valid(name)


@pytest.mark.parametrize("name", ["", "<b>", "pc 1", "-pc", "pc-", "é", "a" * 64, "pc\n", "=1+1", 'pc"'])
def test_what_is_no_name(name: str) -> None:
    assert not rules.name_is_valid(name)
