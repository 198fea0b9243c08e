"""Pure rules of "does my office screen work?": from what was seen, the one cause, and how far the way is clear.

The way to the screen has five steps (`Step`). A cause stands at one of them: those before it are fine, those after
it are not known yet. The first thing in the way is the cause; the others are found once it is gone.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum


class Step(StrEnum):
    """The way to the screen, in order."""

    ACCESS = "access"
    GATEWAY = "gateway"
    POWER = "power"
    SCREEN = "screen"
    SIGN_IN = "sign_in"


class Cause(StrEnum):
    """What was found; `diagnosis_words` says each for the agent and for the IT team."""

    NO_COMPUTER = "no_computer"
    TRUST_REFUSED = "trust_refused"
    RIGHT_MISSING = "right_missing"
    RIGHT_NOT_STARTED = "right_not_started"
    RIGHT_EXPIRED = "right_expired"
    RIGHT_REVOKED = "right_revoked"
    NOT_ASSIGNED = "not_assigned"
    KIND_FORBIDDEN = "kind_forbidden"
    DISPLAY_MISSING = "display_missing"
    DISPLAY_DISABLED = "display_disabled"
    NO_ADDRESS = "no_address"
    GATEWAY_AWAY = "gateway_away"
    ADDRESS_UNKNOWN = "address_unknown"
    ADDRESS_FORBIDDEN = "address_forbidden"
    UNCHECKED = "unchecked"
    LOOKING = "looking"
    WAKING = "waking"
    SITE_AWAY = "site_away"
    ASLEEP = "asleep"
    WAKE_FAILED = "wake_failed"
    LAPTOP_AWAY = "laptop_away"
    OFF = "off"
    SCREEN_OFF = "screen_off"
    NEGOTIATION = "negotiation"
    CERTIFICATE_WAITING = "certificate_waiting"
    TOO_MANY_SESSIONS = "too_many_sessions"
    PROTOCOL = "protocol"
    SIGN_IN_REFUSED = "sign_in_refused"
    PASSWORD_WRONG = "password_wrong"  # noqa: S105 a cause, not a secret
    PASSWORD_EXPIRED = "password_expired"  # noqa: S105 as above
    ACCOUNT_LOCKED = "account_locked"
    ACCOUNT_DISABLED = "account_disabled"
    NO_DOMAIN = "no_domain"
    NOT_REMOTE_USER = "not_remote_user"
    BLACK_SCREEN = "black_screen"
    SLOW = "slow"
    SOMETHING_ELSE = "something_else"
    READY = "ready"
    OPENING = "opening"
    WORKS = "works"


_AT: Mapping[Step, frozenset[Cause]] = {
    Step.ACCESS: frozenset(
        {
            Cause.NO_COMPUTER, Cause.TRUST_REFUSED, Cause.RIGHT_MISSING, Cause.RIGHT_NOT_STARTED, Cause.RIGHT_EXPIRED,
            Cause.RIGHT_REVOKED, Cause.NOT_ASSIGNED, Cause.KIND_FORBIDDEN, Cause.DISPLAY_MISSING,
            Cause.DISPLAY_DISABLED, Cause.NO_ADDRESS,
        }
    ),
    Step.GATEWAY: frozenset({Cause.GATEWAY_AWAY}),
    Step.POWER: frozenset(
        {
            Cause.ADDRESS_UNKNOWN, Cause.ADDRESS_FORBIDDEN, Cause.UNCHECKED, Cause.LOOKING, Cause.WAKING,
            Cause.SITE_AWAY, Cause.ASLEEP, Cause.WAKE_FAILED, Cause.LAPTOP_AWAY, Cause.OFF,
        }
    ),
    Step.SCREEN: frozenset({Cause.SCREEN_OFF, Cause.NEGOTIATION, Cause.CERTIFICATE_WAITING}),
}  # fmt: skip

SAYABLE = (
    Cause.PASSWORD_WRONG,
    Cause.PASSWORD_EXPIRED,
    Cause.ACCOUNT_LOCKED,
    Cause.NOT_REMOTE_USER,
    Cause.BLACK_SCREEN,
    Cause.SLOW,
    Cause.SOMETHING_ELSE,
)
"""What only the agent sees: they choose it, and the portal answers."""

UNDER_WAY = frozenset({Cause.LOOKING, Cause.WAKING, Cause.OPENING})
"""Something is being done: wait."""

FINE = frozenset({Cause.UNCHECKED, Cause.READY, Cause.WORKS})
"""Nothing is in the way, as far as is known."""

TEAM_ONLY = frozenset(
    {
        Cause.NO_COMPUTER, Cause.RIGHT_MISSING, Cause.RIGHT_EXPIRED, Cause.RIGHT_REVOKED, Cause.NOT_ASSIGNED,
        Cause.KIND_FORBIDDEN, Cause.DISPLAY_MISSING, Cause.DISPLAY_DISABLED, Cause.NO_ADDRESS, Cause.ADDRESS_UNKNOWN,
        Cause.ADDRESS_FORBIDDEN, Cause.NEGOTIATION, Cause.CERTIFICATE_WAITING, Cause.NOT_REMOTE_USER,
        Cause.LAPTOP_AWAY, Cause.ACCOUNT_DISABLED, Cause.NO_DOMAIN,
    }
)  # fmt: skip
"""Nothing the agent does helps: the call for help is the first thing offered, not the last."""

OPENABLE = frozenset(
    {
        Cause.READY, Cause.OPENING, Cause.WORKS, Cause.TOO_MANY_SESSIONS, Cause.PROTOCOL, Cause.SIGN_IN_REFUSED,
        Cause.PASSWORD_WRONG, Cause.PASSWORD_EXPIRED, Cause.ACCOUNT_LOCKED, Cause.NOT_REMOTE_USER, Cause.BLACK_SCREEN,
        Cause.SLOW, Cause.SOMETHING_ELSE, Cause.ACCOUNT_DISABLED, Cause.NO_DOMAIN,
    }
)  # fmt: skip
"""Opening the screen makes sense."""


def is_obstacle(cause: Cause) -> bool:
    """Whether it stands in the way: it is counted as a failed try, and the agent may ask for help about it."""
    return cause not in UNDER_WAY and cause not in FINE


class Look(StrEnum):
    """What the portal's own look at the computer on the network found."""

    NONE = ""
    OPEN = "open"
    """Its screen's port answers."""
    ALIVE = "alive"
    """Another port answers, or it refuses: it is on, its screen is not there."""
    SILENT = "silent"
    UNKNOWN_NAME = "unknown_name"
    FORBIDDEN = "forbidden"


