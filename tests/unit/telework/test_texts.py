"""Marks, fields and digests of the texts agents accept; the usual week that follows from days of telework."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from parvis.portal.telework import document_queries, rules, texts, weeks
from parvis.portal.telework.document_queries import Version
from parvis.portal.telework.models import Document

AGREEMENT, CHARTER = Document.Kind.AGREEMENT, Document.Kind.CHARTER


def test_marks_make_parts() -> None:
    text = "# Titre\nUne ligne\nune autre\n\n- un\n- deux\nfin"
    assert [(each.kind, each.lines) for each in texts.blocks(text)] == [
        ("heading", ("Titre",)),
        ("paragraph", ("Une ligne", "une autre")),
        ("list", ("un", "deux")),
        ("paragraph", ("fin",)),
    ]


def test_markup_is_not_ours_to_read() -> None:
    (block,) = texts.blocks("<script>alert(1)</script>")
    assert block.words == "<script>alert(1)</script>"  # escaped where it is shown
    assert texts.blocks("#\n# #") == [texts.Block("paragraph", ("#", "# #"))]


@given(st.text())
def test_no_word_is_lost(text: str) -> None:
    normal = texts.normal(text)
    kept = " ".join(block.words for block in texts.blocks(normal))
    for mark in "#-•":
        kept, normal = kept.replace(mark, " "), normal.replace(mark, " ")
    assert kept.split() == normal.split()


def test_fields_are_filled_in_one_pass() -> None:
    filled = texts.filled("{agent}, {service}, {inconnu}", {"agent": "{service}", "service": "Budget"})
    assert filled == "{service}, Budget, {inconnu}"


def test_a_charter_knows_no_days() -> None:
    text = "{agent} {jours} {jours} {prenom}"
    assert texts.unknown_fields(text, AGREEMENT) == ["prenom"]
    assert texts.unknown_fields(text, CHARTER) == ["jours", "prenom"]


def test_a_digest_changes_with_one_letter() -> None:
    assert texts.published_digest("Charte", "Oui.") != texts.published_digest("Charte", "Non.")
    assert len(texts.digest("")) == 64


def test_line_ends_and_control_characters_are_tidied() -> None:
    assert texts.normal("  \r\nun \r\n\x00deux\x1b\u202e\r trois\n\n") == "un\ndeux\n trois"
    assert texts.normal("un\u202f: deux\u00a0!") == "un\u202f: deux\u00a0!"


def version(pk: int, path: str, number: int, *, again: bool = True) -> Version:
    return Version(pk, path, CHARTER, number, again)


VERSIONS = [version(1, "1.", 1), version(2, "1.", 2, again=False), version(3, "1.", 3), version(4, "1.2.", 1)]


@pytest.mark.parametrize(("path", "found"), [("1.", 3), ("1.3.", 3), ("1.2.", 4), ("1.2.7.", 4), ("9.", None)])
def test_the_nearest_text_is_in_force_in_its_last_version(path: str, found: int | None) -> None:
    here = document_queries.in_force_at(path, VERSIONS)
    assert (here.pk if here is not None else None) == found


def test_a_misprint_mended_leaves_acceptances_standing() -> None:
    assert document_queries.enough(VERSIONS[1], VERSIONS) == [2, 1]
    assert document_queries.enough(VERSIONS[2], VERSIONS) == [3]
    assert document_queries.enough(VERSIONS[3], VERSIONS) == [4]


def test_days_of_telework_make_a_usual_week() -> None:
    halves = weeks.halves_for(rules.mask_of([0, 3]))
    assert halves == ["telework"] * 2 + ["on_site"] * 4 + ["telework"] * 2 + ["on_site"] * 2 + [""] * 4


def test_what_the_department_does_not_work_stays_so() -> None:
    base = ["on_site", ""] * 5 + [""] * 4
    base[4] = "telework"
    found = weeks.halves_for(rules.mask_of([1]), base)
    assert found[2:4] == ["telework", ""]
    assert found[4] == "on_site"
    assert weeks.halves_for(rules.mask_of([1]), base * 2) == found * 2
