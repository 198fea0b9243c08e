"""BigBlueButton (docs.bigbluebutton.org, « API reference »).

A meeting lives there only while somebody is in it, so `open` promises and `link_for` makes: `create` with the same
parameters is answered like the first one. The PIN is promised in the invitation (`voiceBridge`): where another
meeting happens to have it at that moment, this one goes on without it rather than not at all.
"""

from __future__ import annotations

import hashlib
from urllib.parse import quote, urlencode, urlsplit
from xml.etree.ElementTree import Element

from defusedxml.common import DefusedXmlException
from defusedxml.ElementTree import ParseError, fromstring

from parvis.portal.conferencing import transport
from parvis.portal.conferencing.adapters.base import Opened, Person, Wanted
from parvis.portal.conferencing.adapters.naming import digits, room_name
from parvis.portal.conferencing.errors import Gone, Refused, Unanswered
from parvis.portal.conferencing.models import Provider

PIN_DIGITS = 5
SPARE_MINUTES = 60
"""The server ends the meeting so long after its planned end."""


def signed(call: str, params: dict[str, str], secret: str, algorithm: str) -> str:
    """The query string with its checksum: hash of the call's name, the string as sent, the secret."""
    query = urlencode(params, quote_via=quote)
    told = hashlib.new(algorithm, f"{call}{query}{secret}".encode(), usedforsecurity=True).hexdigest()
    return f"{query}&checksum={told}" if query else f"checksum={told}"


class BigBlueButton:
    """One server, or a Scalelite in front of several."""

    def __init__(self, provider: Provider) -> None:
        self.provider = provider

    def open(self, wanted: Wanted) -> Opened:
        """A name and a PIN; the server is asked whether it knows us."""
        self.check()
        return self._promised(wanted)

    def change(self, external_id: str, wanted: Wanted) -> Opened:
        """Nothing is kept over there: the next `link_for` says all anew."""
        return self._promised(wanted)

    def close(self, external_id: str) -> None:
        """End it if it runs."""
        try:
            self._call("end", {"meetingID": external_id})
        except Gone:
            return

    def link_for(self, opened: Opened, person: Person, wanted: Wanted) -> str:
        """Make the meeting, or find it running, then the person's own address in it."""
        room = opened.external_id or room_name(wanted.uid)
        self._create(room, opened.pin, wanted)
        params = {"fullName": person.name, "meetingID": room, "role": "MODERATOR" if person.is_host else "VIEWER"}
        if person.ref:
            params["userID"] = person.ref
        if not person.is_host and wanted.lobby:
            params["guest"] = "true"
        return self._address("join", params)

    def check(self) -> None:
        """A harmless call that needs the checksum."""
        self._call("getMeetings", {})

    def _promised(self, wanted: Wanted) -> Opened:
        number = self.provider.phone_number
        pin = wanted.pin or digits(wanted.uid, count=PIN_DIGITS)
        return Opened(external_id=room_name(wanted.uid), phone_number=number, pin=pin if number else "")

    def _create(self, room: str, pin: str, wanted: Wanted) -> None:
        params = {
            "name": wanted.title[:200], "meetingID": room, "record": "false",
            "duration": str(wanted.minutes + SPARE_MINUTES),
            "guestPolicy": "ASK_MODERATOR" if wanted.lobby else "ALWAYS_ACCEPT",
        }  # fmt: skip
        if pin:
            params |= {"dialNumber": self.provider.phone_number, "voiceBridge": pin}
        try:
            self._call("create", params)
        except Refused as said:
            if said.detail.partition(":")[0] == "idNotUnique":  # it runs, with other words: that is this meeting
                return
            if said.detail.partition(":")[0] != "nonUniqueVoiceBridge":
                raise
            del params["voiceBridge"]
            self._call("create", params)

    def _call(self, call: str, params: dict[str, str]) -> Element:
        answer = transport.ask("GET", self._address(call, params), again=True)
        if answer.status in (401, 403):
            raise Refused("secret", f"HTTP {answer.status}")
        if answer.status == 404:
            raise Unanswered("malformed", "HTTP 404")
        try:
            found = fromstring(answer.content, forbid_dtd=True)
        except (ParseError, DefusedXmlException, ValueError):
            raise Unanswered("malformed", f"HTTP {answer.status}") from None
        if found.tag != "response":
            raise Unanswered("malformed", f"HTTP {answer.status}")
        if found.findtext("returncode") != "SUCCESS":
            raise _problem(found.findtext("messageKey") or "", found.findtext("message") or "")
        return found  # type: ignore[no-any-return]

    def _address(self, call: str, params: dict[str, str]) -> str:
        base = self.provider.base_url.rstrip("/")
        base = base.removesuffix("/api")
        if urlsplit(base).path in ("", "/"):
            base += "/bigbluebutton"
        return f"{base}/api/{call}?{signed(call, params, self.provider.secret, self.provider.checksum)}"


def _problem(key: str, message: str) -> Exception:
    match key:
        case "checksumError":
            return Refused("secret", key)
        case "notFound" | "invalidMeetingIdentifier":
            return Gone(key)
        case _:
            return Refused("refused", f"{key}: {message}")
