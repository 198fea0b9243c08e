"""Janus’s process: started, watched, started again; absent where it is not installed."""

from __future__ import annotations

import asyncio
import contextlib
import secrets
import signal
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

from parvis.gateway.logs import get_logger
from parvis.voice.janus.client import JanusClient, JanusError
from parvis.voice.janus.configuration import JanusSettings, files
from parvis.voice.janus.modules import find_modules

_START_SECONDS = 30.0
_STOP_SECONDS = 5.0
_PAUSES = (*[0.1] * 15, 1.0, 2.0, 5.0, 10.0, 30.0)
"""Between starts. Janus 1.1’s Unix socket has a race of its own: its thread may look whether the transport is
initialised before it is, and end; Janus then ends at once (on a busy machine, two starts in five). It is tried again
at once a few times before it is taken for broken."""
_LOG_BYTES = 4 * 1024 * 1024

log = get_logger(__name__)


class JanusProcess:
    """Runs Janus until `stop`; `client` is there while it answers."""

    def __init__(
        self,
        settings: JanusSettings,
        folder: Path,
        *,
        on_up: Callable[[JanusClient], Awaitable[None]],
        on_down: Callable[[], None],
    ) -> None:
        self._settings = settings
        self._folder = folder
        self._on_up = on_up
        self._on_down = on_down
        self._process: asyncio.subprocess.Process | None = None
        self._admin_key = secrets.token_urlsafe(24)
        self.client: JanusClient | None = None
        self.is_installed = find_modules(settings) is not None

    @property
    def reason(self) -> str:
        """Why there is no sound: `janus_missing`, `janus_down`, or nothing."""
        if not self.is_installed:
            return "janus_missing"
        return "" if self.client is not None else "janus_down"

    async def run(self) -> None:
        """Keep Janus running, until cancelled."""
        modules = find_modules(self._settings)
        if modules is None:
            log.warning("janus_not_installed", advice="apt install janus")
            return
        failures = 0
        while True:
            began = asyncio.get_running_loop().time()
            try:
                await self._once(modules)
            except (OSError, JanusError, TimeoutError) as error:
                log.warning("janus_failed", error=f"{type(error).__name__}: {error}")
            finally:
                self._down()
                await self._end_process()
            if asyncio.get_running_loop().time() - began > 60:
                failures = 0
            await asyncio.sleep(_PAUSES[min(failures, len(_PAUSES) - 1)])
            failures += 1

    async def _once(self, modules: Path) -> None:
        folder = self._folder
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        for name, text in files(self._settings, folder, modules, self._admin_key).items():
            path = folder / name
            path.touch(mode=0o600)
            path.write_text(text, encoding="utf-8")
        socket = folder / "api"
        with contextlib.suppress(FileNotFoundError):
            socket.unlink()
        output = folder / "janus.log"
        if output.exists() and output.stat().st_size > _LOG_BYTES:
            output.replace(folder / "janus.log.1")
        with output.open("ab") as stream:
            self._process = await asyncio.create_subprocess_exec(
                self._settings.binary,
                f"--configs-folder={folder}",
                f"--config={folder / 'janus.jcfg'}",
                stdin=asyncio.subprocess.DEVNULL,
                stdout=stream,
                stderr=stream,
            )
        ended = asyncio.create_task(self._process.wait())
        try:
            client = await asyncio.wait_for(self._connect(socket, ended), _START_SECONDS)
            try:
                self.client = client
                log.info("janus_started", pid=self._process.pid)
                await self._on_up(client)
                waiting: set[asyncio.Future[Any]] = {ended, client.closed}
                await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
                log.error("janus_ended", status=self._process.returncode)
            finally:
                client.close()
        finally:
            ended.cancel()

    async def _connect(self, socket: Path, ended: asyncio.Task[int]) -> JanusClient:
        while True:
            if ended.done():
                raise JanusError(f"Janus ended at once with status {ended.result()}; see {self._folder / 'janus.log'}")
            try:
                return await JanusClient.connect(socket, self._admin_key)
            except OSError:
                await asyncio.sleep(0.1)

    def _down(self) -> None:
        if self.client is not None:
            self.client = None
            self._on_down()

    async def _end_process(self) -> None:
        process, self._process = self._process, None
        if process is None or process.returncode is not None:
            return
        with contextlib.suppress(ProcessLookupError):
            process.send_signal(signal.SIGTERM)
        try:
            await asyncio.wait_for(process.wait(), _STOP_SECONDS)
        except TimeoutError:
            with contextlib.suppress(ProcessLookupError):
                process.kill()
            await process.wait()
