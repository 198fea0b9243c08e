"""Whether the tools answer: asked every few minutes, and noted whenever a meeting asks one.

What may pass (no answer) counts as down after a few failures in a row; what will not pass by itself (a wrong secret,
a missing right) at once. Down and up again are each said once, by a conditional UPDATE, whoever sees it first.
"""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.db.models import F
from django.db.models.functions import Coalesce

from parvis.portal.conferencing import rules
from parvis.portal.conferencing.errors import Gone, Refused, Unanswered
from parvis.portal.conferencing.events import ProviderCameBack, ProviderWentDown
from parvis.portal.conferencing.models import Provider
from parvis.portal.conferencing.services.adapters import adapter_for
from parvis.portal.kernel.events import publish

Failure = Unanswered | Refused | Gone
DEFINITE = ("secret", "rights", "host", "incomplete", "address", "no_voice")
"""Failures that concern the tool as a whole and last until somebody changes something."""


def check(*, provider: Provider, now: datetime) -> Failure | None:
    """Ask the tool (over the network: outside a transaction) and note what it says."""
    try:
        adapter_for(provider).check()
    except (Unanswered, Refused, Gone) as failure:
        note_failure(provider=provider, failure=failure, now=now)
        return failure
    note_answer(provider=provider, now=now)
    return None


def note_failure(*, provider: Provider, failure: Failure, now: datetime) -> None:
    """One more failure in a row."""
    row = Provider.objects.filter(pk=provider.pk)
    with transaction.atomic():
        row.update(
            checked_at=now,
            failures=F("failures") + 1,
            failing_since=Coalesce(F("failing_since"), now),
            failure=failure.code,
            failure_detail=failure.detail,
        )
        counted = row.values_list("failures", flat=True).first() or 0
        if not (rules.is_down(counted) or failure.code in DEFINITE):
            return
        if row.exclude(health=Provider.Health.DOWN).update(health=Provider.Health.DOWN):
            publish(ProviderWentDown(provider_id=provider.pk, at=now))


def note_answer(*, provider: Provider, now: datetime) -> None:
    """It answered: what was held against it is forgotten."""
    row = Provider.objects.filter(pk=provider.pk)
    with transaction.atomic():
        was_down = row.filter(health=Provider.Health.DOWN).update(health=Provider.Health.UP)
        row.update(
            health=Provider.Health.UP, checked_at=now, failures=0, failing_since=None, failure="", failure_detail=""
        )
        if was_down:
            publish(ProviderCameBack(provider_id=provider.pk, at=now))
