"""Asks a provider, without ever being led elsewhere, drowned or held up (SSRF; requirement 4 of THREAT_MODEL.md).

The name is resolved once, the address is judged and the connection goes to that very address, with the name kept
for TLS and the Host header. Only https, except to this very machine outside production. No redirection is followed.
"""

from __future__ import annotations

import socket
import ssl
import time
from dataclasses import dataclass, replace
from datetime import datetime
from email.utils import parsedate_to_datetime
from ipaddress import ip_address, ip_network
from urllib.parse import SplitResult, urlsplit

import httpx
from django.conf import settings

from parvis.ticket.addresses import PRIVATE_NETWORKS, Address, AddressForbidden, AddressPolicy, check_address

SECONDS = 10.0
"""For the whole of an answer."""
LARGEST = 2**20
"""Bytes of an answer."""
_TIMEOUT = httpx.Timeout(5.0)
_ANYWHERE = (ip_network("0.0.0.0/0"), ip_network("::/0"))
_INSIDE = tuple(ip_network(item) for item in f"{PRIVATE_NETWORKS},100.64.0.0/10,192.0.0.0/24".split(","))


class ProviderFailed(Exception):
    """The provider gave no usable answer. `code` is one word for a sentence, `detail` is for the IT team."""

    def __init__(self, code: str, detail: str = "") -> None:
        self.code, self.detail = code, detail[:300]
        super().__init__(f"{code}: {self.detail}" if detail else code)


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back."""

    status: int
    content_type: str
    """In lower case, without its parameters."""
    text: str
    dated: datetime | None
    """The `Date` header: the provider's clock."""


def ask(url: str, *, form: dict[str, str] | None = None, headers: dict[str, str] | None = None) -> Answer:
    """GET the address, or POST a form to it.

    Raises:
        ProviderFailed: `address`, `unreachable`, `slow`, `large`, `redirected` or `malformed`.
    """
    deadline = time.monotonic() + SECONDS
    try:
        return _ask(url, form, headers or {}, deadline)
    except AddressForbidden as reason:
        raise ProviderFailed("address", str(reason)) from None
    except httpx.TimeoutException as error:
        raise ProviderFailed("slow", type(error).__name__) from None
    except (OSError, httpx.HTTPError, httpx.InvalidURL, UnicodeError, ValueError) as error:
        raise ProviderFailed("unreachable", f"{type(error).__name__}: {error}") from None


def check_url(url: str) -> SplitResult:
    """An address that may be asked, as far as can be told without resolving its name.

    Raises:
        AddressForbidden: not https, without a host, with a password in it.
    """
    try:
        parts = urlsplit(url)
        _ = parts.port
    except ValueError:
        raise AddressForbidden("not an address") from None
    if not parts.hostname or parts.username is not None or parts.password is not None:
        raise AddressForbidden("an address needs a host, and no password")
    if parts.scheme == "https" or (parts.scheme == "http" and _is_this_machine(parts.hostname)):
        return parts
    raise AddressForbidden("only https://")


def judge(address: str, port: int) -> Address:
    """The resolved address, if a provider may be there: on the Internet, or in the authority's own networks.

    Raises:
        AddressForbidden: loopback (in production), link-local, metadata, a denied or a foreign private network.
    """
    if settings.PARVIS.mode != "production" and ip_address(address.partition("%")[0]).is_loopback:
        return ip_address(address)
    local: AddressPolicy = settings.PARVIS.addresses
    try:
        return check_address(address, port, local)
    except AddressForbidden:
        outside = replace(local, allowed=_ANYWHERE, denied=(*local.denied, *_INSIDE), loopback_targets=frozenset())
        return check_address(address, port, outside)


def _ask(url: str, form: dict[str, str] | None, headers: dict[str, str], deadline: float) -> Answer:
    parts = check_url(url)
    host, port = parts.hostname or "", parts.port or (443 if parts.scheme == "https" else 80)
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    address = judge(str(found[0][4][0]), port)
    literal = f"[{address}]" if address.version == 6 else str(address)
    target = parts._replace(netloc=f"{literal}:{port}", fragment="").geturl()
    # No compression: what is counted is what comes.
    sent = {"Host": parts.netloc, "User-Agent": "Parvis", "Accept-Encoding": "identity", **headers}
    with httpx.Client(
        verify=ssl.create_default_context(), timeout=_TIMEOUT, follow_redirects=False, trust_env=False
    ) as client:
        request = client.build_request(
            "GET" if form is None else "POST", target, data=form, headers=sent, extensions={"sni_hostname": host}
        )
        response = client.send(request, stream=True)
        try:
            return Answer(
                response.status_code,
                response.headers.get("Content-Type", "").partition(";")[0].strip().lower(),
                _text(response, deadline),
                _date(response.headers.get("Date", "")),
            )
        finally:
            response.close()


def _text(response: httpx.Response, deadline: float) -> str:
    if response.is_redirect:
        raise ProviderFailed("redirected", f"HTTP {response.status_code} to {response.headers.get('Location', '')}")
    if response.headers.get("Content-Encoding", "identity") != "identity":
        raise ProviderFailed("malformed", "compressed")
    pieces, size = [], 0
    for piece in response.iter_raw():
        size += len(piece)
        if size > LARGEST:
            raise ProviderFailed("large", f"more than {LARGEST} bytes")
        if time.monotonic() > deadline:
            raise ProviderFailed("slow", f"more than {SECONDS:.0f} s")
        pieces.append(piece)
    try:
        return b"".join(pieces).decode()
    except UnicodeDecodeError:
        raise ProviderFailed("malformed", "not UTF-8") from None


def _date(text: str) -> datetime | None:
    try:
        found = parsedate_to_datetime(text)
    except (ValueError, TypeError):
        return None
    return found if found.tzinfo is not None else None


def _is_this_machine(host: str) -> bool:
    return settings.PARVIS.mode != "production" and host in ("localhost", "127.0.0.1", "::1")
