"""The enrolment path: begun, stumbled on, passed, finished; twice is once."""

from __future__ import annotations

from datetime import timedelta

import pytest
from allauth.mfa.models import Authenticator
from django.db.models import F

from parvis.portal.accounts.models import User
from parvis.portal.directory.models import Entity
from parvis.portal.kernel.errors import Conflict, NotAllowed
from parvis.portal.kernel.events import recorded
from parvis.portal.kernel.models import AuditRecord
from parvis.portal.telework import enrolment_queries, rules
from parvis.portal.telework.enrolment_events import EnrolmentFinished, StagePassed
from parvis.portal.telework.models import Enrolment, Request, Try
from parvis.portal.telework.path_rules import Stumble
from parvis.portal.telework.rules import LEVEL_1, Quality, Stage
from parvis.portal.telework.services import enrolment as services
from tests.integration.authority import make_entity, make_user
from tests.integration.signing_in import give_second_factor
from tests.integration.telework.pathing import BLOCKED, GOOD, NOW, POOR, at_stage, invited, opened

pytestmark = pytest.mark.django_db


@pytest.fixture
def town() -> Entity:
    return make_entity("Ville")


def minutes(count: float) -> timedelta:
    return timedelta(minutes=count)


def user_of(enrolment: Enrolment) -> User:
    assert enrolment.agent.user is not None
    return enrolment.agent.user


def tries(enrolment: Enrolment) -> list[tuple[str, str, str, int]]:
    return list(enrolment.tries.values_list("stage", "outcome", "code", "seconds"))


class TestBegin:
    def test_opening_it_puts_the_second_factor_behind(self, town: Entity) -> None:
        enrolment = opened(invited(town))
        assert (enrolment.started_at, enrolment.stage) == (NOW, Stage.CONNECTION)
        assert tries(enrolment) == [("factor", "passed", "", 0)]

    def test_opened_again_nothing_moves(self, town: Entity) -> None:
        enrolment = opened(invited(town))
        opened(enrolment, NOW + minutes(60))
        assert enrolment.started_at == NOW
        assert len(tries(enrolment)) == 1
        assert AuditRecord.objects.filter(action="telework.path_opened").count() == 1

    def test_a_second_factor_made_on_the_way_is_counted(self, town: Entity) -> None:
        enrolment = invited(town, at=NOW - timedelta(days=1))
        user = user_of(enrolment)
        give_second_factor(user)
        Authenticator.objects.filter(user=user).update(created_at=NOW - minutes(1))
        User.objects.filter(pk=user.pk).update(last_login=NOW - minutes(6))
        user.refresh_from_db()
        opened(enrolment)
        assert enrolment.started_at == NOW - minutes(6)
        assert tries(enrolment) == [("factor", "passed", "", 360)]

    def test_nobody_opens_somebody_elses(self, town: Entity) -> None:
        enrolment = invited(town)
        with pytest.raises(NotAllowed):
            services.begin(enrolment=enrolment, now=NOW, actor=make_user())
        assert not enrolment.tries.exists()


