"""What this room keeps of a person: requests, texts accepted, enrolments, calls for help. See `privacy.registry.Kind`.

Requests are kept with what hangs on them. A charter stands by itself: it goes with the agent's last request, once
they have left.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import DateTimeField, Exists, OuterRef, Q, QuerySet
from django.db.models.functions import Coalesce

from parvis.portal.directory.models import Agent
from parvis.portal.telework import wording
from parvis.portal.telework.models import Acceptance, DaysChange, Enrolment, HelpCall, Request
from parvis.portal.telework.rules import LIVE

BATCH = 200
PREFETCHED = ("days_changes", "enrolment__tries", "enrolment__help_calls")


def export(agent: Agent) -> Iterator[dict[str, Any]]:
    """The agent's requests, newest first, with their enrolments."""
    found = Request.objects.filter(agent=agent).select_related("enrolment").order_by("-requested_at", "-pk")
    for request in found.prefetch_related(*PREFETCHED).iterator(chunk_size=100):
        yield {
            "Niveau": request.get_level_display(),
            "Ordinateur": request.get_machine_display(),
            "Connexion": request.get_line_display(),
            "Joignable sur son téléphone": request.has_phone,
            "Jours": wording.days(request.days),
            "Du": request.starts_date,
            "Au": request.ends_date,
            "Précision": request.note,
            "État": request.get_state_display(),
            "Demandé le": request.requested_at,
            "Décidé le": request.decided_at,
            "Motif du refus": request.refusal,
            "Ouvert le": request.opened_at,
            "Suspendu le": request.suspended_at,
            "Motif de la suspension": request.suspension,
            "Reprise prévue le": request.resumes_date,
            "Terminé le": request.ended_at,
            "Motif de la fin": request.ending,
            "Changements de jours": [_change(each) for each in request.days_changes.all()],
            "Mise en service": _enrolment(request),
        }


def _enrolment(request: Request) -> dict[str, Any] | None:
    try:
        enrolment = request.enrolment
    except Enrolment.DoesNotExist:
        return None
    return {
        "Invité le": enrolment.invited_at,
        "Commencée le": enrolment.started_at,
        "Terminée le": enrolment.finished_at,
        "Débit mesuré (kbit/s)": enrolment.down_kbps,
        "Délai mesuré (ms)": enrolment.latency_ms,
        "Essais": [
            {"Étape": each.stage, "Résultat": each.get_outcome_display(), "Le": each.at, "Code": each.code}
            for each in enrolment.tries.all()
        ],
        "Demandes d’aide": [_call(each) for each in enrolment.help_calls.all()],
    }


def _change(change: DaysChange) -> dict[str, Any]:
    return {
        "Demandé le": change.asked_at,
        "Avant": wording.days(change.before),
        "Jours": wording.days(change.days),
        "À partir du": change.starts_date,
        "Précision": change.note,
        "État": change.get_state_display(),
        "Décidé le": change.decided_at,
        "Motif du refus": change.refusal,
        "Fait le": change.applied_at,
    }


def _call(call: HelpCall) -> dict[str, Any]:
    return {
        "Le": call.created_at,
        "Précision": call.message,
        "Ce qui a été vu": call.facts,
        "État": call.get_state_display(),
        "Réponse": call.answer,
    }


def export_acceptances(agent: Agent) -> Iterator[dict[str, Any]]:
    """The texts the agent accepted, newest first, as they had them before them."""
    found = Acceptance.objects.filter(agent=agent).select_related("document").order_by("-accepted_at", "-pk")
    for each in found.iterator(chunk_size=100):
        yield {
            "Texte": str(each.document),
            "Accepté le": each.accepted_at,
            "Depuis l’adresse réseau": each.client_address,
            "Texte accepté": each.shown,
            "Empreinte (SHA-256)": each.digest,
        }


def rows() -> QuerySet[Any]:
    """The requests that may be deleted one day: they are over. `over_at`: since when."""
    over = Request.objects.exclude(state__in=LIVE)
    return over.annotate(over_at=Coalesce("ended_at", "decided_at", "requested_at", output_field=DateTimeField()))


@transaction.atomic
def purge(before: datetime) -> int:
    """Delete requests that were over before `before`, with enrolment and agreement: at most a batch; how many."""
    old = list(rows().filter(over_at__lt=before).order_by("pk").values_list("pk", flat=True)[:BATCH])
    Acceptance.objects.filter(request__in=old).delete()
    Enrolment.objects.filter(request__in=old).delete()
    Request.objects.filter(pk__in=old).delete()
    return len(old)


def acceptances() -> QuerySet[Acceptance]:
    """Those that hang on no request any more: charters of agents who have left and have no request here."""
    kept = Request.objects.filter(agent=OuterRef("agent"))
    return Acceptance.objects.filter(Q(agent__is_active=False) & ~Exists(kept), request=None)


@transaction.atomic
def purge_acceptances(before: datetime) -> int:
    """Delete the charters accepted before `before` by agents who have left: at most a batch; how many."""
    old = acceptances().filter(accepted_at__lt=before).order_by("pk").values_list("pk", flat=True)[:BATCH]
    return Acceptance.objects.filter(pk__in=list(old)).delete()[0]
