"""Which tool is proposed: what rules one out, what makes one the better, and never an empty answer."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from parvis.portal.meetings.suggest_rules import GUESTS, INTERNAL, PUBLIC, Question, Tool, suggest

NEXT = datetime(2026, 11, 23, 14, 0, tzinfo=UTC)
PHONE = Tool(id=1, kind="phone", name="Salle téléphonique", phone_in=True, max_people=50, rank=10, free=10, total=20)
PARVIS = Tool(
    id=2, kind="parvis", name="Salle Parvis", phone_in=True, browser=True, lobby=True, public_viewing=True, video=True,
    max_people=50, rank=20,
)  # fmt: skip
TEAMS = Tool(
    id=3, kind="teams", name="Teams", browser=True, lobby=True, recording=True, sharing=True, video=True,
    max_people=300, rank=30,
)  # fmt: skip
ZOOM = Tool(
    id=4, kind="zoom", name="Zoom", phone_in=True, browser=True, lobby=True, public_viewing=True, recording=True,
    sharing=True, video=True, max_people=300, rank=40, free=2, total=3,
)  # fmt: skip
CAPVISIO = Tool(id=5, kind="capvisio", name="CapVisio", browser=True, sharing=True, video=True, by_hand=True, rank=50)
ALL = (PHONE, PARVIS, TEAMS, ZOOM, CAPVISIO)


def first(question: Question, tools: tuple[Tool, ...] = ALL) -> str:
    best = suggest(question, tools).best
    return best.tool.kind if best else ""


@pytest.mark.parametrize(
    ("question", "kind"),
    [
        (Question(people=4), "parvis"),
        (Question(people=4, by_phone_only=True), "phone"),
        (Question(people=4, by_phone_only=True, needs=frozenset({"no_webcam"})), "phone"),
        (Question(people=4, by_phone_only=True, needs=frozenset({"share"})), "zoom"),
        (Question(people=6, needs=frozenset({"no_webcam"})), "parvis"),
        (Question(people=8, needs=frozenset({"share"})), "teams"),
        (Question(people=8, needs=frozenset({"record"})), "teams"),
        (Question(people=6, audience=GUESTS), "parvis"),
        (Question(people=40, audience=PUBLIC), "parvis"),
        (Question(people=120, audience=PUBLIC), "zoom"),
        (Question(people=150), "teams"),
        (Question(people=1000), "capvisio"),
    ],
)
def test_the_right_tool_comes_first(question: Question, kind: str) -> None:
    assert first(question) == kind


def test_what_is_taken_comes_after_what_is_free_and_may_be_waited_for() -> None:
    full = replace(PHONE, free=0, next_free_at=NEXT)
    found = suggest(Question(by_phone_only=True), (full, PARVIS))
    assert [(each.tool.kind, each.waits) for each in found.proposals] == [("parvis", False), ("phone", True)]
    assert not found.plain


def test_all_taken_says_so_and_when_the_next_is_free() -> None:
    found = suggest(Question(by_phone_only=True), (replace(PHONE, free=0, next_free_at=NEXT), TEAMS))
    assert found.best is None
    assert found.proposals[0].waits
    assert found.next_free_at == NEXT
    assert "Tout est pris" in found.plain


def test_a_tool_that_does_not_answer_is_not_proposed() -> None:
    found = suggest(Question(), (replace(PARVIS, is_down=True), TEAMS))
    assert [each.tool.kind for each in found.proposals] == ["teams"]
    assert found.others[0].code == "down"


def test_what_is_booked_by_hand_comes_last_and_says_so() -> None:
    found = suggest(Question(needs=frozenset({"share"})), ALL)
    assert found.proposals[-1].tool.kind == "capvisio"
    assert "propre site" in found.proposals[-1].reason


def test_nothing_declared_yet_says_whom_to_ask() -> None:
    assert "assistance" in suggest(Question(), ()).plain


TOOLS = st.builds(
    Tool,
    id=st.integers(1, 10_000), kind=st.sampled_from(["phone", "parvis", "teams", "zoom", "other"]),
    name=st.sampled_from(["A", "B", "C"]), phone_in=st.booleans(), browser=st.booleans(),
    without_webcam_ok=st.booleans(), no_install=st.booleans(), outside_guests=st.booleans(), lobby=st.booleans(),
    public_viewing=st.booleans(), recording=st.booleans(), sharing=st.booleans(), video=st.booleans(),
    by_hand=st.booleans(), max_people=st.integers(0, 300), is_down=st.booleans(), rank=st.integers(0, 99),
    free=st.none() | st.integers(0, 3), total=st.integers(0, 3), next_free_at=st.none() | st.just(NEXT),
)  # fmt: skip
QUESTIONS = st.builds(
    Question,
    people=st.integers(1, 400), audience=st.sampled_from([INTERNAL, GUESTS, PUBLIC]), by_phone_only=st.booleans(),
    needs=st.frozensets(st.sampled_from(["no_webcam", "no_install", "share", "record", "video", "lobby"])),
)  # fmt: skip


@given(QUESTIONS, st.lists(TOOLS, max_size=8, unique_by=lambda tool: tool.id))
def test_every_question_has_a_proposal_or_a_plain_reason(question: Question, tools: list[Tool]) -> None:
    found = suggest(question, tools)
    assert found.best is not None or found.plain
    assert len(found.proposals) + len(found.others) == len(tools)
    assert all(each.reason for each in found.proposals)
    assert all(each.reason and each.code for each in found.others)
    waits = [each.waits for each in found.proposals]
    assert waits == sorted(waits), "what must be waited for comes after what is free"
    free_later = [each.tool.next_free_at for each in found.proposals if each.tool.next_free_at]
    if found.best is None and free_later:
        assert found.next_free_at == min(free_later)


@given(QUESTIONS, st.lists(TOOLS, max_size=8, unique_by=lambda tool: tool.id))
def test_what_is_proposed_really_fits(question: Question, tools: list[Tool]) -> None:
    for each in suggest(question, tools).proposals:
        tool = each.tool
        assert not tool.is_down
        assert not tool.max_people or question.people <= tool.max_people
        assert tool.phone_in or not question.by_phone_only
        assert tool.outside_guests or question.audience == INTERNAL
        assert tool.public_viewing or question.audience != PUBLIC
        assert tool.recording or "record" not in question.needs
        assert tool.sharing or "share" not in question.needs
        assert each.waits == (tool.free == 0)


@given(QUESTIONS, st.lists(TOOLS, max_size=8, unique_by=lambda tool: tool.id), st.randoms())
def test_the_order_does_not_depend_on_how_tools_are_read(question: Question, tools: list[Tool], mix: object) -> None:
    mixed = list(tools)
    mix.shuffle(mixed)  # type: ignore[attr-defined]
    assert suggest(question, tools) == suggest(question, mixed)
