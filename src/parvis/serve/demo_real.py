"""Real remote desktops for the demo, where their programs are installed: TigerVNC, and xrdp in front of it.

`python -m parvis.serve.demo_real vnc|xrdp …` is one process of the demo; it ends with the supervisor.
The desktop shows a window to type in and no shell: whoever reaches the demo may open it.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import Literal, NoReturn

from parvis.portal.config import env
from parvis.serve import demo_real_files as files
from parvis.serve.options import ServeOptions
from parvis.serve.supervisor import Service, Supervisor, die_with_parent, python

Protocol = Literal["vnc", "rdp"]

ADMIN_FOLDERS = ("/usr/sbin", "/sbin")
"""Where xrdp is; not on everybody's PATH."""
START_SECONDS = 30
GEOMETRY = "1280x800"

# Typed characters are shown by the terminal itself and go nowhere; no key ends the program.
_TYPE_HERE = """\
trap '' INT QUIT TSTP
printf 'Un vrai bureau Linux, par TigerVNC.\\nTapez ici : rien n’est enregistré.\\n\\n'
while :; do cat >/dev/null; done
"""


def available(environ: Mapping[str, str]) -> tuple[Protocol, ...]:
    """Which real desktops this machine can show; none with `PARVIS_DEMO_REAL=off`.

    TigerVNC needs `Xtigervnc` and `xterm` (something to see); xrdp shows the same desktop, so it needs them too.
    """
    if env.parse(environ).demo_real == "off" or not (_program("Xtigervnc", environ) and _program("xterm", environ)):
        return ()
    return ("vnc", "rdp") if _program("xrdp", environ) else ("vnc",)


def services(options: ServeOptions, environ: Mapping[str, str]) -> list[Service]:
    """The processes of the real desktops, the VNC one first."""
    demo, folder = env.parse(environ), options.data_dir / "real"
    common = ["--folder", str(folder), "--vnc-port", str(demo.demo_vnc_port)]
    command: dict[Protocol, list[str]] = {
        "vnc": ["vnc", *common],
        "rdp": ["xrdp", *common, "--port", str(demo.demo_rdp_port)],
    }
    return [
        Service(
            f"demo-{protocol}",
            python("parvis.serve.demo_real", *command[protocol]),
            environ,
            options.log_dir / f"demo-{protocol}.log",
        )
        for protocol in available(environ)
    ]


def run_vnc(folder: Path, port: int) -> int:
    """TigerVNC on loopback with a window to type in, until told to stop (0) or until it dies (1)."""
    rc = folder / "openbox.xml"
    rc.write_text(files.openbox_configuration(), encoding="utf-8")
    server, display = _start_server(port)
    own = {**os.environ, "DISPLAY": display, "LANG": "C.UTF-8", "LC_ALL": "C.UTF-8", "HOME": str(folder)}
    programs = [Service("xterm", _terminal(), own)]
    if openbox := _program("openbox", os.environ):
        programs.insert(0, Service("openbox", [openbox, "--sm-disable", "--config-file", str(rc)], own))
    supervisor = Supervisor(programs)

    def watch() -> None:
        server.wait()
        supervisor.stopping.set()

    threading.Thread(target=watch, daemon=True).start()
    supervisor.run()
    died = server.poll() is not None
    server.terminate()
    server.wait()
    return int(died)


def run_xrdp(folder: Path, port: int, vnc_port: int) -> NoReturn:
    """Become xrdp, which any user name and password opens.

    Raises:
        OSError: it is not installed.
    """
    program = _program("xrdp", os.environ)
    if program is None:
        raise FileNotFoundError("xrdp is not installed")
    files.ensure_certificate(folder)
    configuration = folder / "xrdp.ini"
    configuration.write_text(files.xrdp_configuration(folder, port=port, vnc_port=vnc_port), encoding="utf-8")
    # The death signal the supervisor set survives exec (prctl(2)).
    os.execv(program, [program, "--nodaemon", "--config", str(configuration)])  # noqa: S606 - no shell wanted


def _start_server(port: int) -> tuple[subprocess.Popen[bytes], str]:
    """Xtigervnc on a display number it finds free itself, and that display's name."""
    reading, writing = os.pipe()
    command = ["Xtigervnc", "-displayfd", str(writing), "-rfbport", str(port), "-geometry", GEOMETRY, "-depth", "24"]
    command += ["-localhost", "-SecurityTypes", "None", "-AlwaysShared", "-nolisten", "tcp"]
    # Each look at whether it is on is a connection without a sign-in: the fifth would shut everybody out.
    command += ["-UseBlacklist=0"]
    server = subprocess.Popen([*command, "-desktop", "RIV-VNC-LINUX"], pass_fds=[writing], preexec_fn=die_with_parent)
    os.close(writing)
    timer = threading.Timer(START_SECONDS, server.kill)
    timer.start()
    with os.fdopen(reading) as pipe:
        number = pipe.readline().strip()  # empty when the server has died
    timer.cancel()
    if not number:
        raise OSError(f"Xtigervnc did not start: exit code {server.wait()}")
    return server, f":{number}"


def _terminal() -> list[str]:
    looks = ["-fa", "DejaVu Sans Mono", "-fs", "13", "-bg", "white", "-fg", "#182433", "-geometry", "90x24+60+60"]
    return ["xterm", "-u8", *looks, "-T", "Bloc-notes", "-e", "sh", "-c", _TYPE_HERE]


def _program(name: str, environ: Mapping[str, str]) -> str | None:
    return shutil.which(name, path=os.pathsep.join([environ.get("PATH", ""), *ADMIN_FOLDERS]))


def main(arguments: list[str] | None = None) -> int:
    """Run one of the two desktops."""
    parser = argparse.ArgumentParser(prog="parvis.serve.demo_real")
    parser.add_argument("server", choices=["vnc", "xrdp"])
    parser.add_argument("--folder", type=Path, required=True)
    parser.add_argument("--vnc-port", type=int, required=True)
    parser.add_argument("--port", type=int, help="of xrdp")
    options = parser.parse_args(arguments)
    if options.server == "xrdp" and options.port is None:
        parser.error("xrdp needs --port")
    options.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    if options.server == "vnc":
        return run_vnc(options.folder, options.vnc_port)
    run_xrdp(options.folder, options.port, options.vnc_port)


if __name__ == "__main__":
    sys.exit(main())
