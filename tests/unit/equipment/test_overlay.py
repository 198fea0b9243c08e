"""Scenarios: nothing is bought twice, nothing is forgotten, and the stock is used first."""

from __future__ import annotations

from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from parvis.portal.equipment import overlay, rules
from parvis.portal.equipment.overlay import SPREAD, Alteration, Overlay, Purchase
from parvis.portal.equipment.rules import NO, YES, Ageing, Condition, Kit, Line, Thing, Who

OFFICE = Line(("office", "laptop"), "Poste de bureau", 1, Decimal(780))
PHONE = Line(("phone",), "Téléphone", 1, Decimal(320), required=False)
KIT = Kit(1, "Bureau", "", 1, (Condition(),), (OFFICE, PHONE))
AT_HOME, AT_WORK = Who("1.", "comptable", True), Who("1.", "comptable", False)


def laptop_for_teleworkers() -> Alteration:
    return Alteration(Condition(telework=YES), "laptop", "Portable", 1, Decimal(1090), replaces="office")


def test_a_laptop_takes_the_place_of_the_office_pc_of_teleworkers() -> None:
    on_paper = Overlay([laptop_for_teleworkers()])
    kit = on_paper(AT_HOME, KIT)
    assert kit is not None
    assert [line.kinds[0] for line in kit.lines] == ["phone", "laptop"]
    assert on_paper(AT_HOME, KIT) is kit, "the same case is the same object"
    assert on_paper(AT_WORK, KIT) is KIT


def test_zero_takes_away_and_a_line_that_was_a_wish_becomes_required() -> None:
    none = Overlay([Alteration(Condition(telework=NO), "phone", "Téléphone", 0, Decimal(0))])(AT_WORK, KIT)
    assert none is not None
    assert none.lines == (OFFICE,)
    some = Overlay([Alteration(Condition(), "phone", "Téléphone", 2, Decimal(300))])(AT_WORK, KIT)
    assert some is not None
    assert (some.lines[-1].quantity, some.lines[-1].price, some.lines[-1].required) == (2, 300, True)


def test_who_has_no_profile_gets_what_the_scenario_gives() -> None:
    kit = Overlay([laptop_for_teleworkers()])(AT_HOME, None)
    assert kit is not None
    assert len(kit.lines) == 1
    assert Overlay([laptop_for_teleworkers()])(AT_WORK, None) is None
    only = Alteration(Condition(), "badge", "Badge", 1, Decimal(6), kit=9)
    assert Overlay([only])(AT_WORK, KIT) is KIT


def test_what_is_there_is_renewed_in_the_year_it_is_too_old() -> None:
    due = 2027 * 12
    slots = rules.level_of([OFFICE], [Thing("office", bought=due - 60)], month=2026 * 12, ageing=Ageing())
    kept = overlay.purchases(slots, first_year=2026, years=3, renew=True)
    assert kept == (Purchase("office", Decimal(780), 1),)
    assert overlay.purchases(slots, first_year=2026, years=1, renew=True) == ()
    assert overlay.purchases(slots, first_year=2026, years=3, renew=False) == ()


@given(st.integers(0, 5000), st.integers(1, 5))
def test_shares_are_even_and_lose_nothing(number: int, years: int) -> None:
    parts = overlay.shares(number, years)
    assert sum(parts) == number
    assert max(parts) - min(parts) <= 1
    assert parts[0] == max(parts), "one thing that lacks is not put off to the last year"


wanted_ = st.dictionaries(
    st.builds(
        Purchase,
        st.sampled_from(["office", "laptop"]),
        st.integers(0, 1500).map(Decimal),
        st.integers(SPREAD, 0),
    ),
    st.integers(1, 200),
    max_size=6,
)


@given(wanted_, st.integers(1, 5), st.dictionaries(st.sampled_from(["office", "laptop"]), st.integers(0, 150)))
def test_bought_and_reused_make_all_that_is_wanted(
    wanted: dict[Purchase, int], years: int, stock: dict[str, int]
) -> None:
    bill = overlay.bill(wanted, years=years, stock=stock)
    assert bill.number + sum(bill.reused.values()) == sum(wanted.values())
    assert bill.cost + bill.saved == overlay.total(wanted.items())
    for kind, reused in bill.reused.items():
        lacking = sum(n for each, n in wanted.items() if each.kind == kind and each.year == SPREAD)
        assert reused == min(stock.get(kind, 0), lacking)
    assert len(bill.costs) == years
