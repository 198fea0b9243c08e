"""Hand an accepted WebSocket connection over to the gateway (standard library only).

The portal listens on one public port. When a request asks for `/gateway/…` it gives the
TCP socket itself to the gateway, through a Unix socket, and forgets it: no byte of a
screen ever goes through the portal's process.

One message: 4 bytes, big-endian, length of the JSON header; the header
`{"client": "<ip>", "request_length": n}`; then the n bytes of HTTP already read. The
descriptor travels as SCM_RIGHTS with the first byte. One message per Unix connection.
"""

from __future__ import annotations

import contextlib
import json
import socket
import struct

MAX_HEADER = 512
MAX_REQUEST = 32 * 1024
_LENGTH = struct.Struct(">I")
_TIMEOUT_SECONDS = 5.0


def send(path: str, sock: socket.socket, client: str, request: bytes) -> None:
    """Give `sock` to the gateway that listens at `path`.

    `client` is the browser's IP address, `request` the bytes already read from it
    (request line and headers, and whatever followed). Blocking, a few milliseconds; the
    caller closes its own copy of `sock` afterwards, without shutting it down.

    Raises:
        OSError: the gateway did not get it (nobody listens); answer 503 on `sock`.
        ValueError: the request is longer than `MAX_REQUEST`.
    """
    if len(request) > MAX_REQUEST:
        raise ValueError("HTTP request too long to hand over")
    header = json.dumps({"client": client, "request_length": len(request)}).encode()
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as channel:
        channel.settimeout(_TIMEOUT_SECONDS)
        channel.connect(path)
        message = _LENGTH.pack(len(header)) + header + request
        sent = socket.send_fds(channel, [message], [sock.fileno()])
        if sent < len(message):  # never an empty send: the gateway may have closed already, satisfied
            channel.sendall(message[sent:])
        # The gateway closes once it has read everything. Whatever happens from here on, the
        # socket is no longer the caller's to write on.
        with contextlib.suppress(OSError):
            channel.recv(1)
