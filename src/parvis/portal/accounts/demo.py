"""Recovery requests of the fictional authority: one waiting, one to approve, some that are over. Demo mode only."""

from __future__ import annotations

from datetime import datetime, timedelta

from parvis.portal.accounts import rules
from parvis.portal.accounts.models import RecoveryRequest, User

State = RecoveryRequest.State
STORY = (
    (State.ASKED, timedelta(minutes=25), ""),
    (State.IDENTIFIED, timedelta(hours=3), "Téléphone changé, ancienne application effacée"),
    (State.USED, timedelta(days=6), "Téléphone tombé à l’eau"),
    (State.REFUSED, timedelta(days=19), "Ne connaissait pas le nom de son service"),
    (State.EXPIRED, timedelta(days=41), ""),
)
"""State, how long ago, what the technician wrote."""


def build(now: datetime) -> bool:
    """Requests of five accounts that are nobody's persona. False if there are some already."""
    if RecoveryRequest.objects.exists():
        return False
    team = list(User.objects.filter(is_demo_persona=True, role_grants__role="technician").order_by("pk"))
    heads = list(User.objects.filter(is_demo_persona=True, role_grants__role="head_of_it").order_by("pk"))
    people = list(
        User.objects.filter(is_demo_persona=False, is_superuser=False, agent__isnull=False, role_grants=None)
        .order_by("pk")
        .distinct()[: len(STORY)]
    )
    if not (team and heads and people):
        return False
    for user, (state, ago, note) in zip(people, STORY, strict=False):
        opened = now - ago
        known = state not in (State.ASKED, State.EXPIRED)
        approved = state == State.USED
        RecoveryRequest.objects.create(
            user=user,
            state=state,
            opened_at=opened,
            opened_by=user,
            expires_at=opened + rules.STANDS_FOR,
            means=RecoveryRequest.Means.CALL_BACK if known else "",
            note=note,
            identified_by=heads[0] if known else None,
            identified_at=opened + timedelta(minutes=20) if known else None,
            approved_by=team[0] if approved else None,
            approved_at=opened + timedelta(minutes=35) if approved else None,
            ended_at=opened + timedelta(minutes=40) if state not in rules.OPEN else None,
        )
    return True