FRESH = timedelta(minutes=5)
"""An older look tells nothing any more."""


class Screen(StrEnum):
    """How the newest attempt to open the screen went."""

    NONE = ""
    OPENING = "opening"
    PICTURE = "picture"
    FAILED = "failed"


PICTURE_BYTES: Mapping[str, int] = {"rdp": 16_384, "vnc": 2_048}
"""From the PC to the browser, in one connection: more than what is said before the first picture.

A sign-in that Windows refuses is over after some 6 KB (certificate, CredSSP); a VNC password after some 100 bytes.
"""
STAYS = timedelta(seconds=30)
"""A Windows session that lasts longer was not refused: a refusal comes at once."""


def has_picture(*, down: int, lasted: timedelta | None, protocol: str) -> bool:
    """Whether a connection showed the PC's screen. The gateway reports a start before Windows has been asked.

    `lasted`: since that start, None if it never came. A VNC server may wait for a password: only bytes tell there.
    """
    if lasted is None:
        return False
    return down >= PICTURE_BYTES[protocol] or (protocol == "rdp" and lasted >= STAYS)


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """All that is known of one agent's way to one computer."""

    computer: bool = True
    trusted: bool = True
    refused: str = ""
    """Why the portal would not open it: a code of `remote_desktop.rules.why_not`."""
    gateway: bool = True
    """A gateway was heard a moment ago."""
    looking: bool = False
    look: Look = Look.NONE
    """A fresh one only."""
    is_on: bool = False
    """The last ordinary check of the parc says so."""
    waking: bool = False
    wake_failed: bool = False
    can_wake: bool = False
    laptop: bool = False
    site_silent: bool = False
    """What is always on at its site does not answer either."""
    certificate_waiting: bool = False
    screen: Screen = Screen.NONE
    failure: Cause | None = None
    """Why the newest attempt failed, if a look since has not shown otherwise."""
    said: Cause | None = None
    """What the agent says they saw, after the newest attempt."""


