"""Work for the network queue: checks and wake-ups. Short, bounded, harmless when run twice."""

from __future__ import annotations

from datetime import timedelta

from parvis.portal.kernel import clock
from parvis.portal.kernel.tasks import task
from parvis.portal.parc import network, queries, services, wake_ups

SWEEP_LIMIT = 600
"""Computers per sweep: 15 s of work when all are off."""


@task(queue_name="network")
def check(computer_ids: list[int]) -> None:
    """Probe these computers and note what was found."""
    probes = network.probe_all(queries.targets(computer_ids))
    services.record_probes(probes, now=clock.now())


@task(queue_name="network")
def sweep() -> None:
    """Check the assigned computers whose state is old, and take up wake-ups that lost their round."""
    now = clock.now()
    probes = network.probe_all(queries.targets(services.due_for_check(now, SWEEP_LIMIT)))
    services.record_probes(probes, now=clock.now())
    if queries.wake_ups_are_stuck(now):
        wake_round.enqueue()


@task(queue_name="network")
def wake_round() -> None:
    """One round of wake-ups, and the next one if it is not over. See `wake_ups`."""
    limits = wake_ups.Limits()
    if wake_ups.run_round(limits):
        wake_round.using(run_after=clock.now() + timedelta(seconds=limits.between_rounds)).enqueue()
