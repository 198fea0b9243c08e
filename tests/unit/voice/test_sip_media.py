"""Offers, packets, digits and sound of telephones."""

from __future__ import annotations

import asyncio
import math
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from parvis.voice.sip import rtp, sdp
from parvis.voice.sip.media import CallMedia
from parvis.voice.sip.opus import Transcoder
from parvis.voice.sip.prompts import phrase, tone
from parvis.voice.sip.settings import SipSettings

OFFER = (
    b"v=0\r\no=- 1 1 IN IP4 192.0.2.9\r\ns=-\r\nc=IN IP4 192.0.2.9\r\nt=0 0\r\n"
    b"m=audio 16384 RTP/AVP 9 0 8 101\r\na=rtpmap:101 telephone-event/8000\r\na=fmtp:101 0-16\r\na=ptime:20\r\n"
)


def test_an_offer_is_read_and_answered_in_a_law() -> None:
    offer = sdp.parse(OFFER)
    assert offer == sdp.Offer("192.0.2.9", 16384, "pcma", 101, False)
    answer = sdp.answer(offer, "192.0.2.1", 23000, 1, 1)
    assert sdp.parse(answer) == sdp.Offer("192.0.2.1", 23000, "pcma", 101, False)


def test_without_a_law_mu_law_will_do_and_without_either_nothing() -> None:
    assert sdp.parse(OFFER.replace(b" 8 ", b" ")).codec == "pcmu"
    with pytest.raises(sdp.SdpError):
        sdp.parse(OFFER.replace(b" 0 8 ", b" "))


@pytest.mark.parametrize(
    "offer",
    [
        b"",
        b"\xff",
        b"v=0\r\n" * 300,
        OFFER.replace(b"m=audio 16384", b"m=audio 99999"),
        OFFER.replace(b"m=audio 16384", b"m=audio 0"),
        OFFER.replace(b"m=audio", b"m=video"),
        OFFER.replace(b"RTP/AVP", b"RTP/SAVP"),
        OFFER.replace(b"c=IN IP4 192.0.2.9", b"c=IN IP4 evil.example"),
    ],
)
def test_other_offers_are_refused(offer: bytes) -> None:
    with pytest.raises(sdp.SdpError):
        sdp.parse(offer)


def test_hold_is_answered_as_hold() -> None:
    offer = sdp.parse(OFFER + b"a=sendonly\r\n")
    assert offer.is_on_hold
    assert b"a=recvonly" in sdp.answer(offer, "192.0.2.1", 23000, 1, 2)


@given(st.binary(max_size=400))
def test_any_bytes_are_an_offer_or_an_error(data: bytes) -> None:
    for candidate in (data, OFFER + data, OFFER.replace(b"16384", data[:8])):
        try:
            sdp.parse(candidate)
        except sdp.SdpError:
            continue


@given(st.binary(max_size=64))
def test_any_bytes_are_a_packet_or_none(data: bytes) -> None:
    packet = rtp.parse(data)
    assert packet is None or len(packet.payload) <= len(data) - 12


def test_packets_follow_one_another_without_a_seam() -> None:
    stream = rtp.Stream(8, 0xFFFFFFFF)
    packets = [stream.packet(b"x" * rtp.FRAME) for _ in range(3)]
    parsed = [rtp.parse(packet) for packet in packets]
    times = [packet.timestamp for packet in parsed if packet]
    assert [(later - earlier) % 2**32 for earlier, later in pairwise(times)] == [160, 160]
    assert all(packet and packet.payload_type == 8 for packet in parsed)


def test_a_key_counts_once_however_many_packets_tell_it() -> None:
    digits = rtp.Digits()
    held = [rtp.Packet(101, 1000, bytes([4, 10, 0, duration])) for duration in range(5)]
    ends = [rtp.Packet(101, 1000, bytes([4, 0x8A, 3, 0x20]))] * 3
    assert "".join(digits.feed(packet) for packet in held + ends) == "4"
    assert digits.feed(rtp.Packet(101, 2000, bytes([11, 0, 0, 0]))) == "#"
    assert digits.feed(rtp.Packet(101, 3000, bytes([200, 0, 0, 0]))) == ""
    assert digits.feed(rtp.Packet(101, 4000, b"")) == ""


def _share(sound: bytes, codec: str, hertz: int) -> float:
    samples = [rtp.LINEAR[codec][value] / 32768 for value in sound]
    sine = sum(s * math.sin(2 * math.pi * hertz * n / 8000) for n, s in enumerate(samples))
    cosine = sum(s * math.cos(2 * math.pi * hertz * n / 8000) for n, s in enumerate(samples))
    return 2 * (sine**2 + cosine**2) / len(samples) / sum(s * s for s in samples)


@pytest.mark.parametrize("codec", ["pcma", "pcmu"])
def test_sound_goes_through_opus_and_comes_back(codec: str) -> None:
    sound = tone(codec, 600, 2.0)
    transcoder = Transcoder(codec)
    packets = [
        packet for start in range(0, len(sound), 240) for packet in transcoder.encode(sound[start : start + 240])
    ]
    back = b"".join(transcoder.decode(packet) for packet in packets)
    assert len(back) == len(sound)
    assert _share(back[4000:], codec, 600) > 0.98
    assert rtp.loudness(back[4000:], codec) == pytest.approx(rtp.loudness(sound, codec), rel=0.1)
    assert transcoder.decode(b"") == b""
    assert transcoder.decode(b"\xff" * 40) == b""
    transcoder.close()


@pytest.mark.parametrize("codec", ["pcma", "pcmu"])
def test_every_phrase_a_caller_may_hear_is_there(codec: str) -> None:
    from deploy.voice_prompts import PHRASES

    for name in PHRASES:
        assert 8000 < len(phrase(name, codec)) < 8 * 8000, name
        assert rtp.loudness(phrase(name, codec), codec) > 100, name
    assert phrase("none", codec) == b""


def test_a_caller_is_told_a_minute_at_most() -> None:
    async def told_without_end() -> int:
        settings = SipSettings(listen=("127.0.0.1", 0), trunks=())
        media = CallMedia(settings, sdp.Offer("192.0.2.9", 16384, "pcma", 101, False))
        for _each in range(200):
            media.play(phrase("muted", "pcma"))
        waiting = len(media._queue)
        media.close()
        return waiting

    most = 60 * 50 + len(phrase("muted", "pcma")) // rtp.FRAME
    assert asyncio.run(told_without_end()) <= most
