"""The peer: noVNC as it is distributed, through websockify, with nothing around it."""

from __future__ import annotations

import os
import shutil
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from bench.processes import Child, NotStarted, free_ports, listens, wait_until

_NOVNC = Path("frontend/node_modules/@novnc/novnc")
_PAGE = """<!doctype html><meta charset="utf-8"><title>noVNC</title>
<style>html, body, #screen {{ margin: 0; height: 100%; overflow: hidden }}</style>
<div id="screen"></div>
<script type="module">
import RFB from "/core/rfb.js";
const rfb = new RFB(document.getElementById("screen"), "ws://127.0.0.1:{port}/");
rfb.resizeSession = true;
</script>"""


@contextmanager
def bare_novnc(vnc_port: int, folder: Path) -> Iterator[str]:
    """The address of a page that shows the VNC server of `vnc_port`.

    Raises:
        NotStarted: noVNC or websockify is missing.
    """
    program = shutil.which("websockify", path=f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}")
    if program is None or not _NOVNC.exists():
        raise NotStarted("websockify or noVNC is missing (requirements-dev.lock, `npm ci` in frontend)")
    (port,) = free_ports(1)
    argv = [program, f"127.0.0.1:{port}", f"127.0.0.1:{vnc_port}"]
    with Child(argv, log=folder / f"websockify-{port}.log") as child, _web_server(port) as url:
        wait_until(lambda: listens(port), child)
        yield url


@contextmanager
def _web_server(websocket_port: int) -> Iterator[str]:
    page = _PAGE.format(port=websocket_port).encode()

    class Handler(SimpleHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            if self.path != "/":
                super().do_GET()
                return
            self.send_response(200)
            self.send_header("Content-Type", "text/html")
            self.send_header("Content-Length", str(len(page)))
            self.end_headers()
            self.wfile.write(page)

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Handler, directory=str(_NOVNC)))
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/"
    finally:
        server.shutdown()
        server.server_close()
