"""Asks a GLPI, without being led elsewhere, drowned or held up (SSRF; requirement 4 of THREAT_MODEL.md).

As for identity providers (`federation.transport`): the name is resolved once, the address is judged and the
connection goes to that very address; https only, except to this very machine outside production; no redirection.
"""

from __future__ import annotations

import json
import socket
import ssl
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import httpx

from parvis.portal.federation.transport import check_url, judge
from parvis.ticket.addresses import AddressForbidden

SECONDS = 60.0
"""For the whole of an answer: a page of a large GLPI takes its time."""
LARGEST = 16 * 2**20
"""Bytes of an answer."""
_TIMEOUT = httpx.Timeout(10.0, read=45.0)


class GlpiFailed(Exception):
    """GLPI gave no usable answer. `code` is a key of `wording.PROBLEMS`; `detail` is for the IT team, never a token."""

    def __init__(self, code: str, detail: str = "") -> None:
        self.code, self.detail = code, "".join(char for char in detail if char.isprintable())[:300]
        super().__init__(code)


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back: status, the JSON in it, how many items there are in all (`Content-Range`, None: not told)."""

    status: int
    json: Any
    total: int | None


def ask(url: str, *, headers: Mapping[str, str], body: Mapping[str, Any] | None = None) -> Answer:
    """GET the address, or POST JSON to it.

    Raises:
        GlpiFailed: `address`, `unreachable`, `certificate`, `slow`, `large`, `redirected` or `not_glpi`.
    """
    try:
        return _ask(url, headers, body, time.monotonic() + SECONDS)
    except AddressForbidden as reason:
        raise GlpiFailed("address", str(reason)) from None
    except httpx.TimeoutException as error:
        raise GlpiFailed("slow", type(error).__name__) from None
    except (OSError, httpx.HTTPError, httpx.InvalidURL, UnicodeError) as error:
        code = "certificate" if "CERTIFICATE" in str(error).upper() else "unreachable"
        raise GlpiFailed(code, f"{type(error).__name__}: {error}") from None


def _ask(url: str, headers: Mapping[str, str], body: Mapping[str, Any] | None, deadline: float) -> Answer:
    parts = check_url(url)
    host, port = parts.hostname or "", parts.port or (443 if parts.scheme == "https" else 80)
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    address = judge(str(found[0][4][0]), port)
    literal = f"[{address}]" if address.version == 6 else str(address)
    target = parts._replace(netloc=f"{literal}:{port}", fragment="").geturl()
    # No compression: what is counted is what comes.
    sent = {
        "Host": parts.netloc, "User-Agent": "Parvis", "Accept-Encoding": "identity", "Accept": "application/json",
        "Content-Type": "application/json", **headers,
    }  # fmt: skip
    with httpx.Client(
        verify=ssl.create_default_context(), timeout=_TIMEOUT, follow_redirects=False, trust_env=False
    ) as client:
        request = client.build_request(
            "GET" if body is None else "POST", target, headers=sent, extensions={"sni_hostname": host},
            content=json.dumps(body) if body is not None else None,
        )  # fmt: skip
        response = client.send(request, stream=True)
        try:
            if response.is_redirect:
                raise GlpiFailed("redirected", response.headers.get("Location", "")[:200])
            raw = _read(response, deadline)
            return Answer(response.status_code, _json(raw, response.status_code), _total(response))
        finally:
            response.close()


def _read(response: httpx.Response, deadline: float) -> bytes:
    if response.headers.get("Content-Encoding", "identity") != "identity":
        raise GlpiFailed("not_glpi", "compressed")
    pieces, size = [], 0
    for piece in response.iter_raw():
        size += len(piece)
        if size > LARGEST:
            raise GlpiFailed("large")
        if time.monotonic() > deadline:
            raise GlpiFailed("slow")
        pieces.append(piece)
    return b"".join(pieces)


def _json(raw: bytes, status: int) -> Any:
    if not raw.strip():
        return None
    try:
        return json.loads(raw.decode("utf-8-sig"))
    except (UnicodeDecodeError, ValueError, RecursionError):
        raise GlpiFailed("not_glpi", f"HTTP {status}") from None


def _total(response: httpx.Response) -> int | None:
    """`0-199/1234` → 1234."""
    text = response.headers.get("Content-Range", "").rpartition("/")[2].strip()
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else None
