"""What holds for a half-day, and who sees which of it."""

from __future__ import annotations

import itertools
from datetime import date, timedelta

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from parvis.portal.presence import rules
from parvis.portal.presence.rules import Closed, Declared, Half, Place, Policy, Resolved, Source, State, Status, Week

STATUSES = {status.code: status for status in rules.BUILT_IN}
CODES = sorted(STATUSES)
MONDAY = date(2026, 11, 23)

days = st.dates(date(2019, 1, 1), date(2032, 12, 31))
halves = st.sampled_from(list(Half))
codes = st.sampled_from(CODES)
usual = st.sampled_from(["", "on_site", "telework"])
declared_days = st.builds(
    Declared, am=st.sampled_from(["", *CODES]), pm=st.sampled_from(["", *CODES]), state=st.sampled_from(list(State)),
    despite_closure=st.booleans(),
)  # fmt: skip
closings = st.builds(Closed, source=st.sampled_from([Source.HOLIDAY, Source.CLOSURE]), label=st.just("Pont"))


@st.composite
def weeks(draw: st.DrawFn) -> Week:
    starts = draw(days)
    ends = draw(st.none() | st.dates(starts, date(2033, 1, 1)))
    size = draw(st.sampled_from([14, 28]))
    return Week(starts, ends, tuple(draw(st.lists(usual, min_size=size, max_size=size))))


patterns = st.lists(weeks(), max_size=4).map(rules.in_order)


def said(declared: Declared | None, half: Half) -> str:
    if declared is None or declared.state == State.REFUSED:
        return ""
    return declared.am if half is Half.AM else declared.pm


@given(days, halves, st.none() | declared_days, patterns, st.none() | closings)
def test_precedence(
    day: date, half: Half, declared: Declared | None, weeks: tuple[Week, ...], closed: Closed | None
) -> None:
    found = rules.resolve(day, half, declared=declared, weeks=weeks, closed=closed)
    words = said(declared, half)
    if closed is not None:
        despite = bool(words) and declared is not None and declared.despite_closure
        assert (found.source is Source.DECLARED) == despite
        assert despite or (found.code, found.source) == ("", closed.source)
    elif words:
        assert (found.code, found.source) == (words, Source.DECLARED)
    else:
        # Nothing said: as if there were no row at all.
        assert found == rules.resolve(day, half, declared=None, weeks=weeks, closed=None)
        assert found.source in (Source.PATTERN, Source.OFF, Source.UNKNOWN)
    assert found.pending == (
        found.source is Source.DECLARED and declared is not None and declared.state == State.TO_CONFIRM
    )


@given(days, halves, declared_days, patterns)
def test_a_refused_day_counts_for_nothing(day: date, half: Half, declared: Declared, weeks: tuple[Week, ...]) -> None:
    refused = Declared(declared.am, declared.pm, State.REFUSED, declared.despite_closure)
    for closed in (None, Closed(Source.CLOSURE, "Pont")):
        assert rules.resolve(day, half, declared=refused, weeks=weeks, closed=closed) == rules.resolve(
            day, half, declared=None, weeks=weeks, closed=closed
        )


@given(days, halves, patterns, weeks())
def test_the_pattern_that_starts_last_holds(day: date, half: Half, older: tuple[Week, ...], newest: Week) -> None:
    assume(all(week.starts <= newest.starts for week in older))
    both = rules.in_order([*reversed(older), newest])
    covered = newest.starts <= day and (newest.ends is None or day <= newest.ends)
    alone = rules.usual_code(day, half, [newest] if covered else older)
    assert rules.usual_code(day, half, both) == alone


@given(st.integers(2015, 2035))
def test_year_ends_have_no_gap_and_week_parity_is_the_printed_one(year: int) -> None:
    days = rules.days_between(date(year, 12, 20), date(year + 1, 1, 12))
    assert all(later - day == timedelta(days=1) for day, later in itertools.pairwise(days))
    for day in days:
        assert rules.is_odd_week(day) == (int(f"{day:%G-%V}".rpartition("-")[2]) % 2 == 1)
        assert rules.is_odd_week(day) == rules.is_odd_week(rules.monday_of(day))


def test_week_53_and_the_week_1_after_it_are_both_odd() -> None:
    assert rules.is_odd_week(date(2026, 12, 31))
    assert rules.is_odd_week(date(2027, 1, 4))
    assert not rules.is_odd_week(date(2027, 1, 11))


@pytest.mark.parametrize("night", [date(2026, 3, 29), date(2026, 10, 25)])
def test_the_days_the_clock_changes_are_days_as_others(night: date) -> None:
    week = Week(date(2026, 1, 1), None, ("on_site", "telework") * 7)
    for half, code in ((Half.AM, "on_site"), (Half.PM, "telework")):
        assert rules.resolve(night, half, declared=None, weeks=[week], closed=None).code == code
    assert len(rules.days_between(night - timedelta(days=1), night + timedelta(days=1))) == 3


def test_even_and_odd_weeks() -> None:
    week = Week(date(2026, 1, 1), None, ("on_site",) * 14 + ("telework",) * 14)
    assert rules.usual_code(MONDAY, Half.AM, [week]) == "on_site"  # week 48
    assert rules.usual_code(MONDAY + timedelta(days=7), Half.AM, [week]) == "telework"


