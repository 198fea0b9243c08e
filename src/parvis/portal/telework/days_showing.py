"""What pages show of changes of days: those under way, and what the days were before."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from django.utils.safestring import SafeString

from parvis.portal.accounts.models import User
from parvis.portal.telework import permissions, rules, wording
from parvis.portal.telework.models import DaysChange, Request
from parvis.portal.ui.templatetags.ui import state_badge

State = DaysChange.State
SHOWN = 10
LOOKS: Mapping[str, tuple[str, str]] = {
    State.WAITING: ("orange", "hourglass"),
    State.GRANTED: ("blue", "check"),
    State.APPLIED: ("green", "circle-check"),
    State.REFUSED: ("red", "ban"),
    State.WITHDRAWN: ("secondary", "x"),
}


@dataclass(frozen=True, slots=True)
class Shown:
    """A change of days, and what this person may do with it."""

    change: DaysChange
    state: SafeString
    before: str
    days: str
    may_decide: bool
    may_withdraw: bool


def of(user: User, request: Request) -> list[Shown]:
    """The changes of a request, newest first."""
    changes = request.days_changes.select_related("asked_by", "decided_by")[:SHOWN]
    return [_shown(user, request, change) for change in changes]


def may_ask(user: User, request: Request) -> bool:
    """Whether other days may be asked for now."""
    if request.state not in rules.GRANTED or not permissions.can_ask(user, request.agent):
        return False
    return not request.days_changes.filter(state__in=(State.WAITING, State.GRANTED)).exists()


def _shown(user: User, request: Request, change: DaysChange) -> Shown:
    alive = request.state in rules.GRANTED
    moves = rules.CHANGE_MOVES[change.state]
    return Shown(
        change=change,
        state=state_badge(change.get_state_display(), *LOOKS[change.state]),
        before=wording.days(change.before),
        days=wording.days(change.days),
        may_decide=alive and State.REFUSED in moves and bool(permissions.can_decide(user, request)),
        may_withdraw=alive and State.WITHDRAWN in moves and bool(permissions.can_withdraw(user, request)),
    )
