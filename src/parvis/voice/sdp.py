"""Browsers’ session descriptions, cut down to what we use before Janus reads them. Pure.

Only known lines pass: what a browser (or somebody who plays one) writes elsewhere never reaches Janus, and one message
stays within what Janus’s socket takes.
"""

from __future__ import annotations

import re

_MOST_LINES = 2000
_MOST_LINE = 1024
_SESSION = re.compile(
    r"(v=0|o=\S{1,64} \d{1,20} \d{1,20} IN IP[46] \S{1,64}|s=.{0,32}|t=0 0"
    r"|a=group:BUNDLE( [\w-]{1,16}){0,32}|a=msid-semantic:.{0,32}"
    r"|a=(ice-options|ice-ufrag|ice-pwd|fingerprint|setup):.{1,256})"
)
_MEDIA = re.compile(
    r"(c=IN IP[46] \S{1,64}|a=(mid|ice-ufrag|ice-pwd|ice-options|fingerprint|setup):[ -~]{1,256}"
    r"|a=(sendrecv|sendonly|recvonly|inactive|rtcp-mux|rtcp-rsize|end-of-candidates)"
    r"|a=(msid|ssrc):[ -~]{1,200}|a=extmap:\d{1,3}(/\w+)? [ -~]{1,120})"
)
_NUMBERED = re.compile(r"a=(rtpmap|fmtp|rtcp-fb):(\d{1,3}|\*) [ -~]{1,200}")
_CODECS = {"audio": ("opus/48000/2",), "video": ("VP8/90000",)}
_EXTENSIONS = ("ssrc-audio-level", "sdes:mid", "abs-send-time", "toffset")


class SdpRefused(ValueError):
    """Not a description we can pass on."""


def narrow(sdp: str, kind: str, *, most: int = 1) -> str:
    """The description with the lines we know, codecs we use, and media of one kind (`audio` or `video`).

    Raises:
        SdpRefused: malformed, another kind, more than `most` media, or none with our codec.
    """
    lines = sdp.replace("\r\n", "\n").rstrip("\n").split("\n")
    if len(lines) > _MOST_LINES or any(len(line) > _MOST_LINE for line in lines):
        raise SdpRefused("too long")
    starts = [number for number, line in enumerate(lines) if line.startswith("m=")]
    if not 0 < len(starts) <= most:
        raise SdpRefused("number of media")
    kept = [line for line in lines[: starts[0]] if _SESSION.fullmatch(line)]
    if kept[:1] != ["v=0"]:
        raise SdpRefused("no version")
    for number, start in enumerate(starts):
        end = starts[number + 1] if number + 1 < len(starts) else len(lines)
        kept += _media(lines[start:end], kind)
    return "\r\n".join(kept) + "\r\n"


def _media(lines: list[str], kind: str) -> list[str]:
    match = re.fullmatch(rf"m={kind} (\d{{1,5}}) (UDP/TLS/RTP/SAVPF) ((?:\d{{1,3}} ?){{1,64}})", lines[0])
    if match is None:
        raise SdpRefused(f"not {kind}")
    codecs = {
        found[1]
        for line in lines
        if (found := re.fullmatch(r"a=rtpmap:(\d{1,3}) (\S+)", line)) and found[2] in _CODECS[kind]
    }
    payloads = [number for number in match[3].split() if number in codecs]
    if not payloads:
        raise SdpRefused("no codec in common")
    kept = [f"m={kind} {match[1]} {match[2]} {' '.join(payloads)}"]
    for line in lines[1:]:
        numbered = _NUMBERED.fullmatch(line)
        if numbered:
            if numbered[2] in payloads:
                kept.append(line)
        elif line.startswith("a=extmap:"):
            if _MEDIA.fullmatch(line) and line.endswith(_EXTENSIONS):
                kept.append(line)
        elif _MEDIA.fullmatch(line) and not (line.startswith("a=ssrc:") and " cname:" not in line):
            kept.append(line)
    return kept
