"""From a name in the ticket to a connected socket, at an address that was checked."""

from __future__ import annotations

import asyncio
import errno
import socket

from parvis.gateway.protocol.rdcleanpath import Failure
from parvis.gateway.reasons import WSA_HOST_NOT_FOUND, WSA_NO_ROUTE, WSA_REFUSED, WSA_TIMED_OUT, Reason, Refusal
from parvis.ticket.addresses import Address, AddressForbidden, AddressPolicy, check_address

_KEEPALIVE_IDLE, _KEEPALIVE_INTERVAL, _KEEPALIVE_PROBES = 15, 5, 3
_WSA = {
    errno.ECONNREFUSED: WSA_REFUSED,
    errno.ETIMEDOUT: WSA_TIMED_OUT,
    errno.EHOSTUNREACH: WSA_NO_ROUTE,
    errno.ENETUNREACH: WSA_NO_ROUTE,
}


async def connect(
    host: str, port: int, policy: AddressPolicy, *, timeout: float, peer_timeout: float
) -> tuple[socket.socket, Address]:
    """A connected non-blocking socket, and the address it is connected to.

    The name is resolved once and every result is judged; the connection goes to a
    judged address, so a second answer of a hostile DNS server cannot change it.

    Raises:
        Refusal: `target_forbidden`, `target_unreachable`, or `too_many_sessions` when
            the process is out of file descriptors.
    """
    allowed, forbidden = [], None
    for address in await _resolve(host, port, timeout):
        try:
            allowed.append(check_address(address, port, policy))
        except AddressForbidden as error:
            forbidden = error
    if not allowed:
        raise Refusal(Reason.TARGET_FORBIDDEN, str(forbidden))
    last: Refusal | None = None
    for checked in dict.fromkeys(allowed):
        try:
            return await _connect_one(checked, port, timeout, peer_timeout), checked
        except Refusal as refusal:
            last = refusal
    raise last or Refusal(Reason.TARGET_UNREACHABLE, "no address")


def watch(sock: socket.socket, peer_timeout: float) -> None:
    """Notice a dead peer: keep-alive while idle, TCP_USER_TIMEOUT (RFC 5482) while data is unacknowledged."""
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPIDLE, _KEEPALIVE_IDLE)
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPINTVL, _KEEPALIVE_INTERVAL)
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPCNT, _KEEPALIVE_PROBES)
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, int(peer_timeout * 1000))
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)


async def _resolve(host: str, port: int, timeout: float) -> list[str]:
    try:
        infos = await asyncio.wait_for(
            asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM), timeout
        )
    except (OSError, UnicodeError, TimeoutError):
        raise Refusal(
            Reason.TARGET_UNREACHABLE, f"{host} does not resolve", failure=Failure(wsa_error=WSA_HOST_NOT_FOUND)
        ) from None
    return [str(info[4][0]) for info in infos]


async def _connect_one(address: Address, port: int, timeout: float, peer_timeout: float) -> socket.socket:
    family = socket.AF_INET if address.version == 4 else socket.AF_INET6
    try:
        sock = socket.socket(family, socket.SOCK_STREAM | socket.SOCK_NONBLOCK)
    except OSError as error:
        raise Refusal(Reason.TOO_MANY_SESSIONS, f"no file descriptor left: {error}") from None
    try:
        watch(sock, peer_timeout)
        await asyncio.wait_for(asyncio.get_running_loop().sock_connect(sock, (str(address), port)), timeout)
    except (OSError, TimeoutError) as error:
        sock.close()
        code = getattr(error, "errno", None) or errno.ETIMEDOUT
        raise Refusal(
            Reason.TARGET_UNREACHABLE,
            f"{address} port {port}: {errno.errorcode.get(code, code)}",
            failure=Failure(wsa_error=_WSA.get(code, WSA_TIMED_OUT)),
        ) from None
    except BaseException:
        sock.close()
        raise
    return sock
