"""The enrolment path's rules: what a measure says, how the stages stand, when the path began."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from parvis.portal.telework import path_rules
from parvis.portal.telework.path_rules import Standing, Stumble, Verdict, opened_at, percentile, standings, verdict
from parvis.portal.telework.rules import LEVEL_1, LEVEL_2, STAGES, Measure, Quality, Stage

GOOD = {"down_kbps": 20_000, "latency_ms": 30}
NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("measure", "level", "at_office", "expected"),
    [
        (GOOD, LEVEL_2, False, Verdict(Quality.GOOD, None)),
        ({"down_kbps": 2_000, "latency_ms": 30}, LEVEL_2, False, Verdict(Quality.FAIR, None)),
        ({"down_kbps": 400, "latency_ms": 30}, LEVEL_2, False, Verdict(Quality.POOR, Stumble.LINE_POOR)),
        (GOOD, LEVEL_2, True, Verdict(Quality.GOOD, Stumble.AT_OFFICE)),
        ({**GOOD, "websocket": False}, LEVEL_2, False, Verdict(Quality.UNFIT, Stumble.NO_WEBSOCKET)),
        # Blocked is worse than measured at the wrong place.
        ({**GOOD, "websocket": False}, LEVEL_2, True, Verdict(Quality.UNFIT, Stumble.NO_WEBSOCKET)),
        # Mail and applications need no WebSocket.
        ({**GOOD, "websocket": False}, LEVEL_1, False, Verdict(Quality.GOOD, None)),
        ({**GOOD, "browser_fit": False}, LEVEL_1, False, Verdict(Quality.UNFIT, Stumble.OLD_BROWSER)),
        ({**GOOD, "browser_fit": False, "websocket": False}, LEVEL_2, False,
         Verdict(Quality.UNFIT, Stumble.OLD_BROWSER)),
    ],
)  # fmt: skip
def test_what_a_measure_says(measure: dict[str, int], level: int, at_office: bool, expected: Verdict) -> None:
    assert verdict(Measure(**measure), level=level, at_office=at_office) == expected  # type: ignore[arg-type]


def test_only_what_one_can_live_with_may_be_passed() -> None:
    assert {Stumble.LINE_POOR, Stumble.AT_OFFICE} == path_rules.PASSABLE


def test_the_first_stage_not_passed_is_the_one_to_do() -> None:
    assert [each for _stage, each in standings(LEVEL_2, [])] == [Standing.NOW, *[Standing.LATER] * 3]
    # The screen was opened before the path was: what was passed stays passed.
    assert standings(LEVEL_2, ["factor", "computer"]) == [
        (Stage.FACTOR, Standing.DONE),
        (Stage.CONNECTION, Standing.NOW),
        (Stage.COMPUTER, Standing.DONE),
        (Stage.GUIDE, Standing.LATER),
    ]
    for level, stages in STAGES.items():
        assert {each for _stage, each in standings(level, stages)} == {Standing.DONE}


def test_the_path_began_when_the_second_factor_had_to_be_made() -> None:
    invited, signed_in, made = NOW - timedelta(hours=3), NOW - timedelta(minutes=9), NOW - timedelta(minutes=2)
    assert opened_at(invited=invited, sign_in=signed_in, factor=made, now=NOW) == signed_in
    # It was there long before: nothing was to be done.
    long_ago = NOW - timedelta(days=100)
    assert opened_at(invited=invited, sign_in=signed_in, factor=long_ago, now=NOW) == NOW
    # Made after the invitation, then signed in again: this sign-in only gave it.
    assert opened_at(invited=invited, sign_in=NOW, factor=made, now=NOW) == NOW
    for sign_in, factor in ((None, made), (signed_in, None), (None, None)):
        assert opened_at(invited=invited, sign_in=sign_in, factor=factor, now=NOW) == NOW


def test_never_in_the_future() -> None:
    later = NOW + timedelta(minutes=1)
    assert opened_at(invited=NOW - timedelta(days=1), sign_in=later, factor=later, now=NOW) == NOW


@pytest.mark.parametrize(
    ("values", "share", "expected"),
    [([], 0.5, None), ([7], 0.5, 7), ([7], 0.9, 7), ([4, 1, 3, 2], 0.5, 2), (range(1, 11), 0.9, 9), ([1, 2], 0.0, 1)],
)
def test_percentile(values: list[int], share: float, expected: int | None) -> None:
    assert percentile(values, share) == expected
