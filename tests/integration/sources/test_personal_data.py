"""What sources said of a person: told to them, forgotten once they have left for long."""

from __future__ import annotations

from datetime import timedelta

import pytest

from parvis.portal.directory.models import Agent
from parvis.portal.kernel import clock
from parvis.portal.sources import personal_data
from parvis.portal.sources.models import Link
from tests.integration.sources.town import Town, record

pytestmark = pytest.mark.django_db


def test_an_agent_is_told_what_each_source_says(town: Town) -> None:
    town.run(record("claire", phone="1"))
    (row,) = personal_data.export(Agent.objects.get(first_name="Claire"))
    assert (row["Source"], row["Identifiant"], row["Téléphone"]) == ("Annuaire", "claire", "1")


def test_who_left_long_ago_is_forgotten_and_nobody_else(town: Town) -> None:
    town.run(record("claire"), record("luc"), record("zoe"))
    town.run(record("claire"), record("luc", is_active=False), record("zoe", is_active=False))
    Link.objects.filter(key__in=["claire", "luc"]).update(changed_at=clock.now() - timedelta(days=400))
    assert personal_data.purge(clock.now() - timedelta(days=365)) == 1
    assert set(Link.objects.values_list("key", flat=True)) == {"claire", "zoe"}
    assert personal_data.purge(clock.now() - timedelta(days=365)) == 0
