from __future__ import annotations

from parvis.gateway.refusal_quota import PER_MINUTE, RefusalQuota


def test_the_first_ones_of_a_minute_are_recorded_and_the_rest_told_later() -> None:
    quota = RefusalQuota()
    taken = [quota.take("192.0.2.1", 100.0 + index) for index in range(PER_MINUTE + 5)]
    assert taken == [0] * PER_MINUTE + [None] * 5
    assert quota.take("192.0.2.2", 110.0) == 0  # another address has its own
    assert quota.take("192.0.2.1", 161.0) == 5
    assert quota.take("192.0.2.1", 162.0) == 0


def test_memory_is_bounded() -> None:
    quota = RefusalQuota()
    for number in range(20_000):
        quota.take(str(number), 0.0)
    assert len(quota._windows) == 10_000
