"""Where the processes listen and meet."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class ServeOptions:
    """Read from `PARVIS_LISTEN` and `PARVIS_DATA_DIR`."""

    host: str
    port: int
    data_dir: Path

    @property
    def gateway_socket(self) -> Path:
        """Unix socket on which the gateway takes over WebSockets."""
        return self.data_dir / "run" / "gateway.sock"

    @property
    def voice_socket(self) -> Path:
        """Unix socket on which the voice server takes over WebSockets."""
        return self.data_dir / "run" / "voice.sock"

    @property
    def log_dir(self) -> Path:
        """Where each process writes its log when the console is kept for people."""
        return self.data_dir / "log"

    @classmethod
    def from_environment(cls) -> ServeOptions:
        """Read the two variables.

        Raises:
            ValueError: `PARVIS_LISTEN` is not `host:port`.
        """
        host, _, port = os.environ.get("PARVIS_LISTEN", "127.0.0.1:8000").rpartition(":")
        if not host or not port.isdigit() or not 0 < int(port) < 65536:
            raise ValueError("PARVIS_LISTEN: expected host:port")
        return cls(host.strip("[]"), int(port), Path(os.environ.get("PARVIS_DATA_DIR", "var")).resolve())
