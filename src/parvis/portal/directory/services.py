"""What is done to agents and their accounts. (Roles: `role_services`. The tree: `entity_services`.)"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime
from typing import Any

import structlog
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from parvis.portal.accounts.models import User
from parvis.portal.accounts.services import disable_user, enable_user, invite_user
from parvis.portal.directory import lockout, permissions, rules
from parvis.portal.directory.events import (
    AgentArrived,
    AgentDeactivated,
    AgentMoved,
    AgentReturned,
    AgentUpdated,
)
from parvis.portal.directory.models import Agent, Entity, RoleGrant
from parvis.portal.directory.permissions import require_open
from parvis.portal.directory.role_services import remove_grant
from parvis.portal.kernel import audit, clock, events
from parvis.portal.kernel.authz import Decision, require
from parvis.portal.kernel.errors import Conflict, Invalid

log = structlog.get_logger("parvis.directory")

FACTS = ("first_name", "last_name", "email", "job_title", "personnel_number", "phone", "office")
"""The fields of `Agent` that say who somebody is: what pages, API and sources may write."""

DATES = ("starts_date", "ends_date")
OTHERS = (*DATES, "is_listed")
YEARS = range(1950, 2100)
"""A date outside is a slip of the keyboard."""


@transaction.atomic
def create_agent(*, actor: User | None, entity: Entity, now: datetime, **facts: Any) -> Agent:
    """A new staff member, without account (see `open_account`). `facts`: of `FACTS` and `OTHERS`.

    `actor` None, here and below: a source of the directory.

    Raises:
        NotAllowed: not of the IT team of `entity`.
        Invalid: a fact is missing, too long or no date of this century; the e-mail is another agent's.
        Conflict: the entity is closed.
    """
    _require_if_person(actor, lambda person: permissions.can_manage_agents(person, entity))
    require_open(entity)
    agent = Agent(entity=entity)
    _write(agent, facts)
    audit.record(actor=actor, action="directory.agent_created", target=agent, now=now, data={"entity": entity.pk})
    events.publish(AgentArrived(agent_id=agent.pk, entity_id=entity.pk, actor_id=_pk(actor), at=now))
    return agent


@transaction.atomic
def update_agent(*, actor: User | None, agent: Agent, now: datetime, **facts: Any) -> None:
    """Change some of `FACTS` and `OTHERS`; what is left out stays.

    The e-mail of an agent who has an account is their sign-in: it stays.

    Raises:
        NotAllowed: not of the IT team of the agent's entity; a last day, or the number that a recovery calls back,
            for somebody whose account they do not administer.
        Conflict: another e-mail for an agent with an account (`email_is_sign_in`).
        Invalid: as for `create_agent`.
    """
    _require_if_person(actor, lambda person: permissions.can_manage_agents(person, agent.entity))
    if actor is not None and _touches_account(actor, agent, facts):
        require(permissions.can_manage_account(actor, agent))
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
    require_open(entity)
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
        Conflict: nobody would be left who can give powers back (`lockout`).
    """
    _require_account_if_person(actor, agent)
    if agent.user is not None and agent.is_active:
        lockout.keep_account(actor, agent.user)
    if not Agent.objects.filter(pk=agent.pk, is_active=True).update(is_active=False):
        return
    agent.is_active = False
    audit.record(actor=actor, action="directory.agent_deactivated", target=agent, now=now)
    if agent.user is not None:
        for grant in RoleGrant.with_expired.filter(user=agent.user).select_related("entity", "user"):
            remove_grant(actor, grant, now)
        disable_user(actor=actor, user=agent.user, now=now)
    events.publish(AgentDeactivated(agent_id=agent.pk, actor_id=_pk(actor), at=now))


@transaction.atomic
def reactivate_agent(*, actor: User | None, agent: Agent, now: datetime) -> None:
    """The agent is back: their account may sign in again. Roles are granted anew.

    Raises:
        NotAllowed: see `permissions.can_manage_account`.
    """
    _require_account_if_person(actor, agent)
    require_open(agent.entity)
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


def sweep(*, now: datetime) -> int:
    """What is over by its date: roles (requirement 20), posts the day after the last. How many; twice is once.

    Each in a transaction of its own. The last head of IT of an entity stays until there is another; that is logged.
    """
    today, done = clock.today(now), 0
    for grant in RoleGrant.with_expired.filter(ends_date__lt=today).select_related("entity", "user"):
        with transaction.atomic():
            remove_grant(None, grant, now, reason="expired")
        done += 1
    for agent in Agent.objects.filter(is_active=True, ends_date__lt=today).select_related("entity", "user"):
        try:
            deactivate_agent(actor=None, agent=agent, now=now)
        except Conflict as kept:
            log.warning("departure_kept_back", agent=agent.pk, reason=kept.code)
        else:
            done += 1
    return done


def fill(agent: Agent, facts: dict[str, Any]) -> None:
    """Set these facts on an agent, checked and ready to be saved.

    Raises:
        Invalid: see `create_agent`.
    """
    for name in FACTS:
        if name in facts:
            setattr(agent, name, _line(facts[name]))
    for name in OTHERS:
        if name in facts:
            setattr(agent, name, facts[name])
    agent.email = agent.email.lower()
    _check(agent)
    agent.search = rules.search_key(
        agent.first_name, agent.last_name, agent.email, agent.job_title, agent.phone, agent.office
    )


def _write(agent: Agent, facts: dict[str, Any]) -> None:
    fill(agent, facts)
    try:
        with transaction.atomic():
            agent.save()
    except IntegrityError:
        problem = _("Un autre agent a déjà cette adresse électronique.")
        raise Invalid(problem, fields={"email": [problem]}) from None


def _line(text: object) -> str:
    # Whatever a source sends: one line, no control character (a NUL is no text for PostgreSQL).
    return "".join(char if char.isprintable() or char.isspace() else "" for char in " ".join(str(text).split()))


def _check(agent: Agent) -> None:
    try:
        agent.clean_fields(exclude=["user", "entity", "search"])
    except ValidationError as problem:
        raise Invalid(fields={name: list(map(str, each)) for name, each in problem.message_dict.items()}) from None
    for name in DATES:
        day: date | None = getattr(agent, name)
        if day is not None and day.year not in YEARS:
            problem_text = _("Cette année n’est pas plausible.")
            raise Invalid(problem_text, fields={name: [problem_text]})
    if agent.starts_date and agent.ends_date and agent.ends_date < agent.starts_date:
        problem_text = _("Le départ ne peut pas précéder l’arrivée.")
        raise Invalid(problem_text, fields={"ends_date": [problem_text]})


def _touches_account(actor: User, agent: Agent, facts: dict[str, Any]) -> bool:
    # A last day closes the account and takes the roles; one's own telephone is one's own.
    if agent.user_id is None:
        return False
    phone = "phone" in facts and _line(facts["phone"]) != agent.phone and agent.user_id != actor.pk
    return phone or ("ends_date" in facts and facts["ends_date"] != agent.ends_date)


def _pk(actor: User | None) -> int | None:
    return actor.pk if actor is not None else None


def _require_if_person(actor: User | None, decide: Callable[[User], Decision]) -> None:
    # A source of the directory is no person: who may set one up is decided where it is set up.
    if actor is not None:
        require(decide(actor))


def _require_account_if_person(actor: User | None, agent: Agent) -> None:
    _require_if_person(actor, lambda person: permissions.can_manage_agents(person, agent.entity))
    _require_if_person(actor, lambda person: permissions.can_manage_account(person, agent))
