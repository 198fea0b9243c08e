"""What this room keeps of a person: their meetings and invitations, tools they know. See `privacy.registry.Kind`."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import Q, QuerySet

from parvis.portal.directory.models import Agent
from parvis.portal.meetings.models import Feed, Guest, Meeting, Reminding, ToolUse

BATCH = 500


def export(agent: Agent) -> Iterator[dict[str, Any]]:
    """Meetings the agent organised or was invited to, newest first."""
    meetings = Meeting.objects.filter(Q(organiser=agent) | Q(guests__agent=agent)).distinct()
    for each in meetings.select_related("provider").order_by("-starts_at", "-pk").iterator(chunk_size=200):
        own = Guest.objects.filter(meeting=each, agent=agent).first()
        is_mine = each.organiser_id == agent.pk
        yield {
            "Objet": each.title,
            "Début": each.starts_at,
            "Fin": each.ends_at,
            "Organisée par moi": is_mine,
            "Ordre du jour": each.agenda if is_mine else "",
            "Outil": str(each.provider or ""),
            "État": each.get_state_display(),
            "Rôle": own.get_role_display() if own else "",
            "Ma réponse": own.get_answer_display() if own else "",
        }


def rows() -> QuerySet[Meeting]:
    """All: each is over one day."""
    return Meeting.objects.all()


def purge_outside(before: datetime) -> int:
    """Forget people from outside whose meeting ended before `before`: at most a batch; how many. The figure of
    participants stays with the meeting.
    """
    with transaction.atomic():
        old = Guest.objects.filter(agent__isnull=True, meeting__ends_at__lt=before).order_by("pk")
        keys = list(old.values_list("pk", flat=True)[:BATCH])
        Guest.objects.filter(pk__in=keys).delete()
    return len(keys)


def export_uses(agent: Agent) -> Iterator[dict[str, Any]]:
    """With which kinds of tool the agent has met."""
    for each in ToolUse.objects.filter(agent=agent).order_by("-last_at"):
        yield {
            "Outil": each.get_kind_display(),
            "Première fois": each.first_at,
            "Dernière fois": each.last_at,
            "Réunions": each.times,
        }


def uses() -> QuerySet[ToolUse]:
    """All."""
    return ToolUse.objects.all()


def export_settings(agent: Agent) -> Iterator[dict[str, Any]]:
    """The agent's calendar to follow (not its secret) and reminders."""
    for feed in Feed.objects.filter(agent=agent):
        yield {"Réglage": "Agenda à suivre", "Créé le": feed.created_at, "Lu le": feed.read_at}
    for wish in Reminding.objects.filter(agent=agent):
        yield {"Réglage": "Rappels", "La veille": wish.day_before, "Juste avant": wish.soon}
