from __future__ import annotations

import json
import pickle
from datetime import UTC, date, datetime, time, timedelta, timezone
from decimal import Decimal
from types import MappingProxyType
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from parvis.portal.kernel import plain_values
from parvis.portal.kernel.plain_values import Unreadable, dumps, loads
from parvis.portal.remote_desktop.live import Figures, Load, Pulse
from parvis.portal.rollout.simulation import assumptions
from parvis.portal.rollout.simulation.assumptions import Number, Source, Unit
from parvis.portal.rollout.simulation.figures import Comparison, compare

NOW = datetime(2026, 11, 23, 8, 30, tzinfo=UTC)
atoms = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False)
    | st.text()
    | st.binary()
    | st.uuids()
    | st.dates()
    | st.times()
    | st.timedeltas()
    | st.decimals(allow_nan=False)
    | st.datetimes(timezones=st.just(UTC))
)
keys = st.text() | st.integers() | st.uuids() | st.dates()
values = st.recursive(
    atoms,
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.lists(inner, max_size=3).map(tuple)
        | st.dictionaries(keys, inner, max_size=3)
        | st.dictionaries(st.just("!") | st.text(), inner, max_size=2)
        | st.frozensets(atoms, max_size=3)
    ),
    max_leaves=10,
)


@given(values)
def test_what_is_kept_comes_back_as_it_was(value: object) -> None:
    back = loads(dumps(value))
    assert back == value
    assert type(back) is type(value)


def test_our_own_classes_come_back() -> None:
    one = UUID(int=7)
    pulse = Pulse(at=NOW, load=Load(connections=3), figures={one: Figures(up=1, rtt_ms=2.5)}, missing={one: NOW})
    assert loads(dumps(pulse)) == pulse
    number = Number(3, Unit.PEOPLE, Source.MEASURED)
    assert loads(dumps([number, Source.GIVEN])) == [number, Source.GIVEN]
    assert loads(dumps(MappingProxyType({1: "a"}))) == {1: "a"}


def test_a_whole_comparison_of_the_rollout_comes_back() -> None:
    found = compare(assumptions.Assumptions().but({"people": 60.0}, Source.GIVEN), draws=1, seed=1, vary=False)
    back = loads(dumps(found))
    assert isinstance(back, Comparison)
    assert back == found


@pytest.mark.parametrize("value", [object(), lambda: None, timezone(timedelta(hours=1)), ValueError("x"), type])
def test_what_is_no_value_is_refused_when_it_is_kept(value: object) -> None:
    with pytest.raises(TypeError):
        dumps(value)


@pytest.mark.parametrize(
    "text",
    [
        pickle.dumps({"a": 1}),
        b"",
        b"{",
        b'{"!":"object","of":"os:system","v":{}}',
        b'{"!":"object","of":"subprocess:Popen","v":{"args":"true"}}',
        b'{"!":"object","of":"parvis.portal.kernel.plain_values:json.JSONEncoder","v":{}}',
        b'{"!":"named","of":"parvis.portal.kernel.plain_values:json","v":[]}',
        b'{"!":"enum","of":"parvis.portal.remote_desktop.live:Load","v":"x"}',
        b'{"!":"object","of":"parvis.portal.remote_desktop.live:Nobody","v":{}}',
        b'{"!":"object","of":"parvis.nowhere:Nobody","v":{}}',
        b'{"!":"unheard"}',
        b'{"!":"uuid","v":"no"}',
        json.dumps([[]] * 3).encode() + b"]",
    ],
)
def test_nothing_but_kept_values_is_read(text: bytes) -> None:
    with pytest.raises(Unreadable):
        loads(text)


def test_another_versions_shape_is_not_taken_for_ours() -> None:
    kept = dumps(Load(connections=3)).replace(b'"file_descriptors"', b'"files"')
    with pytest.raises(Unreadable):
        loads(kept)


def test_days_and_hours_keep_their_kind() -> None:
    whole = {"d": date(2026, 1, 2), "t": time(8, 30), "n": Decimal("1.10"), "s": {1, 2}, "l": timedelta(1, 2, 3)}
    assert loads(dumps(whole)) == whole
    assert plain_values.OURS == "parvis."