def test_without_pattern_a_weekend_is_off_and_a_weekday_unknown() -> None:
    assert rules.resolve(MONDAY, Half.AM, declared=None, weeks=[], closed=None).source is Source.UNKNOWN
    assert rules.resolve(MONDAY + timedelta(days=5), Half.AM, declared=None, weeks=[], closed=None).source is Source.OFF


# What colleagues see

resolved = st.builds(
    Resolved, code=codes, source=st.sampled_from([Source.DECLARED, Source.PATTERN]), pending=st.booleans()
) | st.builds(Resolved, code=st.just(""), source=st.sampled_from([Source.OFF, Source.UNKNOWN]))


@given(resolved, resolved, st.booleans())
def test_a_colleague_cannot_tell_absences_apart(one: Resolved, other: Resolved, weekend: bool) -> None:
    """Leave, ASA, training, part-time: the same word, the same mark, the same colour."""

    def is_hidden(each: Resolved) -> bool:
        status = STATUSES.get(each.code)
        return each.source is Source.OFF if status is None else not status.seen_by_colleagues

    shown = [rules.as_seen(each, STATUSES, in_detail=False) for each in (one, other)]
    if is_hidden(one) and is_hidden(other):
        assert shown[0] == shown[1]
        assert shown[0].code == rules.ABSENT
    assert not any(each.pending for each in shown)


@given(codes, st.booleans())
def test_no_setting_names_an_absence_to_colleagues(code: str, pending: bool) -> None:
    named = {
        key: Status(key, each.label, each.letter, each.colour, each.place, seen_by_colleagues=True)
        for key, each in STATUSES.items()
    }
    shown = rules.as_seen(Resolved(code, Source.DECLARED, pending), named, in_detail=False)
    assert (shown.code == rules.ABSENT) == (named[code].place is Place.ABSENT)


def test_in_detail_everything_is_told() -> None:
    shown = rules.as_seen(Resolved("asa", Source.DECLARED, pending=True), STATUSES, in_detail=True)
    assert (shown.code, shown.letter, shown.pending) == ("asa", "AS", True)


def test_a_status_nobody_knows_any_more_is_unknown() -> None:
    assert rules.as_seen(Resolved("gone", Source.PATTERN), STATUSES, in_detail=True).code == rules.UNKNOWN


# States


@given(codes, codes, st.booleans())
def test_what_the_head_confirmed_goes_back_to_the_head_when_it_changes(am: str, pm: str, confirms: bool) -> None:
    policy = Policy("", confirms=confirms)
    agreed = ("asa", "asa")
    state = rules.state_after_change((am, pm), agreed, STATUSES, policy)
    assert state == (State.CONFIRMED if (am, pm) == agreed else State.TO_CONFIRM)


def test_what_waits_for_the_head() -> None:
    asks, trusts = Policy("", confirms=True), Policy("", confirms=False)
    for halves_, policy, state in (
        (("telework", "on_site"), asks, State.TO_CONFIRM),
        (("telework", "on_site"), trusts, State.DECLARED),
        (("asa", ""), trusts, State.TO_CONFIRM),
        (("on_site", "field"), asks, State.DECLARED),
    ):
        assert rules.state_after_change(halves_, None, STATUSES, policy) == state


# Policies


def test_each_field_comes_from_the_nearest_entity_that_says_it() -> None:
    top = Policy("000001.", confirms=True, late_days=3, school_zone="B", minimum_on_site=40)
    town = Policy("000001.000002.", alsace_moselle=True, minimum_on_site=2)
    other = Policy("000001.000009.", late_days=60)
    found = rules.inherited("000001.000002.000003.", [town, other, top])
    assert (found.confirms, found.late_days, found.alsace_moselle, found.school_zone) == (True, 3, True, "B")
    assert found.minimum_on_site == 0
    assert rules.inherited("000001.000002.", [top, town]).minimum_on_site == 2


@given(days, days, days, st.integers(0, 62))
def test_span(today: date, starts: date, ends: date, late: int) -> None:
    problem = rules.why_not_span(starts, ends, today=today, late_days=late)
    allowed = starts <= ends and starts >= today - timedelta(days=late)
    assert (problem is None) == (allowed and ends <= today + timedelta(days=rules.AHEAD_DAYS))


@given(st.lists(st.sampled_from(["", "on_site", "telework", "leave"]), max_size=30))
def test_pattern_text_survives_its_storage(halves_: list[str]) -> None:
    valid = rules.halves_are_valid(halves_, ["on_site", "telework"])
    assert valid == (len(halves_) in (14, 28) and "leave" not in halves_ and any(halves_))
    if halves_:
        assert rules.parse_halves(",".join(halves_)) == tuple(halves_)


def test_letters_colours_and_names_are_all_different() -> None:
    assert len({status.letter for status in rules.BUILT_IN}) == len(rules.BUILT_IN)
    assert len({status.colour for status in rules.BUILT_IN}) == len(rules.BUILT_IN)
    assert not any(status.seen_by_colleagues for status in rules.BUILT_IN if status.place is Place.ABSENT)
