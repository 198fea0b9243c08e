"""Probing the services that have an address to check."""

from __future__ import annotations

from datetime import timedelta

from django.conf import settings
from django.core.cache import cache
from django.db.models import Q

from parvis.portal.home.models import Hosting, Service
from parvis.portal.home.probe import policy_for
from parvis.portal.home.probe import probe as ask
from parvis.portal.home.services import states
from parvis.portal.kernel import clock
from parvis.portal.kernel.tasks import task

INTERVAL = timedelta(minutes=2)


def sweep() -> int:
    """Queue a probe for each service whose turn has come; how many. Called by the schedule every 30 seconds."""
    now = clock.now()
    due = Service.objects.exclude(check_url="").filter(Q(checked_at__isnull=True) | Q(checked_at__lte=now - INTERVAL))
    ids = list(due.values_list("pk", flat=True))
    for service_id in ids:
        # A probe still waiting for its turn is not asked for again.
        if cache.add(f"home:probe:{service_id}", 1, timeout=60):
            probe_service.enqueue(service_id)
    return len(ids)


@task(queue_name="network")
def probe_service(service_id: int) -> None:
    """Ask one service and write what was found. Twice is harmless."""
    service = Service.objects.filter(pk=service_id).exclude(check_url="").first()
    if service is None:
        return
    policy = policy_for(settings.PARVIS.addresses, external=service.hosting == Hosting.EXTERNAL)
    outcome = ask(service.check_url, policy)
    states.record_probe(service_id=service_id, outcome=outcome, now=clock.now())
