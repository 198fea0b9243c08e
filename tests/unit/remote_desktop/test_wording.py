"""Every code has its sentence; the viewer's words are the front end's."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path

import pytest

from parvis.portal.remote_desktop import rules, viewer_texts, wording
from tests.unit.remote_desktop.test_rules import WHY_NOT

ROOT = Path(__file__).parents[3]


@pytest.mark.parametrize("code", sorted(rules.END_REASONS))
def test_every_end_has_words(code: str) -> None:
    words = wording.END_WORDS[code]
    assert str(words.label)
    assert str(words.sentence).endswith(".")


def test_no_words_for_ends_that_do_not_exist() -> None:
    assert set(wording.END_WORDS) == set(rules.END_REASONS)


@pytest.mark.parametrize("refused", sorted({row[2] for row in WHY_NOT} - {None}, key=str), ids=str)
def test_every_refusal_says_what_and_what_to_do(refused: rules.No) -> None:
    assert refused.code in wording.REFUSAL_WORDS
    decision = wording.decision(refused)
    assert not decision
    assert decision.code == refused.code
    assert str(decision.reason).endswith(".")
    assert str(decision.advice)
    assert "%" not in str(decision.reason)


def test_the_day_is_in_the_sentence() -> None:
    decision = wording.decision(rules.No("right_expired", date(2026, 12, 1)))
    assert str(decision.reason) == "Votre droit d’accès à distance s’est terminé le mardi 1er décembre 2026."


def test_grant_words() -> None:
    codes = {"own_right", "dates_reversed", "dates_past", "end_required", "kind_forbidden"}
    assert codes <= set(wording.GRANT_WORDS)


@pytest.mark.parametrize(
    ("seconds", "expected"), [(-1, "0 s"), (59, "59 s"), (60, "1 min"), (3599, "59 min"), (7500, "2 h 05")]
)
def test_length(seconds: int, expected: str) -> None:
    assert wording.length(seconds) == expected


def test_viewer_texts_are_the_front_end_s() -> None:
    french = json.loads((ROOT / "frontend/src/viewer/texts.json").read_text())
    assert {key: str(text) for key, text in viewer_texts.TEXTS.items()} == french
