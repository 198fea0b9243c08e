"""A call’s sound: RTP with the trunk on one side, the prompts or Janus on the other."""

from __future__ import annotations

import asyncio
import contextlib
import secrets
import socket
from collections import deque
from collections.abc import Callable
from ipaddress import ip_address

from parvis.voice.sip import opus, rtp
from parvis.voice.sip.sdp import Offer
from parvis.voice.sip.settings import SipSettings

_FRAME_SECONDS = 0.02
_TALKS = 400.0
"""Mean absolute sample above which somebody is taken to speak."""
_TALK_PACKETS = 10
_MOST_QUEUED = 3000
"""A minute: who is told more than that hears the rest no more."""


class _Datagrams(asyncio.DatagramProtocol):
    def __init__(self, take: Callable[[bytes, tuple[str, int]], None]) -> None:
        self._take = take

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        self._take(data, addr[:2])

    def error_received(self, exc: Exception) -> None:
        """An ICMP refusal: the other side is not there yet, or no more; the call’s own timer decides."""


class CallMedia:
    """The sound of one call, from `open` to `close`."""

    def __init__(self, settings: SipSettings, offer: Offer) -> None:
        self._settings = settings
        self.codec = offer.codec
        self._digit_type = offer.digits
        self._remote = (offer.host, offer.port)
        self._latched = False
        self.on_digit: Callable[[str], None] = lambda digit: None
        self.on_talking: Callable[[bool], None] = lambda talks: None
        self._outside: asyncio.DatagramTransport | None = None
        self._inside: asyncio.DatagramTransport | None = None
        self._janus: tuple[str, int] | None = None
        self._to_phone = rtp.Stream(rtp.PAYLOAD[offer.codec], secrets.randbits(31))
        self._to_janus = rtp.Stream(opus.PAYLOAD_TYPE, secrets.randbits(31), step=opus.STEP)
        self._transcoder: opus.Transcoder | None = None
        self._digits = rtp.Digits()
        self._queue: deque[bytes] = deque()
        self._drained = asyncio.Event()
        self._drained.set()
        self._player: asyncio.Task[None] | None = None
        self._levels: list[float] = []
        self.last_heard = asyncio.get_running_loop().time()

    @property
    def port(self) -> int:
        """Ours, told to the trunk."""
        return _port(self._outside)

    @property
    def janus_port(self) -> int:
        """Ours, told to Janus."""
        return _port(self._inside)

    async def open(self) -> None:
        """Take ports.

        Raises:
            OSError: none is left.
            OpusError: libopus is not there.
        """
        self._transcoder = opus.Transcoder(self.codec)
        loop = asyncio.get_running_loop()
        sock = _bind(self._settings)
        self._outside, _ = await loop.create_datagram_endpoint(lambda: _Datagrams(self._from_phone), sock=sock)
        self._inside, _ = await loop.create_datagram_endpoint(
            lambda: _Datagrams(self._from_janus), local_addr=("127.0.0.1", 0)
        )

    def move(self, offer: Offer) -> None:
        """The trunk sends from elsewhere now (re-INVITE)."""
        if (offer.host, offer.port) != self._remote:
            self._remote, self._latched = (offer.host, offer.port), False
        self._digit_type = offer.digits

    def join(self, janus: tuple[str, int]) -> None:
        """From now on Janus hears the phone, and the phone Janus."""
        self._janus = janus
        for _ in range(3):  # Janus sends nothing to who has sent nothing
            self._give_janus(rtp.SILENCE[self.codec])

    def leave(self) -> None:
        """Out of the room."""
        self._janus = None

    def play(self, sound: bytes) -> None:
        """Play to the phone after what is playing; the room is not heard meanwhile."""
        if len(self._queue) >= _MOST_QUEUED:
            return
        self._queue.extend(
            sound[start : start + rtp.FRAME] for start in range(0, len(sound) - rtp.FRAME + 1, rtp.FRAME)
        )
        if self._queue and (self._player is None or self._player.done()):
            self._drained.clear()
            self._player = asyncio.get_running_loop().create_task(self._play())

    def hush(self) -> None:
        """Stop what is playing."""
        self._queue.clear()

    async def played(self) -> None:
        """Wait until nothing plays any more."""
        await self._drained.wait()

    def close(self) -> None:
        """Give the ports back."""
        self._janus = None
        self._queue.clear()
        if self._player is not None:
            self._player.cancel()
        self._drained.set()
        for transport in (self._outside, self._inside):
            if transport is not None:
                transport.close()
        transcoder, self._transcoder = self._transcoder, None
        if transcoder is not None:
            transcoder.close()

    async def _play(self) -> None:
        loop = asyncio.get_running_loop()
        due = loop.time()
        try:
            while self._queue:
                self._send(self._queue.popleft())
                due += _FRAME_SECONDS
                await asyncio.sleep(max(0.0, due - loop.time()))
        finally:
            self._drained.set()

    def _send(self, payload: bytes) -> None:
        if self._outside is not None and not self._outside.is_closing():
            self._outside.sendto(self._to_phone.packet(payload), self._remote)

    def _from_phone(self, data: bytes, source: tuple[str, int]) -> None:
        if source != self._remote and not self._latch(source):
            return
        packet = rtp.parse(data)
        if packet is None:
            return
        self.last_heard = asyncio.get_running_loop().time()
        self._latched = True
        if packet.payload_type == self._digit_type:
            if digit := self._digits.feed(packet):
                self.on_digit(digit)
        elif packet.payload_type == rtp.PAYLOAD[self.codec] and 0 < len(packet.payload) <= 4 * rtp.FRAME:
            self._give_janus(packet.payload)
            self._listen(packet.payload)

    def _give_janus(self, sound: bytes) -> None:
        inside, janus, transcoder = self._inside, self._janus, self._transcoder
        if inside is None or inside.is_closing() or janus is None or transcoder is None:
            return
        for packet in transcoder.encode(sound):
            inside.sendto(self._to_janus.packet(packet), janus)

    def _latch(self, source: tuple[str, int]) -> bool:
        """A phone behind NAT sends from elsewhere than it said: the first sound of a trunk’s address is believed."""
        if self._latched or not (self._settings.allows(source[0]) or source[0] == self._remote[0]):
            return False
        self._remote = source
        return True

    def _from_janus(self, data: bytes, source: tuple[str, int]) -> None:
        if self._janus is None or source != self._janus or self._queue:
            return
        packet = rtp.parse(data)
        if packet is None or packet.payload_type != opus.PAYLOAD_TYPE or self._transcoder is None:
            return
        sound = self._transcoder.decode(packet.payload)
        for start in range(0, len(sound) - rtp.FRAME + 1, rtp.FRAME):
            self._send(sound[start : start + rtp.FRAME])

    def _listen(self, payload: bytes) -> None:
        self._levels.append(rtp.loudness(payload, self.codec))
        if len(self._levels) >= _TALK_PACKETS:
            self.on_talking(sum(self._levels) / len(self._levels) > _TALKS)
            self._levels.clear()


def _port(transport: asyncio.DatagramTransport | None) -> int:
    if transport is None:
        raise RuntimeError("not open")
    return int(transport.get_extra_info("sockname")[1])


def _bind(settings: SipSettings) -> socket.socket:
    """An even port of the range, beginning anywhere so that a port is not used again at once."""
    host = settings.listen[0]
    family = socket.AF_INET6 if ip_address(host).version == 6 else socket.AF_INET
    low, high = settings.media_ports
    ports = range(low + low % 2, high + 1, 2)
    first = secrets.randbelow(len(ports))
    for index in range(len(ports)):
        sock = socket.socket(family, socket.SOCK_DGRAM)
        with contextlib.suppress(OSError):
            sock.bind((host, ports[(first + index) % len(ports)]))
            sock.setblocking(False)
            return sock
        sock.close()
    raise OSError("no port left for telephones")
