"""Whether Janus is installed here, and where its plugins are."""

from __future__ import annotations

import glob
import shutil
from pathlib import Path

from parvis.voice.janus.configuration import PLUGINS, JanusSettings

_MODULES = ("/usr/lib/*/janus", "/usr/lib/janus", "/usr/local/lib/janus")


def find_modules(settings: JanusSettings) -> Path | None:
    """The folder of Janus’s plugins; None when Janus, or a plugin we need, is not installed."""
    if shutil.which(settings.binary) is None:
        return None
    candidates = (
        [settings.modules] if settings.modules else [Path(p) for pattern in _MODULES for p in glob.glob(pattern)]
    )
    for folder in candidates:
        needed = [folder / "plugins" / f"libjanus_{name}.so" for name in PLUGINS]
        if all(path.exists() for path in [*needed, folder / "transports" / "libjanus_pfunix.so"]):
            return folder
    return None
