"""The office PCs of the journeys: one of each kind of server."""

from __future__ import annotations

from tests.browser.journeys.conftest import World
from tests.browser.journeys.people import Office

KINDS = ("nla", "vnc", "xrdp")


def xrdp(world: World) -> Office:
    """Any name and password open it."""
    return Office("rdp", world.xrdp.port, world.xrdp.desktop, "agnes", "Bureau-2026")


def nla(world: World) -> Office:
    """Only its own name and password open it."""
    return Office("rdp", world.nla.port, world.nla.desktop, world.nla.username, world.nla.password)


def vnc(world: World) -> Office:
    """TigerVNC counts each connection that does not sign in against its host: the check goes elsewhere."""
    return Office("vnc", world.vnc.port, world.vnc, None, "secret12", checked_port=world.xrdp.port)


def of_kind(kind: str, world: World) -> Office:
    """One of `KINDS`."""
    return {"nla": nla, "vnc": vnc, "xrdp": xrdp}[kind](world)
