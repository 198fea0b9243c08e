"""Passes for the relay (coturn’s `use-auth-secret`): each is good for one person and a few hours. Pure."""

from __future__ import annotations

import base64
import hashlib
import hmac
from dataclasses import dataclass
from typing import Any

PASS_SECONDS = 12 * 3600


@dataclass(frozen=True, slots=True)
class TurnSettings:
    """Relays told to browsers."""

    urls: tuple[str, ...] = ()
    secret: str = ""

    def __repr__(self) -> str:
        """Without the secret."""
        return f"TurnSettings({self.urls!r})"

    def ice_servers(self, person: str, wall: float) -> list[dict[str, Any]]:
        """`iceServers` of RTCPeerConnection, with a pass that names nobody."""
        servers: list[dict[str, Any]] = []
        stun = [url for url in self.urls if url.startswith("stun:")]
        if stun:
            servers.append({"urls": stun})
        relays = [url for url in self.urls if not url.startswith("stun:")]
        if relays:
            user = f"{int(wall) + PASS_SECONDS}:{hashlib.sha256(person.encode()).hexdigest()[:12]}"
            signature = hmac.new(self.secret.encode(), user.encode(), hashlib.sha1).digest()
            servers.append({"urls": relays, "username": user, "credential": base64.b64encode(signature).decode()})
        return servers
