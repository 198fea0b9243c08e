"""A contract fake of LiveKit's room service (docs.livekit.io, Twirp). It is not LiveKit.

Tokens are verified here with the standard library alone, so that they are not judged by what made them.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from typing import Any

from tests.servers.conferencing.vendor import Asked, Reply, Vendor, says

KEY, SECRET = "APIparvis", "un-secret-de-32-octets-au-moins-pour-HS256"


def claims_of(token: str, secret: str) -> dict[str, Any] | None:
    """What a token (RFC 7519, HS256) says, if its signature is right."""
    head, body, signature = token.split(".")
    wanted = hmac.new(secret.encode(), f"{head}.{body}".encode(), hashlib.sha256).digest()
    if json.loads(_bytes(head)) != {"alg": "HS256", "typ": "JWT"} or not hmac.compare_digest(wanted, _bytes(signature)):
        return None
    found: dict[str, Any] = json.loads(_bytes(body))
    return found


def _bytes(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


class LiveKit(Vendor):
    """Rooms by name."""

    def __init__(self) -> None:
        super().__init__()
        self.rooms: dict[str, dict[str, Any]] = {}

    def reply(self, asked: Asked) -> Reply:
        """CreateRoom, ListRooms, DeleteRoom."""
        call = asked.path.removeprefix("/twirp/livekit.RoomService/")
        claims = claims_of(asked.bearer, SECRET) if asked.bearer.count(".") == 2 else None
        if claims is None or claims["iss"] != KEY:
            return says({"code": "unauthenticated", "msg": "invalid token"}, 401)
        video = claims["video"]
        match call:
            case "CreateRoom" if video.get("roomCreate"):
                room = self.rooms.setdefault(asked.json["name"], {"sid": "RM_1", **asked.json})
                return says(room)
            case "ListRooms" if video.get("roomList"):
                return says({"rooms": list(self.rooms.values())})
            case "DeleteRoom" if video.get("roomCreate"):
                if self.rooms.pop(asked.json["room"], None) is None:
                    return says({"code": "not_found", "msg": "requested room does not exist"}, 404)
                return says({})
        return says({"code": "permission_denied", "msg": "permissions denied"}, 403)
