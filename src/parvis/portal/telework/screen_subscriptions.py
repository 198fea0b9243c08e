"""A real screen passes the stage of the screen by itself; a stage that is passed needs no help any more."""

from __future__ import annotations

from parvis.portal.remote_desktop.events import SessionEnded, SessionStarted, SignInRefused
from parvis.portal.remote_desktop.models import RemoteSession
from parvis.portal.telework import screen_tasks
from parvis.portal.telework.enrolment_events import StagePassed
from parvis.portal.telework.services import help as help_calls
from parvis.portal.telework.services import screen_check


def session_started(event: SessionStarted) -> None:
    """The PC has answered. Whether its screen came is seen a moment later: Windows may refuse the sign-in."""
    if screen_check.concerns(event.agent_id) is not None:
        screen_tasks.judge_later(str(event.session_id))


def session_ended(event: SessionEnded) -> None:
    """It is judged once more when its gateway has told how much came through."""
    session = RemoteSession.objects.filter(pk=event.session_id).first()
    if session is not None and screen_check.concerns(session.agent_id) is not None:
        screen_tasks.judge_ended(str(session.pk))


def sign_in_refused(event: SignInRefused) -> None:
    """The browser has just read why: the agent's page, the board and a call for help know it at once."""
    session = RemoteSession.objects.select_related("agent").filter(pk=event.session_id).first()
    if session is not None:
        screen_check.judge_session(session=session, now=event.at)


def stage_passed(event: StagePassed) -> None:
    """Nobody need look at it any more."""
    help_calls.close_passed(enrolment_id=event.enrolment_id, stage=event.stage, now=event.at)
