"""« Équiper cette personne »: everything decided at once, then done part by part.

Each part is a transaction of its own: what cannot be done leaves the others standing, and its reason on the page. A
part is claimed by a conditional UPDATE in the very transaction that does it, so that it is done once however many
technicians press the button; what fails gives the claim back.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from parvis.portal.accounts.models import User
from parvis.portal.directory.models import Agent
from parvis.portal.directory.services import open_account
from parvis.portal.equipment import permissions, rules
from parvis.portal.equipment.models import Outfit, Part
from parvis.portal.equipment.tasks import send_first_steps
from parvis.portal.kernel import audit, clock
from parvis.portal.kernel.authz import require
from parvis.portal.kernel.errors import Conflict, Invalid, ParvisError
from parvis.portal.loans.models import Loan, Offer
from parvis.portal.loans.services.deciding import approve
from parvis.portal.loans.services.requesting import request_loan
from parvis.portal.parc import asset_services
from parvis.portal.parc.models import Asset, Assignment, Computer
from parvis.portal.remote_desktop import facts
from parvis.portal.remote_desktop.services.display import configure_display
from parvis.portal.remote_desktop.services.rights import grant_right

MOST = 30
"""Parts of one outfit."""
PROBLEM_LENGTH = 300


@dataclass(frozen=True, slots=True)
class Wishes:
    """What is decided for an agent."""

    account: bool = False
    assets: Sequence[Asset] = ()
    """To assign, from stock."""
    loans: Sequence[tuple[Offer, date]] = ()
    """Offers, each with its last day."""
    screens: Sequence[Computer] = field(default_factory=list)
    """Computers of the agent, or among `assets`, whose screen they may open from elsewhere."""
    guide: bool = False

    def __bool__(self) -> bool:
        return bool(self.account or self.assets or self.loans or self.screens or self.guide)


@transaction.atomic
def start(*, actor: User, agent: Agent, wishes: Wishes, token: uuid.UUID, now: datetime) -> Outfit:
    """Write down what is decided; nothing is done yet. The same token again is the same outfit.

    Raises:
        NotAllowed: see `permissions.can_equip`.
        Conflict: the agent is not in post, or the token is another agent's outfit.
        Invalid: nothing was chosen, too much was, or the same thing twice.
    """
    require(permissions.can_equip(actor, agent))
    if not agent.is_active:
        raise Conflict(_("Cet agent n’est plus en poste."), code="agent_not_in_post")
    parts = _parts(wishes)
    if not parts or len(parts) > MOST:
        raise Invalid(_("Choisissez au moins une chose à faire."), code="nothing_chosen")
    if len({asset.pk for asset in wishes.assets}) < len(wishes.assets):
        raise Invalid(_("Le même matériel est choisi deux fois."), code="twice")
    try:
        with transaction.atomic():
            outfit = Outfit.objects.create(agent=agent, made_by=actor, made_at=now, token=token)
    except IntegrityError:
        found = Outfit.objects.filter(token=token, agent=agent).first()
        if found is None:
            raise Conflict(_("Rechargez la page\u202f: ce formulaire a déjà servi."), code="form_used") from None
        return found
    for part in parts:
        part.outfit = outfit
    Part.objects.bulk_create(parts)
    audit.record(actor=actor, action="equipment.outfit_started", target=agent, now=now, data={"parts": len(parts)})
    return outfit


def _parts(wishes: Wishes) -> list[Part]:
    """In the order in which they are done: the account before the rights, the computer before its screen."""
    kinds = Part.Kind
    found = [Part(kind=kinds.ACCOUNT, label=_("Ouvrir un compte sur le portail"))] if wishes.account else []
    found += [
        Part(kind=kinds.ASSIGN, asset=asset, label=f"{asset.get_kind_display()} · {asset}"[:150])
        for asset in wishes.assets
    ]
    found += [
        Part(kind=kinds.LOAN, offer=offer, ends_date=ends, label=str(offer)[:150]) for offer, ends in wishes.loans
    ]
    screen = _("Ouvrir l’écran de %(computer)s à distance")
    found += [
        Part(kind=kinds.SCREEN, asset_id=computer.pk, label=(screen % {"computer": computer})[:150])
        for computer in wishes.screens
    ]
    if wishes.guide:
        found.append(Part(kind=kinds.GUIDE, label=_("Envoyer les premiers pas par courriel")))
    return found


def carry_out(*, actor: User, outfit: Outfit, now: datetime) -> int:
    """Do what is not done yet, each part by itself; how many parts remain.

    Raises:
        NotAllowed: see `permissions.can_equip`.
    """
    require(permissions.can_equip(actor, outfit.agent))
    waiting = outfit.parts.filter(state__in=_sources(rules.DONE)).select_related("asset__entity", "offer__entity")
    for part in waiting.order_by("pk"):
        try:
            _carry_out(actor, outfit, part, now)
        except ParvisError as problem:
            _note_failure(actor, outfit, part, problem, now)
    return outfit.parts.filter(state__in=_sources(rules.DONE)).count()


@transaction.atomic
def _carry_out(actor: User, outfit: Outfit, part: Part, now: datetime) -> None:
    claimed = Part.objects.filter(pk=part.pk, state__in=_sources(rules.DONE))
    if not claimed.update(state=Part.State.DONE, done_at=now, problem=""):
        return
    # Read again: an earlier part may have opened the account or moved the computer.
    agent = Agent.objects.select_related("entity", "user").get(pk=outfit.agent_id)
    DOERS[Part.Kind(part.kind)](actor, agent, part, now)
    data = {"part": part.kind, "asset": part.asset_id, "offer": part.offer_id}
    audit.record(actor=actor, action="equipment.part_done", target=agent, now=now, data=data)


@transaction.atomic
def _note_failure(actor: User, outfit: Outfit, part: Part, problem: ParvisError, now: datetime) -> None:
    words = str(problem.message)
    if isinstance(problem, Invalid) and problem.fields:
        words = " ".join(str(each) for several in problem.fields.values() for each in several)
    here = Part.objects.filter(pk=part.pk, state__in=_sources(rules.FAILED) | {rules.FAILED})
    if here.update(state=Part.State.FAILED, problem=words[:PROBLEM_LENGTH]):
        data = {"part": part.kind, "why": problem.code}
        audit.record(actor=actor, action="equipment.part_failed", target=outfit.agent, now=now, data=data)


@transaction.atomic
def drop(*, actor: User, part: Part, now: datetime) -> None:
    """Give up a part that could not be done; twice is once.

    Raises:
        NotAllowed: see `permissions.can_equip`.
    """
    require(permissions.can_equip(actor, part.outfit.agent))
    here = Part.objects.filter(pk=part.pk, state__in=_sources(rules.DROPPED))
    if here.update(state=Part.State.DROPPED, done_at=now):
        data = {"part": part.kind}
        audit.record(actor=actor, action="equipment.part_dropped", target=part.outfit.agent, now=now, data=data)


def _sources(to: str) -> set[str]:
    return {state for state, moves in rules.PART_MOVES.items() if to in moves}


# What each kind of part does; each is fine when it is so already


def _account(actor: User, agent: Agent, part: Part, now: datetime) -> None:
    if agent.user is None:
        open_account(actor=actor, agent=agent, now=now)
    elif not agent.user.is_active:
        raise Conflict(_("Le compte de cet agent est désactivé\u202f: rouvrez-le depuis la page du compte."))


def _assign(actor: User, agent: Agent, part: Part, now: datetime) -> None:
    asset = Asset.objects.select_related("entity").filter(pk=part.asset_id or 0).first()
    if asset is None:
        raise Conflict(_("Ce matériel n’existe plus."), code="asset_gone")
    if Assignment.objects.filter(agent=agent, asset=asset).exists():
        return
    if asset.state != Asset.State.STOCK or hasattr(asset, "pool"):
        raise Conflict(_("Ce matériel n’est plus libre en stock\u202f: choisissez-en un autre."), code="asset_taken")
    # Of two technicians who give the same thing to two people, one moves it out of stock.
    asset_services.move_asset(actor=actor, asset=asset, to=Asset.State.DEPLOYED, now=now)
    asset_services.assign_agent(actor=actor, asset=asset, agent=agent, now=now)


def _loan(actor: User, agent: Agent, part: Part, now: datetime) -> None:
    if part.offer is None or part.ends_date is None:
        raise Conflict(_("Cette offre de prêt n’existe plus."), code="offer_gone")
    starts, purpose = clock.today(now), _("Équipement de l’agent")
    loan = request_loan(
        actor=actor, offer=part.offer, agent=agent, starts=starts, ends=part.ends_date, now=now, purpose=purpose
    )
    if loan.state == Loan.State.REQUESTED:
        approve(actor=actor, loan=loan, now=now)
    Part.objects.filter(pk=part.pk).update(loan=loan)


def _screen(actor: User, agent: Agent, part: Part, now: datetime) -> None:
    computer = Computer.objects.select_related("entity").filter(pk=part.asset_id or 0).first()
    if computer is None:
        raise Conflict(_("Cet ordinateur n’existe plus."), code="computer_gone")
    if facts.display_of(computer) is None:
        configure_display(actor=actor, computer=computer, values={"enabled": True}, now=now)
    try:
        grant_right(
            actor=actor, agent=agent, computer=computer, starts_date=clock.today(now), ends_date=None, now=now,
            reason=_("Équipement de l’agent"),
        )  # fmt: skip
    except Conflict as already:
        if already.code != "right_exists":
            raise


def _guide(actor: User, agent: Agent, part: Part, now: datetime) -> None:
    send_first_steps.enqueue(agent_id=agent.pk)


DOERS: dict[Part.Kind, Callable[[User, Agent, Part, datetime], None]] = {
    Part.Kind.ACCOUNT: _account,
    Part.Kind.ASSIGN: _assign,
    Part.Kind.LOAN: _loan,
    Part.Kind.SCREEN: _screen,
    Part.Kind.GUIDE: _guide,
}
