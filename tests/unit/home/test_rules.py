"""The home page's pure rules."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from parvis.portal.home import rules
from parvis.portal.home.rules import AddressInvalid, Audience, Outcome, Viewer

ROOT, CITY, CIVIL, OTHER = "000001.", "000001.000002.", "000001.000002.000003.", "000001.000009."


@pytest.mark.parametrize(
    "address",
    [
        "https://messagerie.rivemarine.example",
        "http://intranet/page?a=b#c",
        "https://[2001:db8::1]:8443/x",
        "mailto:assistance@rivemarine.example?subject=Aide",
        " https://rivemarine.example ",
        "HTTPS://RIVEMARINE.EXAMPLE/",
    ],
)
def test_addresses_a_browser_may_be_sent_to(address: str) -> None:
    assert rules.check_address(address) == address.strip()


@pytest.mark.parametrize(
    ("address", "code"),
    [
        ("javascript:alert(1)", "scheme"),
        ("JaVaScRiPt:alert(1)", "scheme"),
        ("java\tscript:alert(1)", "characters"),
        ("data:text/html;base64,AAAA", "scheme"),
        ("vbscript:x", "scheme"),
        ("file:///etc/passwd", "scheme"),
        ("//rivemarine.example", "scheme"),
        ("rivemarine.example", "scheme"),
        ("https://", "host"),
        ("https:///page", "host"),
        ("https://user:secret@rivemarine.example/", "credentials"),
        ("https://rivemarine.example@evil.example/", "credentials"),
        ("https://rivemarine.example:port/", "host"),
        ("https://[::1", "host"),
        ("https://rive marine.example", "characters"),
        ('https://rivemarine.example/"onclick', "characters"),
        ("https:\\\\rivemarine.example", "characters"),
        ("mailto:", "host"),
        ("", "scheme"),
        ("https://rivemarine.example/\x00", "characters"),
    ],
)
def test_addresses_that_are_refused(address: str, code: str) -> None:
    with pytest.raises(AddressInvalid) as refused:
        rules.check_address(address)
    assert refused.value.code == code


@given(st.text(max_size=60))
def test_whatever_is_typed_is_refused_or_has_a_known_scheme(text: str) -> None:
    try:
        address = rules.check_address(text)
    except AddressInvalid:
        return
    assert address.split(":")[0].lower() in rules.SCHEMES
    assert not any(char.isspace() or char in '<>"' for char in address if char < "\x80")


def test_everyone_is_everyone_of_the_entity_and_below() -> None:
    audience = Audience(owner=CITY, everyone=True)
    assert rules.sees(Viewer((CIVIL,)), audience)
    assert rules.sees(Viewer((CITY,)), audience)
    assert not rules.sees(Viewer((OTHER,)), audience)
    assert not rules.sees(Viewer((ROOT,)), audience)
    assert not rules.sees(Viewer(()), audience)
    assert rules.sees(Viewer((), all_seeing=True), audience)


def test_services_and_roles_add_up() -> None:
    audience = Audience(owner=ROOT, everyone=False, services=frozenset({CITY}), roles=frozenset({"technician"}))
    assert rules.sees(Viewer((CIVIL,)), audience)
    assert rules.sees(Viewer((OTHER,), frozenset({("technician", OTHER)})), audience)
    assert not rules.sees(Viewer((OTHER,), frozenset({("auditor", OTHER)})), audience)
    assert not rules.sees(Viewer((OTHER,)), audience)


def test_a_role_held_elsewhere_does_not_count() -> None:
    audience = Audience(owner=CITY, everyone=False, roles=frozenset({"technician"}))
    assert not rules.sees(Viewer((OTHER,), frozenset({("technician", OTHER)})), audience)
    assert not rules.sees(Viewer((CIVIL,), frozenset({("technician", ROOT)})), audience)
    assert rules.sees(Viewer((CIVIL,), frozenset({("technician", CITY)})), audience)


def test_a_service_outside_the_owner_lets_nobody_in() -> None:
    audience = Audience(owner=CITY, everyone=False, services=frozenset({ROOT, OTHER}))
    assert not rules.sees(Viewer((CIVIL,)), audience)
    assert not rules.sees(Viewer((OTHER,)), audience)


def test_ancestors() -> None:
    assert rules.ancestors(CIVIL) == [ROOT, CITY, CIVIL]
    assert rules.ancestors("") == []


FINE, DEAD, SLOW = Outcome("", 0.2), Outcome("ConnectTimeout", 10.0), Outcome("", 7.0)


@pytest.mark.parametrize(
    ("state", "by_hand", "failures", "outcome", "after"),
    [
        ("operational", False, 0, FINE, "operational"),
        ("operational", False, 1, DEAD, "operational"),
        ("operational", False, 2, DEAD, "outage"),
        ("degraded", False, 1, DEAD, "degraded"),
        ("outage", False, 9, DEAD, "outage"),
        ("outage", False, 0, FINE, "operational"),
        ("operational", False, 0, SLOW, "degraded"),
        ("degraded", False, 0, FINE, "operational"),
        ("maintenance", True, 0, FINE, "maintenance"),
        ("degraded", True, 5, DEAD, "degraded"),
        ("outage", True, 0, FINE, "outage"),
    ],
)
def test_state_after_a_probe(state: str, by_hand: bool, failures: int, outcome: Outcome, after: str) -> None:
    found = rules.state_after_probe(state=state, by_hand=by_hand, failures=failures, outcome=outcome)
    assert found == after


@given(st.lists(st.integers(), unique=True, max_size=8), st.integers(), st.sampled_from([-1, 1]))
def test_moving_loses_nothing_and_moves_one_place(order: list[int], item: int, step: int) -> None:
    after = rules.moved(order, item, step)
    assert sorted(after) == sorted(order)
    if item in order and 0 <= order.index(item) + step < len(order):
        assert after.index(item) == order.index(item) + step
        assert rules.moved(after, item, -step) == order
    else:
        assert after == order