class TestTries:
    def test_time_is_counted_from_the_stage_before(self, town: Entity) -> None:
        enrolment = opened(invited(town))
        services.note_try(enrolment=enrolment, stage="connection", outcome="failed", code="x", now=NOW + minutes(1))
        assert (enrolment.blocked_code, enrolment.blocked_at) == ("x", NOW + minutes(1))
        services.note_try(enrolment=enrolment, stage="connection", outcome="passed", now=NOW + minutes(4))
        services.note_try(enrolment=enrolment, stage="computer", outcome="passed", now=NOW + minutes(5))
        assert [each[3] for each in tries(enrolment)] == [0, 60, 240, 60]
        assert (enrolment.stage, enrolment.blocked_code, enrolment.blocked_at) == (Stage.GUIDE, "", None)

    def test_the_same_failure_within_a_minute_is_the_same_try(self, town: Entity) -> None:
        enrolment = opened(invited(town))

        def fail(code: str, after: float) -> Try | None:
            return services.note_try(
                enrolment=enrolment, stage="connection", outcome="failed", code=code, now=NOW + minutes(after)
            )

        assert fail("x", 1) is not None
        assert fail("x", 1.5) is None
        assert fail("y", 1.6) is not None
        assert fail("x", 5) is not None
        assert enrolment.tries.filter(outcome="failed").count() == 3

    def test_blocked_since_the_first_of_the_same(self, town: Entity) -> None:
        enrolment = opened(invited(town))
        for after in (1, 5):
            services.note_try(
                enrolment=enrolment, stage="connection", outcome="failed", code="x", now=NOW + minutes(after)
            )
        assert enrolment.blocked_at == NOW + minutes(1)

    def test_passed_once(self, town: Entity) -> None:
        enrolment = opened(invited(town))
        with recorded(StagePassed) as passed:
            for outcome in ("passed", "passed", "helped", "failed"):
                services.note_try(enrolment=enrolment, stage="connection", outcome=outcome, now=NOW)
        assert [each.stage for each in passed] == ["connection"]
        assert enrolment.tries.filter(stage="connection").count() == 1
        assert enrolment.stage == Stage.COMPUTER

    def test_what_was_passed_before_its_turn_stays_passed(self, town: Entity) -> None:
        enrolment = opened(invited(town))
        services.note_try(enrolment=enrolment, stage="connection", outcome="failed", code="x", now=NOW)
        services.note_try(enrolment=enrolment, stage="computer", outcome="passed", now=NOW)
        assert (enrolment.stage, enrolment.blocked_code) == (Stage.CONNECTION, "x")
        services.note_try(enrolment=enrolment, stage="connection", outcome="helped", now=NOW)
        assert (enrolment.stage, enrolment.blocked_code) == (Stage.GUIDE, "")

    def test_a_stage_the_level_does_not_have(self, town: Entity) -> None:
        enrolment = opened(invited(town, level=LEVEL_1))
        assert services.note_try(enrolment=enrolment, stage="computer", outcome="passed", now=NOW) is None
        assert enrolment.stage == Stage.CONNECTION

    @pytest.mark.parametrize("state", ["suspended", "ended"])
    def test_nothing_is_noted_once_telework_is_shut(self, town: Entity, state: str) -> None:
        enrolment = opened(invited(town))
        Request.objects.filter(pk=enrolment.request_id).update(state=state)
        assert services.note_try(enrolment=enrolment, stage="connection", outcome="passed", now=NOW) is None
        assert enrolment.stage == Stage.CONNECTION

    def test_the_last_one_finishes(self, town: Entity) -> None:
        enrolment = at_stage(invited(town), Stage.GUIDE)
        with recorded(EnrolmentFinished) as finished:
            for _twice in range(2):
                services.finish(enrolment=enrolment, now=NOW + minutes(9), actor=user_of(enrolment))
        assert [each.enrolment_id for each in finished] == [enrolment.pk]
        assert enrolment.finished_at == NOW + minutes(9)
        assert enrolment.stage == Stage.GUIDE

    def test_the_guide_does_not_stand_in_for_the_others(self, town: Entity) -> None:
        enrolment = opened(invited(town))
        with pytest.raises(Conflict):
            services.finish(enrolment=enrolment, now=NOW, actor=user_of(enrolment))
        assert enrolment.finished_at is None

    def test_passed_by_a_screen_before_the_path_was_opened(self, town: Entity) -> None:
        enrolment = invited(town)
        services.note_try(enrolment=enrolment, stage="computer", outcome="passed", now=NOW)
        assert (enrolment.started_at, enrolment.stage) == (NOW, Stage.FACTOR)


