"""`parvis serve` with real supervisor, gateways, handing over and public port; only the pages behind are a stand-in.

`python renewable.py FOLDER`: what is in the folder says what the next version is like.
"""

from __future__ import annotations

import json
import os
import socket
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from parvis.serve import gateways, stack
from parvis.serve.gateways import Gateways
from parvis.serve.options import ServeOptions
from parvis.serve.renewal import Handover, Renewal
from parvis.serve.supervisor import LISTEN_FD, Listeners, Service, Supervisor


def main(folder: Path, role: str) -> int:
    """Play one of the parts."""
    if role == "check":
        Handover.taken_from(os.environ)
        while (told := (folder / "check").read_text()) == "wait":
            time.sleep(0.05)
        return int(told)
    if role == "portal":
        serve_pages(folder)
        return 0
    gateways.READY_SECONDS = 300.0  # a busy machine
    handover = Handover.taken_from(os.environ)
    options = ServeOptions.from_environment()
    listeners = Listeners(handover.listeners if handover else None)
    portal = Service("portal", command(folder, "portal"), os.environ, listener=listeners.at(options.host, options.port))

    def gateway(slot: int) -> Service:
        service = stack.gateway_service(options, os.environ, slot, listeners)
        if (folder / "broken-gateway").exists():
            service.argv = [sys.executable, "-c", "raise SystemExit(3)"]
        return service

    services = [portal]
    renewal = Renewal(
        services,
        Gateways(gateway, options.gateway_socket),
        listeners,
        check=command(folder, "check"),
        again=command(folder, "serve"),
        handover=handover,
    )
    return Supervisor(services, renewal).run()


def command(folder: Path, role: str) -> list[str]:
    """This program in another part."""
    return [sys.executable, __file__, str(folder), role]


def serve_pages(folder: Path) -> None:
    """A portal that lets everybody in, on the real web server."""
    import uvicorn

    from parvis.serve import web
    from tests.integration.gateway.fake_portal import FakePortal

    options = ServeOptions.from_environment()
    portal = FakePortal(key=Ed25519PrivateKey.from_private_bytes((folder / "key").read_bytes()), user_limit=20)

    def application(environ: dict[str, Any], start_response: Callable[..., Any]) -> list[bytes]:
        status, answer = 200, {"pid": os.getpid()}
        if environ["REQUEST_METHOD"] == "POST":
            call = environ["PATH_INFO"].rsplit("/", 1)[1]
            status, answer = portal.answer(call, json.loads(environ["wsgi.input"].read()))
        start_response(f"{status} So", [("Content-Type", "application/json")])
        return [json.dumps(answer).encode()]

    web.HandoffProtocol.sockets = {b"/gateway/": str(options.gateway_socket)}
    shared = socket.socket(fileno=int(os.environ[LISTEN_FD]))
    uvicorn.Server(web.configuration(application, options.host, options.port)).run(sockets=[shared])


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), sys.argv[2]))
