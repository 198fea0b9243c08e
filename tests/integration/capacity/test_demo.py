"""The demo's hours are those of its own sessions."""

from __future__ import annotations

from datetime import timedelta

import pytest

from parvis.portal.capacity import costs, demo
from parvis.portal.capacity.models import Sample
from parvis.portal.remote_desktop.models import RemoteSession
from tests.integration.capacity.conftest import NOW
from tests.integration.remote_desktop.conftest import make_office

pytestmark = pytest.mark.django_db


def test_without_a_gateway_there_is_nothing_to_measure() -> None:
    assert demo.build(NOW) is False


def test_hours_of_the_sessions() -> None:
    office = make_office()
    first = office.open()
    second = office.open()
    start = NOW.replace(minute=30) - timedelta(days=2)
    for grant, minutes in ((first, 60), (second, 15)):
        RemoteSession.objects.filter(pk=grant.session.pk).update(
            state="ended", end_reason="idle", started_at=start, ended_at=start + timedelta(minutes=minutes)
        )
    assert demo.build(NOW)
    rows = dict(Sample.objects.filter(sessions_most__gt=0).values_list("hour_at", "sessions_most"))
    hour = start.replace(minute=0)
    assert rows == {hour: 2, hour + timedelta(hours=1): 1}
    assert Sample.objects.get(hour_at=hour).sessions_sum == 45
    assert Sample.objects.count() == 28 * 24
    assert demo.build(NOW) is False
    assert not costs.measured(NOW).is_measured
