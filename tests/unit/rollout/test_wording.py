"""Resources in the units people count in, in French."""

from __future__ import annotations

from datetime import date

import pytest
from django.utils import translation

from parvis.portal.rollout import rules, wording
from parvis.portal.rollout.models import Campaign
from parvis.portal.rollout.planning.problem import Resource


@pytest.fixture
def campaign() -> Campaign:
    return Campaign(starts_date=date(2026, 11, 23), weeks=6)


@pytest.mark.parametrize(
    ("resource", "units", "words"),
    [
        ("laptops", 1, "1 portable"),
        ("laptops", 12, "12 portables"),
        ("support", 90, "1,5 heures d’assistance"),
        ("support", 60, "1 heure d’assistance"),
        ("bandwidth", 12_500, "12,5 Mbit/s"),
        (None, 1000, "1 Mbit/s"),
        ("sessions", 0.6, "0,6 écran ouvert en même temps"),
        ("places", 1200, "1\u202f200 personnes"),
    ],
)
def test_amounts(resource: str | None, units: float, words: str) -> None:
    assert wording.amount(resource, units) == words


def test_in_english_too() -> None:
    with translation.override("en"):
        assert wording.number(1234.5) == "1,234.5"


def test_what_lacks(campaign: Campaign) -> None:
    lack = {"resource": "laptops", "site": None, "week": 2, "units": 2.3}
    assert wording.lack(campaign, lack, {}) == "3 portables de plus, semaine du lundi 7 décembre 2026"
    line = {"resource": None, "site": 4, "week": None, "units": 2300.0}
    assert wording.lack(campaign, line, {4: "Mairie"}) == "2,3 Mbit/s de plus, ligne du site «\u202fMairie\u202f»"
    assert wording.lack(campaign, line, {}) == "2,3 Mbit/s de plus, ligne d’un site"


def test_what_one_more_brings() -> None:
    assert wording.bought({"people": 0.9, "weeks": 3}) == "0,9 personne équipée de plus"
    assert wording.bought({"people": 2.0, "weeks": 3}) == "2 personnes équipées de plus"
    assert wording.bought({"people": 0.0, "weeks": 2.45}) == "2,5 semaines de télétravail gagnées"


def test_changes(campaign: Campaign) -> None:
    assert wording.change(campaign, "laptops", "all", 10) == "10 portables de plus, chaque semaine"
    assert wording.change(campaign, "support", "0", -120) == (
        "2 heures d’assistance de moins, semaine du lundi 23 novembre 2026"
    )


def test_distance() -> None:
    assert wording.distance(None) == ""
    assert wording.distance(0.0) == "c’est le meilleur possible"
    assert wording.distance(0.0007) == "à 0,07\u202f% du meilleur possible, au plus"


def test_every_reason_resource_and_state_has_words() -> None:
    assert set(wording.REASONS) == set(rules.LeftOut)
    assert wording.left_out("À sa demande") == "À sa demande"
    assert wording.left_out(rules.LeftOut.ALREADY) == "Télétravaille déjà"
    assert set(wording.LABELS) == set(wording.HELP) == set(Resource)
    assert set(wording.CAMPAIGN_STATES) == set(Campaign.State.values) == set(rules.CAMPAIGN_MOVES)


def test_the_monday_of_a_day() -> None:
    assert rules.monday_of(date(2026, 11, 29)) == rules.monday_of(date(2026, 11, 23)) == date(2026, 11, 23)
