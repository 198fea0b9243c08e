"""A real CalDAV server (Radicale) on loopback, with one account that may read everybody's calendars."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx

from tests.servers.process import accepts, free_port, running

ACCOUNT = ("parvis", "mot:de/passe")


@dataclass
class Radicale:
    """Where it listens."""

    port: int

    @property
    def template(self) -> str:
        """What `PARVIS_CALDAV_URL` would be."""
        return f"http://parvis:mot%3Ade%2Fpasse@127.0.0.1:{self.port}/{{email}}/calendrier/"

    def put(self, email: str, *events: str) -> None:
        """Make the calendar of this person, with these VEVENTs."""
        with httpx.Client(base_url=f"http://127.0.0.1:{self.port}", auth=ACCOUNT) as client:
            home = f"/{email.replace('@', '%40')}/"
            client.request("MKCOL", home)
            client.request("MKCALENDAR", f"{home}calendrier/").raise_for_status()
            for number, event in enumerate(events):
                text = f"BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//essai//FR\r\n{event}END:VCALENDAR\r\n"
                client.put(f"{home}calendrier/{number}.ics", content=text.encode()).raise_for_status()


@contextlib.contextmanager
def radicale(folder: Path) -> Iterator[Radicale]:
    """Runs until the block ends."""
    port = free_port()
    (folder / "users").write_text(":".join((ACCOUNT[0], ACCOUNT[1])) + "\n", encoding="utf-8")
    (folder / "rights").write_text("[parvis]\nuser: parvis\ncollection: .*\npermissions: RrWw\n", encoding="utf-8")
    (folder / "config").write_text(
        f"[server]\nhosts = 127.0.0.1:{port}\n"
        f"[auth]\ntype = htpasswd\nhtpasswd_filename = {folder / 'users'}\nhtpasswd_encryption = plain\ndelay = 0\n"
        f"[rights]\ntype = from_file\nfile = {folder / 'rights'}\n"
        f"[storage]\nfilesystem_folder = {folder / 'data'}\n",
        encoding="utf-8",
    )
    command = [sys.executable, "-m", "radicale", "--config", str(folder / "config")]
    with running(command, log_path=folder / "log", is_ready=lambda: accepts("127.0.0.1", port)):
        yield Radicale(port)
