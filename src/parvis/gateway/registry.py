"""Which connections this process holds, and whether it may take one more."""

from __future__ import annotations

import os
import resource
from collections import Counter
from typing import Generic, Protocol, TypeVar
from uuid import UUID

_RESERVED_DESCRIPTORS = 64
"""Kept for the portal, the journal, the listening sockets and the logs."""
MOST_CONNECTIONS = 5000
"""What one gateway may report in a heartbeat (`docs/reference/gateway-protocol.md`): more could not be revoked."""
_PER_CONNECTION = 2
"""Descriptors of one relayed connection: the browser's and the PC's."""


class Held(Protocol):
    """What the registry needs to know of a relay."""

    @property
    def user(self) -> int:
        """The account the ticket was given to."""


R = TypeVar("R", bound=Held)


class Registry(Generic[R]):
    """Pending connections by client address, admitted ones by id."""

    def __init__(self, pending_per_address: int) -> None:
        self._limit = pending_per_address
        self._pending: Counter[str] = Counter()
        self.admitted: dict[UUID, R] = {}

    @property
    def pending(self) -> int:
        """Connections without an accepted ticket."""
        return self._pending.total()

    def may_knock(self, address: str) -> bool:
        """Whether one more connection of this address may show a ticket."""
        return self._pending[address] < self._limit

    def has_room(self) -> bool:
        """Whether a heartbeat could report one more connection."""
        return len(self.admitted) + self.pending < MOST_CONNECTIONS

    def has_descriptors(self) -> bool:
        """Whether there is room for one more relayed connection under RLIMIT_NOFILE."""
        soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
        held = _PER_CONNECTION * (len(self.admitted) + self.pending + 1)
        return soft == resource.RLIM_INFINITY or held + _RESERVED_DESCRIPTORS <= soft

    def knock(self, address: str) -> None:
        """Count a connection as pending; `leave` undoes it."""
        self._pending[address] += 1

    def leave(self, address: str) -> None:
        """The pending connection was admitted or has gone."""
        self._pending[address] -= 1
        if self._pending[address] <= 0:
            del self._pending[address]

    def sessions_of(self, user: int) -> int:
        """How many connections of one user are held."""
        return sum(relay.user == user for relay in self.admitted.values())


def raise_descriptor_limit() -> int:
    """Raise RLIMIT_NOFILE to the hard limit; return it."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft != hard:
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    return hard


def open_descriptors() -> int:
    """How many file descriptors this process holds; the limit when not even one is left to count with."""
    try:
        return len(os.listdir("/proc/self/fd"))
    except OSError:
        return resource.getrlimit(resource.RLIMIT_NOFILE)[0]
