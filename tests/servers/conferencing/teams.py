"""A contract fake of Microsoft Graph's online meetings and of its token endpoint. It is not Microsoft.

From learn.microsoft.com: client credentials, `onlineMeeting: createOrGet`, update, delete, errors; the rights an
application needs.
"""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import unquote

from tests.servers.conferencing.vendor import Asked, Reply, Vendor, says

TENANT, APP, SECRET, HOST = "11111111-aaaa", "22222222-bbbb", "secret~client", "33333333-cccc"


class Teams(Vendor):
    """One tenant."""

    def __init__(self) -> None:
        super().__init__()
        self.tokens: list[str] = []
        self.meetings: dict[str, dict[str, Any]] = {}
        self.has_policy = True
        self.has_audio = True

    def reply(self, asked: Asked) -> Reply:
        """A token, or meetings of a user."""
        if asked.path == f"/{TENANT}/oauth2/v2.0/token":
            return self._token(asked)
        if asked.bearer not in self.tokens[-1:]:
            return _error(401, "InvalidAuthenticationToken")
        found = re.fullmatch(r"/v1\.0/users/([^/]+)/onlineMeetings(?:/(.+))?", asked.path)
        if not found:
            return _error(404, "ResourceNotFound")
        if unquote(found[1]) != HOST:
            return _error(404, "UnknownError")
        if not self.has_policy:
            return _error(403, "Forbidden")
        return self._meeting(asked, unquote(found[2] or ""))

    def _token(self, asked: Asked) -> Reply:
        form = asked.form
        if (
            form.get("grant_type") != "client_credentials"
            or form.get("scope") != "https://graph.microsoft.com/.default"
        ):
            return says({"error": "invalid_request"}, 400)
        if (form.get("client_id"), form.get("client_secret")) != (APP, SECRET):
            return says({"error": "invalid_client", "error_description": "AADSTS7000215"}, 401)
        self.tokens.append(f"jeton-{len(self.tokens) + 1}")
        return says({"token_type": "Bearer", "expires_in": 3599, "access_token": self.tokens[-1]})

    def _meeting(self, asked: Asked, which: str) -> Reply:
        if which == "createOrGet" and asked.method == "POST":
            return self._create_or_get(asked.json)
        if not which and asked.method == "GET":
            return _error(404, "NotFound")  # asked by an address of no meeting
        if which not in self.meetings:
            return _error(404, "NotFound")
        if asked.method == "PATCH":
            self.meetings[which] |= asked.json
            return says(self.meetings[which])
        if asked.method == "DELETE":
            del self.meetings[which]
            return Reply(204)
        return _error(405, "MethodNotAllowed")

    def _create_or_get(self, body: dict[str, Any]) -> Reply:
        if not set(body) <= {"externalId", "startDateTime", "endDateTime", "subject", "participants", "chatInfo"}:
            return _error(400, "BadRequest")
        for made in self.meetings.values():
            if made["externalId"] == body["externalId"]:
                return says(made, 200)
        name = f"MSo1N2Y5ZGFjYy03MWJm/{len(self.meetings)}=="
        made = {"id": name, "joinWebUrl": f"https://teams.microsoft.com/l/meetup-join/{len(self.meetings)}", **body}
        if self.has_audio:
            made["audioConferencing"] = {
                "conferenceId": "123456789", "tollNumber": "+33170990000", "tollFreeNumber": None,
                "tollNumbers": ["+33 1 70 99 00 00", "+3222222222"], "dialinUrl": "https://dialin.teams.microsoft.com/x",
            }  # fmt: skip
        else:
            made["audioConferencing"] = None
        self.meetings[name] = made
        return says(made, 201)


def _error(status: int, code: str) -> Reply:
    return says({"error": {"code": code, "message": "…", "innerError": {}}}, status)