@dataclass(frozen=True, slots=True)
class Check:
    """A step of the way, and how it stands: `ok`, `doing`, `failed` or `unknown`."""

    step: Step
    state: str


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """The cause, and the way up to it."""

    cause: Cause
    checks: Sequence[Check]

    @property
    def is_obstacle(self) -> bool:
        """Whether it stands in the way."""
        return is_obstacle(self.cause)

    @property
    def under_way(self) -> bool:
        """Whether something is being done."""
        return self.cause in UNDER_WAY

    @property
    def works(self) -> bool:
        """Whether the screen was seen."""
        return self.cause is Cause.WORKS

    @property
    def team_only(self) -> bool:
        """Whether only the IT team can lift it."""
        return self.cause in TEAM_ONLY

    @property
    def openable(self) -> bool:
        """Whether opening the screen makes sense."""
        return self.cause in OPENABLE


def diagnose(seen: Seen) -> Diagnosis:
    """The first thing in the way."""
    cause = _access(seen) or _gateway(seen) or _power(seen) or _screen(seen)
    return Diagnosis(cause, checks(cause))


def step_of(cause: Cause) -> Step:
    """Where on the way a cause stands."""
    return next((step for step, causes in _AT.items() if cause in causes), Step.SIGN_IN)


def checks(cause: Cause) -> list[Check]:
    """The whole way, as this cause tells it."""
    steps = list(Step)
    at = steps.index(step_of(cause))
    if cause is Cause.WORKS:
        here = "ok"
    elif cause in UNDER_WAY:
        here = "doing"
    else:
        here = "unknown" if cause in FINE else "failed"
    states = ["ok"] * at + [here] + ["unknown"] * (len(steps) - at - 1)
    return [Check(step, state) for step, state in zip(steps, states, strict=True)]


_REFUSED: Mapping[str, Cause] = {
    "no_right": Cause.RIGHT_MISSING,
    "right_not_started": Cause.RIGHT_NOT_STARTED,
    "right_expired": Cause.RIGHT_EXPIRED,
    "right_revoked": Cause.RIGHT_REVOKED,
    "not_assigned": Cause.NOT_ASSIGNED,
    "kind_forbidden": Cause.KIND_FORBIDDEN,
    "display_missing": Cause.DISPLAY_MISSING,
    "display_disabled": Cause.DISPLAY_DISABLED,
    "no_address": Cause.NO_ADDRESS,
}


def _access(seen: Seen) -> Cause | None:
    if not seen.computer:
        return Cause.NO_COMPUTER
    if seen.refused:
        return _REFUSED.get(seen.refused, Cause.RIGHT_MISSING)
    return None if seen.trusted else Cause.TRUST_REFUSED


def _gateway(seen: Seen) -> Cause | None:
    # A screen that is there came through a gateway, whatever its last heartbeat.
    return None if seen.gateway or seen.screen is Screen.PICTURE else Cause.GATEWAY_AWAY


def _power(seen: Seen) -> Cause | None:
    if seen.screen is Screen.PICTURE or seen.look is Look.OPEN:
        return None
    if seen.waking:
        return Cause.WAKING
    if seen.looking:
        return Cause.LOOKING
    if seen.look in _LOOKED:
        return _LOOKED[seen.look]
    if seen.look is Look.SILENT:
        return _silent(seen)
    if seen.failure is Cause.OFF:
        return _silent(seen)
    if seen.failure is not None or seen.said is not None or seen.screen is Screen.OPENING:
        return None  # tried for real: that says more than a look
    return None if seen.is_on else Cause.UNCHECKED


