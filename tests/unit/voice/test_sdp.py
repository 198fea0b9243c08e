"""What of a browser's description reaches Janus."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from parvis.voice.sdp import SdpRefused, narrow

OFFER = "\r\n".join(
    [
        "v=0",
        "o=- 46117 2 IN IP4 127.0.0.1",
        "s=-",
        "t=0 0",
        "a=group:BUNDLE 0",
        "a=extmap-allow-mixed",
        "a=msid-semantic: WMS x",
        "m=audio 9 UDP/TLS/RTP/SAVPF 111 63 9 0",
        "c=IN IP4 0.0.0.0",
        "a=rtcp:9 IN IP4 0.0.0.0",
        "a=candidate:1 1 udp 2122260223 10.0.0.1 40000 typ host",
        "a=ice-ufrag:abcd",
        "a=ice-pwd:abcdefghijklmnopqrstuvwx",
        "a=fingerprint:sha-256 AA:BB",
        "a=setup:actpass",
        "a=mid:0",
        "a=extmap:1 urn:ietf:params:rtp-hdrext:ssrc-audio-level",
        "a=extmap:3 http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01",
        "a=sendrecv",
        "a=msid:x y",
        "a=rtcp-mux",
        "a=rtpmap:111 opus/48000/2",
        "a=fmtp:111 minptime=10;useinbandfec=1",
        "a=rtpmap:63 red/48000/2",
        "a=ssrc:1 cname:z",
        "a=x-evil:{}",
        "",
    ]
)


def test_known_lines_and_our_codec_pass_and_nothing_else() -> None:
    kept = narrow(OFFER, "audio")
    assert "m=audio 9 UDP/TLS/RTP/SAVPF 111\r\n" in kept
    for there in ("a=ice-ufrag:abcd", "a=setup:actpass", "a=mid:0", "ssrc-audio-level", "useinbandfec", "cname:z"):
        assert there in kept
    for gone in ("candidate", "x-evil", "red/48000", "transport-wide", "a=rtcp:"):
        assert gone not in kept
    assert len(kept) < 1000


@pytest.mark.parametrize(
    ("sdp", "kind"),
    [
        ("", "audio"),
        ("v=0", "audio"),
        (OFFER, "video"),
        (OFFER + OFFER[OFFER.index("m=") :], "audio"),
        (OFFER.replace("opus/48000/2", "opus/1/1"), "audio"),
        (OFFER.replace("UDP/TLS/RTP/SAVPF", "RTP/AVP"), "audio"),
        (OFFER.replace("v=0", "v=1"), "audio"),
        (OFFER + "a=" + "x" * 2000, "audio"),
        ("a=x\r\n" * 3000, "audio"),
    ],
)
def test_other_descriptions_are_refused(sdp: str, kind: str) -> None:
    with pytest.raises(SdpRefused):
        narrow(sdp, kind)


@given(st.text(max_size=300))
def test_any_text_is_narrowed_or_refused(text: str) -> None:
    for candidate in (text, OFFER + text, OFFER.replace("abcd", text[:80])):
        try:
            kept = narrow(candidate, "audio")
        except SdpRefused:
            continue
        assert kept.count("m=audio ") == 1
