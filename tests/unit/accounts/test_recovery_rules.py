"""The life of a recovery request, and its code."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from parvis.portal.accounts import rules


def test_every_open_state_can_end_badly_and_only_the_last_one_well() -> None:
    for state in rules.OPEN:
        assert {"refused", "cancelled", "expired"} <= set(rules.MOVES[state])
    assert rules.sources("used") == ("approved",)
    assert rules.sources("approved") == ("identified",)
    assert all(not targets for state, targets in rules.MOVES.items() if state not in rules.OPEN)


def test_a_code_has_fifty_bits_and_no_letter_taken_for_another() -> None:
    assert len(set(rules.ALPHABET)) == 32
    assert not set("IO01") & set(rules.ALPHABET)
    codes = {rules.new_code() for _ in range(200)}
    assert len(codes) == 200
    assert all(len(code) == 11 and code[5] == "-" for code in codes)


@given(st.text(alphabet=" -_.\t", max_size=5))
def test_it_may_be_typed_with_spaces_and_in_small_letters(noise: str) -> None:
    assert rules.code_digest(7, noise.join("abcde23456")) == rules.code_digest(7, "ABCDE-23456")


@given(st.text(max_size=40))
def test_any_text_has_a_digest_of_its_own_request(text: str) -> None:
    assert rules.code_digest(1, text) != rules.code_digest(2, text)
