"""What an agent is shown of each of their computers: its state in words, and the one thing to do next."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.conf import settings
from django.utils.functional import Promise
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from parvis.portal.accounts.models import User
from parvis.portal.directory.models import Agent
from parvis.portal.kernel import authz, clock
from parvis.portal.parc import queries as parc
from parvis.portal.parc.models import Computer, WakeUp
from parvis.portal.parc.queries import WakeUpProgress
from parvis.portal.remote_desktop import facts, rules, wording
from parvis.portal.remote_desktop.models import DisplaySettings, RemoteSession
from parvis.portal.trust.queries import Screen
from parvis.portal.ui import formats

Text = str | Promise

END_IS_NEAR = timedelta(days=31)
"""A right that ends within this time is mentioned."""
WAKE_UP_MATTERS = timedelta(minutes=10)
"""An older wake-up is history."""


@dataclass(frozen=True, slots=True, kw_only=True)
class State:
    """A computer's state as a person reads it."""

    label: Text
    color: str
    icon: str


STATES = {
    "on": State(label=_("Allumé"), color="green", icon="circle-check"),
    "asleep": State(label=_("En veille ou éteint"), color="blue", icon="zzz"),
    "unreachable": State(label=_("Ne répond pas"), color="orange", icon="plug-connected-x"),
    "unknown": State(label=_("État inconnu"), color="secondary", icon="help-circle"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Desk:
    """One computer of an agent. `decision` says whether its screen may be opened today, and if not why."""

    computer: Computer
    decision: authz.Decision
    ends: date | None
    """Last day of the right, when it is near."""
    can_wake: bool
    wake_up: WakeUpProgress | None
    session: RemoteSession | None
    """The agent's own session on it, under way."""
    limits: tuple[Text, ...] = ()
    """What the computer allows and the device, place or hour do not."""

    @property
    def state(self) -> State:
        """In words."""
        return STATES[self.computer.reachability]

    @property
    def seen(self) -> str:
        """`aujourd’hui à 09:12`: when the computer last answered."""
        at = self.computer.last_seen_at
        if at is None:
            return ""
        now = clock.now()
        words = formats.since(at, now)
        return gettext("aujourd’hui à %(time)s") % {"time": words} if clock.today(at) == clock.today(now) else words

    @property
    def waking(self) -> bool:
        """A wake-up is under way."""
        return self.wake_up is not None and self.wake_up.running

    @property
    def failed(self) -> bool:
        """The last wake-up, a moment ago, did not work and the computer is still not there."""
        failed = self.wake_up is not None and self.wake_up.state == WakeUp.State.FAILED
        return failed and self.computer.reachability != Computer.Reachability.ON

    @property
    def wake_words(self) -> str:
        """How the wake-up stands."""
        return self.wake_up.detail if self.wake_up else ""

    @property
    def wake_step(self) -> int:
        """How far the wake-up is: 1 the signal leaves, 2 the computer starts, 3 it is ready."""
        if self.wake_up is None or self.wake_up.state == WakeUp.State.REQUESTED:
            return 1
        return 3 if self.wake_up.state == WakeUp.State.AWAKE else 2

    @property
    def must_wake(self) -> bool:
        """Opening it makes no sense before it is woken up."""
        return self.computer.reachability == Computer.Reachability.ASLEEP and self.can_wake

    @property
    def refresh_seconds(self) -> int:
        """How often the page asks again."""
        return 2 if self.waking else 15


def desk(user: User, agent: Agent, computer: Computer, screen: Screen, now: datetime) -> Desk:
    """Gather what is shown of one computer; `screen` is what the trust in the request allows."""
    today = clock.today(now)
    known = facts.of(agent, computer)
    ends = rules.last_day(known, today)
    wake_up = parc.wake_up_progress(computer)
    if wake_up is not None and wake_up.ended_at is not None and now - wake_up.ended_at > WAKE_UP_MATTERS:
        wake_up = None
    live = RemoteSession.objects.filter(user=user, computer=computer, state__in=["active", "interrupted"])
    return Desk(
        computer=computer,
        decision=wording.decision(rules.why_not(known, today)) and screen.decision,
        ends=ends if ends is not None and ends - today <= END_IS_NEAR else None,
        can_wake=parc.can_be_woken(computer),
        wake_up=wake_up,
        session=live.order_by("-requested_at").first(),
        limits=_limits(facts.display_of(computer), screen),
    )


def _limits(display: DisplaySettings | None, screen: Screen) -> tuple[Text, ...]:
    if display is None:
        return ()
    out = display.clipboard_from_pc and not screen.clipboard_from_pc
    into = display.clipboard_to_pc and not screen.clipboard_to_pc
    limits: list[Text] = []
    if out and into:
        limits.append(_("Le copier-coller est désactivé depuis cet appareil."))
    elif out:
        limits.append(_("Copier de votre ordinateur de bureau vers cet appareil est désactivé."))
    elif into:
        limits.append(_("Copier de cet appareil vers votre ordinateur de bureau est désactivé."))
    if screen.minutes is not None and screen.minutes < settings.PARVIS.session_hours * 60:
        shown = wording.length(screen.minutes * 60)
        limits.append(gettext("D’ici, une session dure au plus %(length)s.") % {"length": shown})
    return tuple(limits)


@dataclass(frozen=True, slots=True)
class Past:
    """One of the agent's sessions in the list under the computers."""

    session: RemoteSession
    duration: str
    outcome: Text


def past(session: RemoteSession, now: datetime) -> Past:
    """How long it lasted and how it ended, in words."""
    started = session.started_at or session.requested_at
    seconds = ((session.ended_at or now) - started).total_seconds()
    outcome: Text = wording.end_words(session.end_reason).label if session.end_reason else session.get_state_display()
    if session.end_reason == "closed_by_user":
        outcome = _("Fermée par vous")
    return Past(session, wording.length(seconds), outcome)


def can_wake(agent: Agent, computer: Computer, today: date) -> authz.Decision:
    """Who may open a computer's screen may wake it: a right on it is enough."""
    return wording.decision(rules.why_not(facts.of(agent, computer), today))
