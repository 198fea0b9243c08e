"""What people decide of reports in quarantine: which asset, a new one, or nothing. The identities are learnt."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from parvis.portal.accounts.models import User
from parvis.portal.inventory import permissions, rules
from parvis.portal.inventory.bodies import content_of
from parvis.portal.inventory.content import Content
from parvis.portal.inventory.models import Report
from parvis.portal.inventory.services import matching, recording
from parvis.portal.inventory.wire.problems import Unreadable
from parvis.portal.kernel import audit
from parvis.portal.kernel.authz import require
from parvis.portal.kernel.errors import Conflict, Invalid
from parvis.portal.parc.models import Asset

NAMES_TRIED = 20
"""`PC-12`, `PC-12-2`… until one is free in the entity."""


@transaction.atomic
def settle(*, actor: User, report: Report, asset: Asset, now: datetime) -> None:
    """The report is about this asset, which is known by its identities from now on.

    Raises:
        NotAllowed: not of the IT team of the address's entity, or of the asset's.
        Conflict: somebody settled it meanwhile, or it cannot be read any more (`report_moved`, `report_unreadable`).
    """
    require(permissions.can_settle(actor, report))
    require(permissions.can_manage(actor, asset))
    _finish(actor, _locked(report), asset, now, created=False)


@transaction.atomic
def settle_as_new(*, actor: User, report: Report, now: datetime) -> Asset:
    """The report is about something that was not in the list: it is added, in the entity of the address.

    Raises:
        NotAllowed, Conflict: see `settle`.
        Invalid: no name is left for it.
    """
    require(permissions.can_settle(actor, report))
    locked = _locked(report)
    content = _content(locked)
    asset = _make(locked, content, now)
    _finish(actor, locked, asset, now, created=True)
    return asset


@transaction.atomic
def discard(*, actor: User, report: Report, now: datetime) -> None:
    """Nothing is done with the report, nor with the next ones of this machine that would be asked about.

    Once the machine is in the list by one of its numbers, its reports are about it like any other's.

    Raises:
        NotAllowed, Conflict: see `settle`.
    """
    require(permissions.can_settle(actor, report))
    try:
        machine = rules.fingerprint(rules.identities(content_of(report)))
    except Unreadable:
        matching.move(report, Report.State.DISCARDED, now, handled_by=actor, body=None)
    else:
        matching.set_aside(report, machine, now, handled_by=actor)
    audit.record(actor=actor, action="inventory.report_discarded", target=report, now=now)


def _locked(report: Report) -> Report:
    waiting = Report.objects.select_for_update(of=("self",)).select_related("token__entity")
    found = waiting.filter(pk=report.pk, state=Report.State.QUARANTINED).first()
    if found is None:
        raise Conflict(
            _("Ce relevé a déjà été traité."),
            code="report_moved",
            advice=_("Revenez à la liste pour voir ce qui reste."),
        )
    return found


def _content(report: Report) -> Content:
    try:
        return content_of(report)
    except Unreadable:
        raise Conflict(
            _("Ce relevé ne peut plus être lu."),
            code="report_unreadable",
            advice=_("Écartez-le\u202f: le prochain relevé de cet ordinateur sera proposé à sa place."),
        ) from None


def _make(report: Report, content: Content, now: datetime) -> Asset:
    kind = rules.kind_of(content) or Asset.Kind.NETWORK
    name = (content.name or "poste").split(".")[0][:56]
    for number in range(1, NAMES_TRIED + 1):
        try:
            with transaction.atomic():
                tried = "" if number == 1 else f"{name}-{number}"
                return matching.make(entity=report.token.entity, content=content, kind=kind, name=tried, now=now)
        except Invalid:
            continue
    raise Invalid(_("Tous les noms qui conviendraient sont pris dans ce service."))


def _finish(actor: User, report: Report, asset: Asset, now: datetime, *, created: bool) -> None:
    content = _content(report)
    keys = rules.identities(content)
    recording.record_report(asset=asset, report=report, content=content, keys=keys, now=now)
    recording.learn(asset, keys, report.received_at, confirmed=True)
    matching.applied(report, content, asset, now, handled_by=actor)
    facts = {"asset": asset.pk, "asset_name": asset.name, "created": created}
    audit.record(actor=actor, action="inventory.report_settled", target=report, now=now, data=facts)
