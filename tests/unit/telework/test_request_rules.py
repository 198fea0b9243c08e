"""How a request goes on, what stands in its way, which rules hold where."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from parvis.portal.telework import queries, rules, wording
from parvis.portal.telework.rules import Facts, Job, Obstacle, Policy

ALL_WELL = Facts()


def test_nothing_stands_in_the_way_of_who_has_all() -> None:
    assert rules.obstacles(ALL_WELL, level=2, days=[0, 3]) == []
    assert rules.may_ask([])


@pytest.mark.parametrize(
    ("change", "level", "days", "found", "may_ask"),
    [
        ({"agent_active": False}, 1, [0], Obstacle.AGENT_GONE, False),
        ({"account": False}, 1, [0], Obstacle.NO_ACCOUNT, False),
        ({"job_level": 0}, 1, [0], Obstacle.JOB_NOT_REMOTE, False),
        ({"job_level": 1}, 2, [0], Obstacle.JOB_LEVEL_1, False),
        ({}, 2, [], Obstacle.NO_DAY, False),
        ({"most_days": 2}, 1, [0, 1, 2], Obstacle.TOO_MANY_DAYS, False),
        ({"charter_accepted": False}, 1, [0], Obstacle.CHARTER, False),
        ({"computers": 0}, 2, [0], Obstacle.NO_COMPUTER, True),
        ({"computer_ready": False}, 2, [0], Obstacle.COMPUTER_NOT_READY, True),
        ({"second_factor": False}, 1, [0], Obstacle.SECOND_FACTOR, True),
    ],
)
def test_each_obstacle_alone(
    change: dict[str, object], level: int, days: list[int], found: Obstacle, may_ask: bool
) -> None:
    obstacles = rules.obstacles(replace(ALL_WELL, **change), level=level, days=days)  # type: ignore[arg-type]
    assert obstacles == [found]
    assert rules.may_ask(obstacles) is may_ask


@pytest.mark.parametrize("change", [{"job_level": 1}, {"computers": 0}, {"computer_ready": False}])
def test_what_is_about_the_screen_does_not_hinder_level_1(change: dict[str, int]) -> None:
    assert rules.obstacles(replace(ALL_WELL, **change), level=1, days=[0]) == []  # type: ignore[arg-type]


@given(st.sets(st.integers(0, 4)))
def test_days_come_back_from_their_mask(days: set[int]) -> None:
    assert rules.days_of(rules.mask_of(days)) == sorted(days)


def test_every_state_has_a_look_and_every_obstacle_words() -> None:
    assert set(wording.LOOKS) == set(rules.REQUEST_MOVES)
    assert set(wording.SHORT) == set(Obstacle)
    for obstacle in Obstacle:
        said = wording.of(obstacle, ALL_WELL)
        assert str(said.text)
        assert said.blocks is (obstacle not in rules.LIFTED_LATER)


def test_what_is_refused_may_still_be_granted_and_the_other_way_round_until_it_is_open() -> None:
    assert "approved" in rules.REQUEST_MOVES["refused"]
    assert "refused" in rules.REQUEST_MOVES["approved"]
    assert "refused" not in rules.REQUEST_MOVES["open"]
    assert {state for state, moves in rules.REQUEST_MOVES.items() if not moves} == {"withdrawn", "ended"}


def test_a_rule_comes_from_the_nearest_entity_that_says_it() -> None:
    policies = [
        Policy(path="1.", most_days=2, head_approves=False),
        Policy(path="1.5.", most_days=3),
        Policy(path="2.", opens_alone=True),
    ]
    here = rules.inherited("1.5.8.", policies)
    assert (here.most_days, here.head_approves, here.opens_alone) == (3, False, False)
    assert rules.inherited("3.", policies).most_days == rules.DEFAULT_POLICY.most_days


def test_the_most_local_rule_on_a_job_wins_then_the_one_that_allows_least() -> None:
    jobs = [
        Job(path="1.", words=("accueil",), level=0),
        Job(path="1.5.", words=("accueil", "standard"), level=2),
        Job(path="1.5.", words=("agent",), level=1),
    ]
    assert rules.job_of("1.9.", "agent d'accueil", jobs) == jobs[0]
    assert rules.job_of("1.5.2.", "agent d'accueil", jobs) == jobs[2]
    assert rules.job_of("1.5.2.", "standardiste", jobs) == jobs[1]
    assert rules.job_of("1.5.2.", "juriste", jobs) is None


def test_words_of_a_rule_are_folded_and_an_empty_one_names_no_job() -> None:
    assert queries.words_of("Agent d’Accueil , , ÉTAT civil,") == ("agent d'accueil", "etat civil")
    assert queries.words_of(" , ") == ()


@pytest.mark.parametrize("count", [0, 1, 999, 1000, 1001, 2200])
def test_pieces_hold_every_key_once(count: int) -> None:
    keys = list(range(count))
    pieces = queries.pieces(keys)
    assert [key for piece in pieces for key in piece] == keys
    assert all(0 < len(piece) <= queries.PIECE for piece in pieces)


def test_conditions_say_what_is_well_and_what_to_do() -> None:
    said = wording.conditions(replace(ALL_WELL, second_factor=False, computer_ready=False), level=2)
    assert [each.met for each in said] == [True, True, True, False, False]
    assert not any(each.blocks for each in said)
    assert len(wording.conditions(ALL_WELL, level=1)) == len(said) - 1


def test_the_reason_of_a_rule_on_jobs_is_told() -> None:
    facts = replace(ALL_WELL, job_level=0, job_reason="Accueil du public")
    assert "Accueil du public" in str(wording.of(Obstacle.JOB_NOT_REMOTE, facts).text)
