"""What `parvis demo-desktop` can be told, on its command line and in its environment."""

from __future__ import annotations

import argparse
import ipaddress
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from .rfb import constants

PASSWORD_VARIABLE: Final = "PARVIS_DEMO_DESKTOP_PASSWORD"  # noqa: S105 -- a name, not a password
_MAX_COMPUTERS: Final = 200


class OptionsError(ValueError):
    """The options contradict each other or cannot be used; the message says why."""


@dataclass(frozen=True, slots=True)
class Options:
    """One demo PC per port of `ports` at `host`.

    `password` turns on VNC Authentication (its first eight characters count), None means no password. `names` is the
    file described in `names.load_names`. `state_dir` receives the documents as `<state_dir>/<port>/<name>`; None keeps
    them in memory. `size` is the first size of the screens, in pixels.
    """

    ports: tuple[int, ...] = (5901,)
    host: str = "127.0.0.1"
    password: str | None = None
    names: Path | None = None
    state_dir: Path | None = None
    size: tuple[int, int] = (1280, 800)

    def __post_init__(self) -> None:
        if not self.ports or len(self.ports) > _MAX_COMPUTERS:
            raise OptionsError(f"between 1 and {_MAX_COMPUTERS} ports are served, not {len(self.ports)}")
        if any(not 0 <= port <= 65535 for port in self.ports):
            raise OptionsError("a port is a number from 1 to 65535")
        width, height = self.size
        if not (
            constants.MIN_WIDTH <= width <= constants.MAX_WIDTH
            and constants.MIN_HEIGHT <= height <= constants.MAX_HEIGHT
        ):
            raise OptionsError(
                f"a screen is {constants.MIN_WIDTH}x{constants.MIN_HEIGHT} to "
                f"{constants.MAX_WIDTH}x{constants.MAX_HEIGHT} pixels"
            )
        if not _is_loopback(self.host) and not self.password:
            raise OptionsError("beyond this machine a password is needed: set " + PASSWORD_VARIABLE)


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options on a parser (that of `parvis demo-desktop` or our own)."""
    parser.add_argument("--ports", metavar="FIRST-LAST", help="one demo PC per port, for instance 5901-5930")
    parser.add_argument("--base-port", type=int, default=5901, metavar="PORT", help="first port (default: %(default)s)")
    parser.add_argument("--count", type=int, default=1, metavar="N", help="number of demo PCs from the base port on")
    parser.add_argument("--host", default="127.0.0.1", help="address to listen at (default: %(default)s, this machine)")
    parser.add_argument("--password", help=f"VNC password (default: ${PASSWORD_VARIABLE}, else none)")
    parser.add_argument("--names", type=Path, metavar="FILE", help="JSON: who sits at each port")
    parser.add_argument("--state-dir", type=Path, metavar="FOLDER", help="where typed text is kept, per port")
    parser.add_argument("--size", default="1280x800", metavar="WxH", help="first screen size (default: %(default)s)")


def from_arguments(arguments: argparse.Namespace, environ: Mapping[str, str] = os.environ) -> Options:
    """The options of a parsed command line. Raises `OptionsError`."""
    if arguments.ports:
        ports = parse_ports(arguments.ports)
    else:
        if not 1 <= arguments.count <= _MAX_COMPUTERS:
            raise OptionsError(f"--count is from 1 to {_MAX_COMPUTERS}")
        ports = tuple(range(arguments.base_port, arguments.base_port + arguments.count))
    return Options(
        ports=ports,
        host=arguments.host,
        password=arguments.password or environ.get(PASSWORD_VARIABLE) or None,
        names=arguments.names,
        state_dir=arguments.state_dir,
        size=_size(arguments.size),
    )


def parse_ports(text: str) -> tuple[int, ...]:
    """« 5901-5930 » or « 5901,5905 » as ports. Raises `OptionsError`."""
    ports: list[int] = []
    for part in text.split(","):
        first, _, last = part.partition("-")
        if not (first.isdecimal() and (last or first).isdecimal()):
            raise OptionsError(f"“{part}” is neither a port nor a range like 5901-5930")
        low, high = int(first), int(last or first)
        if not low <= high < low + _MAX_COMPUTERS:
            raise OptionsError(f"“{part}” is not a range of at most {_MAX_COMPUTERS} ports")
        ports += range(low, high + 1)
    return tuple(dict.fromkeys(ports))


def _size(text: str) -> tuple[int, int]:
    width, _, height = text.partition("x")
    if not (width.isdecimal() and height.isdecimal()):
        raise OptionsError(f"“{text}” is not a size like 1280x800")
    return int(width), int(height)


def parse(argv: Sequence[str] | None = None) -> Options:
    """The options of a command line; prints usage and exits with 2 if it is wrong."""
    parser = argparse.ArgumentParser(prog="parvis demo-desktop", description="Demonstration office PCs over VNC.")
    add_arguments(parser)
    arguments = parser.parse_args(argv)
    try:
        return from_arguments(arguments)
    except OptionsError as error:
        parser.error(str(error))
