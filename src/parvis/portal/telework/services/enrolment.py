"""The enrolment path: opened, tried stage by stage, passed, finished. Twice is once; what was passed stays passed."""

from __future__ import annotations

from datetime import datetime

from allauth.mfa.models import Authenticator
from django.db import transaction
from django.db.models import Min
from django.utils.translation import gettext_lazy as _

from parvis.portal.accounts.models import User
from parvis.portal.accounts.second_factor import MAIN_TYPES
from parvis.portal.directory.models import Agent
from parvis.portal.kernel import audit, clock, events
from parvis.portal.kernel.authz import require
from parvis.portal.kernel.errors import Conflict
from parvis.portal.telework import enrolment_queries, path_permissions, path_rules, rules
from parvis.portal.telework.enrolment_events import EnrolmentFinished, StagePassed
from parvis.portal.telework.models import Enrolment, Request, Try

CODE_LENGTH = 40
MOST = 2_000_000_000
"""What the columns of measures hold on every database: a browser may send anything."""


@transaction.atomic
def begin(*, enrolment: Enrolment, now: datetime, actor: User | None = None) -> Enrolment:
    """The agent opens the path. Their second factor was asked before any page: the first stage is behind them.

    The first opening counts; `enrolment` comes back as it now stands.

    Raises:
        NotAllowed: `actor` is not the agent.
    """
    if actor is not None:
        require(path_permissions.can_follow(actor, enrolment))
    started = _opened_at(enrolment, now)
    if Enrolment.objects.filter(pk=enrolment.pk, started_at__isnull=True).update(started_at=started):
        audit.record(actor=actor, action="telework.path_opened", target=enrolment, now=now)
    note_try(enrolment=enrolment, stage=rules.Stage.FACTOR, outcome=Try.Outcome.PASSED, now=now, actor=actor)
    enrolment.refresh_from_db(fields=_MOVING)
    return enrolment


@transaction.atomic
def note_try(
    *, enrolment: Enrolment, stage: str, outcome: str, code: str = "", now: datetime, actor: User | None = None
) -> Try | None:
    """An attempt at a stage; what was passed, or already noted a moment ago, is not written again.

    A stage may be passed before those in front of it (a screen opened by other ways): the path goes on at the first
    that is not. None: nothing to note (the telework is not open any more, the level has no such stage, or it was
    passed before). `enrolment` comes back as it now stands.
    """
    held = _held(enrolment)
    noted = None
    if held is not None and stage in rules.STAGES[held.level]:
        passed = _passed(held)
        if stage not in passed:
            note = _stumbled if outcome == Try.Outcome.FAILED else _gone_through
            noted = note(held, passed, Try(stage=str(stage), outcome=outcome, code=code[:CODE_LENGTH], at=now), actor)
    enrolment.refresh_from_db(fields=_MOVING)
    return noted


_MOVING = (
    "started_at", "stage", "blocked_code", "blocked_at", "finished_at", "working_at",
    "down_kbps", "latency_ms", "line_quality", "measured_at",
)  # fmt: skip


@transaction.atomic
def measured(
    *,
    enrolment: Enrolment,
    measure: rules.Measure,
    now: datetime,
    actor: User | None = None,
    at_office: bool = False,
) -> path_rules.Verdict:
    """Keep what the browser measured, and pass the stage if the line is good enough.

    The newest measure is kept, also once the stage is passed: a line may be measured again.

    Raises:
        NotAllowed: `actor` is not the agent.
    """
    if actor is not None:
        require(path_permissions.can_follow(actor, enrolment))
    found = path_rules.verdict(measure, level=enrolment.level, at_office=at_office)
    Enrolment.objects.filter(pk=enrolment.pk).update(
        down_kbps=min(measure.down_kbps, MOST),
        latency_ms=min(measure.latency_ms, MOST),
        line_quality=found.quality,
        measured_at=now,
    )
    outcome = Try.Outcome.FAILED if found.stumble else Try.Outcome.PASSED
    code = found.stumble or found.quality
    note_try(enrolment=enrolment, stage=rules.Stage.CONNECTION, outcome=outcome, code=str(code), now=now, actor=actor)
    return found


@transaction.atomic
def browser_too_old(*, enrolment: Enrolment, now: datetime, actor: User) -> None:
    """The check does not even start in the agent's browser.

    Raises:
        NotAllowed: `actor` is not the agent.
    """
    require(path_permissions.can_follow(actor, enrolment))
    note_try(
        enrolment=enrolment,
        stage=rules.Stage.CONNECTION,
        outcome=Try.Outcome.FAILED,
        code=path_rules.Stumble.OLD_BROWSER,
        now=now,
        actor=actor,
    )


