"""`parvis simulate-rollout`: the report, its JSON, the measures it reads from real enrolments."""

from __future__ import annotations

import io
import json
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from parvis import cli
from parvis.portal.rollout.simulation import measured, wording
from parvis.portal.rollout.simulation.assumptions import DEFAULTS, Source, Unit
from parvis.portal.rollout.simulation.figures import VARIANTS, WORLDS
from parvis.portal.telework.models import Enrolment, HelpCall, Level, Request, Try
from tests.integration.authority import make_agent, make_entity

pytestmark = pytest.mark.django_db
MONDAY = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)  # 9 h in Paris
SMALL = ("--people", "60", "--per-week", "20", "--loans", "3", "--runs", "2")


def run(*arguments: str) -> str:
    out = io.StringIO()
    call_command("simulate_rollout", *arguments, stdout=out)
    return out.getvalue()


def figures(*arguments: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(run(*arguments, "--json", "-"))
    return found


def enrolments(count: int) -> list[Enrolment]:
    """Each taken up 30 minutes after its invitation."""
    entity = make_entity()
    found = []
    for _ in range(count):
        agent = make_agent(entity)
        request = Request.objects.create(
            agent=agent, level=Level.SCREEN, machine="own", line="fibre", days=1, starts_date=date(2026, 11, 23),
            state=Request.State.OPEN, requested_at=MONDAY,
        )  # fmt: skip
        found.append(
            Enrolment.objects.create(
                request=request,
                agent=agent,
                level=Level.SCREEN,
                stage="guide",
                invited_at=MONDAY,
                started_at=MONDAY + timedelta(minutes=30),
            )
        )
    return found


def test_the_report_says_both_worlds_and_everything_it_assumes() -> None:
    text = run(*SMALL)
    assert "60 à équiper" in text
    assert "À la main" in text
    assert "Avec Parvis" in text
    for words in (*wording.SAYS.values(), *wording.MEASURES.values(), *wording.VARIANTS.values(), *wording.LEFT_OUT):
        assert str(words).strip() in text
    assert "[entretien]" in text
    assert "[hypothèse]" in text
    assert "[calculé]" in text
    assert "[choisi]" in text
    assert "[mesuré ici]" not in text


def test_every_number_measure_variant_and_unit_has_words() -> None:
    assert set(wording.SAYS) == set(DEFAULTS)
    assert set(wording.WORLDS) == set(WORLDS)
    assert set(wording.VARIANTS) == set(VARIANTS)
    assert set(wording.SOURCES) == set(Source)
    assert set(wording.UNITS) == set(Unit)
    found = figures(*SMALL)["results"]["hand"]
    assert set(found) == set(wording.MEASURES) | {name for name in found if name.startswith("day_")}


def test_the_same_seed_gives_the_same_report() -> None:
    assert run(*SMALL, "--seed", "5") == run(*SMALL, "--seed", "5")
    assert run(*SMALL, "--seed", "5") != run(*SMALL, "--seed", "6")


def test_numbers_may_be_given() -> None:
    said = figures(*SMALL, "--set", "hand_help=30", "--set", "computer_fails=0.5")["assumptions"]
    assert (said["hand_help"]["value"], said["hand_help"]["source"]) == (30, "given")
    assert (said["people"]["value"], said["people"]["source"]) == (60, "given")
    assert (said["ours_help"]["value"], said["ours_help"]["source"]) == (10, "assumed")
    assert said["technicians"]["source"] == "derived"


@pytest.mark.parametrize(
    "wrong",
    [("--set", "nothing=1"), ("--set", "computer_fails=2"), ("--people", "0"), ("--people", "-5"), ("--runs", "0"),
     ("--people", "10", "--loans", "11"), ("--set", "hand_help"), ("--set", "hand_help=soon")],
)  # fmt: skip
def test_numbers_that_cannot_be_are_refused_in_words(wrong: tuple[str, ...]) -> None:
    with pytest.raises(CommandError):
        run(*wrong)


def test_the_json_is_written_beside_the_text(tmp_path: Path) -> None:
    kept = tmp_path / "simulation.json"
    assert "Ce qui entre" in run(*SMALL, "--json", str(kept))
    found = json.loads(kept.read_text())
    assert found["draws"] == 2
    assert found["results"]["parvis"]["minutes_each"]["mean"] < found["results"]["hand"]["minutes_each"]["mean"]


def test_real_enrolments_replace_assumptions() -> None:
    """40 people at the computer: 10 stumbled, 6 of whom were helped; 100 s each."""
    for number, enrolment in enumerate(enrolments(40)):
        Try.objects.create(enrolment=enrolment, stage="factor", outcome=Try.Outcome.PASSED, at=MONDAY, seconds=200)
        if number < 10:
            Try.objects.create(
                enrolment=enrolment, stage="computer", outcome="failed", code="off", at=MONDAY, seconds=60
            )
        how = Try.Outcome.HELPED if number < 6 else Try.Outcome.PASSED
        Try.objects.create(enrolment=enrolment, stage="computer", outcome=how, at=MONDAY, seconds=100)
        HelpCall.objects.create(
            enrolment=enrolment, stage="computer", state=HelpCall.State.CLOSED, created_at=MONDAY, taken_at=MONDAY,
            closed_at=MONDAY + timedelta(minutes=4),
        )  # fmt: skip
    found = measured.numbers()
    assert found["computer_fails"] == 0.25
    assert found["factor_fails"] == 0.0
    assert "computer_alone" not in found  # ten people who stumbled are too few to say who gets out alone
    assert (found["computer_time"], found["factor_time"]) == (100, 200)
    assert found["ours_help"] == pytest.approx(4.0)
    assert (found["takeup"], found["takeup_late"]) == (30.0, 0.0)
    said = figures(*SMALL)["assumptions"]
    assert (said["computer_fails"]["value"], said["computer_fails"]["source"]) == (0.25, "measured")
    assert said["computer_alone"]["source"] == "assumed"
    assert figures(*SMALL, "--assumed")["assumptions"]["computer_fails"]["source"] == "assumed"
    given = figures(*SMALL, "--set", "computer_fails=0.4")["assumptions"]["computer_fails"]
    assert (given["value"], given["source"]) == (0.4, "given")


def test_few_enrolments_say_nothing() -> None:
    for enrolment in enrolments(measured.ENOUGH - 1):
        Try.objects.create(enrolment=enrolment, stage="factor", outcome=Try.Outcome.PASSED, at=MONDAY, seconds=200)
    assert measured.numbers() == {}


def test_who_begins_in_the_evening_makes_nobody_wait_for_years() -> None:
    """A third begins outside working hours: no working minute passes. That says nothing of the slow ones."""
    evening = [(MONDAY + timedelta(hours=9), MONDAY + timedelta(hours=11))] * 20
    by_day = [(MONDAY, MONDAY + timedelta(minutes=minutes)) for minutes in range(60, 100)]
    found = measured.of_takeup(evening + by_day)
    assert found["takeup"] == 69.5
    assert found["takeup_spread"] == pytest.approx(0.28, abs=0.05)
    mixed = measured.of_takeup(evening * 3 + by_day)
    assert mixed["takeup_spread"] == measured.MOST_SPREAD


def test_who_left_and_came_back_is_no_measure_of_a_stage() -> None:
    tries = [(number, "guide", "passed", 300 if number < 40 else 90_000) for number in range(60)]
    found = measured.of_stages(tries)
    assert found["guide_time"] == 300
    assert found["stage_spread"] == 0.0
    out = [(number, "computer", outcome, 60) for number in range(40) for outcome in ("passed", "failed")]
    assert measured.of_stages(out)["computer_alone"] == 1.0
    stuck = [(number, "computer", "failed", 60) for number in range(40)]
    assert measured.of_stages(stuck) == {"computer_fails": 1.0}


@pytest.mark.parametrize(
    ("since", "until", "minutes"),
    [
        (MONDAY, MONDAY + timedelta(minutes=90), 90),
        (MONDAY, MONDAY + timedelta(hours=12), 480),
        (MONDAY - timedelta(hours=3), MONDAY + timedelta(minutes=10), 10),
        (MONDAY + timedelta(hours=7), MONDAY + timedelta(hours=25), 120),
        (MONDAY - timedelta(days=2), MONDAY, 0),  # a weekend
        (MONDAY, MONDAY, 0),
    ],
)
def test_only_working_hours_count(since: datetime, until: datetime, minutes: float) -> None:
    assert measured.worked_minutes(since, until) == minutes


def test_the_command_is_one_of_parvis(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[list[str]] = []
    monkeypatch.setattr(cli, "manage", lambda rest: asked.append(rest) or 0)
    assert cli.main(["simulate-rollout", "--people", "60"]) == 0
    assert asked == [["simulate_rollout", "--people", "60"]]
