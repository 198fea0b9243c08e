"""How fast one may go."""

from __future__ import annotations

from parvis.voice.limits import Bucket, Tries


def test_a_bucket_fills_again() -> None:
    bucket = Bucket(rate=1, burst=2)
    assert [bucket.take(0.0), bucket.take(0.0), bucket.take(0.0)] == [True, True, False]
    assert bucket.take(1.0)
    assert not bucket.take(1.5)
    assert not bucket.take(0.5)  # a clock that goes back gives nothing


def test_too_many_failures_refuse_a_key_for_a_while() -> None:
    tries = Tries(3, 600)
    for moment in (0.0, 10.0, 20.0):
        assert not tries.is_refused("a", moment)
        tries.failed("a", moment)
    assert tries.is_refused("a", 30.0)
    assert not tries.is_refused("b", 30.0)
    assert not tries.is_refused("a", 601.0)


def test_memory_is_bounded() -> None:
    tries = Tries(3, 600, keys=10)
    for number in range(1000):
        tries.failed(str(number), float(number))
    assert len(tries._failures) == 10