@transaction.atomic
def go_on_anyway(*, enrolment: Enrolment, now: datetime, actor: User) -> None:
    """Pass the connection check although it found something one may live with. Pressed twice, once.

    Raises:
        NotAllowed: `actor` is not the agent.
        Conflict: what was found cannot be lived with, or nothing was measured.
    """
    require(path_permissions.can_follow(actor, enrolment))
    enrolment.refresh_from_db(fields=_MOVING)
    if enrolment.stage != rules.Stage.CONNECTION and enrolment.started_at is not None:
        return
    if enrolment.blocked_code not in path_rules.PASSABLE:
        raise Conflict(_("Faites d’abord la mesure de votre connexion."), code="not_measured")
    note_try(
        enrolment=enrolment,
        stage=rules.Stage.CONNECTION,
        outcome=Try.Outcome.PASSED,
        code=enrolment.blocked_code,
        now=now,
        actor=actor,
    )


@transaction.atomic
def finish(*, enrolment: Enrolment, now: datetime, actor: User) -> None:
    """The guide was read: the path is gone through. Pressed twice, once.

    Raises:
        NotAllowed: `actor` is not the agent.
        Conflict: another stage is still to be done.
    """
    require(path_permissions.can_follow(actor, enrolment))
    enrolment.refresh_from_db(fields=_MOVING)
    if enrolment.finished_at is not None:
        return
    if enrolment.stage != rules.Stage.GUIDE:
        raise Conflict(_("Une étape reste à faire avant celle-ci."), code="stage_missing")
    note_try(enrolment=enrolment, stage=rules.Stage.GUIDE, outcome=Try.Outcome.PASSED, now=now, actor=actor)


@transaction.atomic
def note_screen(*, agent: Agent, now: datetime) -> None:
    """The agent sees their own screen: the stage of the computer is passed; on a later day, they work."""
    enrolment = enrolment_queries.path_of(agent)
    if enrolment is None:
        return
    note_try(enrolment=enrolment, stage=rules.Stage.COMPUTER, outcome=Try.Outcome.PASSED, code="session", now=now)
    if enrolment.finished_at is not None and clock.today(enrolment.finished_at) < clock.today(now):
        Enrolment.objects.filter(pk=enrolment.pk, working_at__isnull=True).update(working_at=now)


def _held(enrolment: Enrolment) -> Enrolment | None:
    """The row, kept for this transaction: of two stages passed at once, the second sees the first."""
    rows = Enrolment.objects.select_for_update(of=("self",)).select_related("agent")
    return rows.filter(pk=enrolment.pk, request__state=Request.State.OPEN).first()


def _passed(enrolment: Enrolment) -> dict[str, datetime]:
    tries = enrolment.tries.exclude(outcome=Try.Outcome.FAILED)
    return dict(tries.values_list("stage", "at"))


def _stumbled(held: Enrolment, passed: dict[str, datetime], attempt: Try, actor: User | None) -> Try | None:
    again = held.tries.filter(
        stage=attempt.stage,
        outcome=Try.Outcome.FAILED,
        code=attempt.code,
        at__gt=attempt.at - path_rules.SAME_AGAIN,
    )
    noted = None
    if not again.exists():
        attempt.enrolment, attempt.seconds = held, _seconds(held, passed, attempt.at)
        attempt.save(force_insert=True)
        noted = attempt
    if held.stage == attempt.stage and held.blocked_code != attempt.code:
        Enrolment.objects.filter(pk=held.pk).update(blocked_code=attempt.code, blocked_at=attempt.at)
    return noted


def _gone_through(held: Enrolment, passed: dict[str, datetime], attempt: Try, actor: User | None) -> Try:
    attempt.enrolment, attempt.seconds = held, _seconds(held, passed, attempt.at)
    attempt.save(force_insert=True)
    left = rules.next_stage(held.level, {*passed, attempt.stage})
    at = left or rules.STAGES[held.level][-1]
    if at != held.stage:
        held.stage, held.blocked_code, held.blocked_at = at, "", None
    elif left is None:
        held.blocked_code, held.blocked_at = "", None
    held.started_at = held.started_at or attempt.at
    held.finished_at = attempt.at if left is None else None
    held.save(update_fields=["stage", "blocked_code", "blocked_at", "started_at", "finished_at"])
    data = {"stage": attempt.stage, "outcome": attempt.outcome, "code": attempt.code, "seconds": attempt.seconds}
    audit.record(actor=actor, action="telework.stage_passed", target=held, now=attempt.at, data=data)
    events.publish(StagePassed(enrolment_id=held.pk, stage=attempt.stage, at=attempt.at))
    if left is None:
        audit.record(actor=actor, action="telework.enrolment_finished", target=held, now=attempt.at)
        events.publish(EnrolmentFinished(enrolment_id=held.pk, at=attempt.at))
    return attempt


def _seconds(held: Enrolment, passed: dict[str, datetime], now: datetime) -> int:
    """Since the stage before was passed, or the path opened."""
    since = max([*passed.values(), *([held.started_at] if held.started_at else [])], default=now)
    return min(max(int((now - since).total_seconds()), 0), MOST)


def _opened_at(enrolment: Enrolment, now: datetime) -> datetime:
    user = enrolment.agent.user
    if user is None:
        return now
    factors = Authenticator.objects.filter(user=user, type__in=MAIN_TYPES)
    made = factors.aggregate(first=Min("created_at"))["first"]
    return path_rules.opened_at(invited=enrolment.invited_at, sign_in=user.last_login, factor=made, now=now)
