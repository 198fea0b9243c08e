"""Asks a service's address whether it answers, without ever being led elsewhere (SSRF).

The name is resolved once; the address is judged by `ticket.addresses` and the
connection goes to that very address, with the name kept for TLS and the Host header.
Redirections are not followed: a service that redirects is a service that answers.
Requirement 4 of THREAT_MODEL.md, applied to the portal.
"""

from __future__ import annotations

import socket
import ssl
import time
from dataclasses import replace
from ipaddress import ip_network
from urllib.parse import urlsplit

import httpx

from parvis.portal.home.rules import Outcome
from parvis.ticket.addresses import PRIVATE_NETWORKS, AddressForbidden, AddressPolicy, check_address

TIMEOUT = httpx.Timeout(10.0)
_ANYWHERE = (ip_network("0.0.0.0/0"), ip_network("::/0"))
_INSIDE = tuple(ip_network(item) for item in f"{PRIVATE_NETWORKS},100.64.0.0/10,192.0.0.0/24".split(","))


def policy_for(local: AddressPolicy, *, external: bool) -> AddressPolicy:
    """Where a probe may go: the authority's networks, or for an external service everywhere but inside."""
    if not external:
        return local
    return replace(local, allowed=_ANYWHERE, denied=(*local.denied, *_INSIDE), loopback_targets=frozenset())


def probe(url: str, policy: AddressPolicy, *, transport: httpx.BaseTransport | None = None) -> Outcome:
    """GET the address and read no body; what was found, never an exception. At most about 20 seconds."""
    started = time.monotonic()
    try:
        problem = _ask(url, policy, transport)
    except AddressForbidden as reason:
        problem = f"address refused: {reason}"
    except (OSError, httpx.HTTPError, ValueError, ssl.SSLError) as error:
        problem = f"{type(error).__name__}: {error}" if str(error) else type(error).__name__
    return Outcome(problem[:200], time.monotonic() - started)


def _ask(url: str, policy: AddressPolicy, transport: httpx.BaseTransport | None) -> str:
    parts = urlsplit(url)
    host, port = parts.hostname or "", parts.port or (443 if parts.scheme == "https" else 80)
    if not host:
        raise ValueError("no host")
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    address = check_address(str(found[0][4][0]), port, policy)
    literal = f"[{address}]" if address.version == 6 else str(address)
    target = parts._replace(netloc=f"{literal}:{port}", fragment="").geturl()
    with httpx.Client(
        transport=transport, verify=ssl.create_default_context(), timeout=TIMEOUT, follow_redirects=False,
        trust_env=False,
    ) as client:  # fmt: skip
        request = client.build_request(
            "GET", target, headers={"Host": parts.netloc, "User-Agent": "Parvis"}, extensions={"sni_hostname": host}
        )
        response = client.send(request, stream=True)
        response.close()
    return f"HTTP {response.status_code}" if response.status_code >= 500 else ""
