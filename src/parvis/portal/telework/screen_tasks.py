"""Work of the stage "does my office screen work?" done by the worker. Each is harmless when run twice."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

from parvis.portal.kernel import clock
from parvis.portal.kernel.tasks import task
from parvis.portal.parc import queries as parc_queries
from parvis.portal.parc import services as parc
from parvis.portal.parc.models import Computer
from parvis.portal.parc.network import Probe
from parvis.portal.remote_desktop.models import RemoteSession
from parvis.portal.telework import network_look, symptoms
from parvis.portal.telework.diagnosis import Look
from parvis.portal.telework.enrolment_queries import WITH
from parvis.portal.telework.models import Enrolment
from parvis.portal.telework.services import screen_check

AGAIN_SECONDS = 4
"""While a computer wakes up, it is looked at this often."""
TOLD_SECONDS = 5
"""A gateway tells the end of a connection within its next heartbeats."""
GIVE_UP = timedelta(minutes=5)
"""Longer than any wake-up lasts."""
JUDGED_AFTER = (5, 10, 20, 30, 60)
"""Seconds between the looks at a session that has started: a picture comes within the first ones."""


@task(queue_name="network")
def look(enrolment_id: int, computer_id: int) -> None:
    """Look at the computer, wake it where that may help, and come back until it is clear."""
    enrolment = Enrolment.objects.filter(pk=enrolment_id).select_related(*WITH).first()
    computer = Computer.objects.filter(pk=computer_id).select_related("site", "entity", "display").first()
    if enrolment is None or computer is None:
        return
    found = network_look.look(parc_queries.targets([computer_id])[0])
    now = clock.now()
    if found is Look.NONE:  # the demo's computers do not exist: their made-up state speaks for them
        found = Look.OPEN if computer.reachability == Computer.Reachability.ON else Look.SILENT
    else:
        parc.record_probes([Probe(computer_id, _ANSWERED.get(found))], now=now)
        computer.refresh_from_db(fields=["reachability", "last_seen_at", "checked_at"])
    kept = symptoms.noted(enrolment_id, computer_id)
    patient = kept.asked_at is not None and now - kept.asked_at < GIVE_UP
    waking = found is Look.SILENT and screen_check.wake_if_asleep(enrolment=enrolment, computer=computer, now=now)
    if waking and patient:
        symptoms.note(enrolment_id, computer_id, look=found, looked_at=now, looking_since=now)
        look.using(run_after=now + timedelta(seconds=AGAIN_SECONDS)).enqueue(enrolment_id, computer_id)
        return
    symptoms.note(enrolment_id, computer_id, look=found, looked_at=now, looking_since=None)
    _seen, diagnosed = symptoms.of(enrolment, computer, now)
    screen_check.note_failure(enrolment=enrolment, cause=diagnosed.cause, now=now)


_ANSWERED = {Look.OPEN: True, Look.ALIVE: False, Look.SILENT: False}
"""For the parc: whether the screen's port answers; absent: it could not be asked."""


@task()
def judge(session_id: str, turn: int = 0) -> None:
    """Has the agent seen their screen in this session? Asked a few times while it goes on."""
    session = RemoteSession.objects.select_related("agent").filter(pk=UUID(session_id)).first()
    if session is None or screen_check.judge_session(session=session, now=clock.now()):
        return
    judge_later(session_id, turn + 1)


def judge_later(session_id: str, turn: int = 0) -> None:
    """Queue the look at a session that has just started, or the next one."""
    if turn < len(JUDGED_AFTER):
        due = clock.now() + timedelta(seconds=JUDGED_AFTER[turn])
        judge.using(run_after=due).enqueue(session_id, turn)


def judge_ended(session_id: str) -> None:
    """Queue the last look at a session: once its gateway has said how much came through."""
    due = clock.now() + timedelta(seconds=TOLD_SECONDS)
    judge.using(run_after=due).enqueue(session_id, len(JUDGED_AFTER))
