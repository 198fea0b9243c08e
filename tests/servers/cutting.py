"""A TCP proxy on loopback that cuts the connection, or falls silent, after so many bytes from the server."""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Iterator


@contextlib.contextmanager
def cutting_proxy(target_port: int, after_bytes: int, *, hang: bool = False) -> Iterator[int]:
    """The proxy's port. `hang`: the connection stays open and nothing more comes."""
    ended = threading.Event()
    with socket.create_server(("127.0.0.1", 0)) as listening:
        listening.settimeout(0.1)

        def accept() -> None:
            while not ended.is_set():
                with contextlib.suppress(TimeoutError):
                    client, _address = listening.accept()
                    threading.Thread(target=_relay, args=(client, target_port, after_bytes, hang, ended)).start()

        accepting = threading.Thread(target=accept)
        accepting.start()
        try:
            yield int(listening.getsockname()[1])
        finally:
            ended.set()
            accepting.join()


def _relay(client: socket.socket, port: int, left: int, hang: bool, ended: threading.Event) -> None:
    with client, socket.create_connection(("127.0.0.1", port)) as server:
        upwards = threading.Thread(target=_forward, args=(client, server), daemon=True)
        upwards.start()
        with contextlib.suppress(OSError):
            while left > 0 and not ended.is_set():
                told = server.recv(min(left, 65536))
                if not told:
                    break
                client.sendall(told)
                left -= len(told)
            if hang:
                ended.wait()
        for side in (client, server):
            with contextlib.suppress(OSError):
                side.shutdown(socket.SHUT_RDWR)
        upwards.join()


def _forward(client: socket.socket, server: socket.socket) -> None:
    with contextlib.suppress(OSError):
        while asked := client.recv(65536):
            server.sendall(asked)