_LOOKED: Mapping[Look, Cause] = {
    Look.UNKNOWN_NAME: Cause.ADDRESS_UNKNOWN,
    Look.FORBIDDEN: Cause.ADDRESS_FORBIDDEN,
    Look.ALIVE: Cause.SCREEN_OFF,
}


def _silent(seen: Seen) -> Cause:
    """Nothing answers at its address: the site, the laptop at home, the wake-up, the power."""
    if seen.site_silent:
        return Cause.SITE_AWAY
    if seen.wake_failed:
        return Cause.WAKE_FAILED
    if seen.can_wake:
        return Cause.ASLEEP
    return Cause.LAPTOP_AWAY if seen.laptop else Cause.OFF


def _screen(seen: Seen) -> Cause:
    if seen.said is not None:
        return seen.said
    if seen.screen is Screen.PICTURE:
        return Cause.WORKS
    if seen.certificate_waiting:
        return Cause.CERTIFICATE_WAITING
    if seen.screen is Screen.OPENING:
        return Cause.OPENING
    return seen.failure or Cause.READY


SIGN_IN_ENDS = frozenset({"target_closed", "closed_by_user", "protocol_error"})
"""How a connection ends in which Windows refused the sign-in: the PC hangs up, or the browser does."""

_ENDS: Mapping[str, Cause] = {
    "certificate_changed": Cause.CERTIFICATE_WAITING,
    "target_forbidden": Cause.ADDRESS_FORBIDDEN,
    "too_many_sessions": Cause.TOO_MANY_SESSIONS,
    "protocol_error": Cause.PROTOCOL,
    "portal_unreachable": Cause.GATEWAY_AWAY,
    "target_unreachable": Cause.OFF,
}


def failure_of(reason: str, *, started: bool, protocol: str, detail: str = "") -> Cause | None:
    """What an attempt without a picture failed on; None: it did not fail, it was left, or cut.

    `started`: the PC had answered. `detail`: the gateway's own words (English) for a refusal.
    """
    if started and protocol == "rdp" and reason in SIGN_IN_ENDS:
        return Cause.SIGN_IN_REFUSED
    if started and protocol == "vnc" and reason == "target_closed":
        return Cause.PASSWORD_WRONG
    if reason == "target_unreachable":
        return _unreachable(detail)
    return _ENDS.get(reason)


def _unreachable(detail: str) -> Cause:
    if "does not resolve" in detail:
        return Cause.ADDRESS_UNKNOWN
    if any(words in detail for words in ("RDP", "RFB", "VNC", "TLS", "certificate", "negotiation")):
        return Cause.NEGOTIATION
    return Cause.SCREEN_OFF if "ECONNREFUSED" in detail else Cause.OFF


_READ: Mapping[str, Cause] = {
    "password_wrong": Cause.PASSWORD_WRONG,
    "password_expired": Cause.PASSWORD_EXPIRED,
    "account_locked": Cause.ACCOUNT_LOCKED,
    "account_disabled": Cause.ACCOUNT_DISABLED,
    "not_remote_user": Cause.NOT_REMOTE_USER,
    "no_domain": Cause.NO_DOMAIN,
    "other": Cause.SIGN_IN_REFUSED,
}


def refused_sign_in(code: str) -> Cause | None:
    """What the browser read of a refused sign-in (`remote_desktop.rules.SIGN_IN_REFUSALS`); None: it said nothing."""
    return _READ.get(code)


LOOK_TELLS = frozenset(
    {Cause.OFF, Cause.SCREEN_OFF, Cause.ADDRESS_UNKNOWN, Cause.ADDRESS_FORBIDDEN, Cause.GATEWAY_AWAY}
)
"""Failures of which a later look at the network knows more."""
