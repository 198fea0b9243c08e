"""Who may do what with loans. Visibility (404) comes first, from `queries`; these decide the rest (403)."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from parvis.portal.accounts.models import User
from parvis.portal.directory.models import Agent, Entity, Role
from parvis.portal.directory.permissions import NOT_STAFF
from parvis.portal.directory.queries import has_role, is_staff
from parvis.portal.directory.rules import covers
from parvis.portal.kernel.authz import YES, Decision, no
from parvis.portal.loans.models import Loan, Offer
from parvis.portal.parc.queries import VIEWING_ROLES

NOT_DECIDER = no(
    "not_decider",
    _("Cette demande attend l’accord de quelqu’un d’autre."),
    _("Adressez-vous au responsable du service de l’agent, ou à l’assistance informatique."),
)
OWN = no(
    "own_loan",
    _("Vous ne pouvez pas accorder votre propre demande."),
    _("Elle attend l’accord de quelqu’un d’autre."),
)


def can_manage(actor: User, entity: Entity | None = None) -> Decision:
    """Run the loans of `entity` (of any, if not given): catalogue, pool, preparation, hand-over. The IT team."""
    return YES if is_staff(actor, entity) else NOT_STAFF


def can_watch(actor: User) -> Decision:
    """See the lists, the calendar and the forecast: the IT team and auditors."""
    return YES if has_role(actor, *VIEWING_ROLES) else NOT_STAFF


def can_request(actor: User, offer: Offer, agent: Agent) -> Decision:
    """Ask for a loan: for oneself; for an agent of one's department; for anybody, as the IT team that lends.

    The offer must be made to the agent's department: its entity is above.
    """
    if not agent.is_active:
        return no("agent_gone", _("Cet agent n’est plus en poste."))
    if not covers(offer.entity.path, agent.entity.path):
        return no("not_offered", _("Cette offre de prêt ne s’adresse pas au service de cet agent."))
    if is_staff(actor, offer.entity):
        return YES
    if not offer.is_open:
        return no("offer_closed", _("Ce prêt n’est plus proposé."))
    if agent.user_id == actor.pk or has_role(actor, Role.HEAD_OF_DEPARTMENT, *_STAFF, entity=agent.entity):
        return YES
    return no("not_your_agent", _("Vous ne pouvez demander un prêt que pour vous ou pour les agents de votre service."))


_STAFF = (Role.TECHNICIAN, Role.HEAD_OF_IT)


def can_decide(actor: User, loan: Loan) -> Decision:
    """Grant or refuse: whom the offer names, and the IT team that lends. Nobody for themselves, administrators too."""
    if loan.agent.user_id == actor.pk:
        return OWN
    if is_staff(actor, loan.entity):
        return YES
    if loan.offer.approval == Offer.Approval.HEAD:
        return YES if has_role(actor, Role.HEAD_OF_DEPARTMENT, entity=loan.agent.entity) else NOT_DECIDER
    return NOT_DECIDER


def can_extend(actor: User, loan: Loan) -> Decision:
    """Answer who asks to keep a loan longer: the IT team that lends. Nobody for themselves."""
    return OWN if loan.agent.user_id == actor.pk else can_manage(actor, loan.entity)


def can_cancel(actor: User, loan: Loan) -> Decision:
    """Give up a loan not handed over yet: the agent, who could ask for it, the IT team that lends."""
    if loan.agent.user_id == actor.pk or is_staff(actor, loan.entity):
        return YES
    if has_role(actor, Role.HEAD_OF_DEPARTMENT, *_STAFF, entity=loan.agent.entity):
        return YES
    return NOT_DECIDER
