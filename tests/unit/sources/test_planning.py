"""The comparison as a whole: applied once it is done, and the order of the records does not matter."""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from parvis.portal.sources import rules
from parvis.portal.sources.items import ACTIVE, ENTITY, FIELDS, Item, Kind, Problem, item_from, joined
from parvis.portal.sources.planning import Directory, Mine, Plan, Terms, plan
from parvis.portal.sources.records import Fault, Record
from parvis.portal.sources.rules import Asking, Known, Opinion

NOW = datetime(2026, 11, 23, 3, tzinfo=UTC)
ASKING = Asking(1, 1, NOW.date())
TERMS = Terms(asking=ASKING, now=NOW, root=1, grace_runs=1)
ENTITIES = {"VOI": 2, "FIN": 3}


def find(text: str) -> int | Problem:
    return ENTITIES.get(text) or Problem("unknown_entity", {"value": text})


def known(pk: int, *, active: bool = True, account: bool = False, inside: bool = True, **values: Any) -> Known:
    facts = dict.fromkeys(FIELDS) | {"first_name": f"P{pk}", "last_name": "E", "email": f"p{pk}@x.example", ENTITY: 1}
    return Known(pk, facts | values, active, account, inside)


def applied(there: Directory, found: Plan) -> Directory:
    """What the directory is once a plan is applied: the writer's work, on plain values."""
    agents = {pk: replace(each, values=dict(each.values)) for pk, each in there.agents.items()}
    links, proposed = dict(there.links), set(there.proposed)
    fresh = max(agents, default=0)
    for item in found.items:
        if not item.due:
            continue
        if Kind.ARRIVAL in item.kinds:
            fresh += 1
            values = dict.fromkeys(FIELDS) | {name: new for name, (_old, new) in item.fields.items()}
            agents[fresh] = Known(fresh, values, True, False, True)
            links[item.key] = Mine(fresh, item.reported)
            continue
        assert item.agent is not None
        if Kind.MERGE in item.kinds:
            proposed.add((item.key, item.agent))
            continue
        agent = agents[item.agent]
        agent.values |= {name: new for name, (_old, new) in item.fields.items()}
        agent.is_active = agent.is_active if item.active is None else item.active
        agent.holds -= set(item.released)
        runs, since, gone = item.missing or (0, None, False)
        begun = datetime.fromisoformat(since) if since else None
        links[item.key] = Mine(item.agent, item.reported, item.enabled, runs, begun, gone)
    emails = {str(agent.values["email"]): pk for pk, agent in agents.items()}
    assert len(emails) == len(agents), "two agents with one address"
    emails |= {email: pk for email, pk in there.emails.items() if pk not in agents}
    return Directory(agents=agents, links=links, emails=emails, refused=there.refused, proposed=proposed)


EMAILS = st.sampled_from([f"{letter}@x.example" for letter in "abcdefgh"] + ["", "faux"])
NUMBERS = st.sampled_from(["", "", "1", "2", "3"])
DAYS = st.sampled_from([None, None, date(2026, 1, 1), date(2027, 1, 1)])
RECORDS = st.builds(
    Record,
    key=st.sampled_from("klmnopq"), first_name=st.sampled_from(["Zoé", "Luc", ""]), last_name=st.just("Essai"),
    email=EMAILS, job_title=st.sampled_from(["", "A", "B"]), personnel_number=NUMBERS, phone=st.sampled_from(["", "1"]),
    entity=st.sampled_from(["", "VOI", "FIN", "??"]), is_active=st.booleans(), ends_date=DAYS,
)  # fmt: skip
FAULTS = st.builds(Fault, where=st.just("ligne 1"), problem=st.just("illisible"), key=st.sampled_from(["", "k", "l"]))


@st.composite
def directories(draw: st.DrawFn) -> Directory:
    emails = draw(st.lists(st.sampled_from([f"{letter}@x.example" for letter in "abcdefgh"]), unique=True, max_size=6))
    agents, links = {}, {}
    keys = draw(st.permutations("klmnopq"))
    for pk, email in enumerate(emails, 1):
        agent = known(
            pk, active=draw(st.booleans()), account=draw(st.booleans()), inside=draw(st.integers(0, 9)) > 0,
            email=email, personnel_number=draw(NUMBERS) or None, job_title=draw(st.sampled_from([None, "A"])),
        )  # fmt: skip
        agent.holds = draw(st.frozensets(st.sampled_from(["job_title", "email", ACTIVE, ENTITY]), max_size=2))
        if draw(st.booleans()):
            agent.opinions = [Opinion(2, draw(st.integers(0, 2)), {"job_title": "Z"}, draw(st.booleans()))]
        agents[pk] = agent
        if draw(st.booleans()):
            reported = {"email": email} | ({"phone": "9"} if draw(st.booleans()) else {})
            links[keys[pk - 1]] = Mine(pk, reported, draw(st.booleans()))
    there = {pk: agent for pk, agent in agents.items() if agent.inside or any(m.agent == pk for m in links.values())}
    refused = draw(st.sets(st.tuples(st.sampled_from("klm"), st.integers(1, 3)), max_size=2))
    return Directory(
        agents=there, links=links, refused=refused, emails={email: pk for pk, email in enumerate(emails, 1)}
    )


