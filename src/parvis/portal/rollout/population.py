"""Who a campaign is for: chosen in the directory by service, job, request or list; and who is left out, and why."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Q
from django.utils.translation import gettext as _

from parvis.portal.directory.models import Agent
from parvis.portal.kernel import clock
from parvis.portal.kernel.errors import Invalid
from parvis.portal.kernel.tabular import open_table
from parvis.portal.parc.models import Asset, Assignment
from parvis.portal.presence import absences
from parvis.portal.remote_desktop.models import Right
from parvis.portal.rollout import queries
from parvis.portal.rollout.models import Campaign, Member
from parvis.portal.rollout.rules import LeftOut
from parvis.portal.telework import eligibility, rules
from parvis.portal.telework.models import Request
from parvis.portal.ui.search import fold

MOST_PEOPLE = 10_000
"""Agents in a campaign, lines in a list."""
MAX_LIST_BYTES = 2 * 10**6
_SEPARATORS = re.compile(r"[\s,;<>]+")
_COLUMNS = ("courriel", "email", "e mail", "adresse electronique", "adresse", "mail", "matricule", "agent")
"""Headings, folded, under which files have whom we look for; the first that is there is read."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Selection:
    """Who is looked for: all that is said must be true. `listed` None: no list was given."""

    entities: tuple[int, ...] = ()
    """Keys; these and all below. Empty: the whole entity of the campaign."""
    words: tuple[str, ...] = ()
    """Of the job; one is enough."""
    asked: bool = False
    """Only those whose request was granted and waits to be opened."""
    listed: tuple[str, ...] | None = None
    """E-mail addresses or personnel numbers."""

    def as_json(self) -> dict[str, Any]:
        """What the campaign keeps of it: how people were chosen, not who was on the list."""
        listed = None if self.listed is None else len(self.listed)
        return {"entities": list(self.entities), "words": list(self.words), "asked": self.asked, "listed": listed}


@dataclass(frozen=True, slots=True)
class Found:
    """Who answers a selection, and what of a list is nobody of the campaign's entity."""

    agents: list[Agent]
    unknown: list[str]


def find(campaign: Campaign, selection: Selection) -> Found:
    """The agents in post who answer, by name. Three queries at most."""
    agents = Agent.objects.filter(entity__path__startswith=campaign.entity.path, is_active=True)
    if selection.entities:
        places = Q(pk__in=[])
        for path in campaign.entity.__class__.objects.filter(pk__in=selection.entities).values_list("path", flat=True):
            places |= Q(entity__path__startswith=path)
        agents = agents.filter(places)
    if selection.asked:
        level = Q(telework_requests__level__gte=campaign.level)
        agents = agents.filter(level, telework_requests__state=Request.State.APPROVED)
    found = list(agents.select_related("entity").order_by("last_name", "first_name", "pk"))
    if selection.words:
        words = [fold(word) for word in selection.words]
        found = [agent for agent in found if any(word in fold(agent.job_title) for word in words)]
    return _on_the_list(found, selection.listed)


def _on_the_list(agents: list[Agent], listed: Sequence[str] | None) -> Found:
    if listed is None:
        return Found(agents, [])
    wanted = {each.casefold() for each in listed}
    kept, seen = [], set()
    for agent in agents:
        names = {name.casefold() for name in (agent.email, agent.personnel_number) if name}
        if names & wanted:
            kept.append(agent)
            seen |= names
    return Found(kept, [each for each in listed if each.casefold() not in seen])


def read_list(text: str) -> tuple[str, ...]:
    """What is in a pasted list, once each: addresses or numbers between spaces, lines, commas, semicolons.

    Raises:
        Invalid: there are too many.
    """
    found = tuple(dict.fromkeys(each for each in _SEPARATORS.split(text.replace("\x00", "")) if _means(each)))
    if len(found) > MOST_PEOPLE:
        raise Invalid(_("Cette liste est trop longue (%(max)s lignes au plus).") % {"max": MOST_PEOPLE})
    return found


def _means(word: str) -> bool:
    """Names around an address (« Jeanne Roy <jroy@…> ») are not looked for."""
    return "@" in word or any(char.isdigit() for char in word)


def read_file(raw: bytes) -> tuple[str, ...]:
    """The same from a CSV or Excel file: its column of addresses or numbers, or its only column.

    Raises:
        Invalid: no table, no such column, too many lines.
    """
    table = open_table(raw, max_bytes=MAX_LIST_BYTES)
    header = [" ".join(re.sub(r"[\W_]+", " ", fold(name)).split()) for name in table.header]
    column = next((header.index(name) for name in _COLUMNS if name in header), 0 if len(header) == 1 else None)
    if column is None:
        raise Invalid(
            _("Ce fichier n’a pas de colonne «\u202fcourriel\u202f» ou «\u202fmatricule\u202f»."),
            advice=_("Nommez ainsi la colonne qui désigne les agents."),
        )
    found = []
    if len(header) == 1 and header[0] not in _COLUMNS:
        found.append(table.header[0])  # a bare list has no heading: its first line is somebody
    for row in table.rows():
        found.append(row.cells[column])
        if len(found) > MOST_PEOPLE:
            break
    return read_list("\n".join(found))


