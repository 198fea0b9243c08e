"""What this room keeps of a person: what they borrowed, with receipts and pictures. See `privacy.registry.Kind`."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from functools import partial
from typing import Any

from django.core.files.storage import Storage
from django.db import transaction
from django.db.models import QuerySet

from parvis.portal.directory.models import Agent
from parvis.portal.loans.models import Loan, Photo
from parvis.portal.loans.rules import LOAN_MOVES

BATCH = 200
OVER = tuple(state for state, moves in LOAN_MOVES.items() if not moves)


def export(agent: Agent) -> Iterator[dict[str, Any]]:
    """The agent's loans, newest first."""
    loans = Loan.objects.filter(agent=agent).select_related("offer").order_by("-starts_date", "-pk")
    for loan in loans.prefetch_related("items__asset", "items__losses", "extensions").iterator(chunk_size=100):
        yield {
            "Prêt": str(loan.offer),
            "Du": loan.starts_date,
            "Au": loan.ends_date,
            "Pour": loan.purpose,
            "État": loan.get_state_display(),
            "Demandé le": loan.requested_at,
            "Remis le": loan.out_at,
            "Rendu le": loan.back_at,
            "Motif du refus": loan.refusal,
            "Matériel": [
                {"Nom": str(item.asset), "État": item.get_state_display(), "Au retour": item.condition}
                for item in loan.items.all()
            ],
            "Prolongations": [
                {"Jusqu’au": each.ends_date, "Motif": each.reason, "État": each.get_state_display()}
                for each in loan.extensions.all()
            ],
            "Pertes et vols": [
                {"Nom": str(item.asset), "Le": loss.happened_date, "Lieu": loss.place, "Plainte": loss.complaint}
                for item in loan.items.all()
                for loss in item.losses.all()
            ],
            "Signé par": loan.signed_name,
            "Reçu signé": bool(loan.receipt),
        }


def rows() -> QuerySet[Loan]:
    """Those that may be deleted one day: they are over."""
    return Loan.objects.filter(state__in=OVER, closed_at__isnull=False)


@transaction.atomic
def purge(before: datetime) -> int:
    """Delete loans that were over before `before`, with their receipts and pictures: at most a batch; how many."""
    old = list(rows().filter(closed_at__lt=before).order_by("pk")[:BATCH])
    photos = Photo.objects.filter(item__loan__in=old)
    files = [loan.receipt for loan in old if loan.receipt] + [photo.file for photo in photos]
    for file in files:
        transaction.on_commit(partial(_delete, file.storage, str(file.name)))
    Loan.objects.filter(pk__in=[loan.pk for loan in old]).delete()
    return len(old)


def _delete(storage: Storage, name: str) -> None:
    storage.delete(name)
