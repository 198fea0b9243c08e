"""What parc says to the network: a TCP probe, a magic packet. Every address is checked after DNS, just before use."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace

from django.conf import settings

from parvis.portal.parc.rules import magic_packet
from parvis.ticket.addresses import Address, AddressForbidden, AddressPolicy, check_address

PROBE_SECONDS = 1.5
AT_ONCE = 64
"""Probes under way at the same time."""


def policy() -> AddressPolicy:
    """Where probes and magic packets may go.

    The demo's office PCs do not exist: on a stranger's network nothing is sent to the addresses they are said to have.
    """
    configured: AddressPolicy = settings.PARVIS.addresses
    return replace(configured, allowed=()) if settings.PARVIS.demo else configured


@dataclass(frozen=True, slots=True)
class Target:
    """A computer to probe: a host name or IP address, and a TCP port."""

    computer_id: int
    host: str
    port: int


@dataclass(frozen=True, slots=True)
class Probe:
    """What a probe found. `answered` None: it could not be made, `problem` says why (English, for the log)."""

    computer_id: int
    answered: bool | None
    problem: str = ""


async def probe(target: Target, allowed: AddressPolicy, seconds: float = PROBE_SECONDS) -> Probe:
    """Whether something accepts a TCP connection there within `seconds`. A refusal counts as silence."""
    if not target.host:
        return Probe(target.computer_id, None, "no address")
    try:
        async with asyncio.timeout(seconds):
            address = await resolve(target.host, target.port, allowed)
            _reader, writer = await asyncio.open_connection(str(address), target.port)
    except AddressForbidden as forbidden:
        return Probe(target.computer_id, None, str(forbidden))
    except (socket.gaierror, UnicodeError):
        return Probe(target.computer_id, None, "unknown host name")
    except (OSError, TimeoutError):
        return Probe(target.computer_id, False)
    writer.close()
    with suppress(OSError):
        await writer.wait_closed()
    return Probe(target.computer_id, True)


def probe_all(targets: Iterable[Target], seconds: float = PROBE_SECONDS) -> list[Probe]:
    """Probe many computers, at most `AT_ONCE` at the same time."""
    return asyncio.run(gather_probes(list(targets), policy(), seconds))


async def gather_probes(targets: Sequence[Target], allowed: AddressPolicy, seconds: float) -> list[Probe]:
    """The probes of `targets`, in their order."""
    turn = asyncio.Semaphore(AT_ONCE)

    async def one(target: Target) -> Probe:
        async with turn:
            return await probe(target, allowed, seconds)

    return await asyncio.gather(*(one(target) for target in targets))


async def resolve(host: str, port: int, allowed: AddressPolicy) -> Address:
    """The first address of `host` that may be reached.

    Raises:
        AddressForbidden: none may.
        socket.gaierror: the name is unknown.
    """
    found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    refused: AddressForbidden | None = None
    for *_, sockaddr in found:
        try:
            return check_address(str(sockaddr[0]), port, allowed)
        except AddressForbidden as forbidden:
            refused = refused or forbidden
    raise refused or AddressForbidden(f"{host!r} has no address")


def send_magic_packet(mac: str, address: str, port: int, allowed: AddressPolicy) -> None:
    """One UDP datagram to a directed broadcast address or to a relay.

    Raises:
        AddressForbidden: the policy refuses the address.
        OSError: the network does.
    """
    to = check_address(address, port, allowed)
    family = socket.AF_INET6 if to.version == 6 else socket.AF_INET
    with socket.socket(family, socket.SOCK_DGRAM) as sock:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_BROADCAST, 1)
        sock.sendto(magic_packet(mac), (str(to), port))
