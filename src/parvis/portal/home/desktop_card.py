"""The big card at the top of the home page: the agent's own computer and how it is."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from parvis.portal.accounts.models import User
from parvis.portal.directory.queries import agent_of
from parvis.portal.parc.models import Computer
from parvis.portal.remote_desktop import facts, rules
from parvis.portal.remote_desktop import queries as remote_desktop

COLOURS = {
    Computer.Reachability.ON: "green",
    Computer.Reachability.ASLEEP: "yellow",
    Computer.Reachability.UNREACHABLE: "red",
    Computer.Reachability.UNKNOWN: "secondary",
}
SHOWN = 3


@dataclass(frozen=True, slots=True)
class Desktop:
    """One computer on the card."""

    computer: Computer
    state: str
    colour: str
    open_session: bool


def desktop_card(user: User) -> list[Desktop]:
    """The computers the agent may reach from a distance, three at most. Three queries."""
    computers = remote_desktop.my_computers(user).filter(display__enabled=True)[:SHOWN]
    live = set(
        remote_desktop.my_sessions(user)
        .filter(state__in=("requested", "active", "interrupted"))
        .order_by()
        .values_list("computer_id", flat=True)
    )
    return [
        Desktop(
            computer,
            computer.get_reachability_display(),
            COLOURS[Computer.Reachability(computer.reachability)],
            computer.pk in live,
        )
        for computer in computers
    ]


def ready(user: User, desktops: list[Desktop], trusted: bool, today: date) -> Desktop | None:
    """The only computer, if one click may open its screen; otherwise “Mon bureau” has something to say first."""
    agent = agent_of(user)
    if agent is None or len(desktops) != 1 or not trusted:
        return None
    only = desktops[0]
    if only.open_session or only.computer.reachability != Computer.Reachability.ON:
        return None
    return only if rules.why_not(facts.of(agent, only.computer), today) is None else None
