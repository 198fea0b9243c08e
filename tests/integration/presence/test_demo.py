"""The demo's authority is alive: everybody has a week, some days wait, counts are there; made twice it is made once."""

from __future__ import annotations

import pytest

from parvis.portal.directory import demo as directory
from parvis.portal.directory.models import Agent, Entity
from parvis.portal.kernel import clock
from parvis.portal.presence import demo, queries, rules
from parvis.portal.presence.models import Day, Pattern, Stale


@pytest.mark.django_db
@pytest.mark.timeout(300)
def test_demo() -> None:
    now = clock.now()
    directory.build(now)
    assert demo.build(now)
    assert not demo.build(now)
    active = Agent.objects.filter(is_active=True)
    assert not active.filter(presence_patterns=None).exists()
    halves = Pattern.objects.values_list("halves", flat=True).order_by().distinct()
    statuses = queries.statuses()
    assert all(rules.halves_are_valid(rules.parse_halves(each), statuses) for each in halves)
    assert Day.objects.filter(state="to_confirm").exists()
    root = Entity.objects.get(parent=None)
    today = clock.today(now)
    counted = dict(queries.counts(root, today, today))[today]
    here = active.exclude(starts_date__gt=today).exclude(ends_date__lt=today)
    assert sum(mornings for mornings, _afternoons in counted.values()) == here.count()
    assert Stale.objects.count() < 50
