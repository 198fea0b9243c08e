"""What this room keeps of a person: their sheet and their roles. See `privacy.registry.Kind`."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import QuerySet

from parvis.portal.accounts import personal_data as accounts
from parvis.portal.directory import queries, rules
from parvis.portal.directory.models import Agent
from parvis.portal.kernel import clock

BATCH = 200


def export(agent: Agent) -> Iterator[dict[str, Any]]:
    """The sheet, with the roles."""
    yield {
        "Prénom": agent.first_name,
        "Nom": agent.last_name,
        "Adresse électronique": agent.email,
        "Fonction": agent.job_title,
        "Service": str(agent.entity),
        "Matricule": agent.personnel_number,
        "Téléphone": agent.phone,
        "Bureau": agent.office,
        "Arrivée le": agent.starts_date,
        "Départ le": agent.ends_date,
        "En poste": agent.is_active,
        "Rôles": [
            {"Rôle": grant.get_role_display(), "Sur": str(grant.entity)} for grant in queries.grants_of(agent.user)
        ]
        if agent.user
        else [],
    }


def gone() -> QuerySet[Agent]:
    """Agents who left and whose name is still there."""
    return Agent.objects.filter(is_active=False).exclude(email__endswith=f"@{accounts.ANONYMOUS}")


def make_anonymous(before: datetime) -> int:
    """Take the names out of the sheets, and the accounts, of who left before this day: at most a batch.

    The rows stay: a session, a right or a loan still says that somebody of that service had it.
    """
    # Who left before last days were kept: theirs begins to count now.
    gone().filter(ends_date=None).update(ends_date=clock.today())
    with transaction.atomic():
        found = list(gone().filter(ends_date__lt=clock.today(before)).order_by("pk")[:BATCH])
        for agent in found:
            agent.first_name, agent.last_name = "Agent parti", f"n°\u202f{agent.pk}"
            agent.email = f"agent-{agent.pk}@{accounts.ANONYMOUS}"
            agent.job_title = agent.personnel_number = agent.phone = agent.office = ""
            agent.search = rules.search_key(agent.first_name, agent.last_name, "", "")
            agent.starts_date = None
        fields = ["first_name", "last_name", "email", "job_title", "personnel_number", "phone", "office", "search"]
        Agent.objects.bulk_update(found, [*fields, "starts_date"])
        accounts.forget([agent.user_id for agent in found if agent.user_id is not None])
    return len(found)
