"""The department side: calendar, bulk declarations, what waits, counts, minimums."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django_tasks_db.models import DBTaskResult

from parvis.portal.directory.models import Agent, Role
from parvis.portal.kernel import clock
from parvis.portal.kernel.errors import Invalid, NotAllowed
from parvis.portal.presence import counts, rules, services, staffing
from parvis.portal.presence.models import Day, Operation, Policy
from parvis.portal.presence.services.staffing import add_minimum, tell_shortages
from parvis.portal.presence.staffing_models import AlertTold, Minimum
from tests.integration.authority import make_agent, make_member
from tests.integration.presence.conftest import Town, full_time
from tests.integration.signing_in import browser_of

DAY = timedelta(days=1)
NOW = clock.now()
TODAY = clock.today(NOW)
MONDAY = rules.monday_of(TODAY) + 14 * DAY
"""Of a week to come; tests go on if a public holiday falls into it."""


def working_day() -> date:
    from parvis.portal.presence import calendars

    return next(day for day in rules.days_between(MONDAY, MONDAY + 6 * DAY) if not calendars.holiday_name(day))


WORKED = working_day()


@pytest.fixture
def staffed(town: Town) -> Town:
    """Everybody works on site all week."""
    for agent in Agent.objects.all():
        full_time(agent)
    recount()
    return town


def recount() -> None:
    while counts.refresh():
        pass
    counts.recount_all(TODAY - 5 * DAY, TODAY + 40 * DAY)


def page(browser: Client, name: str, *args: object, **query: object) -> str:
    answer = browser.get(reverse(f"presence:{name}", args=args), {key: str(value) for key, value in query.items()})
    assert answer.status_code == 200, answer.content[:400]
    return answer.content.decode()


def declare(town: Town, status: str, day: date = WORKED) -> None:
    services.declare(actor=town.user, agent=town.claire, starts=day, ends=day, status=status, now=NOW)


class TestCalendar:
    def test_month_week_filters_and_csv(self, staffed: Town) -> None:
        declare(staffed, "telework")
        browser = browser_of(staffed.head)
        url = reverse("presence:departments")
        assert browser.get(url)["Location"] == reverse("presence:department", args=[staffed.civil.pk])
        text = page(browser, "department", staffed.civil.pk, du=WORKED)
        assert "Claire" in text
        assert "Télétravail" in text
        assert "Marc" not in text  # of another department
        assert "(à confirmer)" in text
        week = page(browser, "department", staffed.civil.pk, du=WORKED, vue="semaine")
        assert week.count('class="team-cell') < text.count('class="team-cell')
        assert "Claire" in page(browser, "department", staffed.civil.pk, du=WORKED, statut="telework")
        assert "Aucun agent" in page(browser, "department", staffed.civil.pk, du=WORKED, statut="asa")
        assert "Aucun agent" in page(browser, "department", staffed.civil.pk, q="introuvable")
        csv = browser.get(
            reverse("presence:department", args=[staffed.civil.pk]), {"du": str(WORKED), "format": "csv"}
        ).getvalue().decode()  # fmt: skip
        assert "Télétravail" in csv
        assert "Claire" in csv

    @pytest.mark.parametrize("du", ["hier", "0001-01-01", "9999-12-31", "2026-13-45"])
    def test_a_day_of_no_calendar_is_today(self, staffed: Town, du: str) -> None:
        page(browser_of(staffed.head), "department", staffed.civil.pk, du=du, page="zzz", statut="zzz")

    def test_who_may_look(self, staffed: Town) -> None:
        url = reverse("presence:department", args=[staffed.civil.pk])
        for user, status in (
            (staffed.head, 200),
            (staffed.mayor_head, 200),
            (staffed.head_of_it, 200),
            (staffed.foreign_head, 404),
            (staffed.technician, 404),
            (staffed.user, 404),
        ):
            assert browser_of(user).get(url).status_code == status
        assert browser_of(staffed.user).get(reverse("presence:departments")).status_code == 403
        assert browser_of(staffed.foreign_head).get(
            reverse("presence:departments"), {"service": staffed.civil.pk}
        ).status_code == 404  # fmt: skip

    def test_few_queries_for_many_agents(self, staffed: Town, django_assert_max_num_queries: Any) -> None:
        for rank in range(80):
            full_time(make_agent(staffed.civil, f"n{rank}"))
        browser = browser_of(staffed.head)
        page(browser, "department", staffed.civil.pk)
        with django_assert_max_num_queries(40):
            page(browser, "department", staffed.civil.pk, page=2)
        with django_assert_max_num_queries(40):
            page(browser, "counts", staffed.civil.pk, periode="deux-ans")
        with django_assert_max_num_queries(30):
            page(browser, "alerts")


class TestForTheWholeDepartment:
    def facts(self, **changes: str) -> dict[str, str]:
        span = {"starts_date": MONDAY.isoformat(), "ends_date": (MONDAY + 6 * DAY).isoformat()}
        return {**span, "status": "asa", "half": "", **changes}

    def test_preview_deed_and_undo(self, staffed: Town) -> None:
        Policy.objects.filter(entity=staffed.civil).update(minimum_on_site=1)
        browser = browser_of(staffed.head)
        url = reverse("presence:declare_many", args=[staffed.civil.pk])
        assert "Voir ce qui changerait" in browser.get(url).content.decode()
        asked = browser.post(url, self.facts()).content.decode()
        assert "2 agents" in asked
        assert "0 sur site pour 1" in asked
        assert not Day.objects.exists()
        browser.post(url, self.facts(confirmed="1"))
        assert set(Day.objects.values_list("am", flat=True)) == {"asa"}
        operation = Operation.objects.get()
        assert "Annuler" in page(browser, "operations", staffed.civil.pk)
        undo = reverse("presence:undo_many", args=[operation.pk])
        assert "ce qui était là avant" in browser.get(undo).content.decode()
        browser.post(undo)
        assert not Day.objects.exists()
        assert "Annulée" in page(browser, "operations", staffed.civil.pk)
        assert browser.post(undo).status_code == 409

    def test_bad_input_is_told_and_nothing_written(self, staffed: Town) -> None:
        browser = browser_of(staffed.head)
        url = reverse("presence:declare_many", args=[staffed.civil.pk])
        for wrong in (
            self.facts(ends_date="2020-01-01"),
            self.facts(status="inconnu"),
            self.facts(starts_date="x"),
            self.facts(starts_date="2019-01-01"),
            self.facts(ends_date="2099-01-01"),
        ):
            answer = browser.post(url, wrong)
            assert "À corriger" in answer.content.decode()
        assert not Day.objects.exists()

    def test_nobody_undoes_another_s(self, staffed: Town) -> None:
        services.declare_for_department(
            actor=staffed.mayor_head, entity=staffed.civil, starts=MONDAY, ends=MONDAY + 6 * DAY, status="telework",
            now=NOW,
        )  # fmt: skip
        operation = Operation.objects.get()
        assert browser_of(staffed.head).post(reverse("presence:undo_many", args=[operation.pk])).status_code == 404

    def test_a_head_of_it_looks_but_does_not_declare(self, staffed: Town) -> None:
        url = reverse("presence:declare_many", args=[staffed.civil.pk])
        assert browser_of(staffed.head_of_it).get(url).status_code == 403


class TestWaiting:
    def test_confirm_and_refuse_many(self, staffed: Town) -> None:
        Policy.objects.filter(entity=staffed.civil).update(minimum_on_site=5)
        declare(staffed, "telework")
        recount()
        browser = browser_of(staffed.head)
        text = page(browser, "waiting")
        assert "Claire" in text
        assert "1 sur site pour 5" in text  # the head herself; the request counts as absent
        day = Day.objects.get()
        url = reverse("presence:waiting")
        asked = browser.post(url, {"action": "refuse", "pk": day.pk}).content.decode()
        assert "raison médicale" in asked
        browser.post(url, {"action": "refuse", "pk": day.pk, "confirmed": "1", "expected": "1"})
        day.refresh_from_db()
        assert day.state == "refused"
        mails = [each for each in DBTaskResult.objects.all() if each.task_path.endswith("mail.deliver")]
        assert [each.args_kwargs["kwargs"]["to"] for each in mails] == [["claire@rivemarine.example"]]
        declare(staffed, "leave")
        day.refresh_from_db()
        browser.post(url, {"action": "confirm", "pk": day.pk, "confirmed": "1", "expected": "1"})
        day.refresh_from_db()
        assert day.state == "confirmed"
        assert "Rien à confirmer" in page(browser, "waiting")

    def test_usual_weeks(self, staffed: Town) -> None:
        halves = ["on_site"] * 8 + ["telework"] * 2 + [""] * 4
        pattern = services.propose_pattern(
            actor=staffed.user, agent=staffed.claire, starts=MONDAY, ends=None, halves=halves, now=NOW
        )
        browser = browser_of(staffed.head)
        assert "Semaines habituelles à confirmer" in page(browser, "waiting")
        url = reverse("presence:decide_pattern", args=[pattern.pk])
        assert browser_of(staffed.foreign_head).post(url, {"answer": "confirm"}).status_code == 404
        browser.post(url, {"answer": "confirm"})
        pattern.refresh_from_db()
        assert pattern.state == "confirmed"
        assert browser.post(url, {"answer": "refuse"}).status_code == 404

    def test_only_heads(self, staffed: Town) -> None:
        assert browser_of(staffed.head_of_it).get(reverse("presence:waiting")).status_code == 403
        declare(staffed, "telework")
        url, day = reverse("presence:waiting"), Day.objects.get()
        wrong = browser_of(staffed.foreign_head).post(
            url, {"action": "confirm", "pk": day.pk, "confirmed": "1", "expected": "1"}
        )
        assert wrong.status_code == 422
        day.refresh_from_db()
        assert day.state == "to_confirm"


class TestCounts:
    def test_overview_drill_down_curve_csv(self, staffed: Town) -> None:
        declare(staffed, "asa")
        recount()
        browser = browser_of(staffed.mayor_head)
        assert browser.get(reverse("presence:everybody"))["Location"].endswith(f"/{staffed.here.pk}/")
        text = page(browser, "counts", staffed.here.pk, jour=WORKED)
        assert "Sur site" in text
        assert "Absence autorisée" in text
        assert reverse("presence:counts", args=[staffed.civil.pk]) in text
        for period in ("semaine", "mois", "annee", "deux-ans", "siècle"):
            page(browser, "counts", staffed.civil.pk, periode=period, statut="asa")
        csv = browser.get(
            reverse("presence:counts", args=[staffed.civil.pk]), {"format": "csv", "periode": "annee"}
        ).getvalue().decode()  # fmt: skip
        assert "Sur site (matin)" in csv
        assert "Personne ne travaille" in page(browser, "counts", staffed.civil.pk, jour=MONDAY + 6 * DAY)

    def test_who_may_look(self, staffed: Town) -> None:
        url = reverse("presence:counts", args=[staffed.civil.pk])
        assert browser_of(staffed.foreign_head).get(url).status_code == 404
        assert browser_of(staffed.technician).get(url).status_code == 404
        assert browser_of(staffed.user).get(reverse("presence:everybody")).status_code == 403

    def test_the_entity_page_shows_it_to_who_may_know(self, staffed: Town) -> None:
        url = reverse("directory:entity", args=[staffed.civil.pk])
        shown = browser_of(staffed.head).get(url).content.decode()
        assert ("Présence aujourd’hui" in shown) is (TODAY.weekday() < 5 and not _closed_today())
        assert "Présence aujourd’hui" not in browser_of(staffed.technician).get(url).content.decode()


def _closed_today() -> bool:
    from parvis.portal.presence import calendars

    return bool(calendars.holiday_name(TODAY))


class TestMinimums:
    def test_set_and_removed_on_the_page(self, staffed: Town) -> None:
        browser = browser_of(staffed.head)
        url = reverse("presence:minimums", args=[staffed.civil.pk])
        assert "Aucun service n’a de minimum" in page(browser, "alerts")
        browser.post(url, {"minimum_on_site": "9"})
        assert Policy.objects.get(entity=staffed.civil).minimum_on_site == 9
        facts = {"weekday": "7", "half": "am", "job": "accueil", "least": "2"}
        browser.post(url, facts)
        again = browser.post(url, facts)
        assert "existe déjà" in again.content.decode()
        assert "À corriger" in browser.post(url, {**facts, "least": "0"}).content.decode()
        minimum = Minimum.objects.get()
        text = page(browser, "alerts")
        assert "2 sur site pour 9" in text
        remove = reverse("presence:remove_minimum", args=[minimum.pk])
        assert browser_of(staffed.foreign_head).post(remove).status_code == 404
        assert "Retirer ce minimum" in browser.get(remove).content.decode()
        browser.post(remove)
        assert not Minimum.objects.exists()

    def test_by_weekday_half_and_job(self, staffed: Town) -> None:
        Agent.objects.filter(pk=staffed.claire.pk).update(job_title="Agente d’accueil")
        for least, weekday, half, job in ((2, WORKED.weekday(), "am", "ACCUEIL"), (9, WORKED.weekday(), "pm", "")):
            add_minimum(
                actor=staffed.head, entity=staffed.civil, least=least, weekday=weekday, half=half, job=job, now=NOW
            )
        found = staffing.shortages([staffed.civil], WORKED, WORKED)
        assert [(each.half, each.job, each.present, each.least) for each in found] == [
            ("pm", "", 2, 9),
            ("am", "ACCUEIL", 1, 2),
        ]
        other = WORKED + DAY
        assert staffing.shortages([staffed.civil], other, other) == []
        sunday = MONDAY + 6 * DAY
        add_minimum(actor=staffed.head, entity=staffed.civil, least=1, now=NOW)
        assert staffing.shortages([staffed.civil], sunday, sunday) == []

    def test_only_who_rules_there(self, staffed: Town) -> None:
        with pytest.raises(NotAllowed):
            add_minimum(actor=staffed.technician, entity=staffed.civil, least=1, now=NOW)
        add_minimum(actor=staffed.head_of_it, entity=staffed.civil, least=1, now=NOW)
        with pytest.raises(Invalid):
            add_minimum(actor=staffed.head, entity=staffed.civil, least=3, now=NOW)

    def test_what_is_short_above_is_seen_before(self, staffed: Town) -> None:
        add_minimum(actor=staffed.mayor_head, entity=staffed.here, least=5, now=NOW)
        seen = staffing.preview(staffed.civil, MONDAY, MONDAY + 6 * DAY, "telework", None)
        assert seen.agents == 2
        assert seen.weekend_days == 2
        assert seen.worked_days + len(seen.closed) == 5
        assert {each.entity for each in seen.short} == {staffed.here}
        assert staffing.preview(staffed.civil, MONDAY, MONDAY, "on_site", None).short == []

    def test_heads_are_told_once(self, staffed: Town) -> None:
        add_minimum(actor=staffed.head, entity=staffed.civil, least=9, now=NOW)
        assert tell_shortages(now=NOW) == 1
        assert tell_shortages(now=NOW) == 0
        told = AlertTold.objects.count()
        assert told >= 20
        make_member(staffed.civil, Role.HEAD_OF_DEPARTMENT)
        mails = [each for each in DBTaskResult.objects.all() if each.task_path.endswith("mail.deliver")]
        assert [each.args_kwargs["kwargs"]["to"] for each in mails] == [["nadia@rivemarine.example"]]
        body = mails[0].args_kwargs["kwargs"]["body"]
        assert "2 pour 9" in body
