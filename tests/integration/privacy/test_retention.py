"""Retention by kind: one rule, in one place; purged in batches, audited, never below what the law asks."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from parvis.portal.accounts.models import RecoveryRequest, Token, User
from parvis.portal.accounts.personal_data import ANONYMOUS
from parvis.portal.directory import services as directory
from parvis.portal.directory.models import Agent
from parvis.portal.kernel import audit, clock
from parvis.portal.kernel.errors import Invalid, NotAllowed, NotFound
from parvis.portal.kernel.models import AuditRecord
from parvis.portal.privacy import registry, retention, rules
from parvis.portal.privacy.models import Consultation, KindState
from parvis.portal.privacy.registry import Kind
from tests.integration import authority
from tests.integration.signing_in import browser_of

from .conftest import Town

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)


def test_audit_records_past_their_time_go_and_the_chain_still_holds() -> None:
    for days in (500, 400, 10):
        audit.record(actor=None, action="test.happened", now=NOW - timedelta(days=days))
    retention.purge_all(NOW)
    actions = [record.action for record in AuditRecord.objects.order_by("id")]
    assert actions == ["test.happened", "kernel.audit_purged", "privacy.purged"]
    assert audit.verify() is None
    retention.purge_all(NOW)  # again: nothing left to purge, nothing recorded
    assert AuditRecord.objects.count() == 3


def test_the_trail_goes_in_batches_and_verifies_in_between(monkeypatch: pytest.MonkeyPatch) -> None:
    from parvis.portal.privacy import personal_data

    monkeypatch.setattr(personal_data, "AUDIT_BATCH", 10)
    for number in range(25):
        audit.record(actor=None, action="test.happened", now=NOW - timedelta(days=500, seconds=-number))
    before = rules.kept_since(NOW, 12)
    seen = []
    while gone := personal_data.purge_trail(before):
        seen.append(gone)
        assert audit.verify() is None
    assert seen == [10, 10, 5]


class TestTheChoice:
    def test_it_stays_within_the_bounds_of_the_law(self, town: Town) -> None:
        for months in (0, 2, 37, 10_000):
            with pytest.raises(Invalid):
                retention.set_months(actor=town.head, name="audit", months=months, now=NOW)
        retention.set_months(actor=town.head, name="audit", months=6, now=NOW)
        assert retention.months_of(_kind("audit")) == 6
        line = AuditRecord.objects.get(action="privacy.retention_changed")
        assert line.data == {"kind": "audit", "before": 12, "months": 6}

    def test_a_choice_from_another_time_never_undercuts_the_minimum(self) -> None:
        KindState.objects.create(kind="audit", months=1)
        assert retention.months_of(_kind("audit")) == 3

    def test_it_is_the_whole_authoritys(self, town: Town) -> None:
        from parvis.portal.directory.models import Role

        commune = authority.make_member(town.here, Role.HEAD_OF_IT)
        for actor in (commune, town.auditor, town.technician, town.user):
            with pytest.raises(NotAllowed):
                retention.set_months(actor=actor, name="audit", months=6, now=NOW)

    def test_what_has_no_retention_has_none_to_choose(self, town: Town) -> None:
        for name in ("account", "nothing"):
            with pytest.raises(NotFound):
                retention.set_months(actor=town.head, name=name, months=6, now=NOW)

    def test_the_same_again_changes_nothing(self, town: Town) -> None:
        retention.set_months(actor=town.head, name="audit", months=12, now=NOW)
        assert not AuditRecord.objects.exists()


class TestThePages:
    def test_the_register_says_what_why_and_how_long(self, town: Town) -> None:
        retention.purge_all(NOW)
        page = browser_of(town.head).get("/donnees/conservation/").content.decode()
        for kind in registry.kinds():
            assert str(kind.title) in page
            assert "RGPD" in str(kind.legal_basis), kind.name
        assert "/donnees/conservation/modifier/?donnees=audit" in page
        page = browser_of(town.auditor).get("/donnees/conservation/").content.decode()
        assert "modifier/?donnees=audit" not in page
        for nobody in (town.technician, town.user):
            assert browser_of(nobody).get("/donnees/conservation/").status_code == 403

    def test_first_what_would_go_then_the_change(self, town: Town) -> None:
        for days in (300, 250, 100):
            _consultation(town, clock.now() - timedelta(days=days))
        client, address = browser_of(town.head), "/donnees/conservation/modifier/?donnees=consultations"
        page = client.post(address, {"months": 6}).content.decode()
        assert "2 lignes" in page
        assert retention.months_of(_kind("consultations")) == 12
        assert client.post(address, {"months": 6, "confirmed": "1"}).status_code == 302
        assert retention.months_of(_kind("consultations")) == 6
        page = client.get("/donnees/conservation/apercu/?donnees=consultations").content.decode()
        assert "2 lignes" in page
        assert Consultation.objects.count() == 3, "looking deletes nothing"
        retention.purge_all(clock.now())
        assert Consultation.objects.count() == 1

    def test_wrong_values_are_told(self, town: Town) -> None:
        client, address = browser_of(town.head), "/donnees/conservation/modifier/?donnees=audit"
        for months in ("", "x", "1", "-3", "9" * 30):
            answer = client.post(address, {"months": months, "confirmed": "1"})
            assert answer.status_code == 200, months
        assert client.get("/donnees/conservation/modifier/?donnees=account").status_code == 404
        assert client.get("/donnees/conservation/modifier/?donnees=../../etc").status_code == 404
        assert not KindState.objects.exclude(months=None).exists()

    def test_a_change_wants_a_fresh_second_factor(self, town: Town) -> None:
        stale = browser_of(town.head, age=400)
        answer = stale.post("/donnees/conservation/modifier/?donnees=audit", {"months": 6, "confirmed": "1"})
        assert answer["Location"].startswith("/compte/confirmation/")

    def test_the_page_counts_nothing_itself(self, town: Town, django_assert_max_num_queries: object) -> None:
        client = browser_of(town.head)
        client.get("/donnees/conservation/")
        with django_assert_max_num_queries(30):  # type: ignore[operator]
            client.get("/donnees/conservation/")


class TestThePurge:
    def test_one_kind_that_fails_does_not_stop_the_others(self, town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
        _consultation(town, NOW - timedelta(days=800))
        broken = Kind(name="broken", title="x", legal_basis="x", retention_months=1, purge=lambda before: 1 // 0)
        monkeypatch.setattr(registry, "_kinds", {"broken": broken, **registry._kinds})
        gone = retention.purge_all(NOW)
        assert "broken" not in gone
        assert gone["consultations"] == 1

    def test_it_takes_batches_and_leaves_the_rest_for_the_next_run(self, monkeypatch: pytest.MonkeyPatch) -> None:
        calls: list[datetime] = []

        def purge(before: datetime) -> int:
            calls.append(before)
            return 500

        endless = Kind(name="endless", title="x", legal_basis="x", retention_months=1, purge=purge)
        assert retention.purge(endless, now=NOW) == 500 * rules.BATCHES_PER_RUN
        assert len(calls) == rules.BATCHES_PER_RUN

    def test_figures_are_kept_for_the_page(self, town: Town) -> None:
        _consultation(town, NOW - timedelta(days=3))
        retention.purge_all(NOW)
        state = KindState.objects.get(kind="consultations")
        assert (state.rows, state.counted_at) == (1, NOW)
        assert state.oldest_at == NOW - timedelta(days=3)

    def test_what_is_over_goes_and_what_is_open_stays(self, town: Town) -> None:
        long_ago = NOW - timedelta(days=900)
        for state, user in (("asked", town.user), ("refused", town.auditor)):
            RecoveryRequest.objects.create(user=user, state=state, opened_at=long_ago, expires_at=long_ago)
        for number, day in enumerate((long_ago.date(), clock.today(NOW))):
            Token.objects.create(
                user=town.user, name="x", digest=str(number) * 64, created_at=long_ago, expires_date=day
            )
        retention.purge_all(NOW)
        assert list(RecoveryRequest.objects.values_list("state", flat=True)) == ["asked"]
        assert Token.objects.count() == 1


class TestWhoLeft:
    def test_the_name_goes_and_the_row_stays(self, town: Town) -> None:
        user = town.user
        directory.deactivate_agent(actor=None, agent=town.claire, now=NOW - timedelta(days=400))
        town.claire.refresh_from_db()
        assert town.claire.ends_date == clock.today(NOW - timedelta(days=400))
        retention.purge_all(NOW)
        town.claire.refresh_from_db()
        user.refresh_from_db()
        assert town.claire.email.endswith(ANONYMOUS)
        assert user.email.endswith(ANONYMOUS)
        assert "Claire" not in f"{town.claire} {town.claire.search} {user}"
        assert not user.has_usable_password()
        assert town.claire.entity == town.here
        assert retention.purge_all(NOW)["agents"] == 0, "once"

    def test_who_is_in_post_or_left_lately_keeps_theirs(self, town: Town) -> None:
        directory.deactivate_agent(actor=None, agent=town.claire, now=NOW - timedelta(days=40))
        Agent.objects.filter(pk=town.stranger.pk).update(ends_date=clock.today(NOW - timedelta(days=900)))
        retention.purge_all(NOW)
        assert not Agent.objects.filter(email__endswith=ANONYMOUS).exists()
        assert not User.objects.filter(email__endswith=ANONYMOUS).exists()

    def test_who_left_before_days_were_kept_begins_to_count_now(self, town: Town) -> None:
        Agent.objects.filter(pk=town.claire.pk).update(is_active=False, ends_date=None)
        retention.purge_all(NOW)
        town.claire.refresh_from_db()
        assert town.claire.ends_date == clock.today()
        assert town.claire.first_name == "Claire"

    def test_coming_back_forgets_the_last_day(self, town: Town) -> None:
        directory.deactivate_agent(actor=None, agent=town.claire, now=NOW)
        directory.reactivate_agent(actor=None, agent=town.claire, now=NOW + timedelta(days=3))
        town.claire.refresh_from_db()
        assert town.claire.ends_date is None


def test_every_kind_has_sane_bounds_and_something_to_do() -> None:
    names = [kind.name for kind in registry.kinds()]
    assert len(names) == len(set(names)) >= 12
    for kind in registry.kinds():
        assert kind.name.isascii()
        assert kind.name.replace("_", "").islower()
        if kind.retention_months is not None:
            assert kind.purge or kind.rows, f"{kind.name} is kept for a time and never deleted"
    audit_kind = _kind("audit")
    assert audit_kind.shortest_months >= 3, "ReCyF"


def _kind(name: str) -> Kind:
    found = registry.kind_named(name)
    assert found is not None
    return found


def _consultation(town: Town, at: datetime) -> None:
    Consultation.objects.create(viewer=town.technician, viewer_label="Yann", agent=town.claire, page="card", hour_at=at)
