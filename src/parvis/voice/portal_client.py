"""The voice server’s calls to the portal (docs/reference/voice-protocol.md, section 3)."""

from __future__ import annotations

import time
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit
from uuid import uuid4

import httpx

from parvis import __version__
from parvis.gateway.portal_client import PortalRefused, PortalUnreachable
from parvis.voice.grants import RoomGrant, SeatGrant, parse
from parvis.voice.settings import Settings

_PREFIX = "/internal/voice/v1/"
_TIMEOUT_SECONDS = 5.0


class PortalClient:
    """Calls the portal and remembers when it last answered."""

    def __init__(self, settings: Settings) -> None:
        self._name = settings.name
        self.boot = uuid4()
        self._last_answer = float("-inf")
        unix = urlsplit(settings.portal_url)
        transport = httpx.AsyncHTTPTransport(uds=unix.path) if unix.scheme == "unix" else None
        self._http = httpx.AsyncClient(
            base_url="http://portal" if transport else settings.portal_url,
            transport=transport,
            timeout=_TIMEOUT_SECONDS,
            trust_env=False,
            headers={"Authorization": f"Bearer {settings.secret}"},
        )

    @property
    def silence(self) -> float:
        """Seconds since the portal last answered; infinite before."""
        return time.monotonic() - self._last_answer

    async def redeem(self, ticket: str, client_address: str) -> tuple[RoomGrant, SeatGrant]:
        """Use a ticket up.

        Raises:
            PortalRefused, PortalUnreachable: nobody comes in.
        """
        return self._grant(
            await self._post("redeem", {"ticket": ticket, "client_address": client_address, "at": iso_now()})
        )

    async def pin(self, pin: str, caller: str) -> tuple[RoomGrant, SeatGrant]:
        """What a PIN opens.

        Raises:
            PortalRefused, PortalUnreachable: nobody comes in.
        """
        return self._grant(await self._post("pin", {"pin": pin, "caller": caller, "at": iso_now()}))

    async def hello(self, state: dict[str, Any]) -> None:
        """Announce this process.

        Raises:
            PortalRefused, PortalUnreachable: try again.
        """
        await self._post("hello", {"version": __version__, **state})

    async def heartbeat(self, state: dict[str, Any]) -> dict[str, Any]:
        """Report who is here; who must leave, what changed.

        Raises:
            PortalRefused, PortalUnreachable: nothing was learnt.
        """
        return await self._post("heartbeat", {"at": iso_now(), **state})

    async def events(self, events: Sequence[dict[str, Any]]) -> list[str]:
        """Report events; the ids the portal has for good.

        Raises:
            PortalRefused, PortalUnreachable: send them again later.
        """
        acknowledged = (await self._post("events", {"events": list(events)})).get("acknowledged", [])
        return [str(item) for item in acknowledged] if isinstance(acknowledged, list) else []

    async def close(self) -> None:
        """Close the connections."""
        await self._http.aclose()

    @staticmethod
    def _grant(answer: dict[str, Any]) -> tuple[RoomGrant, SeatGrant]:
        try:
            return parse(answer)
        except ValueError as error:
            raise PortalUnreachable(str(error)) from None

    async def _post(self, call: str, body: dict[str, Any]) -> dict[str, Any]:
        body = {"voice": self._name, "boot": str(self.boot), **body}
        try:
            response = await self._http.post(_PREFIX + call, json=body, headers={"X-Correlation-ID": uuid4().hex})
            answer = response.json() if response.content else {}
        except (httpx.HTTPError, ValueError) as error:
            raise PortalUnreachable(f"{call}: {type(error).__name__}") from None
        if response.status_code >= 500 or not isinstance(answer, dict):
            raise PortalUnreachable(f"{call}: HTTP {response.status_code}")
        if response.status_code >= 400:
            code = str(answer.get("code", response.status_code))
            if response.status_code != 401:  # a wrong secret is not an answer of our portal
                self._last_answer = time.monotonic()
            raise PortalRefused(code, str(answer.get("detail", "")))
        self._last_answer = time.monotonic()
        return answer


def iso_now() -> str:
    """The present as ISO 8601 in UTC."""
    return datetime.now(UTC).isoformat().replace("+00:00", "Z")
