"""The fictional authority's traces: who looked at whom, what is kept, a verified trail. Demo mode only."""

from __future__ import annotations

import random
from datetime import datetime, timedelta

from parvis.portal.accounts.models import User
from parvis.portal.directory.models import Agent, Role, RoleGrant
from parvis.portal.kernel import audit
from parvis.portal.privacy import retention
from parvis.portal.privacy.models import ChainCheck, Consultation

SEED = 20260522
CONSULTATIONS = 600
DAYS = 120
LATELY = 40
"""Agents looked at again and again: those of the personas among them."""
PAGES = ("card", "card", "card", "presence", "movement")
STORY = (
    "accounts.signed_in",
    "directory.role_granted",
    "accounts.recovery_identified",
    "directory.agent_moved",
    "directory.agent_updated",
)
"""Actions of the IT team in the trail."""


def build(now: datetime) -> bool:
    """Some months of looking and acting. False if it is there already."""
    if Consultation.objects.exists():
        return False
    chance = random.Random(SEED)
    personas = list(Agent.objects.filter(user__is_demo_persona=True).select_related("entity", "user").order_by("pk"))
    if not personas:
        return False
    _consultations(chance, personas, now)
    _trail(personas, now)
    head = audit.head()
    ChainCheck.objects.create(
        asked_at=now - timedelta(hours=5),
        ended_at=now - timedelta(hours=5),
        is_running=False,
        is_sound=True,
        done=head.id,
        total=head.id,
        head_id=head.id,
        head_hash=head.hash,
    )
    retention.purge_all(now)
    return True


def _consultations(chance: random.Random, personas: list[Agent], now: datetime) -> None:
    roles = dict(RoleGrant.objects.filter(user__in=[each.user_id for each in personas]).values_list("user_id", "role"))
    viewers = [each for each in personas if roles.get(each.user_id or 0) not in (None, Role.ELECTED_MEMBER)]
    seen = [*personas, *Agent.objects.filter(is_active=True).select_related("entity").order_by("pk")[:LATELY]]
    rows = {}
    for _number in range(CONSULTATIONS):
        viewer, agent = chance.choice(viewers), chance.choice(seen)
        at = now - timedelta(days=chance.randrange(DAYS), hours=chance.randrange(9))
        hour, page = at.replace(minute=0, second=0, microsecond=0), chance.choice(PAGES)
        if viewer.pk == agent.pk:
            continue
        rows[viewer.pk, agent.pk, page, hour] = Consultation(
            viewer_id=viewer.user_id,
            viewer_label=str(viewer),
            viewer_role=roles.get(viewer.user_id or 0, ""),
            viewer_service=viewer.entity.name,
            agent=agent,
            page=page,
            hour_at=hour,
        )
    Consultation.objects.bulk_create(rows.values(), ignore_conflicts=True)


def _trail(personas: list[Agent], now: datetime) -> None:
    team = User.objects.filter(role_grants__role=Role.TECHNICIAN, is_demo_persona=True).first()
    for number, action in enumerate(STORY):
        about = personas[number % len(personas)]
        target = about.user if action.startswith("accounts.") else about
        audit.record(actor=team, action=action, target=target, now=now)
