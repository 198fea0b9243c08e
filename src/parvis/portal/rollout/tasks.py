"""Work of this room done by the worker: the search for a plan. Waves: `wave_tasks`."""

from __future__ import annotations

from parvis.portal.kernel import clock
from parvis.portal.kernel.tasks import task
from parvis.portal.rollout.models import Scenario

SWEEP_SECONDS = 60
"""How often the worker should enqueue `sweep`."""


@task(queue_name="plans")
def solve(scenario_id: int) -> None:
    """Look for a plan; nothing if it is found, stopped, or another worker is at it."""
    from parvis.portal.rollout.services import scenarios

    scenario = Scenario.objects.select_related("campaign__entity").filter(pk=scenario_id).first()
    if scenario is not None:
        scenarios.search(scenario)


@task()
def sweep() -> None:
    """Take up the searches a lost worker left."""
    from parvis.portal.rollout.services import scenarios

    scenarios.sweep(now=clock.now())
