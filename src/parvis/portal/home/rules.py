"""Pure rules: who sees what, which addresses a tile may lead to, what a probe makes of a service's state."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from urllib.parse import urlsplit

SCHEMES = frozenset({"http", "https", "mailto"})
MAX_URL = 500
COLOURS = ("blue", "azure", "indigo", "purple", "pink", "red", "orange", "yellow", "lime", "green", "teal", "cyan")


class AddressInvalid(ValueError):
    """The address may not stand behind a tile; `code` says why: `scheme`, `host`, `characters`, `credentials`."""

    def __init__(self, code: str) -> None:
        self.code = code
        super().__init__(code)


def check_address(address: str) -> str:
    """The address, trimmed, if a browser may be sent there: `http`, `https` or `mailto`, nothing hidden in it.

    Raises:
        AddressInvalid: another scheme (`javascript:` …), no host, a control character or space, or credentials.
    """
    address = address.strip()
    if any(char <= " " or char in '\\<>"`\x7f' for char in address):
        raise AddressInvalid("characters")
    try:
        parts = urlsplit(address)
        host, user, _ = parts.hostname, parts.username, parts.port
    except ValueError:
        raise AddressInvalid("host") from None
    if parts.scheme not in SCHEMES:
        raise AddressInvalid("scheme")
    if parts.scheme == "mailto":
        if "@" not in parts.path:
            raise AddressInvalid("host")
        return address
    if not host:
        raise AddressInvalid("host")
    if user is not None:
        raise AddressInvalid("credentials")
    return address


@dataclass(frozen=True, slots=True)
class Audience:
    """Who sees something published by the entity at `owner`: all its agents, or some services and roles of it."""

    owner: str
    everyone: bool
    services: frozenset[str] = frozenset()
    roles: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Viewer:
    """A signed-in person: the entities they belong to or hold a role on, and the roles, as paths."""

    places: tuple[str, ...]
    grants: frozenset[tuple[str, str]] = frozenset()
    """(role, path of the entity it is held on)."""
    all_seeing: bool = False
    agent_id: int | None = None
    """Whose telework a tile for teleworkers looks at."""


def sees(viewer: Viewer, audience: Audience) -> bool:
    """Is the viewer in the audience? A path is an entity and all below it.

    A role counts when it is held inside the publishing entity: the auditor of another commune is not ours.
    """
    if viewer.all_seeing:
        return True
    inside = [place for place in viewer.places if place.startswith(audience.owner)]
    if audience.everyone:
        return bool(inside)
    services = [service for service in audience.services if service.startswith(audience.owner)]
    if any(place.startswith(service) for place in inside for service in services):
        return True
    return any(role in audience.roles and path.startswith(audience.owner) for role, path in viewer.grants)


def ancestors(path: str) -> list[str]:
    """A path and those above it: `000001.000012.` → `000001.`, `000001.000012.`."""
    steps = [step for step in path.split(".") if step]
    return [".".join(steps[: n + 1]) + "." for n in range(len(steps))]


OPERATIONAL, DEGRADED, OUTAGE, MAINTENANCE = "operational", "degraded", "outage", "maintenance"
FAILURES_BEFORE_OUTAGE = 2
SLOW_SECONDS = 5.0


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a probe found: `problem` is empty when the service answered, in `seconds`."""

    problem: str
    seconds: float


def state_after_probe(*, state: str, by_hand: bool, failures: int, outcome: Outcome) -> str:
    """The state after a probe; `failures` counts this one.

    What a person said stands until a person takes it back. One failure alone proves nothing: packets are lost.
    """
    if by_hand:
        return state
    if outcome.problem:
        return OUTAGE if failures >= FAILURES_BEFORE_OUTAGE else state
    return DEGRADED if outcome.seconds > SLOW_SECONDS else OPERATIONAL


def moved(order: Collection[int], item: int, step: int) -> list[int]:
    """`order` with `item` one place up (`step` -1) or down (1); unchanged at the ends or when it is absent."""
    items = list(order)
    if item not in items:
        return items
    at = items.index(item)
    to = at + step
    if not 0 <= to < len(items):
        return items
    items[at], items[to] = items[to], items[at]
    return items
