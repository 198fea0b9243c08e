"""Members of a campaign: added from the directory, sorted, left out, kept in step with what has changed."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from django.db import transaction
from django.db.models import QuerySet
from django.utils.translation import gettext as _

from parvis.portal.accounts.models import User
from parvis.portal.directory.models import Agent
from parvis.portal.kernel import audit
from parvis.portal.kernel.authz import require
from parvis.portal.kernel.errors import Invalid
from parvis.portal.rollout import permissions, population, queries
from parvis.portal.rollout.models import Campaign, Member
from parvis.portal.rollout.population import Selection, Standing
from parvis.portal.rollout.rules import AUTOMATIC
from parvis.portal.rollout.services.campaigns import require_open

REASON_LENGTH = 200
BATCH = 500
NOTHING: Mapping[str, object] = {}


@dataclass(frozen=True, slots=True, kw_only=True)
class Needs:
    """What the chosen ones need. None: as their request says (who has none needs nothing)."""

    laptop: bool | None = None
    phone: bool | None = None
    licence: bool = False


@dataclass(frozen=True, slots=True)
class Added:
    """What came of a choice: how many to equip, how many left out, how many were members already."""

    people: int
    aside: int
    already: int


@transaction.atomic
def add(*, actor: User, campaign: Campaign, selection: Selection, priority: int, needs: Needs, now: datetime) -> Added:
    """Add who answers the selection. Who is a member already stays as they are.

    Raises:
        NotAllowed: not of the IT team of its entity.
        Conflict: it has ended.
        Invalid: nobody answers, or too many would.
    """
    require(permissions.can_manage(actor, campaign.entity))
    require_open(campaign)
    if priority not in Member.Priority.values:
        raise Invalid(code="unknown_priority")
    agents = population.find(campaign, selection).agents
    if not agents:
        raise Invalid(_("Aucun agent ne répond à ces critères."), code="nobody")
    known = set(campaign.members.values_list("agent_id", flat=True))
    new = [agent for agent in agents if agent.pk not in known]
    if len(known) + len(new) > population.MOST_PEOPLE:
        raise Invalid(_("Une campagne a %(max)s participants au plus.") % {"max": population.MOST_PEOPLE})
    standings = population.standings(campaign, new, now)
    rows = [_member(campaign, agent, standings[agent.pk], priority, needs) for agent in new]
    # Two people may add the same agents at once: each agent is a member once, and nobody is refused for it.
    Member.objects.bulk_create(rows, batch_size=BATCH, ignore_conflicts=True)
    campaign.population = selection.as_json()
    campaign.save(update_fields=["population"])
    aside = sum(bool(row.left_out) for row in rows)
    facts = {**selection.as_json(), "added": len(rows), "aside": aside, "priority": priority}
    audit.record(actor=actor, action="rollout.members_added", target=campaign, now=now, data=facts)
    return Added(len(rows) - aside, aside, len(agents) - len(new))


def _member(campaign: Campaign, agent: Agent, standing: Standing, priority: int, needs: Needs) -> Member:
    return Member(
        campaign=campaign,
        agent=agent,
        request=standing.request,
        priority=priority,
        team=agent.entity,
        site_id=standing.site,
        needs_laptop=standing.needs_laptop if needs.laptop is None else needs.laptop,
        needs_phone=standing.needs_phone if needs.phone is None else needs.phone,
        needs_licence=needs.licence,
        left_out=standing.left_out,
        away=list(standing.absent),
        absent=list(standing.absent),
    )


@transaction.atomic
def refresh(*, campaign: Campaign, now: datetime) -> int:
    """Take in what has changed: requests, computers, departments, absences, who is left out. How many changed.

    Whom a person left out stays out; who has a place in a published wave is not touched. Bounded queries.

    Raises:
        Conflict: the campaign has ended.
    """
    require_open(campaign)  # what somebody writes at this moment waits, and is not written over
    members = list(campaign.members.filter(~queries.in_a_wave(), agent__is_active=True).select_related("agent__entity"))
    standings = population.standings(campaign, [member.agent for member in members], now)
    changed = []
    for member in members:
        standing = standings[member.agent_id]
        before = _facts_of(member)
        _take_absences(member, standing)
        member.request, member.team, member.site_id = standing.request, member.agent.entity, standing.site
        if member.kept_anyway:
            member.left_out = ""
        elif not member.left_out or member.left_out in AUTOMATIC:
            member.left_out = standing.left_out
        if before != _facts_of(member):
            changed.append(member)
    Member.objects.bulk_update(changed, ["request", "team", "site", "left_out", "away", "absent"], batch_size=BATCH)
    return len(changed)


def _facts_of(member: Member) -> tuple[object, ...]:
    return member.request_id, member.team_id, member.site_id, member.left_out, member.away, member.absent


def _take_absences(member: Member, standing: Standing) -> None:
    """Weeks that presence says since become impossible, those it says no more possible again.

    What it said before and a person took off stays off.
    """
    said, says = set(member.absent), set(standing.absent)
    member.away = sorted((set(member.away) - (said - says)) | (says - said))
    member.absent = sorted(says)


# By hand


@transaction.atomic
def set_priority(*, actor: User, members: QuerySet[Member], priority: int, now: datetime) -> int:
    """Who comes first; how many.

    Raises:
        NotAllowed: not of the IT team of their campaign.
        Conflict: the campaign has ended.
        Invalid: no such priority.
    """
    if priority not in Member.Priority.values:
        raise Invalid(code="unknown_priority")
    return _write(
        actor,
        members,
        now,
        action="rollout.members_priority_set",
        values={"priority": priority},
        facts={"priority": priority},
    )


@transaction.atomic
def set_needs(*, actor: User, members: QuerySet[Member], now: datetime, **needs: bool) -> int:
    """`laptop`, `phone`, `licence`: needed or not; what is not named stays. How many.

    Raises:
        NotAllowed: not of the IT team of their campaign.
        Conflict: the campaign has ended.
        Invalid: nothing is named.
    """
    if not needs or not set(needs) <= {"laptop", "phone", "licence"}:
        raise Invalid(_("Dites au moins un besoin."), code="no_need")
    return _write(
        actor,
        members,
        now,
        action="rollout.members_needs_set",
        values={f"needs_{name}": value for name, value in needs.items()},
        facts=needs,
    )


@transaction.atomic
def set_away(*, actor: User, members: QuerySet[Member], mondays: Collection[date], now: datetime) -> int:
    """The weeks they cannot; how many members.

    Raises:
        NotAllowed: not of the IT team of their campaign.
        Conflict: the campaign has ended.
    """
    away = sorted(monday.isoformat() for monday in mondays)
    return _write(actor, members, now, action="rollout.members_weeks_set", values={"away": away}, facts={"weeks": away})


@transaction.atomic
def leave_out(*, actor: User, members: QuerySet[Member], reason: str, now: datetime) -> int:
    """Not planned, with the reason; who has a place in a published wave stays. How many.

    Raises:
        NotAllowed: not of the IT team of their campaign.
        Conflict: the campaign has ended.
        Invalid: no reason.
    """
    reason = " ".join(reason.split())[:REASON_LENGTH]
    if not reason or reason in AUTOMATIC:
        sentence = _("Dites pourquoi, en quelques mots.")
        raise Invalid(sentence, code="no_reason", fields={"reason": [sentence]})
    free = members.filter(~queries.in_a_wave())
    values = {"left_out": reason, "kept_anyway": False}
    return _write(actor, free, now, action="rollout.members_left_out", values=values)


@transaction.atomic
def put_back(*, actor: User, members: QuerySet[Member], now: datetime) -> int:
    """Planned after all, whatever the portal thought; how many.

    Raises:
        NotAllowed: not of the IT team of their campaign.
        Conflict: the campaign has ended.
    """
    out = members.exclude(left_out="")
    values = {"left_out": "", "kept_anyway": True}
    return _write(actor, out, now, action="rollout.members_put_back", values=values)


@transaction.atomic
def remove(*, actor: User, members: QuerySet[Member], now: datetime) -> int:
    """No more of the campaign; who was ever in a published wave stays. How many.

    Raises:
        NotAllowed: not of the IT team of their campaign.
        Conflict: the campaign has ended.
    """
    gone = members.filter(places__isnull=True)
    count = _audited(actor, gone, now, action="rollout.members_removed", facts=NOTHING)
    Member.objects.filter(pk__in=_keys(gone)).delete()
    return count


def _write(
    actor: User,
    members: QuerySet[Member],
    now: datetime,
    *,
    action: str,
    values: Mapping[str, object],
    facts: Mapping[str, object] = NOTHING,
) -> int:
    keys = _keys(members)
    count = _audited(actor, Member.objects.filter(pk__in=keys), now, action=action, facts=facts)
    # Asked again now that the campaign is held: a wave announced meanwhile keeps its people as they are.
    members.order_by().filter(pk__in=keys).update(**values)
    return count


def _keys(members: QuerySet[Member]) -> list[int]:
    return list(members.order_by().values_list("pk", flat=True))


def _audited(actor: User, members: QuerySet[Member], now: datetime, *, action: str, facts: Mapping[str, object]) -> int:
    total = 0
    for campaign in _campaigns(members):
        require(permissions.can_manage(actor, campaign.entity))
        require_open(campaign)
        count = members.filter(campaign=campaign).count()
        total += count
        audit.record(actor=actor, action=action, target=campaign, now=now, data={**facts, "members": count})
    return total


def _campaigns(members: QuerySet[Member]) -> Iterable[Campaign]:
    keys: Sequence[int] = list(members.order_by().values_list("campaign_id", flat=True).distinct())
    return Campaign.objects.filter(pk__in=keys).select_related("entity")
