"""What is done in this room: services described, things put behind others, lines kept, outages told."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import Model
from django.utils.translation import gettext as _

from parvis.portal.accounts.models import User
from parvis.portal.directory.models import Entity
from parvis.portal.infrastructure import rules
from parvis.portal.infrastructure.models import ITService, Line, Outage, SiteLink, Uplink
from parvis.portal.kernel import audit
from parvis.portal.kernel.authz import require
from parvis.portal.kernel.errors import Conflict, Invalid
from parvis.portal.parc.models import Asset, Site
from parvis.portal.parc.permissions import can_manage


@transaction.atomic
def save_service(
    *,
    actor: User,
    service: ITService,
    entity: Entity,
    values: dict[str, Any],
    hosts: Collection[Asset],
    needs: Collection[ITService],
    now: datetime,
) -> ITService:
    """Describe a service (new where it has no key).

    Raises:
        NotAllowed: not of the IT team of its entity, or of the one it goes to.
        Invalid: the name is taken, or it would need itself.
    """
    if not service._state.adding:
        require(can_manage(actor, service.entity))
        if rules.would_loop(service.pk, [other.pk for other in needs], _needs()):
            problem = _("Ce service aurait besoin de lui-même, par ceux dont il a besoin.")
            raise Invalid(problem, fields={"needs": [problem]})
    require(can_manage(actor, entity))
    for name, value in values.items():
        setattr(service, name, value)
    service.entity = entity
    _save(service, "name", _("Un autre service porte déjà ce nom."))
    service.hosts.set(hosts)
    service.needs.set(needs)
    facts = {"hosts": [asset.pk for asset in hosts], "needs": [other.pk for other in needs]}
    audit.record(actor=actor, action="infrastructure.service_saved", target=service, now=now, data=facts)
    return service


def _needs() -> dict[int, set[int]]:
    known: dict[int, set[int]] = {}
    for service, other in ITService.needs.through.objects.values_list("from_itservice_id", "to_itservice_id"):
        known.setdefault(service, set()).add(other)
    return known


@transaction.atomic
def delete_service(*, actor: User, service: ITService, now: datetime) -> None:
    """Forget a service.

    Raises:
        NotAllowed: not of the IT team of its entity.
    """
    require(can_manage(actor, service.entity))
    audit.record(actor=actor, action="infrastructure.service_deleted", target=service, now=now)
    service.delete()


@transaction.atomic
def put_behind(*, actor: User, asset: Asset, behind: Asset | None, now: datetime) -> None:
    """Say behind which equipment an asset is; None: behind nothing known.

    Raises:
        NotAllowed: not of the IT team of its entity.
        Invalid: it would be behind itself.
    """
    require(can_manage(actor, asset.entity))
    Uplink.objects.filter(asset=asset).delete()
    if behind is not None:
        known = {key: {other} for key, other in Uplink.objects.values_list("asset_id", "behind_id")}
        if rules.would_loop(asset.pk, [behind.pk], known):
            raise Invalid(_("Ce matériel serait raccordé à lui-même."))
        Uplink.objects.create(asset=asset, behind=behind)
    facts = {"behind": behind.pk if behind is not None else None}
    audit.record(actor=actor, action="infrastructure.asset_linked", target=asset, now=now, data=facts)


@transaction.atomic
def link_site(*, actor: User, site: Site, behind: Asset | None, now: datetime) -> None:
    """Say through which equipment a site's network passes; None: not known.

    Raises:
        NotAllowed: not of the IT team of its entity.
    """
    require(can_manage(actor, site.entity))
    SiteLink.objects.filter(site=site).delete()
    if behind is not None:
        SiteLink.objects.create(site=site, behind=behind)
    facts = {"behind": behind.pk if behind is not None else None}
    audit.record(actor=actor, action="infrastructure.site_linked", target=site, now=now, data=facts)


@transaction.atomic
def save_line(*, actor: User, line: Line, values: dict[str, Any], now: datetime) -> Line:
    """Keep a line (new where it has no key). `values` has its entity.

    Raises:
        NotAllowed: not of the IT team of its entity, or of the one it goes to.
        Invalid: the number is taken, or its SIM is another line's.
    """
    if line.pk is not None:
        require(can_manage(actor, Entity.objects.get(pk=Line.objects.values_list("entity", flat=True).get(pk=line.pk))))
    require(can_manage(actor, values["entity"]))
    for name, value in values.items():
        setattr(line, name, value)
    _save(line, "number", _("Une autre ligne a déjà ce numéro, ou cette carte SIM."))
    audit.record(actor=actor, action="infrastructure.line_saved", target=line, now=now, data={"state": line.state})
    return line


@transaction.atomic
def declare_outage(*, actor: User, outage: Outage, now: datetime) -> Outage:
    """Tell that something is or will be stopped.

    Raises:
        NotAllowed: not of the IT team of its entity.
        Invalid: it ends before it starts.
    """
    require(can_manage(actor, outage.entity))
    if outage.ends_at is not None and outage.ends_at <= outage.starts_at:
        problem = _("La fin vient après le début.")
        raise Invalid(problem, fields={"ends_at": [problem]})
    outage.save()
    audit.record(actor=actor, action="infrastructure.outage_declared", target=outage, now=now)
    return outage


@transaction.atomic
def end_outage(*, actor: User, outage: Outage, now: datetime) -> None:
    """It works again.

    Raises:
        NotAllowed: not of the IT team of its entity.
        Conflict: it has not begun, or has ended already (`outage_over`).
    """
    require(can_manage(actor, outage.entity))
    open_rows = Outage.objects.filter(pk=outage.pk, starts_at__lt=now).exclude(ends_at__lte=now)
    if not open_rows.update(ends_at=now):
        raise Conflict(_("Cette coupure n’est pas en cours."), code="outage_over")
    audit.record(actor=actor, action="infrastructure.outage_ended", target=outage, now=now)


def _save(row: Model, field: str, problem: str) -> None:
    try:
        with transaction.atomic():
            row.save()
    except IntegrityError:
        raise Invalid(problem, fields={field: [problem]}) from None
