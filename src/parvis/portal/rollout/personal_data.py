"""What this room keeps of a person: their place in campaigns. See `privacy.registry.Kind`."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from typing import Any

from django.db import transaction

from parvis.portal.directory.models import Agent
from parvis.portal.rollout import wording
from parvis.portal.rollout.models import Campaign, Member

BATCH = 500


def export(agent: Agent) -> Iterator[dict[str, Any]]:
    """The campaigns the agent was in, newest first."""
    found = Member.objects.filter(agent=agent).select_related("campaign", "team", "site")
    found = found.order_by("-campaign__starts_date", "-pk").prefetch_related("places__wave")
    for member in found.iterator(chunk_size=100):
        yield {
            "Campagne": str(member.campaign),
            "Priorité": member.get_priority_display(),
            "Service": str(member.team or ""),
            "Site": str(member.site or ""),
            "Portable à prêter": member.needs_laptop,
            "Téléphone à prêter": member.needs_phone,
            "Licence": member.needs_licence,
            "Semaines impossibles": list(member.away),
            "Dont absences déclarées": list(member.absent),
            "Écarté": wording.left_out(member.left_out) if member.left_out else "",
            "Vagues": [
                {
                    "Semaine du": wording.monday(member.campaign, place.wave.week),
                    "Prévenu le": place.told_at,
                    "Ouvert le": place.opened_at,
                    "Relancé": place.reminders,
                    "Retiré le": place.left_at,
                    "Date refusée le": place.declined_at,
                }
                for place in member.places.all()
            ],
        }


@transaction.atomic
def purge(before: datetime) -> int:
    """Delete members of ended campaigns whose last week was before `before`, a batch a call; how many.

    What a campaign was in figures stays: its offers, the numbers of its plans.
    """
    day = before.date()
    over = [
        campaign.pk
        for campaign in Campaign.objects.filter(state=Campaign.State.CLOSED, starts_date__lt=day)
        if _end(campaign) < day
    ]
    keys = list(Member.objects.filter(campaign__in=over).order_by("pk").values_list("pk", flat=True)[:BATCH])
    Member.objects.filter(pk__in=keys).delete()
    return len(keys)


def _end(campaign: Campaign) -> date:
    return campaign.starts_date + timedelta(weeks=campaign.weeks)
