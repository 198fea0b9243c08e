"""What is given back to an agent, and what is thrown away in time."""

from __future__ import annotations

from datetime import timedelta

from parvis.portal.presence import counts, personal_data, services
from parvis.portal.presence.models import Change, Day, DayCount, Operation, Pattern
from tests.integration.presence.conftest import MONDAY, NOW, Town, full_time


def test_an_agent_gets_all_that_is_known_of_them_and_nothing_of_others(town: Town) -> None:
    full_time(town.claire)
    services.declare(actor=town.user, agent=town.claire, starts=MONDAY, ends=MONDAY, status="leave", now=NOW)
    assert town.marc.user is not None
    services.declare(actor=town.marc.user, agent=town.marc, starts=MONDAY, ends=MONDAY, status="field", now=NOW)
    rows = list(personal_data.export(town.claire))
    assert [row["Sorte"] for row in rows] == ["Jour déclaré", "Semaine habituelle", "Changement"]
    assert rows[0]["Matin"] == "Congé"
    assert "Déplacement" not in str(rows)


def test_the_old_goes_by_batches_and_the_young_stays(town: Town) -> None:
    full_time(town.claire)
    later = NOW + timedelta(days=60)
    for day, now in ((MONDAY, NOW), (MONDAY + timedelta(days=60), later)):
        services.declare(actor=town.user, agent=town.claire, starts=day, ends=day, status="leave", now=now)
        counts.recount_all(day, day)
    Pattern.objects.create(
        agent=town.claire, starts_date=MONDAY, ends_date=MONDAY, halves="", state="confirmed", proposed_at=NOW
    )
    rounds = 0
    while personal_data.purge(NOW + timedelta(days=30)):
        rounds += 1
    assert rounds >= 4
    kept = MONDAY + timedelta(days=60)
    assert [day.date for day in Day.objects.all()] == [kept]
    assert [change.date for change in Change.objects.all()] == [kept]
    assert [each.ends_date for each in Operation.objects.all()] == [kept]
    assert set(DayCount.objects.values_list("date", flat=True)) == {kept}
    assert Pattern.objects.get().ends_date is None
