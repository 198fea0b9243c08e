"""Zoom, server to server (OAuth « account_credentials », API v2).

A licence carries one live meeting at a time: the host account comes from a pool, booked like a telephone room. Zoom
knows no key for « the same again »: before making a meeting, the host's coming ones are searched for ours, by the
mark in their agenda. `start_url` is the host's secret and ends after two hours: it is asked for when they click.
"""

from __future__ import annotations

import base64
from typing import Any
from urllib.parse import quote, urlencode

from parvis.portal.conferencing import transport
from parvis.portal.conferencing.adapters import tokens
from parvis.portal.conferencing.adapters.base import Opened, Person, Wanted
from parvis.portal.conferencing.adapters.naming import dialled, digits, room_name, utc
from parvis.portal.conferencing.errors import Gone, Refused, Unanswered
from parvis.portal.conferencing.models import Provider

OAUTH = "https://zoom.us"
API = "https://api.zoom.us"
PAGE = 300
PAGES = 10
SCHEDULED = 2
_MARK = "Parvis "
_NO_USER, _NO_MEETING = 1001, 3001


class Zoom:
    """One account at Zoom, one application."""

    def __init__(self, provider: Provider) -> None:
        self.provider = provider

    def open(self, wanted: Wanted) -> Opened:
        """Find ours among the host's coming meetings, else make it."""
        host = quote(wanted.host_ref or self.provider.host_account, safe="@")
        if (found := self._find(host, wanted)) is not None:
            return _opened(self._call("GET", f"/meetings/{found}"))
        return _opened(self._call("POST", f"/users/{host}/meetings", _facts(wanted), again=False))

    def change(self, external_id: str, wanted: Wanted) -> Opened:
        """New title and time; the address stays."""
        path = f"/meetings/{quote(external_id, safe='')}"
        self._call("PATCH", path, _facts(wanted))
        return _opened(self._call("GET", path))

    def close(self, external_id: str) -> None:
        """Take it away; Zoom tells nobody, Parvis does."""
        try:
            path = f"/meetings/{quote(external_id, safe='')}?schedule_for_reminder=false"
            self._call("DELETE", path)
        except Gone:
            return

    def link_for(self, opened: Opened, person: Person, wanted: Wanted) -> str:
        """The host's secret address, fresh; for the others the meeting's."""
        if not person.is_host or not opened.external_id:
            return opened.join_url
        made = self._call("GET", f"/meetings/{quote(opened.external_id, safe='')}")
        start = made.get("start_url")
        return start if isinstance(start, str) and start.startswith(("https://", "http://")) else opened.join_url

    def check(self) -> None:
        """A harmless question that needs a right token and the right to read users."""
        host = self.provider.host_account
        self._call("GET", f"/users/{quote(host, safe='@')}" if host else "/users?page_size=1")

    def _find(self, host: str, wanted: Wanted) -> int | None:
        mark, next_page = _MARK + room_name(wanted.uid), ""
        for _ in range(PAGES):
            query = {"type": "upcoming_meetings", "page_size": str(PAGE)}
            if next_page:
                query["next_page_token"] = next_page
            page = self._call("GET", f"/users/{host}/meetings?{urlencode(query)}")
            for each in page.get("meetings") or []:
                if isinstance(each, dict) and each.get("agenda") == mark and isinstance(each.get("id"), int):
                    return int(each["id"])
            next_page = str(page.get("next_page_token") or "")
            if not next_page:
                break
        return None

    def _call(
        self, method: str, path: str, body: dict[str, Any] | None = None, *, again: bool = True
    ) -> dict[str, Any]:
        url = f"{self.provider.base_url.rstrip('/') or API}/v2{path}"

        def ask(token: str) -> transport.Answer:
            headers = {"Authorization": f"Bearer {token}"}
            return transport.ask(method, url, again=again, headers=headers, body=body)

        answer = tokens.with_token(self.provider, self._fetch, ask)
        if answer.status == 204:
            return {}
        if answer.status >= 400:
            raise _problem(answer)
        found: dict[str, Any] = answer.json()
        return found

    def _fetch(self) -> tuple[str, int]:
        base = self.provider.base_url.rstrip("/") or OAUTH
        query = urlencode({"grant_type": "account_credentials", "account_id": self.provider.tenant})
        basic = base64.b64encode(f"{self.provider.account}:{self.provider.secret}".encode()).decode()
        url = f"{base}/oauth/token?{query}"
        answer = transport.ask("POST", url, again=True, headers={"Authorization": f"Basic {basic}"})
        found = transport.judge_status(answer, secret=(400, 401)).json()
        token, seconds = found.get("access_token"), found.get("expires_in", 0)
        if not isinstance(token, str) or not token or not isinstance(seconds, int):
            raise Unanswered("malformed", "no token")
        return token, seconds


def _facts(wanted: Wanted) -> dict[str, Any]:
    return {
        "topic": wanted.title[:200],
        "type": SCHEDULED,
        "start_time": utc(wanted.starts_at),
        "duration": wanted.minutes,
        "timezone": "Europe/Paris",
        "agenda": _MARK + room_name(wanted.uid),
        "password": digits(wanted.uid, count=6),
        "settings": {
            "waiting_room": wanted.lobby,
            "join_before_host": not wanted.lobby,
            "mute_upon_entry": True,
            "audio": "both",
            "auto_recording": "none",
        },
    }


def _opened(made: dict[str, Any]) -> Opened:
    meeting, url = made.get("id"), made.get("join_url")
    if not isinstance(meeting, int) or not isinstance(url, str) or not url.startswith(("https://", "http://")):
        raise Unanswered("malformed", "no meeting")
    settings = made.get("settings")
    numbers = settings.get("global_dial_in_numbers") if isinstance(settings, dict) else None
    number = _french_first(numbers if isinstance(numbers, list) else [])
    code = settings.get("pstn_password") or made.get("pstn_password") if isinstance(settings, dict) else ""
    pin = f"{meeting}#{code}" if code else str(meeting)
    return Opened(external_id=str(meeting), join_url=url, phone_number=number, pin=pin if number else "")


def _french_first(numbers: list[Any]) -> str:
    known = [each for each in numbers if isinstance(each, dict) and isinstance(each.get("number"), str)]
    known.sort(key=lambda each: each.get("country") != "FR")
    return dialled(known[0]["number"]) if known else ""


def _problem(answer: transport.Answer) -> Exception:
    said = answer.json()
    code = said.get("code")
    detail = f"HTTP {answer.status} {code}"
    if answer.status == 401:
        return Refused("secret", detail)
    if answer.status == 404 and code == _NO_USER:
        return Refused("host", detail)
    if answer.status in (404, 410) or code == _NO_MEETING:
        return Gone(detail)
    if answer.status == 403 or (answer.status == 400 and code in (4700, 4711)):
        return Refused("rights", detail)
    return Refused("refused", detail)
