"""Asks a tool, without being led elsewhere, drowned or held up (SSRF; requirement 4 of THREAT_MODEL.md).

As for identity providers (`federation.transport`): the name is resolved once, the address is judged and the
connection goes to that very address; https only, except to this very machine outside production; no redirection.

What failed is asked again a little later, a few times: everything if `again` says that asking twice is asking once,
else only what cannot have been heard (no connection, or « too many requests »).
"""

from __future__ import annotations

import json
import random
import socket
import ssl
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import httpx

from parvis.portal.conferencing.errors import Gone, Refused, Unanswered
from parvis.portal.federation.transport import check_url, judge
from parvis.ticket.addresses import AddressForbidden

SECONDS = 20.0
"""For all attempts together."""
ATTEMPTS = 3
LARGEST = 2**20
"""Bytes of an answer."""
LONGEST_WAIT = 5.0
"""A tool that asks to wait longer is given up for now."""
_TIMEOUT = httpx.Timeout(8.0, connect=4.0)
_BUSY = 429
_PAUSE = 0.2

pause = time.sleep


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back. Statuses below 500 but 429 are the caller's to judge."""

    status: int
    content: bytes

    def json(self) -> Any:
        """The JSON object in it.

        Raises:
            Unanswered: `malformed`.
        """
        try:
            found = json.loads(self.content.decode("utf-8-sig"))
        except (UnicodeDecodeError, ValueError, RecursionError):
            raise Unanswered("malformed", f"HTTP {self.status}") from None
        if not isinstance(found, dict):
            raise Unanswered("malformed", f"HTTP {self.status}")
        return found


@dataclass(frozen=True, slots=True)
class _Failed:
    """One attempt without an answer."""

    why: Unanswered
    was_heard: bool = True
    """False: nothing can have been done, asking again is harmless."""
    may_pass: bool = True
    wait: float = 0.0
    """What the tool asked for."""


def ask(
    method: str,
    url: str,
    *,
    again: bool,
    headers: Mapping[str, str] | None = None,
    form: Mapping[str, str] | None = None,
    body: Mapping[str, Any] | None = None,
) -> Answer:
    """Ask, `again` if that is harmless.

    Raises:
        Unanswered: `address`, `unknown_name`, `unreachable`, `certificate`, `slow`, `large`, `redirected`,
            `malformed`, `server_error` or `too_many`.
    """
    ends = time.monotonic() + SECONDS
    for attempt in range(1, ATTEMPTS + 1):
        got = _attempt(method, url, headers or {}, form, body, ends)
        if isinstance(got, Answer):
            return got
        wait = max(got.wait, _PAUSE * 2**attempt * random.uniform(0.5, 1))  # noqa: S311 (spreads the retries)
        if attempt == ATTEMPTS or not got.may_pass or (got.was_heard and not again):
            raise got.why
        if wait > LONGEST_WAIT or time.monotonic() + wait > ends:
            raise got.why
        pause(wait)
    raise AssertionError


def judge_status(answer: Answer, *, secret: tuple[int, ...] = (401,), detail: str = "") -> Answer:
    """The answer, if it is a yes.

    Raises:
        Refused: `secret`, `rights` or `refused`.
        Gone: 404 or 410.
    """
    if answer.status < 300:
        return answer
    said = detail or f"HTTP {answer.status}"
    if answer.status in secret:
        raise Refused("secret", said)
    if answer.status == 403:
        raise Refused("rights", said)
    if answer.status in (404, 410):
        raise Gone(said)
    raise Refused("refused", said)


def _attempt(
    method: str,
    url: str,
    headers: Mapping[str, str],
    form: Mapping[str, str] | None,
    body: Mapping[str, Any] | None,
    ends: float,
) -> Answer | _Failed:
    """One question. The text of an exception may hold an address with a secret in it: only its kind is told."""
    try:
        return _ask(method, url, headers, form, body, ends)
    except Unanswered as why:
        return _Failed(why, may_pass=why.code == "server_error")
    except _Busy as busy:
        return _Failed(Unanswered("too_many"), was_heard=False, wait=busy.seconds)
    except AddressForbidden as reason:
        return _Failed(Unanswered("address", str(reason)), may_pass=False)
    except socket.gaierror:
        return _Failed(Unanswered("unknown_name"), may_pass=False)
    except httpx.TimeoutException as error:
        return _Failed(Unanswered("slow", type(error).__name__), was_heard=not isinstance(error, httpx.ConnectTimeout))
    except (OSError, httpx.HTTPError, httpx.InvalidURL, UnicodeError) as error:
        if "CERTIFICATE" in str(error).upper():
            return _Failed(Unanswered("certificate"), may_pass=False)
        was_heard = not isinstance(error, httpx.ConnectError)
        return _Failed(Unanswered("unreachable", type(error).__name__), was_heard=was_heard)


class _Busy(Exception):
    """429, with how long to wait."""

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds


def _ask(
    method: str,
    url: str,
    headers: Mapping[str, str],
    form: Mapping[str, str] | None,
    body: Mapping[str, Any] | None,
    ends: float,
) -> Answer:
    parts = check_url(url)
    host, port = parts.hostname or "", parts.port or (443 if parts.scheme == "https" else 80)
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    address = judge(str(found[0][4][0]), port)
    literal = f"[{address}]" if address.version == 6 else str(address)
    target = parts._replace(netloc=f"{literal}:{port}", fragment="").geturl()
    sent = {
        "Host": parts.netloc, "User-Agent": "Parvis", "Accept-Encoding": "identity",
        "Accept": "application/json, application/xml;q=0.9, */*;q=0.1", **headers,
    }  # fmt: skip
    with httpx.Client(
        verify=ssl.create_default_context(), timeout=_TIMEOUT, follow_redirects=False, trust_env=False
    ) as client:
        request = client.build_request(
            method, target, headers=sent, data=form, json=body, extensions={"sni_hostname": host}
        )
        response = client.send(request, stream=True)
        try:
            return _read(response, ends)
        finally:
            response.close()


def _read(response: httpx.Response, ends: float) -> Answer:
    if response.is_redirect:
        raise Unanswered("redirected", f"HTTP {response.status_code}")
    if response.status_code == _BUSY:
        raise _Busy(_seconds(response.headers.get("Retry-After", "")))
    if response.status_code >= 500:
        raise Unanswered("server_error", f"HTTP {response.status_code}")
    if response.headers.get("Content-Encoding", "identity") != "identity":
        raise Unanswered("malformed", "compressed")
    pieces, size = [], 0
    for piece in response.iter_raw():
        size += len(piece)
        if size > LARGEST:
            raise Unanswered("large", f"more than {LARGEST} bytes")
        if time.monotonic() > ends:
            raise Unanswered("slow", f"more than {SECONDS:.0f} s")
        pieces.append(piece)
    return Answer(response.status_code, b"".join(pieces))


def _seconds(text: str) -> float:
    """Of `Retry-After`; a date counts as a long time."""
    if not text:
        return 0.0
    return float(text) if text.isascii() and text.isdigit() and len(text) < 7 else LONGEST_WAIT + 1