# What is known of those chosen


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """What the portal knows of an agent a campaign may equip."""

    request: Request | None
    site: int | None
    """Where their office computer is."""
    left_out: str
    """A `LeftOut`, or empty."""
    needs_laptop: bool
    needs_phone: bool
    absent: tuple[str, ...] = ()
    """Mondays of the campaign's weeks in which they have declared to be absent all the time, ISO."""


def standings(campaign: Campaign, agents: Sequence[Agent], now: datetime) -> dict[int, Standing]:
    """By the key of each agent. Bounded queries, whatever their number."""
    requests = _requests(campaign)
    sites, with_laptop = _computers(campaign)
    elsewhere, screens = _elsewhere(campaign), _screens(campaign, clock.today(now))
    facts = eligibility.facts_of_many(agents, now)
    absent = absences.whole_weeks(agents, queries.mondays(campaign))
    found = {}
    for agent in agents:
        request = requests.get(agent.pk)
        fact = facts.get(agent.pk)
        found[agent.pk] = Standing(
            request=request if request is not None and request.state in rules.LIVE else None,
            site=sites.get(agent.pk),
            left_out=LeftOut.MOVED_AWAY
            if not agent.entity.path.startswith(campaign.entity.path)
            else _why_not(campaign, request, fact, agent.pk in screens, agent.pk in elsewhere),
            needs_laptop=_needs_laptop(request) and agent.pk not in with_laptop,
            needs_phone=request is not None and request.state in rules.LIVE and not request.has_phone,
            absent=tuple(monday.isoformat() for monday in absent.get(agent.pk, ())),
        )
    return found


def _needs_laptop(request: Request | None) -> bool:
    return request is not None and request.state in rules.LIVE and request.machine == Request.Machine.NONE


OPEN = (Request.State.OPEN, Request.State.SUSPENDED)


def _why_not(
    campaign: Campaign, request: Request | None, fact: rules.Facts | None, screen: bool, elsewhere: bool
) -> str:
    """The first reason to leave somebody out; what an enrolment lifts by itself is none."""
    if screen or (request is not None and request.state in OPEN and request.level >= campaign.level):
        return LeftOut.ALREADY
    if elsewhere:
        return LeftOut.ELSEWHERE
    if request is not None and request.state == Request.State.REFUSED:
        return LeftOut.REFUSED
    if fact is None:
        return ""
    standing = rules.obstacles(fact, level=campaign.level, days=[0])
    reasons = (
        (rules.Obstacle.NO_ACCOUNT, LeftOut.NO_ACCOUNT),
        (rules.Obstacle.JOB_NOT_REMOTE, LeftOut.JOB),
        (rules.Obstacle.JOB_LEVEL_1, LeftOut.JOB_LEVEL_1),
        (rules.Obstacle.NO_COMPUTER, LeftOut.NO_COMPUTER),
    )
    return next((reason for obstacle, reason in reasons if obstacle in standing), "")


def _requests(campaign: Campaign) -> Mapping[int, Request]:
    """The live request of each agent; else the newest, if it was refused."""
    wanted = Request.objects.filter(
        agent__entity__path__startswith=campaign.entity.path,
        state__in=[*sorted(rules.LIVE), Request.State.REFUSED.value],
    )
    found: dict[int, Request] = {}
    for request in wanted.order_by("requested_at", "pk"):
        before = found.get(request.agent_id)
        if before is None or before.state not in rules.LIVE:
            found[request.agent_id] = request
    return found


def _computers(campaign: Campaign) -> tuple[Mapping[int, int], frozenset[int]]:
    """The site of each agent's computer, an office one first; who has a laptop of the authority."""
    rows = Assignment.objects.filter(
        agent__entity__path__startswith=campaign.entity.path,
        asset__kind__in=[Asset.Kind.OFFICE, Asset.Kind.LAPTOP],
    ).values_list("agent_id", "asset__kind", "asset__site_id")
    sites: dict[int, int] = {}
    laptops = set()
    for agent, kind, site in sorted(rows, key=lambda row: row[1] == Asset.Kind.LAPTOP):
        if kind == Asset.Kind.LAPTOP:
            laptops.add(agent)
        if site is not None:
            sites.setdefault(agent, site)
    return sites, frozenset(laptops)


def _elsewhere(campaign: Campaign) -> frozenset[int]:
    """Who is in another campaign that goes on."""
    others = Member.objects.filter(left_out="", agent__entity__path__startswith=campaign.entity.path)
    others = others.exclude(campaign=campaign).exclude(campaign__state=Campaign.State.CLOSED)
    return frozenset(others.values_list("agent_id", flat=True))


def _screens(campaign: Campaign, today: Any) -> frozenset[int]:
    """Who reaches the screen of a computer already; of no matter to level 1."""
    if campaign.level < rules.LEVEL_2:
        return frozenset()
    rights = Right.objects.filter(
        Q(ends_date__isnull=True) | Q(ends_date__gte=today),
        agent__entity__path__startswith=campaign.entity.path,
        revoked_at=None,
    )
    return frozenset(rights.values_list("agent_id", flat=True))


def reasons(standing: Iterable[Standing]) -> dict[str, int]:
    """How many are left out, by reason; those who are not under ``""``."""
    found: dict[str, int] = {}
    for each in standing:
        found[each.left_out] = found.get(each.left_out, 0) + 1
    return found
