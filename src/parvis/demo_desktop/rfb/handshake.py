"""The server's side of the handshake (RFC 6143 §7.1–7.3), for versions 3.3, 3.7 and 3.8."""

from __future__ import annotations

import re
import struct
from enum import Enum, auto

from . import constants as c
from . import vnc_auth
from .errors import ProtocolError
from .pixel_format import SERVER_FORMAT
from .reader import ByteQueue, NeedMoreData

_VERSION = re.compile(rb"RFB (\d{3})\.(\d{3})\n")


class Step(Enum):
    """What the server waits for."""

    VERSION = auto()
    SECURITY = auto()
    RESPONSE = auto()
    CLIENT_INIT = auto()
    DONE = auto()


class Handshake:
    """Feed bytes to `receive`, send what it returns, stop when `step` is `Step.DONE`.

    `challenge` is 16 random bytes, used once. With no `password`, security is None. After a wrong password
    `refused` is true: send the returned bytes, then close. `shared` is the client's flag of ClientInit.
    """

    greeting = b"RFB 003.008\n"

    def __init__(self, *, password: str | None, challenge: bytes, name: str, size: tuple[int, int]) -> None:
        self.step = Step.VERSION
        self.refused = False
        self.shared = True
        self._minor = 8
        self._password = password
        self._challenge = challenge
        self._name = name
        self._size = size
        self._queue = ByteQueue()

    @property
    def unread(self) -> bytes:
        """Bytes received after ClientInit: the first messages of a hasty client."""
        return self._queue.take(len(self._queue))

    def receive(self, data: bytes) -> bytes:
        """Take bytes from the client; returns the bytes to send. Raises `ProtocolError`."""
        self._queue.feed(data)
        out = bytearray()
        while self.step is not Step.DONE and not self.refused:
            try:
                out += self._advance()
            except NeedMoreData:
                self._queue.rewind()
                break
            self._queue.commit()
        return bytes(out)

    def _advance(self) -> bytes:
        if self.step is Step.VERSION:
            return self._version()
        if self.step is Step.SECURITY:
            return self._security()
        if self.step is Step.RESPONSE:
            return self._response()
        return self._client_init()

    def _version(self) -> bytes:
        match = _VERSION.fullmatch(self._queue.take(12))
        if match is None or int(match[1]) != 3:
            raise ProtocolError("not an RFB 3 client")
        minor = int(match[2])
        # Versions other than 3, 7 and 8 are to be treated as 3 (RFC 6143 §7.1.1).
        self._minor = 8 if minor >= 8 else 7 if minor == 7 else 3
        if self._minor == 3:
            return struct.pack(">I", self._security_type) + self._after_security_type()
        self.step = Step.SECURITY
        return bytes([1, self._security_type])

    @property
    def _security_type(self) -> int:
        return c.SECURITY_NONE if self._password is None else c.SECURITY_VNC_AUTH

    def _security(self) -> bytes:
        if self._queue.unsigned(1) != self._security_type:
            raise ProtocolError("security type was not offered")
        return self._after_security_type()

    def _after_security_type(self) -> bytes:
        if self._password is not None:
            self.step = Step.RESPONSE
            return self._challenge
        self.step = Step.CLIENT_INIT
        return struct.pack(">I", 0) if self._minor == 8 else b""

    def _response(self) -> bytes:
        response = self._queue.take(vnc_auth.CHALLENGE_BYTES)
        if vnc_auth.accepts(self._challenge, response, self._password or ""):
            self.step = Step.CLIENT_INIT
            return struct.pack(">I", 0)
        self.refused = True
        reason = b"Mot de passe incorrect"
        return struct.pack(">I", 1) + (struct.pack(">I", len(reason)) + reason if self._minor == 8 else b"")

    def _client_init(self) -> bytes:
        self.shared = self._queue.unsigned(1) != 0
        self.step = Step.DONE
        name = self._name.encode()
        return struct.pack(">HH", *self._size) + SERVER_FORMAT.to_bytes() + struct.pack(">I", len(name)) + name
