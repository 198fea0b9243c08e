"""Campaigns are made, changed, given what their weeks offer, started, stopped, ended."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.db import IntegrityError, transaction
from django.db.models import F
from django.utils.translation import gettext as _

from parvis.portal.accounts.models import User
from parvis.portal.directory.models import Entity
from parvis.portal.kernel import audit, clock
from parvis.portal.kernel.authz import require
from parvis.portal.kernel.errors import Conflict, Invalid
from parvis.portal.rollout import permissions, queries
from parvis.portal.rollout.models import Campaign, Offer, SiteLine, Wave
from parvis.portal.rollout.planning.problem import MOST_WEEKS, Resource
from parvis.portal.rollout.rules import CAMPAIGN_MOVES, monday_of, sources_of

MOST_UNITS = 10**9
MOST_BACK, MOST_AHEAD = timedelta(days=366), timedelta(days=3 * 366)
"""Between which days, from today, the first week may be."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CampaignData:
    """See `models.Campaign`. `starts_date`: any day of the first week."""

    name: str
    level: int
    starts_date: date
    weeks: int
    support_minutes: Mapping[str, int]
    sessions_share: float = 0.6
    kbps: int = 300
    keeps_teams: bool = True


@transaction.atomic
def create(*, actor: User, entity: Entity, data: CampaignData, now: datetime) -> Campaign:
    """A new campaign, in preparation.

    Raises:
        NotAllowed: not of the IT team of the entity.
        Invalid: the name is taken, or a figure makes no sense.
    """
    require(permissions.can_manage(actor, entity))
    _check_first_day(data.starts_date, now)
    campaign = Campaign(entity=entity, created_at=now, created_by=actor)
    _write(campaign, data)
    audit.record(actor=actor, action="rollout.campaign_created", target=campaign, now=now, data=_facts(data))
    return campaign


@transaction.atomic
def change(*, actor: User, campaign: Campaign, data: CampaignData, now: datetime) -> None:
    """Other words and figures for a campaign. Its weeks stay where they are once a wave is published.

    Raises:
        NotAllowed: not of the IT team of its entity.
        Conflict: it has ended.
        Invalid: as for `create`, or the weeks would move under a published wave.
    """
    require(permissions.can_manage(actor, campaign.entity))
    require_open(campaign)
    if data.starts_date != campaign.starts_date:
        _check_first_day(data.starts_date, now)
    moved = (monday_of(data.starts_date), data.weeks) != (campaign.starts_date, campaign.weeks)
    if moved and campaign.waves.exists():
        last = max(campaign.waves.values_list("week", flat=True))
        if monday_of(data.starts_date) != campaign.starts_date or data.weeks <= last:
            sentence = _("Une vague est déjà annoncée\u202f: la première semaine ne change plus.")
            raise Invalid(sentence, code="wave_published", fields={"starts_date": [sentence]})
    _write(campaign, data)
    campaign.offers.filter(week__gte=data.weeks).delete()
    audit.record(actor=actor, action="rollout.campaign_changed", target=campaign, now=now, data=_facts(data))


def _check_first_day(day: date, now: datetime) -> None:
    today = clock.today(now)
    if not today - MOST_BACK <= day <= today + MOST_AHEAD:
        sentence = _("Choisissez un jour à moins de trois ans d’aujourd’hui.")
        raise Invalid(sentence, code="wrong_dates", fields={"starts_date": [sentence]})


def _write(campaign: Campaign, data: CampaignData) -> None:
    if not 1 <= data.weeks <= MOST_WEEKS or not 0 < data.sessions_share <= 1 or data.kbps < 1:
        raise Invalid(code="out_of_range")
    campaign.name, campaign.level = data.name.strip(), data.level
    campaign.starts_date, campaign.weeks = monday_of(data.starts_date), data.weeks
    campaign.support_minutes = {need: max(0, int(minutes)) for need, minutes in data.support_minutes.items()}
    campaign.sessions_share, campaign.kbps, campaign.keeps_teams = data.sessions_share, data.kbps, data.keeps_teams
    try:
        with transaction.atomic():
            campaign.save()
    except IntegrityError:
        sentence = _("Une autre campagne de cette entité porte déjà ce nom.")
        raise Invalid(sentence, code="name_taken", fields={"name": [sentence]}) from None


def _facts(data: CampaignData) -> dict[str, object]:
    return {"level": data.level, "starts": monday_of(data.starts_date).isoformat(), "weeks": data.weeks}


def require_open(campaign: Campaign) -> None:
    """It is to be changed. Holds its row until the transaction ends: nobody ends it, or announces a wave, meanwhile.

    Raises:
        Conflict: it has ended.
    """
    held = Campaign.objects.filter(pk=campaign.pk).exclude(state=Campaign.State.CLOSED).update(state=F("state"))
    if not held:
        raise Conflict(_("Cette campagne est terminée."), code="campaign_closed")


