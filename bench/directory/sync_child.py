"""In the child: a first synchronisation, a second without differences, a third where one in a hundred changed.

Arrivals are written one by one through the directory's services (audited, announced to the other rooms): some hundred a
second. Above `ALL_ARRIVE` people the bench reads and compares them, and puts them into the tables by itself.
"""

from __future__ import annotations

import time
from typing import Any

from bench.directory.read_child import peak_mb
from bench.portal import child

ALL_ARRIVE = 5000


def measure(uri: str, size: str, departments: str) -> dict[str, Any]:
    """Seconds, people written and peak memory of each."""
    from parvis.portal.directory.models import Agent

    source = _source(uri, int(departments))
    if int(size) > ALL_ARRIVE:
        found = {"first, read and compared only": _run(source, adopt=True)}
    else:
        found = {"first, everybody arrives": _run(source)}
    found["again, nothing changed"] = _run(source)
    # As if the directory had changed: every hundredth agent has another job here than there.
    few = list(Agent.objects.order_by("pk").values_list("pk", flat=True)[::100])
    Agent.objects.filter(pk__in=few).update(job_title="Ancienne fonction")
    found["again, one in a hundred changed"] = _run(source)
    if Agent.objects.count() != int(size):
        raise RuntimeError(f"{Agent.objects.count()} agents of {size}")
    return found


def _source(uri: str, departments: int) -> Any:
    from parvis.portal.directory import rules
    from parvis.portal.directory.models import Entity
    from parvis.portal.sources import secrets
    from parvis.portal.sources.ldap.stored import PASSWORD
    from parvis.portal.sources.models import Source
    from tests.servers.slapd import READER, READER_PASSWORD, SUFFIX

    root = Entity.objects.create(name="Rivemarine", kind="metropole", path="new")
    root.path = rules.child_path("", root.pk)
    root.save()
    for number in range(departments):
        entity = Entity.objects.create(
            name=f"Service {number}", code=f"SRV{number:03d}", kind="department", parent=root, path=f"new{number}"
        )
        entity.path = rules.child_path(root.path, entity.pk)
        entity.save()
    settings = {"servers": uri, "base_dn": f"ou=agents,{SUFFIX}", "bind_dn": READER}
    secrets.put(settings, PASSWORD, READER_PASSWORD)
    return Source.objects.create(name="Annuaire", kind="ldap", root=root, settings=settings)


def _run(source: Any, *, adopt: bool = False) -> dict[str, Any]:
    from parvis.portal.kernel import clock
    from parvis.portal.sources.models import Run
    from parvis.portal.sources.services import applying, runs

    began = time.perf_counter()
    run = runs.start_run(actor=None, source=source, now=clock.now())
    runs.read(run)
    run.refresh_from_db()
    if adopt:
        seconds = time.perf_counter() - began
        _adopt(run)
        return {"people": run.read, "written": 0, "seconds": seconds, "peak_mb": peak_mb()}
    if run.state == Run.State.APPLYING:
        applying.apply(run)
        run.refresh_from_db()
    if run.state != Run.State.APPLIED:
        raise RuntimeError(f"{run.state} {run.problem} {run.detail}")
    return {"people": run.read, "written": run.done, "seconds": time.perf_counter() - began, "peak_mb": peak_mb()}


def _adopt(run: Any) -> None:
    """Everybody who would arrive is here, without audit or announcement."""
    from parvis.portal.directory.models import Agent
    from parvis.portal.kernel import clock
    from parvis.portal.sources.models import Link, Run, RunItem
    from parvis.portal.sources.services.writing import facts_of, item_from

    now, agents, links = clock.now(), [], []
    for row in RunItem.objects.filter(run=run).iterator():
        item = item_from(row.key, row.label, row.agent_id, row.base, row.details)
        agent = Agent(entity_id=item.reported["entity"], **facts_of(item))
        agents.append(agent)
        links.append(
            Link(source=run.source, key=item.key, agent=agent, reported=item.reported, linked_at=now, changed_at=now)
        )
    Agent.objects.bulk_create(agents, batch_size=1000)
    Link.objects.bulk_create(links, batch_size=1000)
    Run.objects.filter(pk=run.pk).update(state=Run.State.APPLIED, finished_at=now)


if __name__ == "__main__":
    child.main(measure)
