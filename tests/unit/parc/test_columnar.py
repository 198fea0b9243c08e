"""Columns in memory count and narrow as a plain loop over the rows would."""

from __future__ import annotations

from collections import Counter
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from parvis.portal.parc import facet_rules
from parvis.portal.parc.columnar import Few, Many, everything, flags_of, others, with_words
from parvis.portal.parc.models import Asset

VALUES = ("a", "b", "c")
rows = st.lists(st.tuples(st.sampled_from(VALUES), st.integers(0, 4)), max_size=60)


@given(rows, st.sets(st.sampled_from(VALUES)), st.sets(st.integers(0, 4)))
def test_facets_count_among_what_the_others_leave(
    table: list[tuple[str, int]], wanted: set[str], keys: set[int]
) -> None:
    few = Few.of((value for value, _key in table), {value: value for value in VALUES}, VALUES)
    many = Many([key for _value, key in table])
    masks = {"few": few.having(wanted), "many": many.having(keys)}
    full, without = others(masks, everything(len(table)))
    inside = [row for row in table if row[0] in wanted and row[1] in keys]
    assert flags_of(full, len(table)).count(b"\xff") == len(inside)
    assert few.counts(without["few"]) == dict(Counter(value for value, key in table if key in keys))
    assert many.counts(without["many"]) == dict(Counter(key for value, key in table if value in wanted))
    assert few.counts(full) == dict(Counter(value for value, _key in inside))


def test_coarser_words_and_words_in_a_text() -> None:
    few = Few.of("abca", {value: value for value in VALUES}, VALUES)
    coarse = few.grouped({"a": "x", "b": "y", "c": "x"}, ("x", "y"))
    assert coarse.counts(everything(4)) == {"x": 3, "y": 1}
    found = with_words(["dell latitude", "hp", "latitude"], "latit")
    assert flags_of(found, 3) == b"\xff\x00\xff"


def test_every_kind_is_in_one_family() -> None:
    kinds = [kind for _name, kinds in facet_rules.FAMILIES.values() for kind in kinds]
    assert sorted(kinds) == sorted(Asset.Kind.values)


@given(st.dates(date(2000, 1, 1), date(2060, 1, 1)), st.dates(date(2010, 1, 1), date(2050, 1, 1)))
def test_each_day_is_in_one_stretch_and_within_its_bounds(day: date, today: date) -> None:
    for of, bounds, stretches in (
        (facet_rules.warranty_of, facet_rules.warranty_bounds, ("over", "soon", "running")),
        (facet_rules.age_of, facet_rules.age_bounds, ("0", "1", "3", "5", "7")),
    ):
        inside = []
        for stretch in stretches:
            first, last = bounds(stretch, today)
            if (first is None or day >= first) and (last is None or day <= last):
                inside.append(stretch)
        assert inside == [of(day.isoformat(), today)]


@pytest.mark.parametrize(
    ("bought", "age"),
    [("2026-11-23", "0"), ("2025-11-23", "1"), ("2023-11-24", "1"), ("2019-11-23", "7"), ("", "unknown")],
)
def test_ages_begin_on_the_birthday(bought: str, age: str) -> None:
    assert facet_rules.age_of(bought, date(2026, 11, 23)) == age


def test_a_leap_day_has_a_birthday_every_year() -> None:
    assert facet_rules.years_before(date(2028, 2, 29), 3) == date(2025, 2, 28)
    assert facet_rules.age_of((date(2026, 11, 23) + timedelta(days=5)).isoformat(), date(2026, 11, 23)) == "0"
