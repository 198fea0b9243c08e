"""Networks: declared, changed, removed. Their effect is immediate, so the second factor is fresh."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from ipaddress import ip_address, ip_network

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from parvis.portal.accounts.models import User
from parvis.portal.directory.models import Entity
from parvis.portal.kernel import audit
from parvis.portal.kernel.authz import require
from parvis.portal.kernel.errors import Conflict, Invalid
from parvis.portal.trust import permissions, snapshot
from parvis.portal.trust.models import Network, Rule, RuleSet

MAX_RANGES = 200


def ranges_of(text: str) -> list[str]:
    """The ranges typed, one a line or between commas, in canonical form; an address alone is a range of one.

    Raises:
        Invalid: one of them is no range, or has bits set beyond its prefix.
    """
    found: dict[str, None] = {}
    for item in text.replace(",", "\n").replace(";", "\n").split():
        try:
            found[str(ip_network(item))] = None
        except ValueError:
            problem = _("«\u202f%(item)s\u202f» n’est pas une plage d’adresses, comme 10.20.0.0/16 ou 2001:db8::/32.")
            raise Invalid(problem % {"item": item[:60]}, fields={"ranges": [problem % {"item": item[:60]}]}) from None
    if not found or len(found) > MAX_RANGES:
        problem = _("Indiquez de 1 à 200 plages d’adresses.")
        raise Invalid(problem, fields={"ranges": [problem]})
    return list(found)


@transaction.atomic
def save_network(
    *,
    actor: User,
    network: Network | None,
    entity: Entity,
    name: str,
    kind: str,
    ranges: Sequence[str],
    note: str,
    address: str,
    now: datetime,
) -> Network:
    """Declare a network, or change one. `address`: where the actor is now.

    Raises:
        NotAllowed: not the head of IT of `entity` (nor of the network's own).
        Invalid: another network of the entity has this name; the range is there already.
        Conflict: it would forbid the actor's own network (`own_network`).
    """
    require(permissions.can_declare(actor, entity))
    if network is not None:
        require(permissions.can_declare(actor, network.entity))
    if kind == Network.Kind.FORBIDDEN and _covers(ranges, address):
        raise Conflict(
            _("Vous êtes en ce moment dans ce réseau\u202f: l’interdire vous en couperait."), code="own_network"
        )
    before = {"kind": network.kind, "ranges": network.ranges} if network is not None else None
    saved = network or Network()
    saved.entity, saved.name, saved.kind, saved.note = entity, name.strip(), kind, note.strip()
    saved.ranges = list(ranges)
    try:
        with transaction.atomic():
            saved.save()
    except IntegrityError:
        problem = _("Un autre réseau porte déjà ce nom.")
        raise Invalid(problem, fields={"name": [problem]}) from None
    data = {"before": before, "after": {"kind": kind, "ranges": list(ranges)}}
    audit.record(actor=actor, action="trust.network_saved", target=saved, now=now, data=data)
    snapshot.changed()
    return saved


@transaction.atomic
def delete_network(*, actor: User, network: Network, now: datetime) -> None:
    """Its addresses are elsewhere again.

    Raises:
        NotAllowed: not the head of IT of its entity.
        Conflict: a rule in force or in a draft names it (`network_in_use`).
    """
    require(permissions.can_declare(actor, network.entity))
    living = Rule.objects.exclude(rule_set__status=RuleSet.Status.FORMER).values_list("networks", flat=True)
    if any(network.pk in named for named in living):
        raise Conflict(_("Une règle parle de ce réseau\u202f: changez-la d’abord."), code="network_in_use")
    audit.record(actor=actor, action="trust.network_deleted", target=network, now=now, data={"ranges": network.ranges})
    network.delete()
    snapshot.changed()


def _covers(ranges: Sequence[str], address: str) -> bool:
    try:
        ip = ip_address(address)
    except ValueError:
        return False
    return any(ip in ip_network(text) for text in ranges if ip_network(text).version == ip.version)
