"""Tones: written to files, and looked for in what was heard (Goertzel)."""

from __future__ import annotations

import math
import struct
import wave
from collections.abc import Sequence
from pathlib import Path


def write_tone(path: Path, hertz: int, *, rate: int, seconds: float = 10.0, amplitude: float = 0.4) -> Path:
    """A WAV of one tone; whole periods, so that it can be repeated without a click."""
    samples = (int(32767 * amplitude * math.sin(2 * math.pi * hertz * n / rate)) for n in range(int(rate * seconds)))
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(rate)
        file.writeframes(b"".join(struct.pack("<h", sample) for sample in samples))
    return path


def share(samples: Sequence[float], rate: int, hertz: float) -> float:
    """How much of the sound's energy is at that frequency: 1 for a pure tone, about 0 when it is not there."""
    energy = sum(sample * sample for sample in samples)
    if len(samples) < rate // 10 or energy / len(samples) < 1e-7:
        return 0.0
    coefficient = 2 * math.cos(2 * math.pi * hertz / rate)
    before = last = 0.0
    for sample in samples:
        before, last = last, sample + coefficient * last - before
    power = last * last + before * before - coefficient * last * before
    return 2 * power / (len(samples) * energy)


def read_tail(path: Path, seconds: float) -> tuple[list[float], int]:
    """The last seconds of a WAV that may still be written (its header is not believed)."""
    data = path.read_bytes()
    if len(data) < 44:
        return [], 8000
    rate = struct.unpack_from("<I", data, 24)[0] or 8000
    body = data[44:]
    body = body[: len(body) // 2 * 2][-int(2 * rate * seconds) :]
    return [value / 32768 for (value,) in struct.iter_unpack("<h", body)], rate
