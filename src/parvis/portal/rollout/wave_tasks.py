"""Work of waves done by the worker."""

from __future__ import annotations

from datetime import datetime

from parvis.portal.kernel import clock
from parvis.portal.kernel.tasks import task
from parvis.portal.rollout import wave_rules

SWEEP_SECONDS = 30
"""How often the worker should enqueue `sweep`."""


@task()
def sweep() -> None:
    """All that waves do at this hour: open, tell, lend, remind, close, catch up. Twice is once."""
    from parvis.portal.rollout.services import catching_up, lending, opening, reminding, telling, waves

    now = clock.now()
    catching_up.close_due(now=now)
    waves.start_due(now=now)
    telling.tell_due(now=now)
    opening.open_due(now=now)
    lending.lend_due(now=now)
    if wave_rules.is_telling_time(now, clock.PARIS):
        reminding.remind_due(now=now)


@task()
def send_convocation(place_id: int) -> None:
    """The mail that invites, with its calendar entry; none to who has left the wave since."""
    from parvis.portal.rollout import convocations

    convocations.convoke(place_id, now=clock.now())


@task()
def send_cancellation(member_id: int, starts_at: str) -> None:
    """The mail that takes an invitation back, and its calendar entry; none to who is invited again since."""
    from parvis.portal.rollout import convocations

    convocations.cancel(member_id, starts_at=datetime.fromisoformat(starts_at), now=clock.now())
