"""What a cache that is lost, or away, does to sessions: nothing."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.core.cache import cache

from parvis.portal.remote_desktop import rules, services
from parvis.portal.remote_desktop.models import Gateway
from tests.integration.remote_desktop.conftest import NOW, Office, state

pytestmark = pytest.mark.usefixtures("at_now")
A_WHILE = timedelta(seconds=rules.GATEWAY_SILENT_SECONDS + 1)


def test_a_lost_cache_takes_no_gateway_for_dead(office: Office) -> None:
    grant = office.open()
    later = NOW + A_WHILE
    office.beat(grant, now=later)
    cache.clear()
    assert services.sweep(now=later + timedelta(seconds=20)).lost_connections == 0
    assert state(grant) == ("active", "")


def test_a_gateway_that_says_nothing_is_still_found_dead(office: Office) -> None:
    grant = office.open()
    office.beat(grant, now=NOW)
    cache.clear()
    assert services.sweep(now=NOW + A_WHILE).lost_connections == 1
    assert state(grant)[0] == "interrupted"


def test_its_row_is_written_twice_a_minute_and_not_at_every_heartbeat(office: Office) -> None:
    grant = office.open()
    written = set()
    for second in range(0, 60, 2):
        office.beat(grant, now=NOW + timedelta(seconds=second))
        written.add(Gateway.objects.get().heard_at)
    assert len(written) == 2
