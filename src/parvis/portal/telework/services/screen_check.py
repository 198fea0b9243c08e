"""The stage "does my office screen work?": looked at, repaired where it can be, passed when the screen was seen."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from parvis.portal.accounts.models import User
from parvis.portal.directory.models import Agent
from parvis.portal.kernel import clock
from parvis.portal.kernel.authz import require
from parvis.portal.kernel.errors import Conflict, Invalid, ParvisError
from parvis.portal.parc import queries as parc_queries
from parvis.portal.parc import services as parc
from parvis.portal.parc.models import Computer
from parvis.portal.remote_desktop import desks
from parvis.portal.remote_desktop.models import RemoteSession, Right
from parvis.portal.remote_desktop.rules import LIVE_STATES, SENSITIVE_KINDS
from parvis.portal.telework import diagnosis, enrolment_queries, path_permissions, rules, symptoms
from parvis.portal.telework.diagnosis import Cause
from parvis.portal.telework.models import Enrolment, GivenRight, Request, Try
from parvis.portal.telework.services import enrolment as path
from parvis.portal.telework.services import opening


def start(*, actor: User, enrolment: Enrolment, computer: Computer, now: datetime, trusted: bool = True) -> bool:
    """Look at everything between the agent and their screen, and repair what can be: see `look_again`.

    Whether a look was started; one that is under way goes on. `trusted`: of the device that asks.

    Raises:
        NotAllowed: not one's own path.
    """
    from parvis.portal.telework import screen_tasks

    require(path_permissions.can_follow(actor, enrolment))
    if symptoms.is_looking(symptoms.noted(enrolment.pk, computer.pk), now):
        return False
    give_missing_right(enrolment=enrolment, now=now)
    _seen, found = symptoms.of(enrolment, computer, now, trusted=trusted)
    if found.cause in _KNOWN_WITHOUT_LOOKING:
        note_failure(enrolment=enrolment, cause=found.cause, now=now)
        return False
    symptoms.note(
        enrolment.pk, computer.pk, asked_at=now, looking_since=now, look=diagnosis.Look.NONE, looked_at=None,
        said=None, said_at=None,
    )  # fmt: skip
    screen_tasks.look.enqueue(enrolment.pk, computer.pk)
    return True


_KNOWN_WITHOUT_LOOKING = frozenset(
    cause for cause in Cause if diagnosis.step_of(cause) in (diagnosis.Step.ACCESS, diagnosis.Step.GATEWAY)
)


def give_missing_right(*, enrolment: Enrolment, now: datetime) -> bool:
    """A computer assigned since the opening lacks its right: what was decided for the agent holds for it too.

    Never where somebody took a right of theirs away: that was a decision as well. What went with the telework (it
    was suspended, the computer was somebody else's for a time) was none. Whether anything was given.
    """
    try:
        with transaction.atomic():
            return _give_missing_right(enrolment, now)
    except ParvisError:
        return False  # over, or the agent is gone: the diagnosis says what is missing


def _give_missing_right(enrolment: Enrolment, now: datetime) -> bool:
    # Held, and open: a request that is suspended at this moment is not opened again by a check.
    held = Request.objects.select_for_update(of=("self",)).filter(pk=enrolment.request_id, state=Request.State.OPEN)
    request = held.select_related("agent__user", "agent__entity").first()
    if request is None:
        return False
    theirs = Right.objects.filter(agent=request.agent)
    own = Computer.objects.filter(assignments__agent=request.agent).exclude(kind__in=SENSITIVE_KINDS)
    lacking = own.exclude(pk__in=theirs.filter(revoked_at=None).order_by().values("computer_id"))
    with_telework = GivenRight.objects.filter(right__agent=request.agent, taken_back_at__isnull=False).values("right")
    taken_away = theirs.filter(revoked_at__isnull=False).exclude(pk__in=with_telework)
    if taken_away.exists() or not lacking.exists():
        return False
    before = theirs.count()
    opening.open_request(actor=None, request=request, now=now, invite=False)
    return theirs.count() > before


def wake_if_asleep(*, enrolment: Enrolment, computer: Computer, now: datetime) -> bool:
    """Wake the computer for its agent, if that may help; whether a wake-up runs."""
    user = enrolment.agent.user
    if user is None or not parc_queries.can_be_woken(computer):
        return False
    progress = parc_queries.wake_up_progress(computer)
    if progress is not None and progress.running:
        return True
    asked = symptoms.noted(enrolment.pk, computer.pk).asked_at
    if progress is not None and asked is not None and progress.requested_at >= asked:
        return False  # it was tried since the agent asked: again only if they ask again
    decision = desks.can_wake(enrolment.agent, computer, clock.today(now))
    if not decision:
        return False
    return parc.wake_up(actor=user, computer=computer, now=now, decision=decision).ended_at is None


def note_failure(*, enrolment: Enrolment, cause: Cause, now: datetime) -> None:
    """Count what stands in the way of this stage."""
    if diagnosis.is_obstacle(cause):
        path.note_try(
            enrolment=enrolment, stage=rules.Stage.COMPUTER, outcome=Try.Outcome.FAILED, code=cause.value, now=now
        )


def say(*, actor: User, enrolment: Enrolment, computer: Computer, cause: str, now: datetime) -> None:
    """The agent says what they saw: one of `diagnosis.SAYABLE`.

    Raises:
        NotAllowed: not one's own path.
        Invalid: no such answer.
    """
    require(path_permissions.can_follow(actor, enrolment))
    if cause not in set(diagnosis.SAYABLE):
        raise Invalid(fields={"cause": [_("Choisissez une réponse.")]})
    symptoms.note(enrolment.pk, computer.pk, said=Cause(cause), said_at=now)
    note_failure(enrolment=enrolment, cause=Cause(cause), now=now)


@transaction.atomic
def confirm(*, actor: User, enrolment: Enrolment, computer: Computer, now: datetime) -> None:
    """« Oui, ça marche ». Pressed twice, once.

    Raises:
        NotAllowed: not one's own path.
        Conflict: the screen was never opened since the invitation (`never_opened`).
    """
    require(path_permissions.can_follow(actor, enrolment))
    opened = RemoteSession.objects.filter(
        user=actor, computer=computer, started_at__isnull=False, requested_at__gte=enrolment.invited_at
    )
    if not opened.exists():
        raise Conflict(
            _("Votre écran n’a pas encore été ouvert."),
            code="never_opened",
            advice=_("Ouvrez-le une première fois, puis revenez répondre."),
        )
    symptoms.note(enrolment.pk, computer.pk, said=None, said_at=None)
    path.note_try(
        enrolment=enrolment, stage=rules.Stage.COMPUTER, outcome=Try.Outcome.PASSED, code="said", now=now, actor=actor
    )


def notice(*, enrolment: Enrolment, now: datetime) -> None:
    """The page finds that the screen was seen before the worker has looked: the agent need not wait for it."""
    path.note_screen(agent=enrolment.agent, now=now)
    enrolment.refresh_from_db(fields=["stage", "blocked_code", "blocked_at", "finished_at", "working_at"])


def concerns(agent_id: int | None) -> Enrolment | None:
    """The path that a session of this agent has something to tell: its stage not passed, or its first day not seen."""
    if agent_id is None:
        return None
    found = enrolment_queries.path_of(Agent(pk=agent_id))
    if found is None or found.level != rules.LEVEL_2:
        return None
    waits = found.finished_at is None or found.working_at is None
    return found if waits else None


def judge_session(*, session: RemoteSession, now: datetime) -> bool:
    """Pass the stage if the agent has seen their screen in this session, count the failure if it failed.

    Whether it is settled: False for a session under way of which nothing is known yet.
    """
    found = concerns(session.agent_id)
    if found is None:
        return True
    attempt = symptoms.judge(session, now)
    if attempt.screen is diagnosis.Screen.PICTURE:
        path.note_screen(agent=found.agent, now=now)
        return True
    if attempt.failure is not None:
        note_failure(enrolment=found, cause=attempt.failure, now=now)
    return session.state not in LIVE_STATES
