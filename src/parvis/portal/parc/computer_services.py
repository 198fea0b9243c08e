"""What is done to computers and to who works on them."""

from __future__ import annotations

from datetime import datetime
from typing import Any, TypedDict

from django.db import IntegrityError, transaction
from django.db.models import ProtectedError
from django.utils.translation import gettext as _

from parvis.portal.accounts.models import User
from parvis.portal.directory.models import Agent, Entity
from parvis.portal.kernel import audit, events
from parvis.portal.kernel.authz import require
from parvis.portal.kernel.errors import Conflict, Invalid
from parvis.portal.parc import permissions, rules
from parvis.portal.parc.events import AgentAssigned, AgentUnassigned
from parvis.portal.parc.models import Assignment, Computer, Site


class ComputerData(TypedDict, total=False):
    """What is known of a computer. What is left out stays as it is (or takes its default)."""

    name: str
    kind: str
    entity: Entity
    site: Site | None
    address: str
    mac_address: str
    probe_port: int


NAMES = frozenset(ComputerData.__annotations__)


def clean(data: ComputerData) -> ComputerData:
    """The data in their usual forms.

    Raises:
        Invalid: `fields` says what is wrong with each, in words.
    """
    clean_data, problems = data.copy(), {}
    if "name" in data and not rules.name_is_valid(data["name"]):
        problems["name"] = [_("Un nom d’ordinateur n’a que des lettres sans accent, des chiffres, des tirets.")]
    if data.get("address"):
        try:
            clean_data["address"] = rules.normal_host(data["address"])
        except ValueError:
            problems["address"] = [
                _(
                    "Indiquez une adresse IP (10.1.2.3) ou un nom de machine, sans "
                    "«\u202fhttp://\u202f» ni numéro de port."
                )
            ]
    if data.get("mac_address"):
        try:
            clean_data["mac_address"] = rules.normal_mac(data["mac_address"])
        except ValueError:
            problems["mac_address"] = [_("Une adresse MAC s’écrit par exemple 00:1A:2B:3C:4D:5E.")]
    if not 1 <= data.get("probe_port", 1) <= 65535:
        problems["probe_port"] = [_("Un port est un nombre entre 1 et 65535.")]
    if problems:
        raise Invalid(fields=problems)
    return clean_data


@transaction.atomic
def create_computer(*, actor: User, data: ComputerData, now: datetime) -> Computer:
    """A new computer; `data` needs a name and an entity.

    Raises:
        NotAllowed: not of the IT team of the entity.
        Invalid: see `clean`; or the name is taken in this entity.
    """
    require(permissions.can_manage(actor, data["entity"]))
    computer = Computer()
    _write(computer, data)
    audit.record(actor=actor, action="parc.computer_created", target=computer, now=now, data=_facts(computer))
    return computer


@transaction.atomic
def update_computer(*, actor: User, computer: Computer, data: ComputerData, now: datetime) -> None:
    """Change what is known of a computer.

    Raises:
        NotAllowed: not of the IT team of its entity, or of the one it goes to; see `permissions.can_change_kind`.
        Invalid: see `clean`; or the name is taken in this entity.
    """
    require(permissions.can_manage(actor, computer.entity))
    if "entity" in data:
        require(permissions.can_manage(actor, data["entity"]))
    require(permissions.can_change_kind(actor, computer, data.get("kind", computer.kind)))
    before = _facts(computer)
    _write(computer, data)
    after = _facts(computer)
    changes = {name: [before[name], after[name]] for name in before if before[name] != after[name]}
    if changes:
        audit.record(actor=actor, action="parc.computer_updated", target=computer, now=now, data=changes)


@transaction.atomic
def delete_computer(*, actor: User, computer: Computer, now: datetime) -> None:
    """Take a computer off the list.

    Raises:
        NotAllowed: not of the IT team of its entity.
        Conflict: it has a history (remote sessions) that must be kept (`computer_has_history`).
    """
    require(permissions.can_manage(actor, computer.entity))
    for assignment in Assignment.objects.filter(computer=computer).select_related("agent", "computer"):
        _unassign(actor, assignment, now)
    audit.record(actor=actor, action="parc.computer_deleted", target=computer, now=now, data=_facts(computer))
    try:
        with transaction.atomic():
            computer.delete()
    except ProtectedError:
        raise Conflict(
            _("Cet ordinateur a un historique de sessions, qui doit être conservé."),
            code="computer_has_history",
            advice=_("Retirez plutôt ses agents et ses droits d’accès."),
        ) from None


@transaction.atomic
def assign_agent(*, actor: User, computer: Computer, agent: Agent, now: datetime) -> None:
    """The agent works on this computer from now on. Twice is once.

    Raises:
        NotAllowed: not of the IT team of the computer's entity.
        Conflict: the agent is not in post.
    """
    require(permissions.can_manage(actor, computer.entity))
    if not agent.is_active:
        raise Conflict(_("Cet agent n’est plus en poste."), code="agent_not_in_post")
    _assignment, created = Assignment.objects.get_or_create(agent=agent, computer=computer)
    if created:
        data = {"agent": agent.pk, "agent_name": str(agent)}
        audit.record(actor=actor, action="parc.agent_assigned", target=computer, now=now, data=data)
        events.publish(AgentAssigned(agent_id=agent.pk, computer_id=computer.pk, actor_id=actor.pk, at=now))


@transaction.atomic
def unassign_agent(*, actor: User, computer: Computer, agent: Agent, now: datetime) -> None:
    """The agent does not work on this computer any more. Rights without end on it are ended by `remote_desktop`.

    Raises:
        NotAllowed: not of the IT team of the computer's entity.
    """
    require(permissions.can_manage(actor, computer.entity))
    for assignment in Assignment.objects.filter(computer=computer, agent=agent).select_related("agent", "computer"):
        _unassign(actor, assignment, now)


def release_agent(*, agent_id: int, actor: User | None, now: datetime) -> None:
    """The agent has left: they work on no computer any more (heard by `subscriptions`)."""
    for assignment in Assignment.objects.filter(agent_id=agent_id).select_related("agent", "computer"):
        _unassign(actor, assignment, now)


def _unassign(actor: User | None, assignment: Assignment, now: datetime) -> None:
    if not Assignment.objects.filter(pk=assignment.pk).delete()[0]:
        return
    agent, computer = assignment.agent, assignment.computer
    data = {"agent": agent.pk, "agent_name": str(agent)}
    audit.record(actor=actor, action="parc.agent_unassigned", target=computer, now=now, data=data)
    actor_id = actor.pk if actor is not None else None
    events.publish(AgentUnassigned(agent_id=agent.pk, computer_id=computer.pk, actor_id=actor_id, at=now))


def _write(computer: Computer, data: ComputerData) -> None:
    for name, value in clean(data).items():
        if name in NAMES:
            setattr(computer, name, value)
    try:
        with transaction.atomic():
            computer.save()
    except IntegrityError:
        problem = _("Un autre ordinateur de ce service porte déjà ce nom.")
        raise Invalid(problem, fields={"name": [problem]}) from None


def _facts(computer: Computer) -> dict[str, Any]:
    plain = ("name", "kind", "entity_id", "site_id", "address", "mac_address", "probe_port")
    return {name: getattr(computer, name) for name in plain}
