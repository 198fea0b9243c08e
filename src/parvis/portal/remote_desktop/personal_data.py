"""What this room keeps of a person: sessions, rights, refusals; never a key nor a pixel. See `privacy.registry`."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.db.models import QuerySet

from parvis.portal.directory.models import Agent
from parvis.portal.remote_desktop.models import Refusal, RemoteSession, Right

CHUNK = 1000


def export_sessions(agent: Agent) -> Iterator[dict[str, Any]]:
    """The agent's remote sessions, newest first."""
    found = (
        RemoteSession.objects.filter(user_id=agent.user_id or 0).select_related("computer").order_by("-requested_at")
    )
    for session in found.iterator(chunk_size=CHUNK):
        yield {
            "Ordinateur": session.computer.name,
            "Demandée le": session.requested_at,
            "Commencée le": session.started_at,
            "Terminée le": session.ended_at,
            "État": session.get_state_display(),
            "Depuis l’adresse": session.client_address or "",
            "Octets envoyés": session.bytes_up,
            "Octets reçus": session.bytes_down,
        }


def export_rights(agent: Agent) -> Iterator[dict[str, Any]]:
    """The agent's rights on screens, newest first."""
    found = Right.objects.filter(agent=agent).select_related("computer").order_by("-starts_date")
    for right in found.iterator(chunk_size=CHUNK):
        yield {
            "Ordinateur": right.computer.name,
            "Du": right.starts_date,
            "Au": right.ends_date,
            "Motif": right.reason,
            "Retiré le": right.revoked_at,
        }


def export_refusals(agent: Agent) -> Iterator[dict[str, Any]]:
    """The screens the agent was refused, newest first."""
    found = Refusal.objects.filter(user_id=agent.user_id or 0).select_related("computer").order_by("-at")
    for refusal in found.iterator(chunk_size=CHUNK):
        yield {
            "Le": refusal.at,
            "Ordinateur": refusal.computer.name if refusal.computer else "",
            "Raison": refusal.reason,
            "Depuis l’adresse": refusal.client_address or "",
        }


def ended_sessions() -> QuerySet[RemoteSession]:
    """Those that are over; the others stay whatever their age."""
    return RemoteSession.objects.filter(state=RemoteSession.State.ENDED)


def past_rights() -> QuerySet[Right]:
    """Those with a last day. One without end stays, with the computer it is on."""
    return Right.objects.exclude(ends_date=None)
