"""The calls of the gateway to the portal (contract, section 3)."""

from __future__ import annotations

import base64
import json
import sys
import time
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.util import find_spec
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID, uuid4

import httpx
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from parvis import __version__
from parvis.gateway.portal_http import HttpFailed, Pool
from parvis.gateway.settings import Settings
from parvis.gateway.slices import slices

NAME_TAKEN = "gateway_name_taken"
"""The portal's code: another living gateway has our name."""
_PREFIX = "/internal/gateway/v1/"
_TIMEOUT_SECONDS = 5.0
_MAX_WORD = 64
"""Bytes of a word on the line of hints."""
_STORM_SECONDS = 20.0
"""How long a redemption may wait for its turn when everybody connects at once."""
_AT_ONCE = 16
"""Redemptions under way at once, on connections that are kept: two portal processes' threads. More would only queue
there, each on a new connection."""
_CONTROL_AT_ONCE = 16
"""Heartbeats, events and hellos under way at once; more than ever are."""
if find_spec("sniffio") is None:
    # httpcore tries to import it several times a request; a module known to be missing is not looked for on disk.
    sys.modules.setdefault("sniffio", None)  # type: ignore[arg-type]


class PortalRefused(Exception):
    """The portal answered no; `code` is its problem code."""

    def __init__(self, code: str, detail: str) -> None:
        super().__init__(f"{code}: {detail}")
        self.code = code
        self.detail = detail


class PortalUnreachable(Exception):
    """No usable answer: connection error, timeout, or a server error."""


@dataclass(frozen=True, slots=True)
class Redeemed:
    """What the portal grants for a ticket."""

    session: UUID
    connection: UUID
    pin: str | None
    """SHA-256 of the PC's certificate (DER), lower-case hexadecimal; None before the first trusted use."""
    user_limit: int


