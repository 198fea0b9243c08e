"""Real remote display servers for the tests, on free loopback ports, as context managers.

    with vnc_server(password="secret") as vnc:          # TigerVNC
        vnc.run("xterm")
        connect_to(vnc.host, vnc.port)

    with xrdp_server() as xrdp: …                       # xrdp, TLS, in front of its own TigerVNC desktop
    with nla_server(password="…") as shadow: …          # freerdp-shadow-cli, CredSSP required
    with typing_terminal(vnc) as file: …                # a terminal whose input lands in a file

Each server writes its output to `server.log_path`; when a start fails the end of it is in the error.
A missing program skips the test with a plain reason, and fails it in CI (`tests.requirements`).
"""

from tests.servers.desktop import Desktop, typing_terminal, vnc_server
from tests.servers.nla import NlaServer, nla_server
from tests.servers.process import ServerFailed, free_port
from tests.servers.xrdp import XrdpServer, xrdp_server

__all__ = [
    "Desktop",
    "NlaServer",
    "ServerFailed",
    "XrdpServer",
    "free_port",
    "nla_server",
    "typing_terminal",
    "vnc_server",
    "xrdp_server",
]
