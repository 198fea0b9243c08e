"""Folding and words."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from parvis.portal.ui.search import MAX_WORDS, fold, matching, words


def test_fold() -> None:
    assert fold("Cœur d’Élan") == "coeur d'elan"
    assert fold("ÇÀ ÊTRE Ÿ") == "ca etre y"


@given(st.text())
def test_fold_is_settled_after_one_time(text: str) -> None:
    once = fold(text)
    assert fold(once) == once or any(ord(char) > 0x250 for char in text)


def test_words_are_few_and_without_nul() -> None:
    assert words("a\x00b  c") == ["ab", "c"]
    assert len(words("x " * 50)) == MAX_WORDS


def test_each_word_is_looked_for_in_each_field() -> None:
    condition = str(matching("un deux", ("name",), ("search",)))
    assert condition.count("name__icontains") == 2
    assert condition.count("search__contains") == 2
    assert not matching("  ", ("name",))
