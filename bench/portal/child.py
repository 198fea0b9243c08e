"""Django in a process of its own, on a database of its own: `run` in the parent, `main` in the child."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from bench.processes import NotStarted

_SECONDS = 300


def run(module: str, *arguments: str, seconds: float = _SECONDS, keep: Path | None = None) -> dict[str, Any]:
    """What `module` measures in a fresh data folder (SQLite, demo mode), or in the one to `keep`.

    Raises:
        NotStarted: it failed; `str()` holds the end of its errors.
    """
    with ExitStack() as stack:
        name = str(keep) if keep else stack.enter_context(tempfile.TemporaryDirectory(prefix="parvis-bench-"))
        answer = Path(name) / "answer.json"
        inherited = {key: value for key, value in os.environ.items() if not key.startswith(("PARVIS_", "DJANGO_"))}
        environ = {
            **inherited,
            "PARVIS_MODE": "demo",
            "PARVIS_DATA_DIR": name,
            "PARVIS_LOG_LEVEL": "error",
            "DJANGO_SETTINGS_MODULE": "parvis.portal.config.settings",
        }
        argv = [sys.executable, "-m", module, str(answer), *arguments]
        try:
            done = subprocess.run(argv, env=environ, capture_output=True, text=True, timeout=seconds, check=False)
        except subprocess.TimeoutExpired:
            raise NotStarted(f"{module} took more than {seconds:.0f} s") from None
        if done.returncode:
            raise NotStarted(f"{module}: {done.stderr.strip()[-1500:]}")
        found: dict[str, Any] = json.loads(answer.read_text())
        return found


def main(measure: Callable[..., dict[str, Any]]) -> None:
    """In the child: make the tables, measure, write the answer down."""
    import django
    from django.core.management import call_command

    django.setup()
    call_command("migrate", verbosity=0)
    Path(sys.argv[1]).write_text(json.dumps(measure(*sys.argv[2:])))
