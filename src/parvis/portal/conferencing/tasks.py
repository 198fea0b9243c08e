"""Asking the tools whether they answer."""

from __future__ import annotations

from datetime import timedelta

from django.core.cache import cache
from django.db.models import Q

from parvis.portal.conferencing import rules
from parvis.portal.conferencing.models import Provider
from parvis.portal.conferencing.services import health
from parvis.portal.kernel import clock
from parvis.portal.kernel.tasks import task

SWEEP_SECONDS = 60
ASKED_SECONDS = 90
"""How long a check that was asked for may take before it may be asked for again."""


def sweep() -> int:
    """Queue a check for each tool whose turn has come; how many."""
    before = clock.now() - timedelta(seconds=rules.CHECK_SECONDS)
    due = Provider.objects.filter(Q(checked_at__isnull=True) | Q(checked_at__lte=before), is_open=True)
    return sum(ask(pk) for pk in due.values_list("pk", flat=True))


def ask(provider_id: int) -> bool:
    """Queue a check, unless one is on its way."""
    if not cache.add(_key(provider_id), 1, timeout=ASKED_SECONDS):
        return False
    check.enqueue(provider_id)
    return True


def is_under_way(provider_id: int) -> bool:
    """Whether a check was asked for and has not answered yet."""
    return cache.get(_key(provider_id)) is not None


@task(queue_name="network")
def check(provider_id: int) -> None:
    """Ask one tool and note what it says. Twice is harmless."""
    provider = Provider.objects.select_related("pool").filter(pk=provider_id).first()
    try:
        if provider is not None:
            health.check(provider=provider, now=clock.now())
    finally:
        cache.delete(_key(provider_id))


def _key(provider_id: int) -> str:
    return f"conferencing:check:{provider_id}"