class TestConnection:
    def measure(self, enrolment: Enrolment, measure: rules.Measure, *, at_office: bool = False) -> Stumble | None:
        return services.measured(
            enrolment=enrolment, measure=measure, now=NOW, actor=user_of(enrolment), at_office=at_office
        ).stumble

    def test_a_good_line_passes(self, town: Entity) -> None:
        enrolment = opened(invited(town))
        assert self.measure(enrolment, GOOD) is None
        assert enrolment.stage == Stage.COMPUTER
        assert (enrolment.down_kbps, enrolment.latency_ms, enrolment.line_quality) == (20_000, 30, Quality.GOOD)

    def test_a_slow_line_stops_until_the_agent_goes_on(self, town: Entity) -> None:
        enrolment = opened(invited(town))
        assert self.measure(enrolment, POOR) is Stumble.LINE_POOR
        assert (enrolment.stage, enrolment.blocked_code) == (Stage.CONNECTION, "line_poor")
        for _twice in range(2):
            services.go_on_anyway(enrolment=enrolment, now=NOW, actor=user_of(enrolment))
        assert enrolment.stage == Stage.COMPUTER
        assert tries(enrolment)[-1][:3] == ("connection", "passed", "line_poor")

    def test_a_blocked_screen_cannot_be_waved_through(self, town: Entity) -> None:
        enrolment = opened(invited(town))
        self.measure(enrolment, BLOCKED)
        with pytest.raises(Conflict):
            services.go_on_anyway(enrolment=enrolment, now=NOW, actor=user_of(enrolment))
        assert enrolment.stage == Stage.CONNECTION

    def test_nothing_measured_nothing_to_go_on_with(self, town: Entity) -> None:
        enrolment = opened(invited(town))
        with pytest.raises(Conflict):
            services.go_on_anyway(enrolment=enrolment, now=NOW, actor=user_of(enrolment))

    def test_at_the_office_it_says_nothing_of_home(self, town: Entity) -> None:
        enrolment = opened(invited(town))
        assert self.measure(enrolment, GOOD, at_office=True) is Stumble.AT_OFFICE
        assert enrolment.stage == Stage.CONNECTION

    def test_measured_again_later_the_newest_is_kept_and_nothing_moves(self, town: Entity) -> None:
        enrolment = opened(invited(town))
        self.measure(enrolment, GOOD)
        self.measure(enrolment, POOR)
        assert (enrolment.stage, enrolment.blocked_code, enrolment.down_kbps) == (Stage.COMPUTER, "", 300)
        assert enrolment.tries.filter(stage="connection").count() == 1

    def test_figures_no_column_holds(self, town: Entity) -> None:
        enrolment = opened(invited(town))
        self.measure(enrolment, rules.Measure(down_kbps=10**12, latency_ms=10**12))
        assert enrolment.down_kbps == services.MOST


class TestScreen:
    def test_ones_own_screen_passes_the_stage(self, town: Entity) -> None:
        enrolment = at_stage(invited(town), Stage.COMPUTER)
        services.note_screen(agent=enrolment.agent, now=NOW + minutes(9))
        enrolment.refresh_from_db()
        assert enrolment.stage == Stage.GUIDE

    def test_working_is_a_screen_on_a_later_day(self, town: Entity) -> None:
        enrolment = at_stage(invited(town), Stage.GUIDE)
        services.finish(enrolment=enrolment, now=NOW, actor=user_of(enrolment))
        services.note_screen(agent=enrolment.agent, now=NOW + minutes(30))
        enrolment.refresh_from_db()
        assert enrolment.working_at is None
        for days in (1, 2):
            services.note_screen(agent=enrolment.agent, now=NOW + timedelta(days=days))
        enrolment.refresh_from_db()
        assert enrolment.working_at == NOW + timedelta(days=1)

    def test_who_is_on_no_path(self, town: Entity) -> None:
        enrolment = invited(town)
        Request.objects.update(state="ended")
        services.note_screen(agent=enrolment.agent, now=NOW)
        assert enrolment_queries.path_of(enrolment.agent) is None


def test_every_move_is_in_the_trail(town: Entity) -> None:
    enrolment = at_stage(invited(town), Stage.GUIDE)
    services.finish(enrolment=enrolment, now=NOW, actor=user_of(enrolment))
    found = AuditRecord.objects.filter(target_id=str(enrolment.pk), action__startswith="telework.").order_by(F("id"))
    assert [each.action for each in found] == [
        "telework.path_opened", *["telework.stage_passed"] * 4, "telework.enrolment_finished",
    ]  # fmt: skip
