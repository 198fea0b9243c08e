"""The line between home and the authority: a TCP proxy that can be cut and mended, and counts what it carries."""

from __future__ import annotations

import contextlib
import socket
import threading


class Link:
    """Listens on `port`, forwards to the portal; `cut()` closes every connection and refuses new ones."""

    def __init__(self) -> None:
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = int(self._listener.getsockname()[1])
        self.target = 0
        self.down = 0
        """Bytes carried to who connects."""
        self.up = 0
        """Bytes carried from who connects."""
        self._up = True
        self._open: set[socket.socket] = set()
        self._lock = threading.Lock()
        threading.Thread(target=self._accept, daemon=True).start()

    def cut(self) -> None:
        """The network is gone: resets, as when a router restarts."""
        self._up = False
        with self._lock:
            for sock in self._open:
                with contextlib.suppress(OSError):
                    sock.shutdown(socket.SHUT_RDWR)
                sock.close()
            self._open.clear()

    def mend(self) -> None:
        """The network is back."""
        self._up = True

    def close(self) -> None:
        """The end."""
        self.cut()
        self._listener.close()

    def _accept(self) -> None:
        while True:
            try:
                browser, _ = self._listener.accept()
            except OSError:
                return
            if not self._up:
                browser.close()
                continue
            try:
                portal = socket.create_connection(("127.0.0.1", self.target), timeout=10)
            except OSError:
                browser.close()
                continue
            portal.settimeout(None)
            for sock in (browser, portal):  # a line does not hold small messages back
                sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            with self._lock:
                self._open |= {browser, portal}
            for source, sink, down in ((browser, portal, False), (portal, browser, True)):
                threading.Thread(target=self._pump, args=(source, sink, down), daemon=True).start()

    def _pump(self, source: socket.socket, sink: socket.socket, down: bool) -> None:
        with contextlib.suppress(OSError):
            while data := source.recv(65536):
                with self._lock:
                    if down:
                        self.down += len(data)
                    else:
                        self.up += len(data)
                sink.sendall(data)
        for sock in (source, sink):
            with contextlib.suppress(OSError):
                sock.shutdown(socket.SHUT_RDWR)
            sock.close()
        with self._lock:
            self._open -= {source, sink}
