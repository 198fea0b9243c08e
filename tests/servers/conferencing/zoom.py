"""A contract fake of Zoom's OAuth (account_credentials) and of API v2's meetings. It is not Zoom.

From developers.zoom.us: a new token may put an end to the old one, meetings of a user, their errors (1001, 3001).
"""

from __future__ import annotations

import base64
import re
from typing import Any

from tests.servers.conferencing.vendor import Asked, Reply, Vendor, says

ACCOUNT, CLIENT, SECRET, HOST = "compte-1", "client-1", "secret-zoom", "visio1@ville.example"


class Zoom(Vendor):
    """One account."""

    def __init__(self) -> None:
        super().__init__()
        self.tokens: list[str] = []
        self.meetings: dict[int, dict[str, Any]] = {}
        self.starts = 0
        self.page = 300
        self.has_phone = True

    def reply(self, asked: Asked) -> Reply:
        """A token, users, meetings."""
        if asked.path == "/oauth/token":
            return self._token(asked)
        if asked.bearer not in self.tokens[-1:]:
            return says({"code": 124, "message": "Access token is expired."}, 401)
        if found := re.fullmatch(r"/v2/users/([^/]+)(/meetings)?", asked.path):
            if found[1] != HOST:
                return says({"code": 1001, "message": f"User does not exist: {found[1]}."}, 404)
            if not found[2]:
                return says({"id": "u1", "email": HOST})
            return self._list(asked) if asked.method == "GET" else self._create(asked.json)
        if asked.path == "/v2/users":
            return says({"users": []})
        if found := re.fullmatch(r"/v2/meetings/([0-9]+)", asked.path):
            return self._one(asked, int(found[1]))
        return says({"code": 300, "message": "Not found"}, 404)

    def _token(self, asked: Asked) -> Reply:
        basic = base64.b64encode(f"{CLIENT}:{SECRET}".encode()).decode()
        if asked.headers.get("Authorization") != f"Basic {basic}":
            return says({"reason": "Invalid client_id or client_secret", "error": "invalid_client"}, 401)
        if asked.params != {"grant_type": "account_credentials", "account_id": ACCOUNT}:
            return says({"reason": "Bad Request", "error": "invalid_request"}, 400)
        self.tokens.append(f"jeton-{len(self.tokens) + 1}")
        return says({"access_token": self.tokens[-1], "token_type": "bearer", "expires_in": 3599, "scope": "meeting"})

    def _list(self, asked: Asked) -> Reply:
        first = int(asked.params.get("next_page_token") or 0)
        rows = [{"id": key, "agenda": made["agenda"]} for key, made in self.meetings.items()][first : first + self.page]
        more = str(first + self.page) if first + self.page < len(self.meetings) else ""
        return says({"page_size": self.page, "next_page_token": more, "meetings": rows})

    def _create(self, body: dict[str, Any]) -> Reply:
        number = 81234567890 + len(self.meetings)
        self.meetings[number] = {"id": number, "join_url": f"https://zoom.us/j/{number}?pwd=x", **body}
        return says(self._shown(number), 201)

    def _one(self, asked: Asked, number: int) -> Reply:
        if number not in self.meetings:
            return says({"code": 3001, "message": f"Meeting does not exist: {number}."}, 404)
        if asked.method == "PATCH":
            self.meetings[number] |= asked.json
            return Reply(204)
        if asked.method == "DELETE":
            del self.meetings[number]
            return Reply(204)
        return says(self._shown(number))

    def _shown(self, number: int) -> dict[str, Any]:
        self.starts += 1
        made = {**self.meetings[number], "start_url": f"https://zoom.us/s/{number}?zak={self.starts}"}
        made["pstn_password"] = made["password"]
        if self.has_phone:
            numbers = [{"country": "US", "number": "+1 6465588656"}, {"country": "FR", "number": "+33 1 7037 2246"}]
            made["settings"] = {**made["settings"], "global_dial_in_numbers": numbers}
        return made
