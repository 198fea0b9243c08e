"""Reads of the parc. What a user may see starts here."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Exists, OuterRef, Q, QuerySet

from parvis.portal.directory.models import Agent, Role
from parvis.portal.directory.queries import STAFF_ROLES, Someone, perimeter, within
from parvis.portal.parc.models import Assignment, Computer, Site, WakeUp
from parvis.portal.parc.network import Target
from parvis.portal.parc.rules import RUNNING, WAKE_UP_WORDS
from parvis.portal.ui.search import fold, words

VIEWING_ROLES = (*STAFF_ROLES, Role.AUDITOR)
"""Roles that show the computers of an entity."""


def computers_visible_to(user: Someone) -> QuerySet[Computer]:
    """The computers of the user's perimeter, and those assigned to them; with entity and site."""
    condition = within(perimeter(user, *VIEWING_ROLES))
    if condition != Q() and user.is_authenticated and user.is_active:
        mine = Computer.objects.filter(agents__user_id=user.pk, agents__is_active=True)
        condition |= Q(pk__in=mine.order_by().values("pk"))
    return Computer.objects.filter(condition).select_related("entity", "site")


def computers_of(agent: Agent) -> QuerySet[Computer]:
    """The computers assigned to an agent; with entity and site."""
    return Computer.objects.filter(agents=agent).select_related("entity", "site").order_by("name")


def sites_visible_to(user: Someone) -> QuerySet[Site]:
    """The sites of the user's perimeter; with entity."""
    return Site.objects.filter(within(perimeter(user, *VIEWING_ROLES))).select_related("entity")


def agents_of(computer: Computer) -> QuerySet[Agent]:
    """The agents in post who work on a computer."""
    return Agent.objects.filter(computers=computer, is_active=True).select_related("entity")


def is_assigned() -> Exists:
    """The condition on `Computer`: an agent in post works on it."""
    return Exists(Assignment.objects.filter(computer=OuterRef("pk"), agent__is_active=True))


def search_computers(computers: QuerySet[Computer], text: str) -> QuerySet[Computer]:
    """Those where each word is found in name, address, MAC address, or in an agent's name, e-mail or job."""
    for word in words(text):
        theirs = Assignment.objects.filter(agent__search__contains=fold(word)).values("computer_id")
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
    """Where these computers are probed."""
    rows = Computer.objects.filter(pk__in=computer_ids).values_list("pk", "address", "probe_port")
    return [Target(*row) for row in rows]


def can_be_woken(computer: Computer) -> bool:
    """Whether its MAC address and the wake-up of its site are known."""
    site = computer.site
    return bool(computer.mac_address and site and site.wake_by != Site.WakeBy.NONE and site.wake_address)


def wake_ups_are_stuck(now: datetime) -> bool:
    """Whether a running wake-up waits for a round that does not come (its worker is gone)."""
    return WakeUp.objects.filter(state__in=RUNNING, next_step_at__lt=now - timedelta(seconds=30)).exists()
