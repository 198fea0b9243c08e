"""What a telephone offers and what we answer: G.711 and its digits (RFC 3264, 8866, 4733). Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass
from ipaddress import ip_address

CODECS = {"pcma": 8, "pcmu": 0}
MOST_LINES = 200


class SdpError(ValueError):
    """Nothing in the offer we can speak."""


@dataclass(frozen=True, slots=True)
class Offer:
    """The telephone’s side."""

    host: str
    port: int
    codec: str
    """`pcma` or `pcmu`."""
    digits: int | None
    """Payload type of telephone-event; None: this telephone cannot send digits we understand."""
    is_on_hold: bool


def parse(body: bytes) -> Offer:
    """Read an offer; A-law is preferred, as in French networks.

    Raises:
        SdpError: malformed, or no G.711 audio.
    """
    try:
        lines = body.decode("utf-8").replace("\r\n", "\n").split("\n")
    except UnicodeDecodeError:
        raise SdpError("not text") from None
    if len(lines) > MOST_LINES:
        raise SdpError("too long")
    host, attributes, media = "", [], ""
    for line in lines:
        if line.startswith("m="):
            if media:
                break  # only the first audio description counts
            if line.startswith("m=audio "):
                media = line
        elif line.startswith("c=IN ") and (media or not host):
            host = line.split(" ")[-1].split("/")[0].strip()
        elif line.startswith("a="):
            attributes.append(line[2:].strip())
    return _offer(host, media, attributes)


def _offer(host: str, media: str, attributes: list[str]) -> Offer:
    match = re.fullmatch(r"m=audio (\d{1,5})(?:/\d+)? RTP/AVP((?: \d{1,3}){1,40})\s*", media)
    if match is None or not 0 < int(match[1]) < 65536:
        raise SdpError("no audio")
    try:
        host = str(ip_address(host))
    except ValueError:
        raise SdpError("no address") from None
    payloads = [int(text) for text in match[2].split()]
    names = {0: "pcmu", 8: "pcma"}
    for attribute in attributes:
        mapped = re.fullmatch(r"rtpmap:(\d{1,3}) ([A-Za-z0-9-]{1,32})/8000(?:/1)?", attribute)
        if mapped and int(mapped[1]) >= 96:
            names[int(mapped[1])] = mapped[2].lower()
    codec = next((name for name, number in CODECS.items() if number in payloads), None)
    if codec is None:
        raise SdpError("no G.711")
    digits = next((number for number in payloads if names.get(number) == "telephone-event"), None)
    return Offer(host, int(match[1]), codec, digits, "sendonly" in attributes or "inactive" in attributes)


def answer(offer: Offer, host: str, port: int, session: int, version: int) -> bytes:
    """Our side, on one codec."""
    family = "IP6" if ":" in host else "IP4"
    number = CODECS[offer.codec]
    payloads = f"{number}" if offer.digits is None else f"{number} {offer.digits}"
    lines = [
        "v=0",
        f"o=parvis {session} {version} IN {family} {host}",
        "s=-",
        f"c=IN {family} {host}",
        "t=0 0",
        f"m=audio {port} RTP/AVP {payloads}",
        f"a=rtpmap:{number} {offer.codec.upper()}/8000",
    ]
    if offer.digits is not None:
        lines += [f"a=rtpmap:{offer.digits} telephone-event/8000", f"a=fmtp:{offer.digits} 0-15"]
    lines += ["a=ptime:20", "a=recvonly" if offer.is_on_hold else "a=sendrecv"]
    return ("\r\n".join(lines) + "\r\n").encode()
