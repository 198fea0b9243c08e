"""Who may do what with telework requests. Visibility (404) comes first, from `queries`; these decide the rest (403)."""

from __future__ import annotations

from collections.abc import Callable

from django.utils.translation import gettext_lazy as _

from parvis.portal.accounts.models import User
from parvis.portal.directory.models import Agent, Role
from parvis.portal.directory.queries import STAFF_ROLES, VIEWING_ROLES, has_role, is_staff, perimeter
from parvis.portal.directory.rules import covers
from parvis.portal.kernel.authz import YES, Decision, no
from parvis.portal.telework.models import Request

NOT_DECIDER = no(
    "not_decider",
    _("Cette demande attend l’accord de quelqu’un d’autre."),
    _("Adressez-vous au responsable du service de l’agent, ou à l’assistance informatique."),
)
OWN = no(
    "own_request",
    _("Vous ne pouvez pas décider de votre propre télétravail."),
    _("Votre demande attend l’accord de quelqu’un d’autre."),
)
NOT_YOUR_AGENT = no(
    "not_your_agent",
    _("Vous ne pouvez demander que pour vous, ou pour les agents de votre service."),
)
NOT_WATCHER = no(
    "not_watcher",
    _("Cette liste est réservée aux responsables de service et à l’équipe informatique."),
    _("Votre propre télétravail est dans «\u202fMon télétravail\u202f»."),
)


def can_watch(actor: User) -> Decision:
    """See the lists of requests: heads of department, the IT team, auditors."""
    return YES if has_role(actor, *VIEWING_ROLES) else NOT_WATCHER


def can_ask(actor: User, agent: Agent) -> Decision:
    """Ask for oneself; for an agent of one's department; as the IT team, for an agent of its perimeter."""
    return YES if _is(actor, agent) or leads(actor, agent) else NOT_YOUR_AGENT


def can_ask_for_others(actor: User) -> Decision:
    """Ask for somebody else at all: heads of department and the IT team."""
    return YES if has_role(actor, Role.HEAD_OF_DEPARTMENT) or is_staff(actor) else NOT_YOUR_AGENT


def can_decide(actor: User, request: Request) -> Decision:
    """Grant, refuse, suspend, let go on: the head of the agent's department, the IT team. Nobody for themselves."""
    return decider(actor)(request)


def decider(actor: User) -> Callable[[Request], Decision]:
    """`can_decide` for many requests: the actor's roles are read once."""
    led = perimeter(actor, Role.HEAD_OF_DEPARTMENT, *STAFF_ROLES)

    def answer(request: Request) -> Decision:
        if _is(actor, request.agent):
            return OWN
        return YES if any(covers(prefix, request.agent.entity.path) for prefix in led) else NOT_DECIDER

    return answer


def can_withdraw(actor: User, request: Request) -> Decision:
    """Give a request up before it is opened: the agent, and who may ask for them."""
    return can_ask(actor, request.agent)


def can_end(actor: User, request: Request) -> Decision:
    """Bring telework to its end: the agent, the head of their department, the IT team."""
    return YES if _is(actor, request.agent) or leads(actor, request.agent) else NOT_DECIDER


def leads(actor: User, agent: Agent) -> bool:
    """Whether the actor is a head of the agent's department, or of the IT team above it."""
    return has_role(actor, Role.HEAD_OF_DEPARTMENT, entity=agent.entity) or is_staff(actor, agent.entity)


def _is(actor: User, agent: Agent) -> bool:
    return agent.user_id is not None and agent.user_id == actor.pk
