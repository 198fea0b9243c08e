"""The real HAProxy with the example of `deploy/haproxy`, other addresses put in."""

from __future__ import annotations

import contextlib
import re
import socket
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from tests.requirements import require
from tests.servers.certificate import write_self_signed
from tests.servers.process import accepts, free_port, running

EXAMPLE = Path(__file__).parents[3] / "deploy/haproxy/haproxy.cfg"
CERTIFICATES = re.compile(r"^( *)#(.*\[certificates\])$", re.MULTILINE)
"""Lines that are taken where computers have certificates."""


@dataclass(frozen=True)
class Proxy:
    """A running HAProxy."""

    port: int
    inner_port: int
    certificate: Path
    admin: Path
    log: Path

    def tell(self, command: str) -> str:
        """Say something to its administration socket; its answer."""
        with socket.socket(socket.AF_UNIX) as sock:
            sock.settimeout(10)
            sock.connect(str(self.admin))
            sock.sendall(command.encode() + b"\n")
            return b"".join(iter(lambda: sock.recv(65536), b"")).decode()

    def only(self, backend: str, server: str) -> None:
        """Send everything for this backend to one server; empty name: to all of them."""
        rows = [line.split(",") for line in self.tell("show stat").splitlines()]
        names = [row[1] for row in rows if row[0] == backend and row[1] not in ("BACKEND", "FRONTEND")]
        for name in names:
            state = "ready" if server in ("", name) else "maint"
            self.tell(f"set server {backend}/{name} state {state}")
        if server:
            self.wait_for(backend, server)

    def wait_for(self, backend: str, server: str) -> None:
        """Until its check finds it up."""
        deadline = time.monotonic() + 120
        while not re.search(rf"^{backend},{server},(?:[^,]*,){{15}}UP", self.tell("show stat"), re.MULTILINE):
            assert time.monotonic() < deadline, self.tell("show stat")
            time.sleep(0.05)


def text(changes: Mapping[str, str], *, certificates: bool = False) -> str:
    """The example with these strings replaced; each must be there."""
    found = EXAMPLE.read_text()
    if certificates:
        found = CERTIFICATES.sub(r"\1\2", found).replace(
            "    bind :443 ssl crt /etc/haproxy/parvis.pem alpn h2,http/1.1\n", ""
        )
    for old, new in changes.items():
        assert old in found, f"not in the example: {old}"
        found = found.replace(old, new)
    return found


@contextlib.contextmanager
def serving(
    folder: Path, addresses: Mapping[str, int], *, certificates: bool = False, **changes: str
) -> Iterator[Proxy]:
    """Run it in this folder until the block ends.

    `addresses`: servers of the example (name and address), and the port on loopback each stands for. `changes`:
    strings of the example that are replaced besides.
    """
    require("haproxy")
    plain, secure, inner = free_port(), free_port(), free_port()
    made, key, _ = write_self_signed(folder, "localhost")
    both = folder / "both.pem"
    both.write_bytes(made.read_bytes() + key.read_bytes())
    proxy = Proxy(secure, inner, made, folder / "admin.sock", folder / "haproxy.log")
    replaced = {
        "log /dev/log local0": "log stdout format raw local0",
        "    user haproxy\n    group haproxy\n    chroot /var/lib/haproxy\n": "",
        "maxconn 20000": "maxconn 200",  # descriptors are counted at the start, and tests have few
        "/run/haproxy/admin.sock": str(proxy.admin),
        "/etc/haproxy/parvis.pem": str(both),
        "bind :80\n": f"bind 127.0.0.1:{plain}\n",
        "bind :443 ": f"bind 127.0.0.1:{secure} ",
        "bind 10.20.0.10:8080": f"bind 127.0.0.1:{inner}",
        "src 10.20.1.0/24": "src 127.0.0.0/8",
        **changes,
        **{f"{old}\n": f"{old.split()[0]} 127.0.0.1:{port}\n" for old, port in addresses.items()},
    }
    path = folder / "haproxy.cfg"
    path.write_text(text(replaced, certificates=certificates))
    with running(
        ["haproxy", "-db", "-f", str(path)],
        log_path=proxy.log,
        is_ready=lambda: accepts("127.0.0.1", secure),
        env={"PATH": "/usr/sbin:/usr/bin:/bin", "PARVIS_PROXY_SECRET": "s" * 40},
    ):
        yield proxy
