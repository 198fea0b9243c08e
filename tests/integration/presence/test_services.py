"""Declaring, undoing, confirming; what each leaves behind."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from parvis.portal.kernel.errors import Conflict, Invalid, NotAllowed
from parvis.portal.kernel.events import recorded
from parvis.portal.kernel.models import AuditRecord
from parvis.portal.presence import counts, loading, queries, services
from parvis.portal.presence.events import DaysDecided, DaysDeclared
from parvis.portal.presence.models import Change, Closure, Day, Operation, Pattern, Policy, Stale
from parvis.portal.presence.rules import Half, State
from parvis.portal.presence.services import bulk
from tests.integration.presence.conftest import FULL_TIME, MONDAY, NOW, Town, agent_of, full_time

TUESDAY = MONDAY + timedelta(days=1)
SUNDAY = MONDAY + timedelta(days=6)


def declare(town: Town, starts: date, ends: date | None = None, status: str = "telework", **more: object):  # type: ignore[no-untyped-def]
    values = {"actor": town.user, "agent": town.claire, "now": NOW, **more}
    return services.declare(starts=starts, ends=ends or starts, status=status, **values)  # type: ignore[arg-type]


def seen(town: Town, day: date) -> tuple[str, str]:
    one = loading.of_agents([town.claire], day, day).at(town.claire.pk, day)
    return one.am.code, one.pm.code


# Declaring


def test_one_day(town: Town) -> None:
    with recorded(DaysDeclared) as told:
        outcome = declare(town, TUESDAY)
    day = Day.objects.get()
    assert (day.am, day.pm, day.state, day.revision) == ("telework", "telework", State.TO_CONFIRM, 1)
    assert outcome.to_confirm == 1
    assert [event.agent_ids for event in told] == [(town.claire.pk,)]
    change = Change.objects.get()
    assert (change.before_state, change.after_am, change.operation.actor) == ("", "telework", town.user)
    assert Stale.objects.filter(entity=town.civil, starts_date=TUESDAY, ends_date=TUESDAY).count() == 1


def test_half_a_day_leaves_the_other_half_alone(town: Town) -> None:
    full_time(town.claire)
    declare(town, TUESDAY, half=Half.AM)
    assert seen(town, TUESDAY) == ("telework", "on_site")
    declare(town, TUESDAY, status="field", half=Half.PM)
    assert seen(town, TUESDAY) == ("telework", "field")
    declare(town, TUESDAY, status="", half=Half.AM)
    assert seen(town, TUESDAY) == ("on_site", "field")
    declare(town, TUESDAY, status="")
    assert not Day.objects.exists()
    assert Change.objects.count() == 4


def test_several_days_skip_those_nobody_works(town: Town) -> None:
    halves = FULL_TIME.split(",")
    halves[4:6] = ["", "on_site"]  # no Wednesday mornings
    full_time(town.claire, ",".join(halves))
    Closure.objects.create(entity=town.root, starts_date=TUESDAY, ends_date=TUESDAY, label="Pont")
    outcome = declare(town, MONDAY, SUNDAY)
    assert {day.date.isoweekday(): (day.am, day.pm) for day in Day.objects.all()} == {
        1: ("telework", "telework"),
        3: ("", "telework"),
        4: ("telework", "telework"),
        5: ("telework", "telework"),
    }
    assert [day.isoweekday() for day in outcome.skipped] == [2, 6, 7]
    assert seen(town, TUESDAY) == ("", "")


def test_one_closed_day_alone_is_taken_at_its_word(town: Town) -> None:
    christmas = date(2026, 12, 25)
    with pytest.raises(Invalid):
        declare(town, christmas, status="leave")
    declare(town, christmas, status="on_site")
    assert seen(town, christmas) == ("on_site", "on_site")
    # A closure decided later than an ordinary declaration wins over it.
    declare(town, TUESDAY)
    services.close(actor=town.mayor_head, entity=town.here, starts=TUESDAY, ends=TUESDAY, label="Pont", now=NOW)
    assert seen(town, TUESDAY) == ("", "")


def test_holidays_of_alsace_moselle(town: Town) -> None:
    good_friday, st_stephen = date(2027, 3, 26), date(2026, 12, 26)
    for day in (good_friday, st_stephen):
        assert loading.of_agents([town.claire], day, day).closed(town.claire.pk, day) is None
    Policy.objects.create(entity=town.root, alsace_moselle=True)
    for day, name in ((good_friday, "Vendredi saint"), (st_stephen, "Saint-Étienne")):
        closed = loading.of_agents([town.claire], day, day).closed(town.claire.pk, day)
        assert closed is not None
        assert closed.label == name


def test_dates_out_of_bounds(town: Town) -> None:
    for starts, ends, code in (
        (MONDAY - timedelta(days=8), MONDAY, "too_late"),
        (MONDAY, MONDAY + timedelta(days=401), "too_far"),
        (TUESDAY, MONDAY, "order"),
        (date.min, date.max, "too_late"),
    ):
        with pytest.raises(Invalid) as refused:
            declare(town, starts, ends)
        assert refused.value.code == code
    declare(town, MONDAY - timedelta(days=7))
    assert Day.objects.count() == 1
    # The head may correct further back.
    services.declare(
        actor=town.head,
        agent=town.claire,
        starts=MONDAY - timedelta(days=40),
        ends=MONDAY - timedelta(days=40),
        status="leave",
        now=NOW,
    )


def test_unknown_and_reserved_statuses(town: Town) -> None:
    for status in ("grippe", "on_call"):
        with pytest.raises(Invalid):
            declare(town, TUESDAY, status=status)
    services.declare(actor=town.head, agent=town.claire, starts=TUESDAY, ends=TUESDAY, status="on_call", now=NOW)


def test_only_the_agent_and_their_head_declare(town: Town) -> None:
    assert town.marc.user is not None
    for actor in (town.marc.user, town.foreign_head, town.head_of_it, town.technician):
        with pytest.raises(NotAllowed):
            declare(town, TUESDAY, actor=actor)
    assert not Operation.objects.exists()


def test_the_last_tab_wins_and_says_so(town: Town) -> None:
    declare(town, TUESDAY, seen={TUESDAY: 0})
    outcome = declare(town, TUESDAY, status="field", seen={TUESDAY: 0})
    assert outcome.overwritten == [TUESDAY]
    assert Day.objects.get().am == "field"
    assert declare(town, TUESDAY, status="telework", seen={TUESDAY: 2}).overwritten == []


def test_the_same_again_changes_nothing(town: Town) -> None:
    declare(town, TUESDAY)
    assert declare(town, TUESDAY).operation is None
    assert Operation.objects.count() == 1


# Confirming


def test_a_head_confirms_and_a_change_goes_back_to_the_head(town: Town) -> None:
    declare(town, TUESDAY)
    with recorded(DaysDecided) as told:
        assert services.confirm_days(actor=town.head, days=queries.waiting_days_for(town.head), now=NOW) == 1
    assert [event.confirmed for event in told] == [True]
    assert Day.objects.get().state == State.CONFIRMED
    declare(town, TUESDAY, status="on_site")  # needs no confirmation by itself
    assert Day.objects.get().state == State.TO_CONFIRM
    declare(town, TUESDAY, status="telework")  # back to what was agreed
    assert Day.objects.get().state == State.CONFIRMED


def test_refusing_gives_back_what_was_confirmed_or_the_pattern(town: Town) -> None:
    full_time(town.claire)
    declare(town, TUESDAY)
    services.refuse_days(actor=town.head, days=queries.waiting_days_for(town.head), now=NOW)
    assert seen(town, TUESDAY) == ("on_site", "on_site")
    assert Day.objects.get().state == State.REFUSED
    services.declare(actor=town.head, agent=town.claire, starts=TUESDAY, ends=TUESDAY, status="asa", now=NOW)
    declare(town, TUESDAY, status="telework")
    services.refuse_days(actor=town.head, days=queries.waiting_days_for(town.head), now=NOW)
    assert seen(town, TUESDAY) == ("asa", "asa")


def test_a_confirmed_day_taken_back_waits_and_then_goes(town: Town) -> None:
    services.declare(actor=town.head, agent=town.claire, starts=TUESDAY, ends=TUESDAY, status="asa", now=NOW)
    declare(town, TUESDAY, status="")
    assert Day.objects.get().state == State.TO_CONFIRM
    services.confirm_days(actor=town.head, days=queries.waiting_days_for(town.head), now=NOW)
    assert not Day.objects.exists()


def test_nobody_confirms_their_own(town: Town) -> None:
    """Requirement 20; the department above does it."""
    own = agent_of(town.head)
    services.declare(actor=town.head, agent=own, starts=TUESDAY, ends=TUESDAY, status="telework", now=NOW)
    day = Day.objects.select_related("agent__entity").get()
    assert day.state == State.TO_CONFIRM
    assert not queries.waiting_days_for(town.head).exists()
    with pytest.raises(NotAllowed):
        services.confirm_days(actor=town.head, days=[day], now=NOW)
    assert services.confirm_days(actor=town.mayor_head, days=[day], now=NOW) == 1


def test_a_day_changed_since_it_was_read_is_not_confirmed(town: Town) -> None:
    declare(town, TUESDAY)
    read = list(queries.waiting_days_for(town.head))
    declare(town, TUESDAY, status="leave")
    assert services.confirm_days(actor=town.head, days=read, now=NOW) == 0
    assert Day.objects.get().state == State.TO_CONFIRM


def test_one_foreign_day_and_nothing_is_confirmed(town: Town) -> None:
    declare(town, TUESDAY)
    services.declare(actor=town.foreign.user, agent=town.foreign, starts=TUESDAY, ends=TUESDAY, status="asa", now=NOW)  # type: ignore[arg-type]
    with pytest.raises(NotAllowed):
        services.confirm_days(actor=town.head, days=Day.objects.select_related("agent__entity"), now=NOW)
    assert not Day.objects.filter(state=State.CONFIRMED).exists()


# Departments


def test_a_department_in_one_operation_with_its_own_undo(town: Town) -> None:
    """« ASA du 16 mars au 11 mai »: one line of audit, one history line a day, one undo."""
    declare(town, TUESDAY, status="field")
    before = AuditRecord.objects.count()
    outcome = services.declare_for_department(
        actor=town.head, entity=town.civil, starts=MONDAY, ends=MONDAY + timedelta(days=55), status="asa", now=NOW
    )
    assert AuditRecord.objects.count() == before + 1
    operation = outcome.operation
    assert operation is not None
    mine = Day.objects.filter(agent=town.claire)
    assert mine.count() == 38  # 8 weeks of 5 days, without Christmas and New Year
    assert set(mine.values_list("am", "state")) == {("asa", State.CONFIRMED)}
    # The head's own wait for somebody else.
    assert set(Day.objects.filter(agent__user=town.head).values_list("state", flat=True)) == {State.TO_CONFIRM}
    declare(town, MONDAY + timedelta(days=3), status="telework")
    undone = services.undo(actor=town.head, operation=operation, now=NOW)
    assert undone.skipped == [MONDAY + timedelta(days=3)]
    assert {(day.date, day.am) for day in mine} == {(TUESDAY, "field"), (MONDAY + timedelta(days=3), "telework")}
    with pytest.raises(Conflict):
        services.undo(actor=town.head, operation=operation, now=NOW)


def test_a_department_is_its_heads(town: Town) -> None:
    for actor in (town.user, town.foreign_head, town.head_of_it):
        with pytest.raises(NotAllowed):
            services.declare_for_department(
                actor=actor, entity=town.civil, starts=MONDAY, ends=MONDAY, status="asa", now=NOW
            )


def test_a_large_operation_is_the_workers_and_may_run_twice(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bulk, "AT_ONCE", 3)
    outcome = services.declare_for_department(
        actor=town.mayor_head, entity=town.here, starts=MONDAY, ends=SUNDAY, status="telework", now=NOW
    )
    operation = outcome.operation
    assert operation is not None
    assert operation.carried_out_at is None
    assert not Day.objects.exists()
    with pytest.raises(Conflict):
        services.undo(actor=town.mayor_head, operation=operation, now=NOW)
    bulk.carry_out(operation.pk, now=NOW)
    count = Day.objects.count()
    assert count == 5 * queries.people_in_detail(town.mayor_head).count()
    Operation.objects.update(carried_out_at=None)
    bulk.carry_out(operation.pk, now=NOW)
    operation.refresh_from_db()
    assert (Day.objects.count(), operation.days_changed) == (count, count)
    undone = services.undo(actor=town.mayor_head, operation=operation, now=NOW).operation
    assert undone is not None
    bulk.carry_out(undone.pk, now=NOW)
    assert not Day.objects.exists()


def test_only_who_did_it_undoes_it(town: Town) -> None:
    operation = declare(town, TUESDAY).operation
    with pytest.raises(NotAllowed):
        services.undo(actor=town.head, operation=operation, now=NOW)
    with pytest.raises(Conflict):
        services.undo(actor=town.user, operation=operation, now=NOW + timedelta(days=31))
    services.undo(actor=town.user, operation=operation, now=NOW)
    assert not Day.objects.exists()


# Weeks


def test_copying_the_week_before(town: Town) -> None:
    declare(town, TUESDAY, status="field", half=Half.AM)
    services.copy_week(actor=town.user, agent=town.claire, monday=MONDAY + timedelta(days=9), now=NOW)
    copy = Day.objects.get(date=TUESDAY + timedelta(days=7))
    assert (copy.am, copy.pm) == ("field", "")
    with pytest.raises(Invalid):
        services.copy_week(actor=town.user, agent=town.claire, monday=MONDAY, now=NOW)


def test_a_pattern_waits_where_the_department_says_so(town: Town) -> None:
    halves = ["telework", "on_site"] * 5 + [""] * 4
    waiting = services.propose_pattern(
        actor=town.user, agent=town.claire, starts=MONDAY, ends=None, halves=halves, now=NOW
    )
    assert seen(town, TUESDAY) == ("", "")
    with pytest.raises(NotAllowed):
        services.decide_pattern(actor=town.user, pattern=waiting, confirmed=True, now=NOW)
    assert services.decide_pattern(actor=town.head, pattern=waiting, confirmed=True, now=NOW)
    assert not services.decide_pattern(actor=town.head, pattern=waiting, confirmed=False, now=NOW)
    assert seen(town, TUESDAY) == ("telework", "on_site")
    held = services.propose_pattern(
        actor=town.marc.user,  # type: ignore[arg-type]
        agent=town.marc,
        starts=MONDAY,
        ends=None,
        halves=halves * 2,
        now=NOW,
    )
    assert held.state == State.DECLARED


def test_no_absence_is_usual(town: Town) -> None:
    for halves in (["leave"] * 14, ["on_site"] * 13, [""] * 14, ["on_site"] * 15):
        with pytest.raises(Invalid):
            services.propose_pattern(
                actor=town.user, agent=town.claire, starts=MONDAY, ends=None, halves=halves, now=NOW
            )


def test_an_ended_pattern_keeps_its_past(town: Town) -> None:
    pattern = full_time(town.claire)
    services.withdraw_pattern(actor=town.user, pattern=pattern, now=NOW)
    assert Pattern.objects.get().ends_date == MONDAY - timedelta(days=1)
    assert seen(town, MONDAY - timedelta(days=3)) == ("on_site", "on_site")
    assert seen(town, TUESDAY) == ("", "")


# Settings


def test_statuses_are_renamed_and_added_within_bounds(town: Town) -> None:
    boss = town.head_of_it
    with pytest.raises(NotAllowed):  # of a commune only
        services.save_status(actor=boss, code="telework", label="À la maison", now=NOW)
    boss.is_superuser = True
    services.save_status(actor=boss, code="telework", label="À la maison", place="absent", now=NOW)
    telework = queries.statuses()["telework"]
    assert (telework.label, telework.place, telework.letter) == ("À la maison", "remote", "T")
    added = services.save_status(
        actor=boss, code=None, label="Tiers-lieu", letter="tl", colour="azure", place="remote", now=NOW
    )
    assert queries.statuses()[added.code].letter == "TL"
    for bad in (
        {"label": "Sur site", "letter": "Z"},
        {"label": "Autre", "letter": "S"},
        {"label": "Grève", "letter": "G", "place": "absent", "seen_by_colleagues": True},
    ):
        with pytest.raises(Invalid):
            services.save_status(actor=boss, code=None, now=NOW, **{"colour": "red", "place": "away", **bad})


# Counts


def test_counts_follow_what_is_declared(town: Town) -> None:
    for agent in queries.people_in_detail(town.mayor_head):
        full_time(agent)
    counts.recount_all(MONDAY, SUNDAY)
    total = queries.people_in_detail(town.mayor_head).count()
    declare(town, TUESDAY, half=Half.AM)
    assert counts.refresh() == 1
    assert counts.refresh() == 0
    found = dict(queries.counts(town.here, MONDAY, SUNDAY))
    assert found[MONDAY] == {"on_site": [total, total]}
    assert found[TUESDAY] == {"on_site": [total - 1, total], "telework": [1, 0]}
    assert found[SUNDAY] == {"off": [total, total]}
    root = dict(queries.counts(town.root, MONDAY, SUNDAY))
    assert root[TUESDAY]["telework"] == [1, 0]
    assert root[TUESDAY]["unknown"] == [2, 2]


def test_counts_after_a_move_are_those_of_a_recount(town: Town) -> None:
    from parvis.portal.directory.services import move_agent

    full_time(town.claire)
    counts.recount_all(MONDAY, SUNDAY)
    town.head_of_it.is_superuser = True
    move_agent(actor=town.head_of_it, agent=town.claire, entity=town.parks, now=NOW)
    while counts.refresh():
        pass
    found = {entity.pk: dict(queries.counts(entity, MONDAY, SUNDAY)) for entity in (town.civil, town.parks, town.here)}
    counts.recount_all(MONDAY, SUNDAY)
    for entity in (town.civil, town.parks, town.here):
        assert dict(queries.counts(entity, MONDAY, SUNDAY)) == found[entity.pk]
    assert "on_site" not in found[town.civil.pk][MONDAY]
