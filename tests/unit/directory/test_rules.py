"""Paths in the tree, search keys, SIRET numbers."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from parvis.portal.directory import rules
from parvis.portal.directory.demo import address

PATHS = st.lists(
    st.lists(st.integers(1, 4), min_size=1, max_size=4).map(lambda ids: "".join(f"{each:06d}." for each in ids)),
    max_size=8,
)


def test_a_path_says_who_is_below_whom() -> None:
    root = rules.child_path("", 1)
    child = rules.child_path(root, 12)
    assert (root, child) == ("000001.", "000001.000012.")
    assert rules.covers(root, child)
    assert rules.covers(root, root)
    assert not rules.covers(child, root)
    assert not rules.covers(rules.child_path("", 1), rules.child_path("", 10))


@given(PATHS)
def test_the_outermost_paths_cover_the_same_and_not_each_other(paths: list[str]) -> None:
    kept = rules.outermost(paths)
    assert all(any(rules.covers(prefix, path) for prefix in kept) for path in paths)
    assert not [(a, b) for a in kept for b in kept if a != b and rules.covers(a, b)]
    assert set(kept) <= set(paths)


def test_search_ignores_accents_case_and_spaces() -> None:
    key = rules.search_key("Hélène", "  Le  Goff", "h.legoff@ex.fr", "Cheffe de CŒUR")
    assert key == "helene le goff h.legoff@ex.fr cheffe de coeur"


def test_a_search_key_fits_its_column() -> None:
    assert len(rules.search_key("a" * 300, "b" * 300, "", "")) == 400


@pytest.mark.parametrize("siret", ["73282932000074", "35600000000048", "35600000049837"])
def test_real_siret_numbers(siret: str) -> None:
    assert rules.siret_is_valid(siret)


@pytest.mark.parametrize(
    "siret", ["", "73282932000075", "7328293200007", "732829320000744", "7328293200007a", "٧" * 14]
)
def test_what_is_no_siret(siret: str) -> None:
    assert not rules.siret_is_valid(siret)


def test_demo_addresses_are_plain() -> None:
    assert address("Hélène", "Le Goff") == "helene.legoff@rivemarine.example"
    assert address("Marc", "L’Hôte", 3) == "marc.lhote3@rivemarine.example"
