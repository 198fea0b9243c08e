"""What is done to agents, their accounts and their roles. (The tree: `entity_services`.)"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from parvis.portal.accounts.models import User
from parvis.portal.accounts.services import disable_user, enable_user, invite_user
from parvis.portal.directory import permissions, rules
from parvis.portal.directory.events import (
    AgentArrived,
    AgentDeactivated,
    AgentMoved,
    AgentReturned,
    AgentUpdated,
    RoleGranted,
    RoleRevoked,
)
from parvis.portal.directory.models import Agent, Entity, Role, RoleGrant
from parvis.portal.kernel import audit, events
from parvis.portal.kernel.authz import Decision, require
from parvis.portal.kernel.errors import Conflict, Invalid

FACTS = ("first_name", "last_name", "email", "job_title", "personnel_number", "phone", "office")
"""The fields of `Agent` that say who somebody is: what pages, API and sources may write."""

DATES = ("starts_date", "ends_date")


@transaction.atomic
def create_agent(*, actor: User | None, entity: Entity, now: datetime, **facts: Any) -> Agent:
    """A new staff member, without account (see `open_account`). `facts`: `FACTS` and `DATES`; name and e-mail are due.

    `actor` None, here and below: a source of the directory.

    Raises:
        NotAllowed: not of the IT team of `entity`.
        Invalid: the e-mail is another agent's.
    """
    _require_if_person(actor, lambda person: permissions.can_manage_agents(person, entity))
    agent = Agent(entity=entity)
    _write(agent, facts)
    audit.record(actor=actor, action="directory.agent_created", target=agent, now=now, data={"entity": entity.pk})
    events.publish(AgentArrived(agent_id=agent.pk, entity_id=entity.pk, actor_id=_pk(actor), at=now))
    return agent


@transaction.atomic
def update_agent(*, actor: User | None, agent: Agent, now: datetime, **facts: Any) -> None:
    """Change some of `FACTS` and `DATES`; what is left out stays.

    The e-mail of an agent who has an account is their sign-in: it stays.

    Raises:
        NotAllowed: not of the IT team of the agent's entity.
        Conflict: another e-mail for an agent with an account (`email_is_sign_in`).
        Invalid: the e-mail is another agent's.
    """
    _require_if_person(actor, lambda person: permissions.can_manage_agents(person, agent.entity))
    before = {name: getattr(agent, name) for name in facts}
    email = str(facts.get("email", agent.email)).strip().lower()
    if agent.user_id is not None and email != agent.email.lower():
        raise Conflict(_("Cette adresse sert à la connexion de l’agent."), code="email_is_sign_in")
    _write(agent, facts)
    changed = tuple(name for name, value in before.items() if getattr(agent, name) != value)
    if not changed:
        return
    if agent.user is not None:
        User.objects.filter(pk=agent.user.pk).update(first_name=agent.first_name, last_name=agent.last_name)
    data = {"before": {name: before[name] for name in changed}}
    audit.record(actor=actor, action="directory.agent_updated", target=agent, now=now, data=data)
    events.publish(AgentUpdated(agent_id=agent.pk, fields=changed, actor_id=_pk(actor), at=now))


@transaction.atomic
def move_agent(*, actor: User | None, agent: Agent, entity: Entity, now: datetime) -> None:
    """The agent works in `entity` from now on.

    Raises:
        NotAllowed: not of the IT team of both entities.
    """
    _require_if_person(actor, lambda person: permissions.can_manage_agents(person, agent.entity))
    _require_if_person(actor, lambda person: permissions.can_manage_agents(person, entity))
    before = agent.entity_id
    if before == entity.pk:
        return
    agent.entity = entity
    agent.save(update_fields=["entity"])
    audit.record(
        actor=actor, action="directory.agent_moved", target=agent, now=now, data={"from": before, "to": entity.pk}
    )
    events.publish(
        AgentMoved(agent_id=agent.pk, from_entity_id=before, to_entity_id=entity.pk, actor_id=_pk(actor), at=now)
    )


@transaction.atomic
def change_agent(
    *,
    actor: User | None,
    agent: Agent,
    now: datetime,
    entity: Entity | None = None,
    is_active: bool | None = None,
    **facts: Any,
) -> None:
    """`update_agent`, `move_agent`, departure or return: all or nothing."""
    if facts:
        update_agent(actor=actor, agent=agent, now=now, **facts)
    if entity is not None:
        move_agent(actor=actor, agent=agent, entity=entity, now=now)
    if is_active is not None:
        (reactivate_agent if is_active else deactivate_agent)(actor=actor, agent=agent, now=now)


@transaction.atomic
def deactivate_agent(*, actor: User | None, agent: Agent, now: datetime) -> None:
    """The agent has left: their account opens nothing any more, their roles are gone. Twice is once.

    Raises:
        NotAllowed: see `permissions.can_manage_account`; nobody does this to oneself.
    """
    _require_account_if_person(actor, agent)
    if not Agent.objects.filter(pk=agent.pk, is_active=True).update(is_active=False):
        return
    agent.is_active = False
    audit.record(actor=actor, action="directory.agent_deactivated", target=agent, now=now)
    if agent.user is not None:
        for grant in RoleGrant.objects.filter(user=agent.user).select_related("entity", "user"):
            _remove(actor, grant, now)
        disable_user(actor=actor, user=agent.user, now=now)
    events.publish(AgentDeactivated(agent_id=agent.pk, actor_id=_pk(actor), at=now))


@transaction.atomic
def reactivate_agent(*, actor: User | None, agent: Agent, now: datetime) -> None:
    """The agent is back: their account may sign in again. Roles are granted anew.

    Raises:
        NotAllowed: see `permissions.can_manage_account`.
    """
    _require_account_if_person(actor, agent)
    if not Agent.objects.filter(pk=agent.pk, is_active=False).update(is_active=True):
        return
    agent.is_active = True
    audit.record(actor=actor, action="directory.agent_reactivated", target=agent, now=now)
    if agent.user is not None:
        enable_user(actor=actor, user=agent.user, now=now)
    events.publish(AgentReturned(agent_id=agent.pk, actor_id=_pk(actor), at=now))


@transaction.atomic
def open_account(*, actor: User, agent: Agent, now: datetime) -> User:
    """An account for the agent, and the mail with the link to choose a password.

    Raises:
        NotAllowed: not of the IT team of the agent's entity.
        Conflict: the agent has one, or is not in post.
        Invalid: the e-mail is another account's.
    """
    require(permissions.can_manage_account(actor, agent))
    if agent.user_id is not None or not agent.is_active:
        raise Conflict(_("Cet agent a déjà un compte, ou n’est plus en poste."), code="account_exists")
    user = invite_user(actor=actor, email=agent.email, first_name=agent.first_name, last_name=agent.last_name, now=now)
    if not Agent.objects.filter(pk=agent.pk, user=None).update(user=user):
        raise Conflict(_("Cet agent a déjà un compte."), code="account_exists")
    agent.user = user
    audit.record(actor=actor, action="directory.account_opened", target=agent, now=now, data={"user": user.pk})
    return user


@transaction.atomic
def grant_role(*, actor: User, agent: Agent, role: Role, entity: Entity, now: datetime) -> RoleGrant:
    """Give the agent's account a role on `entity` and all below it. Twice is once.

    The caller has checked that the second factor is fresh (requirement 10).

    Raises:
        NotAllowed: see `permissions.can_grant_role`; nobody gives a role to oneself.
    """
    require(permissions.can_grant_role(actor, agent, entity))
    grant, created = RoleGrant.objects.get_or_create(user=agent.user, role=role, entity=entity)
    if created:
        data = {"user": grant.user_id, "role": role, "entity": entity.pk, "entity_name": entity.name}
        audit.record(actor=actor, action="directory.role_granted", target=agent, now=now, data=data)
        events.publish(RoleGranted(user_id=grant.user_id, role=role, entity_id=entity.pk, actor_id=actor.pk, at=now))
    return grant


@transaction.atomic
def revoke_role(*, actor: User, grant: RoleGrant, now: datetime) -> None:
    """Take a role back.

    The caller has checked that the second factor is fresh (requirement 10).

    Raises:
        NotAllowed: see `permissions.can_revoke_role`.
    """
    require(permissions.can_revoke_role(actor, grant))
    _remove(actor, grant, now)


def _remove(actor: User | None, grant: RoleGrant, now: datetime) -> None:
    if not RoleGrant.objects.filter(pk=grant.pk).delete()[0]:
        return
    data = {"user": grant.user_id, "role": grant.role, "entity": grant.entity_id, "entity_name": grant.entity.name}
    audit.record(actor=actor, action="directory.role_revoked", target=grant.user, now=now, data=data)
    events.publish(
        RoleRevoked(user_id=grant.user_id, role=grant.role, entity_id=grant.entity_id, actor_id=_pk(actor), at=now)
    )


def _write(agent: Agent, facts: dict[str, Any]) -> None:
    for name in FACTS:
        if name in facts:
            setattr(agent, name, str(facts[name]).strip())
    for name in DATES:
        if name in facts:
            setattr(agent, name, facts[name])
    agent.email = agent.email.lower()
    agent.search = rules.search_key(agent.first_name, agent.last_name, agent.email, agent.job_title)
    try:
        with transaction.atomic():
            agent.save()
    except IntegrityError:
        problem = _("Un autre agent a déjà cette adresse électronique.")
        raise Invalid(problem, fields={"email": [problem]}) from None


def _pk(actor: User | None) -> int | None:
    return actor.pk if actor is not None else None


def _require_if_person(actor: User | None, decide: Callable[[User], Decision]) -> None:
    # A source of the directory is no person: who may set one up is decided where it is set up.
    if actor is not None:
        require(decide(actor))


def _require_account_if_person(actor: User | None, agent: Agent) -> None:
    _require_if_person(actor, lambda person: permissions.can_manage_agents(person, agent.entity))
    _require_if_person(actor, lambda person: permissions.can_manage_account(person, agent))
