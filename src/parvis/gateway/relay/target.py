"""The office PC's side of a relay."""

from __future__ import annotations

import asyncio
import time
from typing import Protocol, cast

from parvis.gateway.protocol.errors import ProtocolError

WRITE_BUFFER = 64 * 1024
"""High-water mark of both sides, in bytes."""
_READ_BUFFER = 256 * 1024

# One buffer for all sessions: what is read is handed on, or copied, before the callback
# returns, and the loop runs one callback at a time.
_shared = memoryview(bytearray(_READ_BUFFER))
_sip = _shared[:4096]
_SHORT = 16 * 1024
"""A read of fewer bytes is handed over without a look at the clock: it cannot take long."""
LONG_SECONDS, LIGHT = 0.002, 5e-8
"""A PC whose bytes took so much processor at once is read in sips, one each round of the loop, until a whole one took
less than so much a byte. No screen does that; nothing but bells, or rectangles without an area, would keep everybody
else waiting.
"""


class Owner(Protocol):
    """What the target's side tells its relay."""

    def target_data(self, data: memoryview) -> None:
        """Bytes from the PC; the view is valid during the call only. ProtocolError ends the connection."""

    def target_broken(self, error: ProtocolError) -> None:
        """`target_data` raised."""

    def target_lost(self) -> None:
        """The PC closed, or was lost."""

    def target_full(self) -> None:
        """The PC reads too slowly: stop reading the browser."""

    def target_drained(self) -> None:
        """The PC reads again."""


class Target(asyncio.BufferedProtocol):
    """Created paused: nothing is read from the PC before `start`."""

    __slots__ = ("_early", "_owner", "_paused", "_resting", "_room", "_started", "is_closed", "transport")

    transport: asyncio.Transport

    def __init__(self, owner: Owner) -> None:
        self._owner = owner
        self._paused = False
        self._started = False
        self._early = bytearray()
        self._room = _shared
        self._resting = False
        """Whether it is not read although nobody paused it: until the next round."""
        self.is_closed = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the transport, bound its write buffer, wait."""
        # aiofastnet's transport is one by its methods, not by inheritance.
        self.transport = cast(asyncio.Transport, transport)
        self.transport.set_write_buffer_limits(high=WRITE_BUFFER)
        self.pause()

    def start(self) -> None:
        """Begin to hand over what the PC says, starting with what slipped in before the pause."""
        self._started = True
        early, self._early = bytes(self._early), bytearray()
        if early:
            self._hand_over(memoryview(early))
        self.resume()

    def pause(self) -> None:
        """Stop reading the PC; harmless when repeated or closed."""
        if not self._paused and not self.transport.is_closing():
            self._paused = True
            self._read_or_not()

    def resume(self) -> None:
        """Read the PC again; harmless when repeated or closed."""
        if self._paused and not self.transport.is_closing():
            self._paused = False
            self._read_or_not()

    def _read_or_not(self) -> None:
        if self._paused or self._resting:
            self.transport.pause_reading()
        else:
            self.transport.resume_reading()

    def get_buffer(self, sizehint: int) -> memoryview:
        """The shared buffer, or its beginning."""
        return self._room

    def buffer_updated(self, nbytes: int) -> None:
        """Hand over what was read."""
        if self._started:
            if nbytes < _SHORT and self._room is _shared:
                self._hand_over(_shared[:nbytes])
            else:
                self._weigh(nbytes)
        else:
            self._early += _shared[:nbytes]
            self._paused = False  # the transport began to read after it was told not to
            self.pause()

    def _weigh(self, nbytes: int) -> None:
        began = time.thread_time()  # not the wall's clock: who was interrupted did not take long
        self._hand_over(_shared[:nbytes])
        spent = time.thread_time() - began
        if spent > LONG_SECONDS:
            self._room = _sip
        elif nbytes == len(_sip) and spent < LIGHT * nbytes:
            self._room = _shared
        if self._room is _sip and not self._resting and not self.transport.is_closing():
            self._resting = True
            self._read_or_not()
            asyncio.get_running_loop().call_soon(self._rested)

    def _rested(self) -> None:
        self._resting = False
        if not self.transport.is_closing():
            self._read_or_not()

    def _hand_over(self, data: memoryview) -> None:
        try:
            self._owner.target_data(data)
        except ProtocolError as error:
            self._owner.target_broken(error)

    def eof_received(self) -> bool:
        """Close: a half-closed screen is of no use."""
        return False

    def connection_lost(self, exc: Exception | None) -> None:
        """Tell the relay."""
        self.is_closed = True
        self._owner.target_lost()

    def pause_writing(self) -> None:
        """The PC reads too slowly."""
        self._owner.target_full()

    def resume_writing(self) -> None:
        """The PC reads again."""
        self._owner.target_drained()