class PortalClient:
    """Calls the portal and remembers when it last answered."""

    def __init__(self, settings: Settings, instance: UUID | None = None) -> None:
        self._name = settings.name
        self._instance = instance
        self.boot = uuid4()
        self.public_keys: tuple[Ed25519PublicKey, ...] = ()
        self._last_answer = float("-inf")
        # Two pools: a storm of redemptions must not hold up the heartbeat, which carries revocations.
        self._sessions = _pool(settings, turn_seconds=_STORM_SECONDS, connections=_AT_ONCE)
        self._control = _pool(settings, turn_seconds=_TIMEOUT_SECONDS, connections=_CONTROL_AT_ONCE)
        self._hints = _client(settings)

    @property
    def silence(self) -> float:
        """Seconds since the portal last said hello or took a heartbeat; infinite before.

        Other answers do not count: without heartbeats nothing could be revoked, whatever else the portal answers.
        """
        return time.monotonic() - self._last_answer

    async def hello(self) -> None:
        """Announce this process and learn the portal's public keys.

        Raises:
            PortalRefused, PortalUnreachable: keys are unchanged.
        """
        answer = await self._post(self._control, "hello", {"version": __version__})
        try:
            keys = tuple(Ed25519PublicKey.from_public_bytes(base64.b64decode(key)) for key in answer["public_keys"])
        except (KeyError, ValueError, TypeError):
            raise PortalUnreachable("malformed answer to hello") from None
        self.public_keys = keys
        self._last_answer = time.monotonic()

    async def redeem(self, ticket: str, client_address: str, correlation: str) -> Redeemed:
        """Use a ticket up.

        Raises:
            PortalRefused: `ticket_used`, `ticket_refused`, `access_revoked`, `too_many_sessions`.
            PortalUnreachable: unknown whether it was used; the browser must ask for another.
        """
        body = {"ticket": ticket, "client_address": client_address, "at": now()}
        answer = await self._post(self._sessions, "redeem", body, correlation)
        try:
            pin = answer["pin"]
            return Redeemed(
                UUID(answer["session"]),
                UUID(answer["connection"]),
                None if pin is None else str(pin).lower(),
                int(answer["user_limit"]),
            )
        except (KeyError, ValueError, TypeError, AttributeError):
            raise PortalUnreachable("malformed answer to redeem") from None

    async def pin(
        self, *, session: UUID, connection: UUID, fingerprint: str, subject: str, not_after: str, correlation: str
    ) -> bool:
        """Report the PC's certificate; whether it may be trusted.

        Raises:
            PortalRefused, PortalUnreachable: do not trust it.
        """
        body = {
            "session": str(session),
            "connection": str(connection),
            "fingerprint": fingerprint,
            "subject": subject,
            "not_after": not_after,
        }
        return (await self._post(self._sessions, "pin", body, correlation)).get("accepted") is True

    async def heartbeat(self, connections: list[dict[str, Any]], load: dict[str, Any]) -> list[tuple[UUID, str]]:
        """Report live connections; the ones to end, each with its reason.

        Raises:
            PortalRefused, PortalUnreachable: nothing was learnt.
        """
        # Written a slice at a time: thousands of sessions are half a megabyte.
        written = [_json(some)[1:-1] async for some in slices(connections)]
        answer = await self._post(
            self._control, "heartbeat", {"at": now(), "load": load}, more=f'"connections":[{",".join(written)}]'
        )
        try:
            ends = [(UUID(item["connection"]), str(item["reason"])) for item in answer.get("end", ())]
        except (KeyError, ValueError, TypeError, AttributeError):
            raise PortalUnreachable("malformed answer to heartbeat") from None
        self._last_answer = time.monotonic()
        return ends

    async def events(self, events: Sequence[dict[str, Any]]) -> list[str]:
        """Report at most 500 events; the ids the portal has for good.

        Raises:
            PortalRefused, PortalUnreachable: send them again later.
        """
        answer = await self._post(self._control, "events", {"events": list(events)})
        acknowledged = answer.get("acknowledged", [])
        return [str(item) for item in acknowledged] if isinstance(acknowledged, list) else []

    async def hints(self, silence_seconds: float) -> AsyncIterator[str]:
        """The words of the line of hints, as they come; never ends by itself.

        Raises:
            PortalRefused: this portal gives no hints.
            PortalUnreachable: the line broke, or nothing came for `silence_seconds`.
        """
        timeout = httpx.Timeout(_TIMEOUT_SECONDS, read=silence_seconds)
        headers = {"X-Correlation-ID": uuid4().hex}
        try:
            async with self._hints.stream(
                "POST", _PREFIX + "hints", json=self._body({}), headers=headers, timeout=timeout
            ) as response:
                if response.status_code >= 500:
                    raise PortalUnreachable(f"hints: HTTP {response.status_code}")
                if response.status_code != 200:
                    raise PortalRefused(str(response.status_code), "no hints")
                begun = b""
                async for piece in response.aiter_raw():
                    *words, begun = (begun + piece).split(b"\n")
                    if len(begun) > _MAX_WORD:
                        break
                    for word in words:
                        yield word[:_MAX_WORD].decode("ascii", "replace")
        except httpx.HTTPError as error:
            raise PortalUnreachable(f"hints: {type(error).__name__}") from None
        raise PortalUnreachable("hints: the line has ended")

    async def close(self) -> None:
        """Close the connections to the portal."""
        await self._sessions.close()
        await self._control.close()
        await self._hints.aclose()

    def _body(self, more: dict[str, Any]) -> dict[str, Any]:
        """Who speaks, and what it says."""
        body = {"gateway": self._name, "boot": str(self.boot), **more}
        if self._instance is not None:
            body["instance"] = str(self._instance)
        return body

    async def _post(
        self, pool: Pool, call: str, body: dict[str, Any], correlation: str | None = None, *, more: str = ""
    ) -> dict[str, Any]:
        """`more` is a member of the body that is JSON already."""
        try:
            text = _json(self._body(body))
            content = f"{text[:-1]},{more}}}" if more else text
            response = await pool.post(_PREFIX + call, content, correlation or uuid4().hex)
            answer = json.loads(response.body) if response.body else {}
        except (HttpFailed, ValueError) as error:
            how = str(error) if isinstance(error, HttpFailed) else type(error).__name__
            raise PortalUnreachable(f"{call}: {how}") from None
        if response.status >= 500 or not isinstance(answer, dict):
            raise PortalUnreachable(f"{call}: HTTP {response.status}")
        if response.status >= 400:
            refused = PortalRefused(str(answer.get("code", response.status)), str(answer.get("detail", "")))
            if refused.code == NAME_TAKEN and response.status not in (401, 404):
                # Another gateway speaks under our name: from now on the portal is silent for us.
                self._last_answer = float("-inf")
            raise refused
        return answer


def _pool(settings: Settings, *, turn_seconds: float, connections: int) -> Pool:
    return Pool(
        settings.portal_url,
        settings.secret,
        connections=connections,
        seconds=_TIMEOUT_SECONDS,
        turn_seconds=turn_seconds,
    )


def _client(settings: Settings) -> httpx.AsyncClient:
    """For the line of hints, whose answer never ends."""
    unix = urlsplit(settings.portal_url)
    transport = httpx.AsyncHTTPTransport(uds=unix.path) if unix.scheme == "unix" else None
    return httpx.AsyncClient(
        base_url="http://portal" if transport else settings.portal_url,
        transport=transport,
        timeout=_TIMEOUT_SECONDS,
        trust_env=False,  # the portal is never behind the machine's outgoing proxy
        headers={"Authorization": f"Bearer {settings.secret}"},
    )


def _json(value: object) -> str:
    """Without blanks: five thousand connections are more than a megabyte already."""
    return json.dumps(value, separators=(",", ":"))


def now() -> str:
    """The present as ISO 8601 in UTC."""
    return datetime.now(UTC).isoformat().replace("+00:00", "Z")
