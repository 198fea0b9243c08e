"""Asking providers, done by the worker: the network is never waited for inside a transaction."""

from __future__ import annotations

from parvis.portal.kernel import clock
from parvis.portal.kernel.tasks import task

SWEEP_SECONDS = 60
"""How often the worker should enqueue `sweep`."""


@task()
def open_meeting(meeting_id: int) -> None:
    """Have the provider know of a meeting what it must. Twice is once."""
    from parvis.portal.meetings.services import opening

    opening.settle(meeting_id=meeting_id, now=clock.now())


@task()
def close_elsewhere(provider_id: int, external_id: str) -> None:
    """Give up at a provider what another one carries now. Twice is once."""
    from parvis.portal.meetings.services import opening

    opening.close_left(provider_id=provider_id, external_id=external_id, now=clock.now())


@task()
def sweep() -> None:
    """Those a provider has not answered for; those whose tool has failed before they began."""
    from parvis.portal.meetings.services import opening

    opening.sweep(now=clock.now())


@task()
def replace_place(meeting_id: int) -> None:
    """The place of a meeting was taken from it: another tool carries it. Twice is once."""
    from parvis.portal.meetings.services import opening

    opening.replace_place(meeting_id=meeting_id, now=clock.now())
