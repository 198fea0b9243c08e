"""Microsoft Teams by Graph (v1.0, `onlineMeeting`), as an application of its own.

`createOrGet` with an `externalId` makes a meeting once, however often it is asked. The application needs
`OnlineMeetings.ReadWrite.All` and an application access policy on the organising account. The meeting is in no
calendar of Microsoft's: Parvis's own invitation carries it.
"""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

from parvis.portal.conferencing import transport
from parvis.portal.conferencing.adapters import tokens
from parvis.portal.conferencing.adapters.base import Opened, Person, Wanted
from parvis.portal.conferencing.adapters.naming import dialled, utc
from parvis.portal.conferencing.errors import Gone, Refused, Unanswered
from parvis.portal.conferencing.models import Provider

LOGIN = "https://login.microsoftonline.com"
GRAPH = "https://graph.microsoft.com"


class Teams:
    """One tenant, one application."""

    def __init__(self, provider: Provider) -> None:
        self.provider = provider

    def open(self, wanted: Wanted) -> Opened:
        """Make it, or get it; then who waits in the lobby."""
        host = wanted.host_ref or self.provider.host_account
        body = {"externalId": wanted.uid, **_facts(wanted)}
        made = self._call("POST", f"{_meetings(host)}/createOrGet", body)
        opened = _opened(host, made)
        lobby = {"scope": "organization" if wanted.lobby else "everyone", "isDialInBypassEnabled": not wanted.lobby}
        self._call("PATCH", _path(opened.external_id), {"lobbyBypassSettings": lobby})
        return opened

    def change(self, external_id: str, wanted: Wanted) -> Opened:
        """New title and time; the address and the number stay."""
        host = external_id.partition("/")[0]
        return _opened(host, self._call("PATCH", _path(external_id), _facts(wanted)))

    def close(self, external_id: str) -> None:
        """Take it away."""
        try:
            self._call("DELETE", _path(external_id), None)
        except Gone:
            return

    def link_for(self, opened: Opened, person: Person, wanted: Wanted) -> str:
        """The same for all; Teams recognises its own."""
        return opened.join_url

    def check(self) -> None:
        """A token, and a harmless question that needs the right and the policy: about a meeting there is not."""
        tokens.forget(self.provider)
        if not self.provider.host_account:
            tokens.token(self.provider, self._fetch)
            return
        query = quote("JoinWebUrl eq 'https://teams.microsoft.com/parvis-check'")
        answer = self._ask("GET", f"{_meetings(self.provider.host_account)}?$filter={query}", None)
        if answer.status in (401, 403):
            raise _problem(answer, is_host_path=True)

    def _ask(self, method: str, path: str, body: dict[str, Any] | None) -> transport.Answer:
        url = f"{self.provider.base_url.rstrip('/') or GRAPH}/v1.0{path}"

        def ask(token: str) -> transport.Answer:
            headers = {"Authorization": f"Bearer {token}"}
            return transport.ask(method, url, again=True, headers=headers, body=body)

        return tokens.with_token(self.provider, self._fetch, ask)

    def _call(self, method: str, path: str, body: dict[str, Any] | None) -> dict[str, Any]:
        answer = self._ask(method, path, body)
        if answer.status == 204:
            return {}
        if answer.status >= 400:
            raise _problem(answer, is_host_path=method in ("GET", "POST"))
        found: dict[str, Any] = answer.json()
        return found

    def _fetch(self) -> tuple[str, int]:
        login = LOGIN if not self.provider.base_url else self.provider.base_url.rstrip("/")
        form = {
            "client_id": self.provider.account, "client_secret": self.provider.secret,
            "scope": f"{GRAPH}/.default", "grant_type": "client_credentials",
        }  # fmt: skip
        url = f"{login}/{quote(self.provider.tenant, safe='')}/oauth2/v2.0/token"
        answer = transport.ask("POST", url, again=True, form=form)
        found = transport.judge_status(answer, secret=(400, 401)).json()
        token, seconds = found.get("access_token"), found.get("expires_in", 0)
        if not isinstance(token, str) or not token or not isinstance(seconds, int):
            raise Unanswered("malformed", "no token")
        return token, seconds


def _facts(wanted: Wanted) -> dict[str, Any]:
    return {"startDateTime": utc(wanted.starts_at), "endDateTime": utc(wanted.ends_at), "subject": wanted.title[:250]}


def _meetings(host: str) -> str:
    return f"/users/{quote(host, safe='')}/onlineMeetings"


def _path(external_id: str) -> str:
    host, _, meeting = external_id.partition("/")
    return f"{_meetings(host)}/{quote(meeting, safe='')}"


def _opened(host: str, made: dict[str, Any]) -> Opened:
    """The meeting is named with its host's account: both are needed to find it again."""
    meeting, url, phone = made.get("id"), made.get("joinWebUrl"), made.get("audioConferencing") or {}
    if not isinstance(meeting, str) or not isinstance(url, str) or not url.startswith(("https://", "http://")):
        raise Unanswered("malformed", "no meeting")
    number = _first_number(phone)
    return Opened(
        external_id=f"{host}/{meeting}", join_url=url, phone_number=dialled(number),
        pin=str(phone.get("conferenceId") or "") if number else "",
    )  # fmt: skip


def _first_number(phone: Any) -> str:
    if not isinstance(phone, dict):
        return ""
    numbers = phone.get("tollNumbers") or [phone.get("tollNumber")]
    return next((each for each in numbers if isinstance(each, str) and each), "") if isinstance(numbers, list) else ""


def _problem(answer: transport.Answer, *, is_host_path: bool) -> Exception:
    said = answer.json().get("error")
    code = str(said.get("code", "")) if isinstance(said, dict) else ""
    detail = f"HTTP {answer.status} {code}"
    if answer.status == 401:
        return Refused("secret", detail)
    if answer.status == 403:
        return Refused("rights", detail)
    if answer.status == 404:
        return Refused("host", detail) if is_host_path else Gone(detail)
    return Refused("refused", detail)
