"""Many lines written at once are chained as if one by one."""

from __future__ import annotations

import pytest

from parvis.portal.kernel import audit, clock
from parvis.portal.kernel.models import AuditRecord
from tests.integration.authority import make_entity

pytestmark = pytest.mark.django_db


def test_they_are_chained_and_the_next_one_follows() -> None:
    now, entity = clock.now(), make_entity()
    audit.record(actor=None, action="a.before", now=now)
    lines = audit.record_many(
        actor=None, action="a.many", targets=[(entity, {"n": n, "bad": "\x00"}) for n in range(50)], now=now
    )
    audit.record(actor=None, action="a.after", now=now)
    assert [line.id for line in lines] == list(range(2, 52))
    assert audit.verify() is None
    AuditRecord.objects.filter(pk=30).update(target_label="autre")
    assert audit.verify() is not None


def test_none_is_none() -> None:
    head = audit.head()
    assert audit.record_many(actor=None, action="a.none", targets=[], now=clock.now()) == []
    assert audit.head() == head
