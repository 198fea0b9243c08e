"""SIP messages, read and written (RFC 3261 §7). Pure. Hostile input: everything is bounded, nothing is guessed."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

MOST_BYTES = 8192
MOST_HEADERS = 100
MOST_LINE = 2048
_METHOD = re.compile(r"[A-Z]{1,16}")
_TOKEN = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]{1,64}")
_URI = re.compile(r"sips?:[!-~]{1,512}")
_COMPACT = {
    "v": "via",
    "f": "from",
    "t": "to",
    "i": "call-id",
    "m": "contact",
    "l": "content-length",
    "c": "content-type",
    "s": "subject",
    "k": "supported",
    "e": "content-encoding",
}
_NAMES = {"call-id": "Call-ID", "cseq": "CSeq", "www-authenticate": "WWW-Authenticate"}
REASONS = {
    100: "Trying",
    180: "Ringing",
    200: "OK",
    400: "Bad Request",
    401: "Unauthorized",
    404: "Not Found",
    405: "Method Not Allowed",
    415: "Unsupported Media Type",
    420: "Bad Extension",
    481: "Call/Transaction Does Not Exist",
    483: "Too Many Hops",
    486: "Busy Here",
    487: "Request Terminated",
    488: "Not Acceptable Here",
    500: "Server Internal Error",
    503: "Service Unavailable",
    505: "Version Not Supported",
    603: "Decline",
}


class SipError(ValueError):
    """Not a SIP message we can use."""


@dataclass(slots=True)
class SipMessage:
    """A request (`method`, `uri`) or a response (`status`)."""

    method: str = ""
    uri: str = ""
    status: int = 0
    headers: list[tuple[str, str]] = field(default_factory=list)
    """Names in lower case, compact forms written out, in the order received."""
    body: bytes = b""

    def get(self, name: str) -> str:
        """The first header of that name, or nothing."""
        return next((value for key, value in self.headers if key == name), "")

    def all(self, name: str) -> list[str]:
        """Every header of that name, in order."""
        return [value for key, value in self.headers if key == name]

    @property
    def cseq(self) -> tuple[int, str]:
        """Number and method; checked when it was parsed."""
        number, _, method = self.get("cseq").partition(" ")
        return int(number), method.strip()

    @property
    def branch(self) -> str:
        """Of the topmost Via."""
        return parameter(self.get("via").split(",", 1)[0], "branch")


def parse(data: bytes) -> SipMessage:
    """Read one datagram.

    Raises:
        SipError: it is not a SIP message within our limits.
    """
    if len(data) > MOST_BYTES:
        raise SipError("too long")
    head, separator, rest = data.partition(b"\r\n\r\n")
    if not separator:
        raise SipError("no end of headers")
    try:
        lines = head.decode("utf-8").split("\r\n")
    except UnicodeDecodeError:
        raise SipError("not text") from None
    message = _first_line(lines[0])
    message.headers = _headers(lines[1:])
    _check(message)
    message.body = _body(message, rest)
    return message


def _first_line(line: str) -> SipMessage:
    parts = line.split(" ", 2)
    if len(parts) != 3 or len(line) > MOST_LINE:
        raise SipError("first line")
    if parts[0] == "SIP/2.0":
        if not (len(parts[1]) == 3 and parts[1].isascii() and parts[1].isdigit() and "100" <= parts[1] < "700"):
            raise SipError("status")
        return SipMessage(status=int(parts[1]))
    if not _METHOD.fullmatch(parts[0]) or parts[2] != "SIP/2.0" or not _URI.fullmatch(parts[1]):
        raise SipError("request line")
    return SipMessage(method=parts[0], uri=parts[1])


def _headers(lines: Sequence[str]) -> list[tuple[str, str]]:
    headers: list[tuple[str, str]] = []
    for line in lines:
        if len(line) > MOST_LINE or any((c < " " and c != "\t") or c == "\x7f" for c in line):
            raise SipError("header line")
        if line[:1] in (" ", "\t"):  # folded
            if not headers:
                raise SipError("folded first header")
            name, value = headers[-1]
            headers[-1] = (name, f"{value} {line.strip()}"[:MOST_LINE])
            continue
        name, colon, value = line.partition(":")
        name = name.strip().lower()
        if not colon or not _TOKEN.fullmatch(name):
            raise SipError("header name")
        headers.append((_COMPACT.get(name, name), value.strip()))
        if len(headers) > MOST_HEADERS:
            raise SipError("too many headers")
    return headers


def _check(message: SipMessage) -> None:
    for name in ("via", "from", "to", "call-id", "cseq"):
        if not message.get(name):
            raise SipError(f"no {name}")
    for name in ("from", "to", "call-id", "cseq", "content-length"):
        if len(message.all(name)) > 1:
            raise SipError(f"two {name}")
    number, _, method = message.get("cseq").partition(" ")
    if not (number.isascii() and number.isdigit() and len(number) <= 10 and int(number) < 2**31):
        raise SipError("CSeq")
    if not _METHOD.fullmatch(method.strip()) or (message.method and method.strip() != message.method):
        raise SipError("CSeq method")
    if len(message.get("call-id")) > 256:
        raise SipError("Call-ID")


def _body(message: SipMessage, rest: bytes) -> bytes:
    length = message.get("content-length")
    if not length:
        return rest
    if not (length.isascii() and length.isdigit() and len(length) <= 5) or int(length) > len(rest):
        raise SipError("Content-Length")
    return rest[: int(length)]


def parameter(header: str, name: str) -> str:
    """`;name=value` of a header, outside the angle brackets and quotes; nothing when absent."""
    outside = re.sub(r'"(?:[^"\\]|\\.)*"|<[^>]*>', "", header)
    for part in outside.split(";")[1:]:
        key, _, value = part.partition("=")
        if key.strip().lower() == name:
            return value.strip()
    return ""


def address(header: str) -> str:
    """The URI of a From, To or Contact; nothing when there is none we can use."""
    match = re.search(r"<([^<>]*)>", header)
    uri = match[1] if match else header.split(";", 1)[0].strip()
    return uri if _URI.fullmatch(uri) else ""


def user_of(uri: str) -> str:
    """The user part: the number, most often."""
    user, at, _ = uri.partition(":")[2].partition("@")
    return user.partition(";")[0].partition(":")[0] if at else ""


def write(first: str, headers: Sequence[tuple[str, str]], body: bytes = b"") -> bytes:
    """A message as bytes. Values must hold no line break: those we echo were checked when they were parsed."""
    lines = [first]
    for name, value in headers:
        lines.append(f"{_NAMES.get(name, name.title())}: {value}")
    lines.append(f"Content-Length: {len(body)}")
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


def response(
    request: SipMessage,
    status: int,
    *,
    source: tuple[str, int],
    tag: str = "",
    headers: Sequence[tuple[str, str]] = (),
    body: bytes = b"",
) -> bytes:
    """Answer a request (§8.2.6); `received` and `rport` are filled in (RFC 3581)."""
    vias = request.all("via")
    top, comma, others = vias[0].partition(",")
    if re.search(r";\s*rport\s*(;|$)", top):
        top = re.sub(r";\s*rport\s*(?=;|$)", f";rport={source[1]}", top, count=1)
    top += f";received={source[0]}"
    to = request.get("to")
    if tag and not parameter(to, "tag"):
        to += f";tag={tag}"
    echoed = [("via", top + comma + others), *(("via", via) for via in vias[1:])]
    echoed += [("record-route", value) for value in request.all("record-route")] if status < 300 else []
    echoed += [("from", request.get("from")), ("to", to), ("call-id", request.get("call-id"))]
    echoed += [("cseq", request.get("cseq"))]
    return write(f"SIP/2.0 {status} {REASONS.get(status, 'Error')}", [*echoed, *headers], body)
