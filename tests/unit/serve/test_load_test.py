"""`parvis simulate-sessions`: what it refuses, what it makes of what it saw."""

from __future__ import annotations

import pytest

from parvis import cli
from parvis.serve.load_test import command, traffic
from parvis.serve.load_test.measure import Order, Step, is_loopback, split
from parvis.ticket.claims import Protocol

RATE = traffic.DOWN_SIZE * traffic.DOWN_PER_SECOND


@pytest.mark.parametrize("host", ["127.0.0.1", "127.8.8.8", "::1"])
def test_loopback_is_this_machine(host: str) -> None:
    assert is_loopback(host)


@pytest.mark.parametrize(
    "host",
    ["192.0.2.1", "0.0.0.0", "::", "10.0.0.1", "localhost", "127.0.0.1.example.org", "::ffff:192.0.2.1", "", "127.1"],
)
def test_anything_else_is_refused_before_anything_is_started(
    host: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    async def never(order: Order) -> None:
        raise AssertionError("started")

    monkeypatch.setattr(command, "measure", never)
    assert cli.main(["simulate-sessions", "--host", host]) == 2
    assert "loopback" in capsys.readouterr().err


@pytest.mark.parametrize("wrong", [{"sessions": 0}, {"sessions": 2001}, {"seconds": 0.5}, {"seconds": 601.0}])
def test_bounds(wrong: dict[str, float]) -> None:
    order = {"sessions": 1, "seconds": 1.0, "protocol": Protocol.RDP, "host": "127.0.0.1", **wrong}
    with pytest.raises(ValueError, match="from 1 to"):
        Order(**order)  # type: ignore[arg-type]


def step(sessions: int, cpu: float, *, through: float = 1.0) -> Step:
    """`cpu`: milliseconds a minute, everything."""
    return Step(
        sessions=sessions,
        seconds=10.0,
        cpu_seconds=cpu * 10 / 60_000,
        received=round(sessions * through * RATE * 10),
        late=0.0,
    )


def test_each_screen_more_and_the_gateway_itself() -> None:
    found = split([step(100, 2000 + 100 * 30), step(200, 2000 + 200 * 30)])
    assert found.each == pytest.approx(30)
    assert found.own == pytest.approx(2000)
    assert found.carried == pytest.approx((0.7 * 60_000 - 2000) / 30, abs=1)


@pytest.mark.parametrize(
    "steps",
    [
        [step(5, 400), step(10, 900)],
        [step(10, 900)],
        [step(100, 9000), step(200, 8000)],
        [step(100, 5000), step(200, 5600, through=0.6)],
    ],
    ids=["few", "one step", "cheaper with more", "the machine was the limit"],
)
def test_what_shows_no_slope_is_put_on_the_screens(steps: list[Step]) -> None:
    """The dear end: nobody is told that a gateway carries more than was seen."""
    found = split(steps)
    last = steps[-1]
    assert found.own == 0
    assert found.each == pytest.approx(60_000 * last.cpu_per_second / last.at_work)


def test_nothing_opened() -> None:
    assert split([]).carried == 0


def test_messages_are_put_together_again() -> None:
    delays = traffic.Delays()
    reader = traffic.Reader(12, 4, delays)
    delays.restart()
    whole = b"".join(traffic.message(b"\1\2\3\4", 12) for _ in range(5))
    for at in range(0, len(whole), 7):
        reader.feed(whole[at : at + 7])
    assert reader.received == 60
    assert len(delays.values) == 5
    assert all(0 <= each < 5 for each in delays.values)
