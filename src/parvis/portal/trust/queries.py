"""Reads of this room, and what rooms above ask: the trust in a request and what it allows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Exists, Min, OuterRef, Q, QuerySet
from django.http import HttpRequest

from parvis.portal.accounts.models import User
from parvis.portal.directory.models import Agent, Entity, Role
from parvis.portal.directory.queries import Someone, agents_visible_to, is_staff, perimeter, within
from parvis.portal.kernel.authz import YES, Decision
from parvis.portal.parc.models import Computer
from parvis.portal.trust import evaluation, rules, wording
from parvis.portal.trust.evaluation import Trust
from parvis.portal.trust.models import Credential, EnrolmentCode, Network, PrivateDevice, RuleSet, SuppliedDevice
from parvis.portal.trust.permissions import WATCHERS
from parvis.portal.ui import search


@dataclass(frozen=True, slots=True, kw_only=True)
class Screen:
    """What a sign-in may do with an office PC's screen, now."""

    decision: Decision
    clipboard_to_pc: bool
    clipboard_from_pc: bool
    minutes: int | None
    idle_minutes: int | None
    level: rules.Level


def trust_of(request: HttpRequest) -> Trust:
    """The trust in a signed-in request: level, network, effects and what decided them."""
    return evaluation.of_request(request)


def screens(owners: Mapping[str, int], now: datetime) -> dict[str, Screen]:
    """For each sign-in (id → user id), what holds for its screens. Two queries."""
    return {each: screen_of(trust) for each, trust in evaluation.of_sign_ins(dict(owners), now).items()}


def screen(user: User, sign_in: str, now: datetime) -> Screen:
    """The same for one."""
    return screens({sign_in: user.pk}, now)[sign_in]


def screen_of(trust: Trust) -> Screen:
    """What a trust means for a screen."""
    effects = trust.effects
    return Screen(
        decision=YES if effects.screen else wording.no_screen(trust),
        clipboard_to_pc=effects.clipboard_to_pc,
        clipboard_from_pc=effects.clipboard_from_pc,
        minutes=effects.screen_minutes,
        idle_minutes=effects.screen_idle_minutes,
        level=trust.level,
    )


def heading_is_open(trust: Trust, heading: str) -> bool:
    """May the tiles under this heading of the home page be opened?"""
    return rules.heading_is_open(trust.effects, search.fold(heading))


def as_agent(agent: Agent) -> evaluation.Known:
    """Place, roles and rules of an agent, with or without an account. Two queries at most."""
    if agent.user_id is not None:
        return evaluation.of_users([agent.user_id])[agent.user_id]
    from parvis.portal.trust import snapshot

    now = snapshot.at(snapshot.current_token())
    return evaluation.Known(evaluation.person(agent.entity.path, ()), now)


def devices_visible_to(user: Someone) -> QuerySet[SuppliedDevice]:
    """Supplied computers of the perimeter; with computer and entity, and when the first certificate expires."""
    return (
        SuppliedDevice.objects.filter(within(perimeter(user, *WATCHERS), "computer__entity__path"))
        .select_related("computer__entity", "enrolled_by")
        .prefetch_related("agents", "credentials")
        .annotate(expires_at=Min("credentials__expires_at"))
    )


def computers_enrolled_by(user: Someone) -> QuerySet[Computer]:
    """The computers this user may enrol."""
    kinds = Q(kind__in=["office", "laptop"])
    return Computer.objects.filter(kinds, within(perimeter(user, Role.TECHNICIAN, Role.HEAD_OF_IT))).select_related(
        "entity"
    )


def device_of(computer: Computer) -> SuppliedDevice | None:
    """The computer as a supplied device, if it was ever enrolled."""
    return (
        SuppliedDevice.objects.filter(computer=computer)
        .select_related("computer__entity", "enrolled_by")
        .prefetch_related("agents", "credentials__authenticator__user")
        .first()
    )


def devices_of_agent(agent: Agent) -> QuerySet[SuppliedDevice]:
    """The supplied computers of an agent."""
    return (
        SuppliedDevice.objects.filter(agents=agent)
        .select_related("computer")
        .prefetch_related("credentials")
        .order_by("computer__name")
    )


def private_devices_of(user: User) -> QuerySet[PrivateDevice]:
    """A person's own browsers; nobody else sees them."""
    return PrivateDevice.objects.filter(user=user).order_by("-last_seen_at")


def expiring(devices: QuerySet[SuppliedDevice], before: datetime) -> QuerySet[SuppliedDevice]:
    """Trusted devices with a certificate that expires before then (expired ones included)."""
    soon = Credential.objects.filter(device=OuterRef("pk"), kind="certificate", expires_at__lt=before)
    return devices.filter(Exists(soon), standing="trusted")


def codes_waiting(computer: Computer, now: datetime) -> QuerySet[EnrolmentCode]:
    """Codes of this computer that still work."""
    waiting = EnrolmentCode.objects.filter(computer=computer, used_at__isnull=True, expires_at__gt=now)
    return waiting.select_related("agent", "made_by")


def networks_visible_to(user: Someone) -> QuerySet[Network]:
    """Networks declared by entities of the perimeter."""
    return Network.objects.filter(within(perimeter(user, *WATCHERS))).select_related("entity")


def entities_declared_by(user: Someone) -> QuerySet[Entity]:
    """Entities in whose name this user declares networks and writes rules."""
    return Entity.objects.filter(within(perimeter(user, Role.HEAD_OF_IT), "path")).order_by("path")


def rule_sets_visible_to(user: Someone) -> QuerySet[RuleSet]:
    """Versions of the rules of entities of the perimeter."""
    return RuleSet.objects.filter(within(perimeter(user, *WATCHERS))).select_related(
        "entity", "made_by", "published_by"
    )


def home_entities(user: Someone) -> QuerySet[Entity]:
    """The outermost entities whose rules this user watches: those the rules page begins with."""
    prefixes = perimeter(user, *WATCHERS)
    if "" in prefixes:
        return Entity.objects.filter(parent=None)
    return Entity.objects.filter(path__in=prefixes)


def agents_tested_by(user: Someone) -> QuerySet[Agent]:
    """Agents the tester may be asked about."""
    return agents_visible_to(user).filter(is_active=True) if is_staff(user) else Agent.objects.none()
