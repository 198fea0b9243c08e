"""What `parvis demo` sets, and what it tells the person who started it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

from parvis.portal.config import env
from parvis.serve import demo_real
from parvis.serve.options import ServeOptions

BASE = "PARVIS_DEMO_BASE_PORT"
SLEEPER_MAC = "02:52:49:4F:55:01"
"""Of the one computer that must be woken up; the same in `parc.demo`."""


def defaults(environ: Mapping[str, str]) -> dict[str, str]:
    """Variables of the demo that are not given: everything on loopback, in `var/demo`."""
    listen = environ.get("PARVIS_LISTEN", "127.0.0.1:8000")
    demo = env.parse({"PARVIS_MODE": "demo"} | {name: value for name, value in environ.items() if name == BASE})
    real = [demo.demo_vnc_port, demo.demo_rdp_port]
    ports = [*demo.demo_desktop_ports, demo.demo_sleeper_port, demo.demo_wake_port, *real]
    wanted = {
        "PARVIS_MODE": "demo",
        "PARVIS_LISTEN": listen,
        "PARVIS_URL": f"http://localhost:{listen.rpartition(':')[2]}",
        "PARVIS_DATA_DIR": str(Path("var/demo").resolve()),
        "PARVIS_AUTHORITY_NAME": "Métropole de Rivemarine",
        "PARVIS_HELP_CONTACT": "02 61 91 42 42",  # numbers in 02 61 91 belong to fiction (Arcep)
        # No network at all but the exact loopback pairs below: a visitor's own network is never touched.
        "PARVIS_ALLOWED_NETWORKS": "127.0.0.0/8",
        "PARVIS_LOOPBACK_TARGETS": ",".join(f"127.0.0.1:{port}" for port in ports),
    }
    return {name: value for name, value in wanted.items() if name not in environ}


def desktop_arguments(options: ServeOptions, environ: Mapping[str, str]) -> list[str]:
    """The command line of the demonstration desktops."""
    ports = env.parse(environ).demo_desktop_ports
    return _desktop(options, ports.start, len(ports))


def sleeper_arguments(options: ServeOptions, environ: Mapping[str, str]) -> list[str]:
    """The command line of the desktop that sleeps until it is woken up."""
    demo = env.parse(environ)
    desktop = _desktop(options, demo.demo_sleeper_port, 1)
    return ["--mac", SLEEPER_MAC, "--udp-port", str(demo.demo_wake_port), "--", *desktop]


def _desktop(options: ServeOptions, base_port: int, count: int) -> list[str]:
    names, state = options.data_dir / "desktops.json", options.data_dir / "desktops"
    ports = ["--base-port", str(base_port), "--count", str(count)]
    return [*ports, "--names", str(names), "--state-dir", str(state)]


def _real(environ: Mapping[str, str]) -> list[str]:
    words = {"rdp": "a real xrdp", "vnc": "a real TigerVNC"}
    present = [words[protocol] for protocol in ("rdp", "vnc") if protocol in demo_real.available(environ)]
    return [f"  Yann Kerbrat also has {' and '.join(present)} desktop (any password)."] if present else []


def welcome(options: ServeOptions, environ: Mapping[str, str]) -> str:
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
            *_real(environ),
            f"  Logs: {options.log_dir}.  Stop with Ctrl-C.",
            "",
        ]
    )
