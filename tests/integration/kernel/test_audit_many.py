"""Many lines written at once, or kept for the end of a block, are chained as if one by one."""

from __future__ import annotations

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

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


def actions() -> list[str]:
    return list(AuditRecord.objects.order_by("id").values_list("action", flat=True))


def record_and_fail(action: str) -> None:
    audit.record(actor=None, action=action, now=clock.now())
    raise ValueError("no")


class TestTogether:
    def test_lines_are_written_at_the_end_of_the_block_in_their_order(self) -> None:
        now = clock.now()
        audit.record(actor=None, action="a.before", now=now)
        head = audit.head()
        with CaptureQueriesContext(connection) as asked, transaction.atomic(), audit.together():
            kept = [audit.record(actor=None, action=f"a.line{n}", now=now, data={"n": n}) for n in range(30)]
            assert audit.head() == head
        audit.record(actor=None, action="a.after", now=now)
        assert actions() == ["a.before", *(f"a.line{n}" for n in range(30)), "a.after"]
        assert [each.pk for each in kept] == list(range(head.id + 1, head.id + 31))
        assert audit.verify() is None
        assert len(asked) <= 6  # the head asked above, then end, lines and new end; a transaction's two words

    def test_a_block_that_fails_writes_none(self) -> None:
        head = audit.head()
        with pytest.raises(ValueError, match="no"), transaction.atomic(), audit.together():
            record_and_fail("a.lost")
        assert audit.head() == head
        audit.record(actor=None, action="a.after", now=clock.now())
        assert actions() == ["a.after"]

    def test_what_is_undone_alone_takes_its_line_with_it(self) -> None:
        now = clock.now()
        with transaction.atomic(), audit.together():
            audit.record(actor=None, action="a.first", now=now)
            with pytest.raises(ValueError, match="no"), transaction.atomic():
                record_and_fail("a.undone")
            with transaction.atomic():
                audit.record(actor=None, action="a.inner", now=now)
            audit.record(actor=None, action="a.last", now=now)
        # What stands in a savepoint of its own is written there, before what waits for the end.
        assert actions() == ["a.inner", "a.first", "a.last"]
        assert audit.verify() is None


@pytest.mark.django_db(transaction=True)
def test_outside_a_transaction_nothing_is_kept_for_later() -> None:
    """An action could be committed, and its line fail after it."""
    with pytest.raises(transaction.TransactionManagementError), audit.together():
        pytest.fail("begun")
