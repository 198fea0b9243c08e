"""A closer look at one computer on the network: is it there at all, and does its screen answer?

The parc's check only knows whether the screen's port answers. When it does not, other doors of a Windows or Linux PC
tell a computer that is off from one that is on and refuses its screen. A refusal is an answer: somebody is there.
"""

from __future__ import annotations

import asyncio
import socket
from contextlib import suppress
from enum import Enum

from django.conf import settings

from parvis.portal.parc import network
from parvis.portal.telework.diagnosis import Look
from parvis.ticket.addresses import AddressForbidden, AddressPolicy

OTHER_DOORS = (445, 135, 139, 5985, 22)
"""File sharing, RPC, NetBIOS, WinRM, SSH: what a PC of an authority usually answers to, or refuses."""


class Door(Enum):
    """What knocking at one port found."""

    OPEN = 1
    REFUSED = 2
    SILENT = 3
    UNKNOWN_NAME = 4
    FORBIDDEN = 5


def look(target: network.Target) -> Look:
    """Look now: two rounds of `network.PROBE_SECONDS` at most. For the worker, never within a transaction."""
    found = asyncio.run(_look(target, network.policy(), network.PROBE_SECONDS))
    # The demo's PCs do not exist: that they may not be reached says nothing about them.
    return Look.NONE if found is Look.FORBIDDEN and settings.PARVIS.demo else found


async def _look(target: network.Target, allowed: AddressPolicy, seconds: float) -> Look:
    first = await _knock(target.host, target.port, allowed, seconds)
    if first in _SURE:
        return _SURE[first]
    others = await asyncio.gather(*(_knock(target.host, port, allowed, seconds) for port in OTHER_DOORS))
    return Look.ALIVE if Door.OPEN in others or Door.REFUSED in others else Look.SILENT


_SURE = {
    Door.OPEN: Look.OPEN,
    Door.REFUSED: Look.ALIVE,
    Door.UNKNOWN_NAME: Look.UNKNOWN_NAME,
    Door.FORBIDDEN: Look.FORBIDDEN,
}


async def _knock(host: str, port: int, allowed: AddressPolicy, seconds: float) -> Door:
    try:
        async with asyncio.timeout(seconds):
            address = await network.resolve(host, port, allowed)
            _reader, writer = await asyncio.open_connection(str(address), port)
    except AddressForbidden:
        return Door.FORBIDDEN
    except (socket.gaierror, UnicodeError):
        return Door.UNKNOWN_NAME
    except ConnectionRefusedError:
        return Door.REFUSED
    except (OSError, TimeoutError):
        return Door.SILENT
    writer.close()
    with suppress(OSError):
        await writer.wait_closed()
    return Door.OPEN
