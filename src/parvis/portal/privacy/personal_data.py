"""What this room, and the audit trail below it, keep of a person. See `privacy.registry.Kind`."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from django.db.models import Q

from parvis.portal.directory.models import Agent
from parvis.portal.kernel import audit, clock
from parvis.portal.kernel.models import AuditRecord
from parvis.portal.privacy import consultations, sentences
from parvis.portal.privacy.models import Consultation
from parvis.portal.privacy.registry import Row

AUDIT_BATCH = 5_000
CHUNK = 1000


def export_consultations(agent: Agent) -> Iterator[Row]:
    """Who looked at the agent's sheet, as the agent sees it."""
    for row in Consultation.objects.filter(agent=agent).iterator(chunk_size=CHUNK):
        shown = consultations.shown_to_the_agent(row)
        yield {"Jour": shown.day, "Qui": shown.who, "Rôle": shown.role, "Service": shown.service, "Page": shown.page}


def export_trail(agent: Agent) -> Iterator[Row]:
    """What the agent did, and what was done to them, as the trail has it; newest first."""
    about = Q(target_type="directory.agent", target_id=str(agent.pk))
    if agent.user_id is not None:
        about |= Q(target_type="accounts.user", target_id=str(agent.user_id)) | Q(actor_id=agent.user_id)
    for line in AuditRecord.objects.filter(about).order_by("-id").iterator(chunk_size=CHUNK):
        own = line.actor_id in (None, agent.user_id)
        yield {
            "Le": line.at,
            "Quoi": sentences.sentence(line),
            "Par": line.actor_label or "le système",
            # From where others act is theirs: somebody of the IT team may be at home.
            "Depuis l’adresse": line.client_address if own else "",
        }


def purge_trail(before: datetime) -> int:
    """The oldest records, a batch at a time; the chain still verifies."""
    return audit.purge(before=before, now=clock.now(), at_most=AUDIT_BATCH)
