"""Reads of the parc. What a user may see starts here."""

from __future__ import annotations

import re
from collections.abc import Collection
from copy import copy
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Exists, OuterRef, Q, QuerySet

from parvis.portal.directory.models import Agent, Role
from parvis.portal.directory.queries import STAFF_ROLES, Someone, perimeter, within
from parvis.portal.parc.models import Asset, Assignment, Computer, Site, WakeUp
from parvis.portal.parc.network import Target
from parvis.portal.parc.rules import RUNNING, WAKE_UP_WORDS, probe_port
from parvis.portal.ui.search import fold, words

VIEWING_ROLES = (*STAFF_ROLES, Role.AUDITOR)
"""Roles that show the computers of an entity."""


def assets_visible_to(user: Someone) -> QuerySet[Asset]:
    """The assets of the user's perimeter, and those assigned to them; with entity, site and model."""
    return Asset.objects.filter(_visible(user)).select_related("entity", "site", "model")


def computers_visible_to(user: Someone) -> QuerySet[Computer]:
    """Those of `assets_visible_to` that are computers."""
    return Computer.objects.filter(_visible(user)).select_related("entity", "site")


def as_computer(asset: Asset) -> Asset:
    """The same row as a `Computer` if it is one, with what was read along with it; no query."""
    if not asset.is_computer:
        return asset
    computer = copy(asset)
    computer.__class__ = Computer
    return computer


def _visible(user: Someone) -> Q:
    condition = within(perimeter(user, *VIEWING_ROLES))
    if condition != Q() and user.is_authenticated and user.is_active:
        mine = Assignment.objects.filter(agent__user_id=user.pk, agent__is_active=True)
        condition |= Q(pk__in=mine.order_by().values("asset_id"))
    return condition


def computers_of(agent: Agent) -> QuerySet[Computer]:
    """The computers assigned to an agent; with entity and site."""
    return Computer.objects.filter(agents=agent).select_related("entity", "site").order_by("name")


def sites_visible_to(user: Someone) -> QuerySet[Site]:
    """The sites of the user's perimeter; with entity."""
    return Site.objects.filter(within(perimeter(user, *VIEWING_ROLES))).select_related("entity")


def assets_of(agent: Agent) -> QuerySet[Asset]:
    """The assets assigned to an agent; with entity, site and model."""
    return Asset.objects.filter(agents=agent).select_related("entity", "site", "model").order_by("kind", "name")


def agents_of(asset: Asset) -> QuerySet[Agent]:
    """The agents in post who have an asset, or work on a computer."""
    return Agent.objects.filter(assets=asset.pk, is_active=True).select_related("entity")


def is_assigned() -> Exists:
    """The condition on `Computer`: an agent in post works on it."""
    return Exists(Assignment.objects.filter(asset=OuterRef("pk"), agent__is_active=True))


_MAC_PART = re.compile(r"[0-9a-f]{2}(?:-[0-9a-f]{2})+-?", re.ASCII)


def spellings(word: str) -> tuple[str, ...]:
    """How a word typed is looked for in `Asset.search`: folded; a piece of a MAC address with colons too."""
    folded = fold(word)
    return (folded, folded.replace("-", ":")) if _MAC_PART.fullmatch(folded) else (folded,)


def assigned_to_people_named(word: str) -> QuerySet[Assignment]:
    """Who has what, of agents in post whose name, e-mail or job holds the word."""
    return Assignment.objects.filter(agent__search__contains=fold(word), agent__is_active=True).order_by()


def search_assets(assets: QuerySet[Asset], text: str) -> QuerySet[Asset]:
    """Those where each word is in what is kept of the asset (`Asset.search`), or in the name of who has it."""
    for word in words(text):
        found = Q(pk__in=assigned_to_people_named(word).values("asset_id")) | Q(search="", name__icontains=word)
        for spelling in spellings(word):
            found |= Q(search__contains=spelling)
        assets = assets.filter(found)
    return assets


def search_computers(computers: QuerySet[Computer], text: str) -> QuerySet[Computer]:
    """Those where each word is found in name, address, MAC address, or in an agent's name, e-mail or job."""
    for word in words(text):
        theirs = Assignment.objects.filter(agent__search__contains=fold(word)).values("asset_id")
        computers = computers.filter(
            Q(name__icontains=word)
            | Q(address__icontains=word)
            | Q(mac_address__icontains=word.replace("-", ":"))
            | Q(pk__in=theirs)
        )
    return computers


@dataclass(frozen=True, slots=True)
class WakeUpProgress:
    """How far the latest wake-up of a computer is, for the page that shows it."""

    id: int
    state: WakeUp.State
    requested_at: datetime
    ended_at: datetime | None
    outcome: str
    """A key of `rules.WAKE_UP_WORDS`."""

    @property
    def detail(self) -> str:
        """What happened last, in words for the person who waits."""
        return str(WAKE_UP_WORDS[self.outcome])

    @property
    def running(self) -> bool:
        """Whether it is still worth waiting."""
        return self.ended_at is None


def wake_up_progress(computer: Computer) -> WakeUpProgress | None:
    """The latest wake-up, running or over; None if there never was one."""
    latest = WakeUp.objects.filter(computer=computer).order_by("-requested_at", "-pk").first()
    if latest is None:
        return None
    return WakeUpProgress(latest.pk, WakeUp.State(latest.state), latest.requested_at, latest.ended_at, latest.outcome)


def targets(computer_ids: Collection[int]) -> list[Target]:
    """Where these assets are probed."""
    rows = Asset.objects.filter(pk__in=computer_ids).values_list("pk", "address", "kind", "probe_port")
    return [Target(key, address, probe_port(kind, port)) for key, address, kind, port in rows]


def can_be_woken(computer: Computer) -> bool:
    """Whether its MAC address and the wake-up of its site are known."""
    site = computer.site
    return bool(computer.mac_address and site and site.wake_by != Site.WakeBy.NONE and site.wake_address)


def wake_ups_are_stuck(now: datetime) -> bool:
    """Whether a running wake-up waits for a round that does not come (its worker is gone)."""
    return WakeUp.objects.filter(state__in=RUNNING, next_step_at__lt=now - timedelta(seconds=30)).exists()
