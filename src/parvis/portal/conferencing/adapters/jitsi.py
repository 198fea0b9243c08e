"""Jitsi Meet: a room exists when somebody enters it; a signed token (RFC 7519) says who may, and who runs it."""

from __future__ import annotations

from datetime import timedelta
from urllib.parse import quote, urlsplit

import jwt

from parvis.portal.conferencing import transport
from parvis.portal.conferencing.adapters.base import Opened, Person, Wanted
from parvis.portal.conferencing.adapters.naming import room_name
from parvis.portal.conferencing.errors import Unanswered
from parvis.portal.conferencing.models import Provider
from parvis.portal.kernel import clock

VALID = timedelta(hours=2)
"""A token opens the door that long; who is inside stays."""
LEEWAY = timedelta(minutes=1)


class Jitsi:
    """One deployment; without a secret it lets everybody in who knows the name of the room."""

    def __init__(self, provider: Provider) -> None:
        self.provider = provider

    def open(self, wanted: Wanted) -> Opened:
        """A name; nothing is made. With tokens, the bare address opens nothing: it is not given out."""
        name = room_name(wanted.uid)
        return Opened(external_id=name, join_url="" if self.provider.sealed_secret else self._address(name))

    def change(self, external_id: str, wanted: Wanted) -> Opened:
        """The same name."""
        return self.open(wanted)

    def close(self, external_id: str) -> None:
        """Nothing is there."""

    def link_for(self, opened: Opened, person: Person, wanted: Wanted) -> str:
        """The address, with this person's token where tokens are asked for."""
        name = opened.external_id or room_name(wanted.uid)
        if not self.provider.sealed_secret:
            return self._address(name)
        return f"{self._address(name)}?jwt={self.token(name, person)}"

    def check(self) -> None:
        """Its configuration is there. Whether the token is right is known only when somebody enters."""
        answer = transport.ask("GET", self.provider.base_url.rstrip("/") + "/config.js", again=True)
        if answer.status != 200 or b"config" not in answer.content:
            raise Unanswered("malformed", f"HTTP {answer.status}")

    def token(self, name: str, person: Person) -> str:
        """Strings, never null: Jitsi's own programs read them so."""
        now = clock.now()
        app = self.provider.account
        claims = {
            "iss": app,
            "aud": app or "jitsi",
            "sub": self.provider.tenant or urlsplit(self.provider.base_url).hostname or "*",
            "room": name,
            "nbf": int((now - LEEWAY).timestamp()),
            "exp": int((now + VALID).timestamp()),
            "moderator": person.is_host,
            "context": {
                "user": {
                    "id": person.ref or person.name,
                    "name": person.name,
                    "email": person.email,
                    "avatar": "",
                    "affiliation": "owner" if person.is_host else "member",
                }
            },
        }
        return jwt.encode(claims, self.provider.secret, algorithm="HS256")

    def _address(self, name: str) -> str:
        return f"{self.provider.base_url.rstrip('/')}/{quote(name)}"
