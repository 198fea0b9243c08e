"""What is done to roles: given, for good or until a day, and taken back."""

from __future__ import annotations

from datetime import date, datetime

from django.db import transaction
from django.utils.translation import gettext as _

from parvis.portal.accounts.models import User
from parvis.portal.directory import lockout, permissions
from parvis.portal.directory.events import RoleGranted, RoleRevoked
from parvis.portal.directory.models import Agent, Entity, Role, RoleGrant
from parvis.portal.directory.permissions import require_open
from parvis.portal.kernel import audit, clock, events
from parvis.portal.kernel.authz import require
from parvis.portal.kernel.errors import Invalid

LAST_DAY = date(2100, 1, 1)
"""An end date past this is a slip of the keyboard."""


@transaction.atomic
def grant_role(
    *, actor: User, agent: Agent, role: Role, entity: Entity, now: datetime, ends_date: date | None = None
) -> RoleGrant:
    """Give the agent's account a role on `entity` and all below it, until `ends_date` if one is given.

    Given again, the end date changes; twice is once. The caller has checked that the second factor is fresh
    (requirement 10).

    Raises:
        NotAllowed: see `permissions.can_grant_role`; nobody gives a role to oneself.
        Invalid: the end date is over.
        Conflict: the entity is closed; an end date for the last head of IT.
    """
    require(permissions.can_grant_role(actor, agent, entity))
    require_open(entity)
    if ends_date is not None and not clock.today(now) <= ends_date < LAST_DAY:
        problem = _("Cette date est passée.")
        raise Invalid(problem, fields={"ends_date": [problem]})
    given = {"ends_date": ends_date, "granted_at": now, "granted_by": actor}
    grant, created = RoleGrant.with_expired.select_related("entity", "user").get_or_create(
        user=agent.user, role=role, entity=entity, defaults=given
    )
    expired = grant.ends_date is not None and grant.ends_date < clock.today(now)
    if not created and grant.ends_date == ends_date:
        return grant
    if not created:
        if ends_date is not None:
            lockout.keep_head_of_it(actor, grant)
        RoleGrant.with_expired.filter(pk=grant.pk).update(**given)
        grant.ends_date = ends_date
    data = {"user": grant.user_id, "role": role, "entity": entity.pk, "entity_name": entity.name}
    data |= {"ends": ends_date.isoformat()} if ends_date else {}
    audit.record(actor=actor, action="directory.role_granted", target=agent, now=now, data=data)
    if created or expired:
        events.publish(RoleGranted(user_id=grant.user_id, role=role, entity_id=entity.pk, actor_id=actor.pk, at=now))
    return grant


@transaction.atomic
def revoke_role(*, actor: User, grant: RoleGrant, now: datetime) -> None:
    """Take a role back.

    The caller has checked that the second factor is fresh (requirement 10).

    Raises:
        NotAllowed: see `permissions.can_revoke_role`.
        Conflict: the last head of IT (`lockout`).
    """
    require(permissions.can_revoke_role(actor, grant))
    lockout.keep_head_of_it(actor, grant)
    remove_grant(actor, grant, now)


def remove_grant(actor: User | None, grant: RoleGrant, now: datetime, reason: str = "") -> None:
    """Take a grant away, audited and published, without asking: the caller has. Twice is once."""
    if not RoleGrant.with_expired.filter(pk=grant.pk).delete()[0]:
        return
    data = {"user": grant.user_id, "role": grant.role, "entity": grant.entity_id, "entity_name": grant.entity.name}
    data |= {"reason": reason} if reason else {}
    audit.record(actor=actor, action="directory.role_revoked", target=grant.user, now=now, data=data)
    events.publish(
        RoleRevoked(
            user_id=grant.user_id,
            role=grant.role,
            entity_id=grant.entity_id,
            actor_id=actor.pk if actor is not None else None,
            at=now,
        )
    )
