"""baresip as the telephone: a real SIP client on a machine of its own."""

from __future__ import annotations

import contextlib
import json
import socket
import time
from collections.abc import Iterator
from pathlib import Path

from tests.integration.voice.sounds import read_tail, share, write_tone
from tests.servers.netns import RemoteMachine
from tests.servers.process import accepts, running

MODULES = "/usr/lib/baresip/modules"


class Phone:
    """One baresip, in a call or not."""

    def __init__(self, address: str, port: int, folder: Path) -> None:
        self._address = (address, port)
        self._folder = folder

    def dial(self, uri: str) -> None:
        self._do("dial", uri)

    def press(self, keys: str) -> None:
        for key in keys:
            self._do("sndcode", key)
            time.sleep(0.3)  # a finger's pace: the key is held, then let go

    def hang_up(self) -> None:
        self._do("hangup")

    def hears(self, hertz: float, seconds: float = 1.0) -> float:
        """How much of the last second it received is that tone."""
        dumps = sorted(self._folder.glob("dump-*-dec.wav"), key=lambda path: path.stat().st_mtime)
        return share(*read_tail(dumps[-1], seconds), hertz) if dumps else 0.0

    @property
    def log(self) -> str:
        return (self._folder / "baresip.log").read_text(errors="replace")

    def _do(self, command: str, params: str = "") -> None:
        message = json.dumps({"command": command, "params": params, "token": "t"})
        with socket.create_connection(self._address, timeout=10) as sock:
            sock.sendall(f"{len(message)}:{message},".encode())
            sock.recv(4096)


@contextlib.contextmanager
def telephone(
    machine: RemoteMachine,
    folder: Path,
    *,
    hertz: int,
    number: str = "33298001242",
    codec: str = "PCMA",
    port: int = 4444,
) -> Iterator[Phone]:
    """A telephone whose microphone hears one tone for ever (five minutes)."""
    folder.mkdir(parents=True)
    tone = write_tone(folder / "tone.wav", hertz, rate=8000, seconds=300)
    modules = ["stdio", "g711", "aufile", "aubridge", "sndfile", "account", "menu", "ctrl_tcp"]
    config = [
        f"sip_listen {machine.address}:{port + 1000}",
        f"audio_source aufile,{tone}",
        "audio_player aubridge,none",
        "audio_alert aubridge,none",
        "ausrc_srate 8000",
        "auplay_srate 8000",
        "audio_level no",
        f"snd_path {folder}",
        f"ctrl_tcp_listen {machine.address}:{port}",
        "rtp_ports 16000-16999",
        f"module_path {MODULES}",
        *(f"module {name}.so" for name in modules),
        "",
    ]
    (folder / "config").write_text("\n".join(config))
    (folder / "accounts").write_text(
        f"<sip:{number}@{machine.address}>;regint=0;audio_codecs={codec}/8000/1;dtmfmode=rtpevent\n"
    )
    with running(
        machine.command("baresip", "-f", str(folder)),
        log_path=folder / "baresip.log",
        is_ready=lambda: accepts(machine.address, port),
        timeout=60,
    ):
        yield Phone(machine.address, port, folder)
