"""G.711 to Opus and back, by the libopus that Janus itself stands on.

Janus would mix telephones in G.711 by repeating their samples six times over, without a filter: quiet and harsh. In
Opus at 8 kHz they arrive as they were.
"""

from __future__ import annotations

import ctypes
import ctypes.util
from array import array
from bisect import bisect_left

from parvis.voice.sip.rtp import FRAME, LINEAR

RATE = 8000
PAYLOAD_TYPE = 111
STEP = 960
"""20 ms on Opus’s clock (RFC 7587: 48 kHz whatever the rate)."""
MOST_PACKET = 1275
_APPLICATION_VOIP = 2048
_SET_BITRATE, _SET_COMPLEXITY = 4002, 4010
_BITRATE, _COMPLEXITY = 24_000, 3


class OpusError(Exception):
    """libopus is not there, or refuses."""


def _library() -> ctypes.CDLL:
    name = ctypes.util.find_library("opus") or "libopus.so.0"
    try:
        library = ctypes.CDLL(name)
    except OSError as error:
        raise OpusError(str(error)) from None
    pointer, integer = ctypes.c_void_p, ctypes.c_int
    library.opus_encoder_create.restype = pointer
    library.opus_encoder_create.argtypes = [ctypes.c_int32, integer, integer, ctypes.POINTER(integer)]
    library.opus_encoder_destroy.argtypes = [pointer]
    library.opus_encoder_destroy.restype = None
    library.opus_encode.argtypes = [pointer, pointer, integer, pointer, ctypes.c_int32]
    library.opus_decoder_create.restype = pointer
    library.opus_decoder_create.argtypes = [ctypes.c_int32, integer, ctypes.POINTER(integer)]
    library.opus_decoder_destroy.argtypes = [pointer]
    library.opus_decoder_destroy.restype = None
    library.opus_decode.argtypes = [pointer, pointer, ctypes.c_int32, pointer, integer, integer]
    return library


def _compressed(codec: str) -> bytes:
    """The byte nearest to each 16-bit sample, at index sample + 32768, by steps of 8."""
    pairs = sorted((linear, value) for value, linear in enumerate(LINEAR[codec]))
    samples = [linear for linear, _ in pairs]
    table = bytearray()
    for sample in range(-32768, 32768, 8):
        place = bisect_left(samples, sample)
        near = pairs[max(0, place - 1) : place + 1]
        table.append(min(near, key=lambda pair: abs(pair[0] - sample - 4))[1])
    return bytes(table)


_COMPRESSED: dict[str, bytes] = {}


class Transcoder:
    """One telephone’s two directions. `close` once."""

    def __init__(self, codec: str) -> None:
        """Make an encoder and a decoder.

        Raises:
            OpusError: libopus is not there.
        """
        self._linear = LINEAR[codec]
        if codec not in _COMPRESSED:
            _COMPRESSED[codec] = _compressed(codec)
        self._table = _COMPRESSED[codec]
        self._library = library = _library()
        error = ctypes.c_int()
        self._decoder = None
        self._encoder = library.opus_encoder_create(RATE, 1, _APPLICATION_VOIP, ctypes.byref(error))
        self._decoder = library.opus_decoder_create(RATE, 1, ctypes.byref(error))
        if not self._encoder or not self._decoder:
            self.close()
            raise OpusError(f"libopus: {error.value}")
        for setting, value in ((_SET_BITRATE, _BITRATE), (_SET_COMPLEXITY, _COMPLEXITY)):
            library.opus_encoder_ctl(ctypes.c_void_p(self._encoder), setting, ctypes.c_int32(value))
        self._waiting = b""
        self._packet = ctypes.create_string_buffer(MOST_PACKET)
        self._samples = (ctypes.c_int16 * (6 * FRAME))()

    def encode(self, sound: bytes) -> list[bytes]:
        """Opus packets of 20 ms out of G.711 of any length."""
        self._waiting += sound
        packets = []
        while len(self._waiting) >= FRAME:
            frame, self._waiting = self._waiting[:FRAME], self._waiting[FRAME:]
            samples = array("h", map(self._linear.__getitem__, frame))
            address, _ = samples.buffer_info()
            size = self._library.opus_encode(self._encoder, address, FRAME, self._packet, MOST_PACKET)
            if size > 0:
                packets.append(self._packet.raw[:size])
        return packets

    def decode(self, packet: bytes) -> bytes:
        """G.711 out of one Opus packet; nothing when it is not one."""
        if not packet:
            return b""
        count = self._library.opus_decode(self._decoder, packet, len(packet), self._samples, len(self._samples), 0)
        if count <= 0:
            return b""
        table = self._table
        return bytes([table[(sample + 32768) >> 3] for sample in self._samples[:count]])

    def close(self) -> None:
        """Give the memory back."""
        encoder, self._encoder = self._encoder, None
        decoder, self._decoder = self._decoder, None
        if encoder:
            self._library.opus_encoder_destroy(encoder)
        if decoder:
            self._library.opus_decoder_destroy(decoder)
