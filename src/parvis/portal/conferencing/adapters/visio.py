"""La Suite Visio (suitenumerique/meet), its interface for applications: a room in the organiser's name.

The interface makes rooms and no more: a room has no time, is not changed and not taken away. Asking twice would make
two, so a question that may have been heard is not asked again.
"""

from __future__ import annotations

from typing import Any

from parvis.portal.conferencing import transport
from parvis.portal.conferencing.adapters import tokens
from parvis.portal.conferencing.adapters.base import Opened, Person, Wanted
from parvis.portal.conferencing.adapters.naming import dialled
from parvis.portal.conferencing.errors import Refused, Unanswered
from parvis.portal.conferencing.models import Provider

API = "/external-api/v1.0"


class Visio:
    """One instance: the State's, or the authority's own."""

    def __init__(self, provider: Provider) -> None:
        self.provider = provider

    def open(self, wanted: Wanted) -> Opened:
        """A new room, owned by the organiser; by the account of the declaration where they have none there."""
        whose = wanted.organiser_email or self.provider.host_account
        try:
            return self._new_room(whose)
        except Refused as said:
            if said.code != "host" or whose == self.provider.host_account or not self.provider.host_account:
                raise
            return self._new_room(self.provider.host_account)

    def change(self, external_id: str, wanted: Wanted) -> Opened:
        """A room has no time: what was given stays."""
        return Opened(external_id=external_id)

    def close(self, external_id: str) -> None:
        """The interface takes nothing away; a room nobody knows of is empty."""

    def link_for(self, opened: Opened, person: Person, wanted: Wanted) -> str:
        """The same for all; Visio recognises its agents itself."""
        return opened.join_url

    def check(self) -> None:
        """A token for the declared account."""
        tokens.forget(self.provider, whose=self.provider.host_account)
        tokens.token(self.provider, lambda: self._fetch(self.provider.host_account), whose=self.provider.host_account)

    def _new_room(self, whose: str) -> Opened:
        answer = tokens.with_token(self.provider, lambda: self._fetch(whose), self._ask_for_room, whose=whose)
        if answer.status in (401, 403):
            raise Refused("rights", f"HTTP {answer.status}")
        room = transport.judge_status(answer).json()
        url, phone = room.get("url"), room.get("telephony") or {}
        if not isinstance(url, str) or not url.startswith(("https://", "http://")) or not isinstance(phone, dict):
            raise Unanswered("malformed", "no address of a room")
        number = dialled(_text(phone.get("phone_number"))) if phone.get("enabled") else ""
        return Opened(
            external_id=_text(room.get("id")), join_url=url, phone_number=number,
            pin=_text(phone.get("pin_code")) if number else "",
        )  # fmt: skip

    def _ask_for_room(self, token: str) -> transport.Answer:
        headers = {"Authorization": f"Bearer {token}"}
        return transport.ask("POST", self._address("rooms/"), again=False, headers=headers, body={})

    def _fetch(self, whose: str) -> tuple[str, int]:
        body = {
            "client_id": self.provider.account, "client_secret": self.provider.secret,
            "grant_type": "client_credentials", "scope": whose,
        }  # fmt: skip
        answer = transport.ask("POST", self._address("application/token/"), again=True, body=body)
        if answer.status in (403, 404):  # this person's domain is not allowed, or they have no account there
            raise Refused("host", f"HTTP {answer.status}")
        found = transport.judge_status(answer, secret=(400, 401)).json()
        token, seconds = found.get("access_token"), found.get("expires_in", 0)
        if not isinstance(token, str) or not token or not isinstance(seconds, int):
            raise Unanswered("malformed", "no token")
        return token, seconds

    def _address(self, what: str) -> str:
        return f"{self.provider.base_url.rstrip('/')}{API}/{what}"


def _text(value: Any) -> str:
    return str(value) if isinstance(value, str | int) else ""
