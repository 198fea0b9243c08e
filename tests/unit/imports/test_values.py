"""What people write in cells: understood in every usual form, refused where it could mean two things."""

from __future__ import annotations

from contextlib import suppress
from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from parvis.portal.imports import values
from parvis.portal.parc.models import Asset
from parvis.portal.ui import csv

TEXTS = st.text(alphabet=st.characters(exclude_categories=["Cs"]), max_size=60)
MONTHS = ["janvier", "février", "mars", "avril", "mai", "juin", "juillet", "août", "septembre", "octobre", "novembre"]


@given(day=st.dates(date(1970, 1, 1), date(2099, 12, 31)))
def test_a_day_is_read_in_every_usual_form(day: date) -> None:
    for text in (
        day.isoformat(), f"{day:%d/%m/%Y}", f"{day:%d-%m-%Y}", f"{day:%d.%m.%Y}", f"{day:%Y/%m/%d}", f"{day:%Y%m%d}",
        f"{day.isoformat()} 00:00:00", f"{day.isoformat()}T08:30:00Z", f"{day:%d/%m/%Y} 14:05",
    ):  # fmt: skip
        assert values.day(text) == day
    if day.month < 12:
        assert values.day(f"{day.day} {MONTHS[day.month - 1]} {day.year}") == day


@pytest.mark.parametrize(
    ("text", "found"),
    [("1er mars 2024", date(2024, 3, 1)), ("lundi 23 novembre 2026", date(2026, 11, 23)), ("5/3/24", date(2024, 3, 5))],
)
def test_days_as_people_write_them(text: str, found: date) -> None:
    assert values.day(text) == found


@pytest.mark.parametrize(
    "text", ["", "bientôt", "31/02/2024", "13/13/2024", "2024", "1066-10-14", "9999-12-31", "45123"]
)
def test_what_is_no_day_is_refused(text: str) -> None:
    with pytest.raises(ValueError):
        values.day(text)


@given(cents=st.integers(0, 10**10 - 1))
def test_an_amount_is_read_in_every_usual_form(cents: int) -> None:
    amount = Decimal(cents) / 100
    english, plain = f"{amount:,.2f}", f"{amount:.2f}"
    french = english.replace(",", "\u202f").replace(".", ",")
    german = english.replace(",", "x").replace(".", ",").replace("x", ".")
    for text in (plain, plain.replace(".", ","), french, f"{french}\u00a0€", f"{french} EUR TTC", english, german):
        assert values.money(text) == amount
    assert values.money(f"{plain}00") == amount  # GLPI writes four decimals


@pytest.mark.parametrize("text", ["1.234", "1,234", "12,50,00", "-5", "gratuit", "1e5", "", "1 234,5 $", "12345678901"])
def test_an_amount_that_could_be_another_is_refused(text: str) -> None:
    with pytest.raises(ValueError):
        values.money(text)


@pytest.mark.parametrize("kind", Asset.Kind)
def test_our_own_words_are_read_again(kind: Asset.Kind) -> None:
    assert values.kind(str(kind.label)) == values.KindSaid(kind.value)
    assert values.kind(str(kind.label).upper()).kind == kind.value


@pytest.mark.parametrize("state", Asset.State)
def test_our_own_situations_are_read_again(state: Asset.State) -> None:
    assert values.state(str(state.label)) == state.value


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("Ready to Deploy", "stock"), ("Deployed", "deployed"), ("Réformée", "retired"), ("EN PRODUCTION", "deployed"),
        ("Lost/Stolen", "lost"), ("Parc > En stock", "stock"), ("En panne", "repair"), ("Commandés", "ordered"),
    ],
)  # fmt: skip
def test_situations_of_others(text: str, found: str) -> None:
    assert values.state(text) == found


@pytest.mark.parametrize(
    ("text", "found", "loose"),
    [
        ("Notebook", "laptop", False), ("Ordinateur", "office", True), ("Computers", "office", True),
        ("Moniteurs", "screen", False), ("Switch", "network", False), ("Smartphone", "phone", False),
        ("Mini Tower", "office", False), ("Serveurs", "server", False), ("Docking", "accessory", False),
    ],
)  # fmt: skip
def test_kinds_of_others(text: str, found: str, loose: bool) -> None:
    assert values.kind(text) == values.KindSaid(found, loose)


@given(text=TEXTS)
def test_any_cell_is_a_value_or_a_refusal(text: str) -> None:
    for read in (values.day, values.money, values.kind, values.state, values.months):
        with suppress(ValueError):
            read(text)
    assert "\n" not in values.line(text)


@given(text=TEXTS.map(values.line))
def test_what_our_export_writes_is_read_again(text: str) -> None:
    """The export puts an apostrophe before what a spreadsheet would run: the import takes it away."""
    if text and not text.startswith("'"):
        assert values.line(csv.safe_cell(text)) == text


@pytest.mark.parametrize("text", ["To Be Filled By O.E.M.", "00000000", "N/A", "Default string", " - "])
def test_a_serial_that_many_share_is_none(text: str) -> None:
    assert values.serial(text) == ""


def test_a_warranty_of_months_ends_on_a_day_that_exists() -> None:
    assert values.after_months(date(2024, 1, 31), 1) == date(2024, 2, 29)
    assert values.after_months(date(2023, 11, 30), 36) == date(2026, 11, 30)
    assert (values.months("36"), values.months("3 ans"), values.months("24 mois")) == (36, 36, 24)
