"""A demonstration PC that sleeps: its screen listens only after a true magic packet has come.

Format of the packet: six bytes FF, then the MAC address sixteen times (AMD, Magic Packet Technology, 1995).
"""

from __future__ import annotations

import argparse
import signal
import socket
import subprocess
import sys
import time

from parvis.serve.supervisor import python

BOOT_SECONDS = 6.0
"""A believable start: long enough to see the progress, short enough to be pleasant."""


def is_magic_packet(data: bytes, mac: bytes) -> bool:
    """Whether `data` wakes the card with this 6-byte address."""
    return b"\xff" * 6 + mac * 16 in data


def main(arguments: list[str] | None = None) -> int:
    """Wait for the packet, then run the desktop; `--` precedes the desktop's own arguments."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--mac", required=True)
    parser.add_argument("--udp-port", type=int, required=True)
    parser.add_argument("desktop", nargs="*")
    options = parser.parse_args(arguments)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    mac = bytes.fromhex(options.mac.replace(":", "").replace("-", ""))
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as listener:
        listener.bind(("127.0.0.1", options.udp_port))
        while not is_magic_packet(listener.recv(2048), mac):
            pass
    time.sleep(BOOT_SECONDS)
    process = subprocess.Popen(python("parvis.demo_desktop", *options.desktop))
    signal.signal(signal.SIGTERM, lambda *_: process.terminate())
    return process.wait()


if __name__ == "__main__":
    sys.exit(main())
