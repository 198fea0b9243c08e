"""LiveKit: the room service (Twirp over HTTP) makes rooms, a signed token lets a person in by a page that joins."""

from __future__ import annotations

from datetime import timedelta
from urllib.parse import urlencode, urlsplit

import jwt

from parvis.portal.conferencing import transport
from parvis.portal.conferencing.adapters.base import Opened, Person, Wanted
from parvis.portal.conferencing.adapters.naming import room_name
from parvis.portal.conferencing.errors import Gone, Refused
from parvis.portal.conferencing.models import Provider
from parvis.portal.kernel import clock

VALID = timedelta(hours=2)
ASKING = timedelta(minutes=1)
"""How long a token of our own questions holds."""
EMPTY_SECONDS = 600


class LiveKit:
    """One server, and the page people join by (LiveKit Meet)."""

    def __init__(self, provider: Provider) -> None:
        self.provider = provider

    def open(self, wanted: Wanted) -> Opened:
        """A name; the room is made when somebody comes. The server is asked whether it knows us."""
        self.check()
        return Opened(external_id=room_name(wanted.uid))

    def change(self, external_id: str, wanted: Wanted) -> Opened:
        """The same name."""
        return Opened(external_id=external_id)

    def close(self, external_id: str) -> None:
        """Whoever is inside is put out."""
        try:
            self._call("DeleteRoom", {"room": external_id}, {"roomCreate": True})
        except Gone:
            return

    def link_for(self, opened: Opened, person: Person, wanted: Wanted) -> str:
        """Make the room, or find it; then the page with this person's token."""
        name = opened.external_id or room_name(wanted.uid)
        body = {"name": name, "emptyTimeout": EMPTY_SECONDS, "maxParticipants": self.provider.max_people}
        self._call("CreateRoom", body, {"roomCreate": True})
        grants = {"room": name, "roomJoin": True, "canPublish": True, "canSubscribe": True, "roomAdmin": person.is_host}
        token = self.token(grants, VALID, identity=person.ref or person.name, name=person.name)
        page = self.provider.booking_url.rstrip("/")
        return f"{page}/custom?{urlencode({'liveKitUrl': self._socket_address(), 'token': token})}"

    def check(self) -> None:
        """A harmless question that needs the key."""
        self._call("ListRooms", {}, {"roomList": True})

    def token(self, grants: dict[str, object], valid: timedelta, *, identity: str = "", name: str = "") -> str:
        """As LiveKit's own programs sign them."""
        now = clock.now()
        claims: dict[str, object] = {
            "iss": self.provider.account,
            "nbf": int((now - ASKING).timestamp()),
            "exp": int((now + valid).timestamp()),
            "video": grants,
        }
        if identity:
            claims |= {"sub": identity, "name": name}
        return jwt.encode(claims, self.provider.secret, algorithm="HS256")

    def _call(self, call: str, body: dict[str, object], grants: dict[str, object]) -> None:
        url = f"{self.provider.base_url.rstrip('/')}/twirp/livekit.RoomService/{call}"
        headers = {"Authorization": f"Bearer {self.token(grants, ASKING)}"}
        answer = transport.ask("POST", url, again=True, headers=headers, body=body)
        if answer.status in (401, 403):
            raise Refused("secret", f"HTTP {answer.status}")
        transport.judge_status(answer).json()

    def _socket_address(self) -> str:
        parts = urlsplit(self.provider.base_url)
        return parts._replace(scheme="wss" if parts.scheme == "https" else "ws").geturl().rstrip("/")
