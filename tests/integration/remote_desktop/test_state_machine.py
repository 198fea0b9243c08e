"""Any sequence of clicks, events, cuts, kills, heartbeats and sweeps leaves a session that makes sense."""

from __future__ import annotations

import uuid
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Sum
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase
from hypothesis.stateful import Bundle, RuleBasedStateMachine, consumes, invariant, multiple, rule

from parvis.portal.kernel import audit
from parvis.portal.kernel.errors import ParvisError
from parvis.portal.remote_desktop import rules, services
from parvis.portal.remote_desktop.models import Connection, RemoteSession
from parvis.portal.remote_desktop.services import Grant
from tests.integration.remote_desktop.conftest import NOW, make_office

REASONS = sorted(code for code, each in rules.END_REASONS.items() if each.close_code)


class Life(RuleBasedStateMachine):
    """One agent, one PC, one gateway that may be killed; reports arrive in any order, several times or late."""

    tickets: Bundle[Grant] = Bundle("tickets")
    redeemed: Bundle[Grant] = Bundle("redeemed")
    reports: Bundle[services.Happening] = Bundle("reports")

    def __init__(self) -> None:
        super().__init__()
        self.office = make_office()
        self.now: datetime = NOW
        self.seen: dict[Any, str] = {}
        self.spent: set[Any] = set()

    @rule(target=tickets)
    def click(self) -> Any:
        try:
            return self.office.request(self.now)
        except ParvisError:
            return multiple()

    @rule(target=tickets, before=tickets)
    def come_back(self, before: Grant) -> Any:
        try:
            return self.office.request(self.now, RemoteSession.objects.get(pk=before.session.pk))
        except ParvisError:
            return multiple()

    @rule(target=redeemed, grant=tickets)
    def redeem(self, grant: Grant) -> Any:
        try:
            self.office.redeem(grant, self.now)
        except ParvisError:
            return multiple()
        assert grant.connection.pk not in self.spent, "redeemed twice"
        self.spent.add(grant.connection.pk)
        return grant

    @rule(target=reports, grant=redeemed)
    def start(self, grant: Grant) -> services.Happening:
        return services.Happening(id=uuid.uuid4(), kind="started", at=self.now, connection=grant.connection.pk)

    @rule(
        target=reports,
        grant=consumes(redeemed),
        reason=st.sampled_from(REASONS),
        size=st.integers(0, 1000),
    )
    def stop(self, grant: Grant, reason: str, size: int) -> services.Happening:
        return services.Happening(
            id=uuid.uuid4(),
            kind="ended",
            at=self.now,
            connection=grant.connection.pk,
            reason=reason,
            up=size,
            down=size,
        )

    @rule(some=st.lists(reports, max_size=4))
    def deliver(self, some: list[services.Happening]) -> None:
        assert services.take_in(some, now=self.now) == [each.id for each in some]

    @rule(some=st.lists(tickets, max_size=3))
    def beat(self, some: list[Grant]) -> None:
        ends = self.office.beat(*some, now=self.now)
        assert set(ends) <= {each.connection.pk for each in some}
        for each in some:
            if RemoteSession.objects.get(pk=each.session.pk).state == "ended":
                assert each.connection.pk in ends, "an ended session stays open at the gateway"

    @rule()
    def kill_the_gateway(self) -> None:
        self.office.boot = uuid.uuid4()
        services.hello(gateway="gw-1", boot=self.office.boot, version="1", now=self.now)
        assert not Connection.objects.filter(redeemed_at__isnull=False, ended_at__isnull=True).exists()

    @rule(seconds=st.sampled_from([1, 15, 61, 200, 400]))
    def wait(self, seconds: int) -> None:
        self.now += timedelta(seconds=seconds)

    @rule()
    def sweep(self) -> None:
        services.sweep(now=self.now)
        assert services.sweep(now=self.now).ended == 0

    @rule(grant=tickets)
    def finish(self, grant: Grant) -> None:
        session = RemoteSession.objects.select_related("user", "computer").get(pk=grant.session.pk)
        services.end_session(actor=self.office.user, session=session, now=self.now)

    @invariant()
    def sessions_make_sense(self) -> None:
        for session in RemoteSession.objects.all():
            before = self.seen.get(session.pk, "requested")
            assert before == session.state or _reachable(before, session.state), (before, session.state)
            self.seen[session.pk] = session.state
            assert (session.state == "ended") == (session.ended_at is not None) == bool(session.end_reason)
            assert session.state != "interrupted" or session.interrupted_at is not None
            sums = session.connections.aggregate(up=Sum("bytes_up"), down=Sum("bytes_down"))
            assert (session.bytes_up, session.bytes_down) == (sums["up"] or 0, sums["down"] or 0)
        assert RemoteSession.objects.exclude(state="ended").count() <= 1, "one screen of one PC per agent"

    def teardown(self) -> None:
        # Whatever happened: once everybody has gone, everything ends, and the trail is whole.
        self.now += timedelta(hours=1)
        services.sweep(now=self.now)
        self.now += timedelta(hours=1)
        services.sweep(now=self.now)
        assert not RemoteSession.objects.exclude(state="ended").exists()
        assert audit.verify() is None


def _reachable(before: str, after: str) -> bool:
    """Several moves may lie between two looks."""
    known, new = set(), {before}
    while new - known:
        known |= new
        new = {to for state in known for to in rules.SESSION_MOVES[state]}
    return after in known - {before}


class TestLife(TestCase):
    """Each example in a transaction that is rolled back."""

    def test_life(self) -> None:
        from django.db import transaction
        from hypothesis.stateful import run_state_machine_as_test

        class Isolated(Life):
            def __init__(self) -> None:
                self.atomic = transaction.atomic()
                self.atomic.__enter__()
                super().__init__()

            def teardown(self) -> None:
                try:
                    super().teardown()
                finally:
                    transaction.set_rollback(True)
                    self.atomic.__exit__(None, None, None)

        run_state_machine_as_test(
            Isolated,
            settings=settings(
                max_examples=40, stateful_step_count=25, deadline=None, suppress_health_check=list(HealthCheck)
            ),
        )
