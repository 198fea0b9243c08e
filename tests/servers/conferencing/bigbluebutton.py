"""A contract fake of BigBlueButton's API (docs.bigbluebutton.org/development/api). It is not BigBlueButton."""

from __future__ import annotations

import hashlib

from tests.servers.conferencing.vendor import Asked, Reply, Vendor

SECRET = "le-secret-partagé"


class BigBlueButton(Vendor):
    """Checks the checksum as the server does: of the query as it came, without the checksum."""

    def __init__(self, algorithm: str = "sha256") -> None:
        super().__init__()
        self.algorithm = algorithm
        self.meetings: dict[str, dict[str, str]] = {}

    def reply(self, asked: Asked) -> Reply:
        """create, end, getMeetings, join."""
        head, _, call = asked.path.rpartition("/")
        if head != "/bigbluebutton/api":
            return Reply(404)
        query, _, told = asked.query.rpartition("checksum=")
        plain = query.removesuffix("&")
        if hashlib.new(self.algorithm, f"{call}{plain}{SECRET}".encode()).hexdigest() != told:
            return _failed("checksumError", "You did not pass the checksum security check")
        params = {name: value for name, value in asked.params.items() if name != "checksum"}
        match call:
            case "create":
                return self._create(params)
            case "end":
                if self.meetings.pop(params["meetingID"], None) is None:
                    return _failed("notFound", "We could not find a meeting with that meeting ID")
                return _xml("<returncode>SUCCESS</returncode><messageKey>sentEndMeetingRequest</messageKey>")
            case "getMeetings":
                return _xml("<returncode>SUCCESS</returncode><meetings/>")
            case "join":
                known = params["meetingID"] in self.meetings
                return _xml("<returncode>SUCCESS</returncode>") if known else _failed("notFound", "")
        return _failed("unsupportedRequest", "This request is not supported.")

    def _create(self, params: dict[str, str]) -> Reply:
        name = params["meetingID"]
        if name in self.meetings and self.meetings[name] != params:
            return _failed("idNotUnique", "A meeting already exists with that meeting ID.")
        bridge = params.get("voiceBridge")
        taken = [other.get("voiceBridge") for key, other in self.meetings.items() if key != name]
        if bridge and bridge in taken:
            return _failed("nonUniqueVoiceBridge", "The selected voice bridge is already in use.")
        self.meetings[name] = params
        return _xml(f"<returncode>SUCCESS</returncode><meetingID>{name}</meetingID>")


def _failed(key: str, message: str) -> Reply:
    return _xml(f"<returncode>FAILED</returncode><messageKey>{key}</messageKey><message>{message}</message>")


def _xml(inside: str) -> Reply:
    return Reply(200, f"<response>{inside}</response>".encode(), {"Content-Type": "text/xml"})
