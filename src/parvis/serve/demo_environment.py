"""What `parvis demo` sets, and what it tells the person who started it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

from parvis.serve.options import ServeOptions

BASE_PORT = 5901
COUNT = 30
SLEEPER_PORT = 5931
"""A desktop that listens only after a magic packet has come to `WAKE_PORT`."""
SLEEPER_MAC = "02:52:49:4F:55:01"
WAKE_PORT = 40009


def defaults(environ: Mapping[str, str]) -> dict[str, str]:
    """Variables of the demo that are not given: everything on loopback, in `var/demo`."""
    listen = environ.get("PARVIS_LISTEN", "127.0.0.1:8000")
    ports = [*range(BASE_PORT, BASE_PORT + COUNT), SLEEPER_PORT, WAKE_PORT]
    wanted = {
        "PARVIS_MODE": "demo",
        "PARVIS_LISTEN": listen,
        "PARVIS_URL": f"http://localhost:{listen.rpartition(':')[2]}",
        "PARVIS_DATA_DIR": str(Path("var/demo").resolve()),
        "PARVIS_AUTHORITY_NAME": "Métropole de Rivemarine",
        "PARVIS_LOOPBACK_TARGETS": ",".join(f"127.0.0.1:{port}" for port in ports),
    }
    return {name: value for name, value in wanted.items() if name not in environ}


def desktop_arguments(options: ServeOptions, *, base_port: int = BASE_PORT, count: int = COUNT) -> list[str]:
    """The command line of the demonstration desktops."""
    return [
        "--base-port",
        str(base_port),
        "--count",
        str(count),
        "--names",
        str(options.data_dir / "desktops.json"),
        "--state-dir",
        str(options.data_dir / "desktops"),
    ]


def sleeper_arguments(options: ServeOptions) -> list[str]:
    """The command line of the desktop that sleeps until it is woken up."""
    desktop = desktop_arguments(options, base_port=SLEEPER_PORT, count=1)
    return ["--mac", SLEEPER_MAC, "--udp-port", str(WAKE_PORT), "--", *desktop]


def welcome(options: ServeOptions) -> str:
    """What to open and as whom."""
    url = f"http://localhost:{options.port}"
    personas = json.loads((options.data_dir / "personas.json").read_text(encoding="utf-8"))
    width = max((len(item["name"]) for item in personas), default=0)
    lines = [f"    {item['name']:<{width}}  {item['role']}" for item in personas]
    return "\n".join(
        [
            "",
            f"  Parvis is ready. Open  {url}",
            "",
            "  Choose a person on the sign-in page: one click, no password (demo only).",
            *lines,
            "",
            "  To see a remote screen: Claire Le Goff → « Mon bureau » → « Ouvrir mon ordinateur ».",
            f"  Logs: {options.log_dir}.  Stop with Ctrl-C.",
            "",
        ]
    )