@transaction.atomic
def set_offers(
    *, actor: User, campaign: Campaign, offers: Mapping[Resource, Sequence[float | None]], now: datetime
) -> None:
    """What each week has of each resource, all of it at once; None: no limit said for that week.

    Raises:
        NotAllowed: not of the IT team of its entity.
        Conflict: it has ended.
        Invalid: a figure is negative or absurd.
    """
    require(permissions.can_manage(actor, campaign.entity))
    require_open(campaign)
    rows = [
        Offer(campaign=campaign, resource=resource.value, week=week, units=units)
        for resource, by_week in offers.items()
        for week, units in enumerate(by_week[: campaign.weeks])
        if units is not None
    ]
    if any(not 0 <= row.units <= MOST_UNITS for row in rows):
        raise Invalid(code="out_of_range")
    campaign.offers.all().delete()
    Offer.objects.bulk_create(rows)
    totals = {resource.value: list(by_week) for resource, by_week in offers.items() if any(by_week)}
    audit.record(actor=actor, action="rollout.offers_set", target=campaign, now=now, data={"offers": totals})


@transaction.atomic
def set_lines(*, actor: User, campaign: Campaign, lines: Mapping[int, int], now: datetime) -> None:
    """What the line of each site carries (kbit/s), all of it at once; a site that is not there is not limited.

    Raises:
        NotAllowed: not of the IT team of its entity.
        Conflict: it has ended.
        Invalid: a site is not of the campaign's entity, or a figure is absurd.
    """
    require(permissions.can_manage(actor, campaign.entity))
    require_open(campaign)
    known = set(queries.sites_of(campaign).values_list("pk", flat=True))
    if not set(lines) <= known or any(not 0 <= kbps <= MOST_UNITS for kbps in lines.values()):
        raise Invalid(code="out_of_range")
    campaign.lines.all().delete()
    SiteLine.objects.bulk_create(SiteLine(campaign=campaign, site_id=site, kbps=kbps) for site, kbps in lines.items())
    audit.record(actor=actor, action="rollout.lines_set", target=campaign, now=now, data={"sites": len(lines)})


@transaction.atomic
def move(*, actor: User, campaign: Campaign, to: str, now: datetime) -> None:
    """Start (`running`), stop (`paused`) or end (`closed`) a campaign.

    Raises:
        NotAllowed: not of the IT team of its entity.
        Conflict: not possible from where it is, or somebody was faster; ended while a wave is announced
            (`wave_announced`): its people would wait for nothing, and what they are lent would be kept for nobody.
    """
    require(permissions.can_manage(actor, campaign.entity))
    if to not in CAMPAIGN_MOVES:
        raise Invalid(code="unknown_state")
    moved = Campaign.objects.filter(pk=campaign.pk, state__in=sources_of(CAMPAIGN_MOVES, to)).update(state=to)
    if not moved:
        raise Conflict
    if to == Campaign.State.RUNNING:
        # Those that were open when it was stopped do not close at once: their people have this week.
        campaign.waves.filter(state=Wave.State.RUNNING).update(resumed_at=now)
    # Asked once the row is held: no wave is announced meanwhile.
    announced = campaign.waves.filter(opened_at=None, state__in=(Wave.State.PUBLISHED, Wave.State.STOPPED))
    if to == Campaign.State.CLOSED and announced.exists():
        raise Conflict(
            _("Une vague est annoncée et n’est pas ouverte\u202f: ses agents attendent leur jour."),
            code="wave_announced",
            advice=_("Annulez d’abord son annonce\u202f: ils sont prévenus."),
        )
    campaign.state = to
    audit.record(actor=actor, action="rollout.campaign_moved", target=campaign, now=now, data={"to": to})


@transaction.atomic
def delete(*, actor: User, campaign: Campaign, now: datetime) -> None:
    """Take away a campaign in preparation, with its members and plans.

    Raises:
        NotAllowed: not of the IT team of its entity.
        Conflict: it has begun, or a wave is published.
    """
    require(permissions.can_manage(actor, campaign.entity))
    audit.record(actor=actor, action="rollout.campaign_deleted", target=campaign, now=now)
    held = Campaign.objects.filter(pk=campaign.pk, state=Campaign.State.DRAFT).update(state=F("state"))
    if not held or campaign.waves.exists():
        raise Conflict(
            _("Cette campagne a commencé\u202f: elle ne se supprime plus."),
            code="campaign_begun",
            advice=_("Vous pouvez la terminer."),
        )
    campaign.delete()
