"""Who administers an account: `queries.accounts_administered_by`, seen from the other side."""

from __future__ import annotations

from django.db.models import Q

from parvis.portal.accounts.models import User
from parvis.portal.accounts.perimeter import Administrator
from parvis.portal.directory import rules
from parvis.portal.directory.models import Agent, Role, RoleGrant
from parvis.portal.directory.queries import STAFF_ROLES, accounts_administered_by

LOOKED_AT_MOST = 50
"""People of the IT team asked one by one; three queries each. More than enough to find two."""


def administrators_of(user: User) -> list[Administrator]:
    """The active IT team over the agent's service, and the superusers; `user` left out."""
    agent = Agent.objects.select_related("entity").filter(user_id=user.pk).first()
    held = Q(pk__in=[])
    if agent is not None:
        path = agent.entity.path
        above = [path[:end] for end in range(rules.PATH_STEP + 1, len(path) + 1, rules.PATH_STEP + 1)]
        held = Q(
            pk__in=RoleGrant.objects.filter(role__in=STAFF_ROLES, entity__path__in=above).order_by().values("user_id")
        )
    team = User.objects.filter(held | Q(is_superuser=True), is_active=True).exclude(pk=user.pk).order_by("pk")
    if user.is_superuser:
        team = team.filter(is_superuser=True)
    heads = set(
        RoleGrant.objects.filter(role=Role.HEAD_OF_IT, user__in=team.order_by()).values_list("user_id", flat=True)
    )
    return [
        Administrator(user_id=each.pk, is_head=each.is_superuser or each.pk in heads)
        for each in team[:LOOKED_AT_MOST]
        if _administers(each, user)
    ]


def _administers(actor: User, user: User) -> bool:
    condition = accounts_administered_by(actor)
    return condition is not None and User.objects.filter(condition, pk=user.pk).exists()
