"""Requirement 24: the audit trail is append-only, and whatever is done to it is seen."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from parvis.portal.accounts.models import User
from parvis.portal.kernel import audit, context
from parvis.portal.kernel.models import AuditHead, AuditRecord

pytestmark = pytest.mark.django_db
NOON = datetime(2026, 11, 23, 12, 0, 0, 123456, tzinfo=UTC)


def _write(count: int, *, start: datetime = NOON) -> None:
    for number in range(count):
        audit.record(actor=None, action="test.done", now=start + timedelta(minutes=number), data={"n": number})


def test_an_empty_trail_is_whole() -> None:
    assert audit.verify() is None
    assert audit.head() == audit.Head(0, audit.GENESIS)


def test_a_record_says_who_what_when_and_from_where() -> None:
    user = User.objects.create_user("claire@example.org", first_name="Claire", last_name="Le Goff")
    context.client_address.set("192.0.2.7")
    correlation = context.new_correlation()
    line = audit.record(actor=user, action="test.done", target=user, now=NOON, data={"à": ["é", 1, None]})
    kept = AuditRecord.objects.get()
    assert (kept.actor_id, kept.actor_label, kept.target_type, kept.target_id, kept.target_label) == (
        user.pk,
        "Claire Le Goff",
        "accounts.user",
        str(user.pk),
        "Claire Le Goff",
    )
    assert (kept.at, kept.client_address, kept.correlation) == (NOON, "192.0.2.7", correlation)
    assert kept.data == {"à": ["é", 1, None]}
    assert kept.hash == line.hash == audit.link(kept)
    assert kept.previous_hash == audit.GENESIS


def test_records_are_chained_and_numbered_without_a_gap() -> None:
    _write(5)
    lines = list(AuditRecord.objects.order_by("id"))
    assert [line.id for line in lines] == [1, 2, 3, 4, 5]
    assert [line.previous_hash for line in lines[1:]] == [line.hash for line in lines[:-1]]
    assert audit.head() == audit.Head(5, lines[-1].hash)
    assert audit.verify() is None


def test_a_rolled_back_transaction_leaves_neither_record_nor_gap() -> None:
    _write(1)
    with transaction.atomic():
        _write(1)
        transaction.set_rollback(True)
    _write(1)
    assert AuditRecord.objects.count() == 2
    assert audit.verify() is None


EDITS: list[dict[str, Any]] = [
    {"action": "test.undone"},
    {"actor_label": "Somebody else"},
    {"actor_id": 42},
    {"at": NOON - timedelta(days=1)},
    {"data": {"n": 1000}},
    {"client_address": "203.0.113.9"},
    {"target_label": "another"},
    {"target_id": "7"},
    {"target_type": "accounts.token"},
    {"correlation": "f" * 32},
]


@pytest.mark.parametrize("edit", EDITS, ids=lambda edit: next(iter(edit)))
def test_an_edited_record_is_seen(edit: dict[str, Any]) -> None:
    _write(5)
    AuditRecord.objects.filter(pk=3).update(**edit)
    assert audit.verify() == audit.Fault(3, "edited")


def test_every_field_of_a_record_is_under_the_hash() -> None:
    covered = {next(iter(edit)) for edit in EDITS} | {"id", "hash", "previous_hash"}
    # Who may read a record is no part of what it says (ADR 6).
    assert {field.attname for field in AuditRecord._meta.fields} == covered | {"entity_id"}


def test_an_edit_with_its_hash_made_anew_breaks_the_next_link() -> None:
    _write(5)
    line = AuditRecord.objects.get(pk=3)
    line.action = "test.undone"
    AuditRecord.objects.filter(pk=3).update(action=line.action, hash=audit.link(line))
    assert audit.verify() == audit.Fault(4, "not chained to the record before it")


@pytest.mark.parametrize("gone", [1, 3])
def test_a_removed_record_is_seen(gone: int) -> None:
    _write(5)
    AuditRecord.objects.filter(pk=gone).delete()
    assert audit.verify() == audit.Fault(gone, "missing or out of place")


def test_a_cut_tail_is_seen() -> None:
    _write(5)
    AuditRecord.objects.filter(pk__gte=4).delete()
    assert audit.verify() == audit.Fault(4, "the tail is cut")


def test_a_tail_cut_with_its_head_is_seen_by_a_head_kept_elsewhere() -> None:
    _write(5)
    kept = audit.head()
    AuditRecord.objects.filter(pk__gte=4).delete()
    AuditHead.objects.update(last_id=3, last_hash=AuditRecord.objects.get(pk=3).hash)
    assert audit.verify() is None
    assert not audit.still_holds(kept)


def test_an_inserted_record_is_seen() -> None:
    _write(5)
    last = AuditRecord.objects.get(pk=5)
    forged = AuditRecord(pk=6, at=NOON, action="test.forged", previous_hash=last.hash)
    forged.hash = audit.link(forged)
    forged.save(force_insert=True)
    assert audit.verify() == audit.Fault(6, "inserted beyond the head")


def test_records_without_a_head_are_seen() -> None:
    _write(2)
    AuditHead.objects.all().delete()
    assert audit.verify() == audit.Fault(1, "records without a head")


def test_a_purge_keeps_the_chain_and_is_audited() -> None:
    _write(10)
    kept_before, head_before = audit.Head(4, AuditRecord.objects.get(pk=4).hash), audit.head()
    deleted = audit.purge(before=NOON + timedelta(minutes=6), now=NOON + timedelta(days=400))
    assert deleted == 6
    assert audit.verify() is None
    assert list(AuditRecord.objects.order_by("id").values_list("id", flat=True)) == [7, 8, 9, 10, 11]
    assert AuditRecord.objects.get(pk=11).action == "kernel.audit_purged"
    assert AuditRecord.objects.get(pk=11).data == {"through": 6, "count": 6}
    assert audit.still_holds(head_before)
    assert audit.still_holds(kept_before)


def test_a_second_purge_with_nothing_old_does_nothing() -> None:
    _write(3)
    later = NOON + timedelta(days=400)
    assert audit.purge(before=NOON + timedelta(minutes=1), now=later) == 1
    before = audit.head()
    assert audit.purge(before=NOON + timedelta(minutes=1), now=later) == 0
    assert audit.head() == before


def test_a_record_written_late_with_an_early_instant_takes_no_other_with_it() -> None:
    _write(3)
    audit.record(actor=None, action="test.late", now=NOON - timedelta(days=500))
    assert audit.purge(before=NOON - timedelta(days=400), now=NOON) == 0
    assert AuditRecord.objects.count() == 4


def test_a_deletion_dressed_up_as_a_purge_is_seen_by_the_kept_head() -> None:
    _write(10)
    kept = audit.head()
    line = AuditRecord.objects.get(pk=4)
    AuditRecord.objects.filter(pk__lte=4).delete()
    AuditHead.objects.update(purged_through_id=4, purged_hash="f" * 64)
    assert audit.verify() == audit.Fault(5, "not chained to the record before it")
    AuditHead.objects.update(purged_hash=line.hash)
    assert audit.still_holds(kept)  # a purge in due form: only its missing audit record tells
    assert not AuditRecord.objects.filter(action="kernel.audit_purged").exists()


json_values = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**60), 2**60) | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(data=st.dictionaries(st.text(max_size=10), json_values, max_size=4), label=st.text(max_size=300))
def test_whatever_is_recorded_comes_back_with_its_hash(data: dict[str, Any], label: str) -> None:
    # Hostile text (NUL, lone surrogates) and odd numbers must neither stop the writer nor break the chain.
    with transaction.atomic():
        user = User(pk=1, email="x@example.org", last_name=label)
        audit.record(actor=user, action="test.done", now=NOON, data=data)
        assert audit.verify() is None
        transaction.set_rollback(True)


class TestCommand:
    def test_prints_the_head_of_a_whole_trail(self, capsys: pytest.CaptureFixture[str]) -> None:
        _write(3)
        call_command("verify_audit")
        head = audit.head()
        assert f"Head: {head.id}:{head.hash}" in capsys.readouterr().out

    def test_accepts_a_head_printed_earlier(self, capsys: pytest.CaptureFixture[str]) -> None:
        _write(3)
        kept = audit.head()
        _write(3)
        call_command("verify_audit", f"--kept={kept.id}:{kept.hash}")
        assert "whole" in capsys.readouterr().out

    def test_fails_with_code_1_and_names_the_record(self) -> None:
        _write(3)
        AuditRecord.objects.filter(pk=2).update(action="test.undone")
        with pytest.raises(CommandError, match="record 2: edited") as caught:
            call_command("verify_audit")
        assert caught.value.returncode == 1

    def test_fails_when_the_kept_head_is_gone(self) -> None:
        _write(3)
        with pytest.raises(CommandError, match="kept head 3"):
            call_command("verify_audit", f"--kept=3:{'a' * 64}")

    @pytest.mark.parametrize("kept", ["", "3", "3:xyz", "-1:" + "a" * 64])
    def test_refuses_what_is_not_a_head(self, kept: str) -> None:
        with pytest.raises(CommandError):
            call_command("verify_audit", f"--kept={kept}")
