"""What callers hear: phrases recorded beforehand (`deploy/voice_prompts.py`), and tones."""

from __future__ import annotations

import math
from functools import cache
from importlib.resources import files

from parvis.voice.sip.rtp import FRAME, LINEAR, ULAW_OF_ALAW

_ALAW_BY_LINEAR = sorted((linear, value) for value, linear in enumerate(LINEAR["pcma"]))


@cache
def phrase(name: str, codec: str) -> bytes:
    """A phrase as G.711; nothing when there is none of that name."""
    source = files("parvis.voice") / "prompts" / f"{name}.alaw"
    return _as(source.read_bytes(), codec) if source.is_file() else b""


@cache
def tone(codec: str, hertz: int = 425, seconds: float = 0.3) -> bytes:
    """A soft tone as G.711."""
    samples = (3000 * math.sin(2 * math.pi * hertz * n / 8000) for n in range(int(8000 * seconds)))
    alaw = bytes(min(_ALAW_BY_LINEAR, key=lambda pair: abs(pair[0] - sample))[1] for sample in samples)
    return _as(alaw, codec)


def frames(sound: bytes) -> list[bytes]:
    """Cut into packets of 20 ms; a last shorter piece is left out."""
    return [sound[start : start + FRAME] for start in range(0, len(sound) - FRAME + 1, FRAME)]


def _as(alaw: bytes, codec: str) -> bytes:
    return alaw.translate(ULAW_OF_ALAW) if codec == "pcmu" else alaw