@given(directories(), st.lists(RECORDS | FAULTS, max_size=9))
def test_once_applied_nothing_is_left_to_apply(there: Directory, records: list[Record | Fault]) -> None:
    after = applied(there, plan(records, there, TERMS, find))
    again = plan(records, after, TERMS, find)
    assert [item for item in again.items if item.due] == []


@given(directories(), st.lists(RECORDS | FAULTS, max_size=9), st.randoms())
def test_the_order_of_the_records_does_not_matter(
    there: Directory, records: list[Record | Fault], chance: random.Random
) -> None:
    def said(found: Plan) -> list[str]:
        return sorted(f"{item.key} {joined(item.kinds)} {item.agent} {item.as_json()}" for item in found.items)

    first = plan(records, there, TERMS, find)
    mixed = list(records)
    chance.shuffle(mixed)
    second = plan(mixed, there, TERMS, find)
    assert said(first) == said(second)
    assert first.counts() == second.counts()


@given(directories(), st.lists(RECORDS | FAULTS, max_size=9))
def test_a_plan_survives_the_database(there: Directory, records: list[Record | Fault]) -> None:
    import json

    for item in plan(records, there, TERMS, find).items:
        data = json.loads(json.dumps(item.as_json()))
        back = item_from(item.key, item.label, item.agent, item.base, data)
        assert replace(back, due=item.due) == item


@given(directories(), st.lists(RECORDS, max_size=9))
def test_nobody_outside_the_root_is_ever_touched(there: Directory, records: list[Record]) -> None:
    outside = {pk for pk, agent in there.agents.items() if not agent.inside}
    assert not {item.agent for item in plan(records, there, TERMS, find).items} & outside


# Who wins a field


def settled(agent: Known, said: dict[str, Any], before: dict[str, Any] | None = None) -> Item:
    return rules.settle(agent, ASKING, said, enabled=True, before=before or {})


def test_the_source_that_speaks_first_wins() -> None:
    agent = known(1, phone="2")
    agent.opinions = [Opinion(2, 2, {"phone": "2"}, True)]
    assert settled(agent, {"phone": "1"}).fields == {"phone": ["2", "1"]}
    agent.opinions = [Opinion(2, 0, {"phone": "2"}, True)]
    assert settled(agent, {"phone": "1"}).fields == {}


def test_a_value_taken_back_falls_to_the_next_source() -> None:
    agent = known(1, phone="1")
    agent.opinions = [Opinion(2, 2, {"phone": "2"}, True)]
    assert settled(agent, {}, {"phone": "1"}).fields == {"phone": ["1", "2"]}
    agent.opinions = []
    assert settled(agent, {}, {"phone": "1"}).fields == {"phone": ["1", None]}
    assert settled(agent, {}, {"phone": "old"}).fields == {}  # typed in since: not the source's to take


def test_a_name_is_never_emptied() -> None:
    assert settled(known(1, first_name="Zoé"), {}, {"first_name": "Zoé"}).fields == {}


def test_a_last_day_that_is_over_ends_the_post_whatever_the_source_says() -> None:
    assert settled(known(1), {"ends_date": "2026-11-22"}).active is False
    assert settled(known(1), {"ends_date": "2026-11-23"}).active is None
    assert settled(known(1, active=False, ends_date="2026-01-01"), {}).active is None


# Figures


@pytest.mark.parametrize(
    ("leaving", "present", "waits"),
    [(0, 0, False), (3, 3, False), (4, 40, False), (4, 39, True), (500, 5000, False), (501, 5000, True), (4, 0, True)],
)
def test_more_than_a_tenth_waits(leaving: int, present: int, waits: bool) -> None:
    assert rules.too_many_leave(leaving, present, percent=10, floor=3) is waits


def test_nightly_runs_keep_to_the_hour_of_paris() -> None:
    before_summer = datetime(2026, 3, 28, 12, tzinfo=UTC)
    night = rules.next_run(24, 3, before_summer)
    assert night is not None
    assert night.astimezone(UTC) == datetime(2026, 3, 29, 1, tzinfo=UTC)
    assert rules.next_run(24, 3, night) == night + timedelta(days=1)
    assert rules.next_run(6, 3, NOW) == NOW + timedelta(hours=6)
    assert rules.next_run(None, 3, NOW) is None


def test_the_fingerprint_sees_all_that_a_plan_relies_on() -> None:
    agent = known(1)
    seen = {agent.fingerprint()}
    for change in (
        {"is_active": False}, {"has_account": True}, {"inside": False}, {"holds": frozenset({"phone"})},
        {"opinions": [Opinion(2, 1, {}, True)]}, {"values": agent.values | {"phone": "1"}},
    ):  # fmt: skip
        seen.add(replace(agent, **change).fingerprint())  # type: ignore[arg-type]
    assert len(seen) == 7


def test_every_state_leads_somewhere_known() -> None:
    for following in rules.TRANSITIONS.values():
        assert set(following) <= {*rules.TRANSITIONS, "applied", "failed", "stale", "discarded"}
