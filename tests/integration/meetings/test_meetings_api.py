"""Meetings for programs."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from urllib.parse import urlencode

import pytest

from parvis.portal.meetings.models import Guest, Meeting
from tests.integration.meetings.planning_world import Town, settle, user_of, working_day
from tests.integration.signing_in import program_of

pytestmark = pytest.mark.django_db
JSON = "application/json"


@pytest.fixture
def town() -> Town:
    return Town()


def asked(starts: datetime | None = None, **more: Any) -> dict[str, Any]:
    return {"title": "Point", "starts_at": (starts or working_day()).isoformat(), **more}


def test_a_program_asks_which_tool_plans_and_cancels(town: Town) -> None:
    program = program_of(user_of(town.organiser))
    question = urlencode({"starts_at": working_day().isoformat(), "by_phone_only": "true"})
    answer = program.get(f"/api/v1/meetings/suggestion?{question}").json()
    assert [each["tool_id"] for each in answer["proposals"]] == [town.phone.pk]
    assert answer["plain"] == ""
    body = asked(by_phone_only=True, agent_ids=[town.colleague.pk], emails=["Ana <ana@dehors.example>"])
    made = program.post("/api/v1/meetings", body, content_type=JSON)
    assert made.status_code == 201, made.content
    key = made.json()["key"]
    assert (made.json()["tool_id"], made.json()["audience"]) == (town.phone.pk, "guests")
    assert Guest.objects.filter(meeting__key=key).count() == 3
    settle(Meeting.objects.get(key=key))
    seen = program.get(f"/api/v1/meetings/{key}").json()
    assert seen["dial"] == f"tel:{seen['phone_number']},,{seen['pin']}#"
    assert [each["key"] for each in program.get("/api/v1/meetings?state=planned").json()["items"]] == [key]
    done = program.post(f"/api/v1/meetings/{key}/cancel", {"reason": "Reportée"}, content_type=JSON)
    assert done.json()["state"] == "cancelled"
    again = program.post(f"/api/v1/meetings/{key}/cancel", {}, content_type=JSON)
    assert (again.status_code, again.json()["code"]) == (409, "meeting_cancelled")


def test_a_full_pool_is_a_conflict_with_the_next_free_time(town: Town) -> None:
    program = program_of(user_of(town.organiser))
    for _each in range(2):
        town.plan(town.phone)
    refused = program.post("/api/v1/meetings", asked(tool_id=town.phone.pk), content_type=JSON)
    assert (refused.status_code, refused.json()["code"]) == (409, "pool_full")
    assert refused.json()["advice"]
    waits = program.post("/api/v1/meetings", asked(tool_id=town.phone.pk, waits=True), content_type=JSON)
    assert waits.json()["state"] == "waiting"


def test_what_is_wrong_is_said(town: Town) -> None:
    program = program_of(user_of(town.organiser))
    for bad in (
        asked(people=0), asked(minutes=1), asked(emails=["rien"]), asked(needs=["x"]), asked(title=""),
        asked() | {"starts_at": "2001-01-01T00:00:00Z"}, asked() | {"starts_at": "9999-12-31T23:59:59Z"},
    ):  # fmt: skip
        assert program.post("/api/v1/meetings", bad, content_type=JSON).status_code == 422, bad
    assert program.post("/api/v1/meetings", asked(tool_id=10**9), content_type=JSON).status_code == 404
    assert program.post("/api/v1/meetings", asked(agent_ids=[10**9]), content_type=JSON).status_code == 404
    assert not Meeting.objects.exists()


def test_foreign_meetings_do_not_exist(town: Town) -> None:
    meeting = town.plan(town.parvis)
    program = program_of(user_of(town.elsewhere))
    assert program.get(f"/api/v1/meetings/{meeting.key}").status_code == 404
    assert program.post(f"/api/v1/meetings/{meeting.key}/cancel", {}, content_type=JSON).status_code == 404
    assert program.get("/api/v1/meetings").json()["items"] == []
