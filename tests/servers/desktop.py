"""A TigerVNC desktop: an X display with a VNC port, in which programs can be started."""

from __future__ import annotations

import contextlib
import shlex
import subprocess
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from tests.requirements import require
from tests.servers import vnc_auth
from tests.servers.process import ServerFailed, accepts, free_port, running

_ATTEMPTS = 5
_FIRST_DISPLAY = 100


@dataclass
class Desktop:
    """One X display served by Xvnc."""

    host: str
    port: int
    """The VNC port."""
    display: str
    password: str | None
    log_path: Path
    directory: Path
    """Temporary; gone with the server."""
    _programs: list[subprocess.Popen[bytes]] = field(default_factory=list)

    @property
    def env(self) -> dict[str, str]:
        """Environment of a program that shows itself there."""
        return {"DISPLAY": self.display, "LANG": "C.UTF-8", "LC_ALL": "C.UTF-8", "HOME": str(self.directory)}

    def run(self, *command: str) -> subprocess.Popen[bytes]:
        """Start a program on the desktop; it ends with the desktop."""
        with (self.directory / "programs.log").open("ab") as log:
            program = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env={**_path(), **self.env},
                start_new_session=True,
            )
        self._programs.append(program)
        return program

    def call(self, *command: str, data: str | None = None, timeout: float = 10.0) -> str:
        """Run a program on the desktop to its end; its output."""
        done = subprocess.run(
            command,
            input=data,
            capture_output=True,
            text=True,
            env={**_path(), **self.env},
            timeout=timeout,
            check=True,
        )
        return done.stdout

    def set_clipboard(self, text: str) -> None:
        """Put a text on the desktop's clipboard (needs xclip)."""
        program = subprocess.Popen(
            ["xclip", "-selection", "clipboard", "-i"],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            env={**_path(), **self.env},
            start_new_session=True,
        )
        if program.stdin is None:
            raise ServerFailed("xclip has no input")
        program.stdin.write(text.encode())
        program.stdin.close()
        self._programs.append(program)

    def clipboard(self) -> str:
        """The text on the desktop's clipboard, empty when nobody owns it (needs xclip)."""
        try:
            return self.call("xclip", "-selection", "clipboard", "-o", timeout=3.0)
        except (subprocess.CalledProcessError, subprocess.TimeoutExpired):
            return ""

    def end_programs(self) -> None:
        """End what `run` and `set_clipboard` started."""
        for program in self._programs:
            with contextlib.suppress(ProcessLookupError):
                program.kill()
            program.wait()
        self._programs.clear()


@contextlib.contextmanager
def vnc_server(
    *,
    password: str | None = None,
    geometry: str = "1024x768",
    depth: int = 24,
    window_manager: bool = False,
    options: tuple[str, ...] = (),
) -> Iterator[Desktop]:
    """TigerVNC's Xvnc on a free display and port.

    Without `password` the security type is None; with one (8 characters at most) VNCAuth.
    `window_manager` starts openbox, so that windows have focus. `options` go to Xvnc.
    """
    require("Xtigervnc", *(["openbox"] if window_manager else []))
    with tempfile.TemporaryDirectory(prefix="parvis-vnc-") as folder:
        directory = Path(folder)
        security = ["-SecurityTypes", "None"]
        if password is not None:
            security = ["-SecurityTypes", "VncAuth", "-PasswordFile", str(_password_file(directory, password))]
        with _xvnc(directory, geometry, depth, [*security, *options]) as (display, port):
            desktop = Desktop("127.0.0.1", port, display, password, directory / "Xvnc.log", directory)
            try:
                if window_manager:
                    desktop.run("openbox")
                yield desktop
            finally:
                desktop.end_programs()


@contextlib.contextmanager
def typing_terminal(desktop: Desktop, *, geometry: str = "100x30+10+10", font_size: int = 14) -> Iterator[Path]:
    """A focused terminal in which every line typed is appended to the file yielded (UTF-8).

    Its process is ready to read when the block begins.
    """
    require("xterm", "xdotool")
    typed = desktop.directory / "typed.txt"
    ready = desktop.directory / "ready"
    typed.unlink(missing_ok=True)
    ready.unlink(missing_ok=True)
    # A line to look at: a picture that is not blank can be told from one that is.
    script = f"echo 'Bureau de test'; touch {shlex.quote(str(ready))}; exec cat >> {shlex.quote(str(typed))}"
    font = ("-fa", "DejaVu Sans Mono", "-fs", str(font_size), "-bg", "white", "-fg", "navy")
    terminal = desktop.run("xterm", "-u8", *font, "-geometry", geometry, "-T", "parvis", "-e", "sh", "-c", script)
    try:
        deadline = time.monotonic() + 15
        while not ready.exists():
            if terminal.poll() is not None or time.monotonic() > deadline:
                raise ServerFailed("xterm did not start:\n" + (desktop.directory / "programs.log").read_text())
            time.sleep(0.05)
        typed.touch()
        # Without a window manager X gives the focus to the window under the pointer.
        desktop.call("xdotool", "search", "--sync", "--name", "^parvis$", "mousemove", "--window", "%1", "60", "60")
        desktop.call("xdotool", "search", "--name", "^parvis$", "windowfocus", "%1")
        yield typed
    finally:
        terminal.kill()
        terminal.wait()


@contextlib.contextmanager
def _xvnc(directory: Path, geometry: str, depth: int, options: list[str]) -> Iterator[tuple[str, int]]:
    """Xvnc on the first display that is really free: two tests may choose at the same moment."""
    number = _FIRST_DISPLAY + free_port() % 800
    for attempt in range(_ATTEMPTS):
        while Path(f"/tmp/.X{number}-lock").exists() or Path(f"/tmp/.X11-unix/X{number}").exists():
            number += 1
        port, display = free_port(), f":{number}"
        command = ["Xtigervnc", display, "-rfbport", str(port), "-geometry", geometry, "-depth", str(depth)]
        command += ["-localhost", "-AlwaysShared", "-nolisten", "tcp", "-desktop", "Bureau de test", *options]
        try:
            process = running(
                command,
                log_path=directory / "Xvnc.log",
                is_ready=lambda port=port: accepts("127.0.0.1", port),  # type: ignore[misc]
            )
            with contextlib.ExitStack() as stack:
                stack.enter_context(process)
                yield display, port
                return
        except ServerFailed:
            if attempt == _ATTEMPTS - 1:
                raise
            number += 1


def _password_file(directory: Path, password: str) -> Path:
    path = directory / "passwd"
    path.write_bytes(vnc_auth.password_file(password))
    path.chmod(0o600)
    return path


def _path() -> dict[str, str]:
    return {"PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"}
