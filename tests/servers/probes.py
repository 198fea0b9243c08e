"""The real inventory probes of Debian (FusionInventory, OCS), told to report to an address, once."""

from __future__ import annotations

import subprocess
from pathlib import Path

from tests.requirements import require

FUSION = "/usr/bin/fusioninventory-agent"
FUSION_LIBRARY = "/usr/share/fusioninventory/lib"
SECONDS = 150

# The program as it is, with its memory in a folder of the test: the package fixes it in /var/lib.
_FUSION = f'use setup; $setup::setup{{vardir}} = shift @ARGV; $0 = "{FUSION}"; do $0; die $@ if $@'


def fusioninventory(url: str, folder: Path, *options: str) -> str:
    """Run FusionInventory's agent in the foreground; its log. Tasks other than the inventory are off."""
    require("fusioninventory-agent")
    folder.mkdir(exist_ok=True)
    settings = folder / "agent.cfg"
    settings.write_text(f"server = {url}\nlogger = stderr\ndebug = 2\nno-httpd = 1\ntasks = inventory\n")
    return _run("perl", "-I", FUSION_LIBRARY, "-e", _FUSION, str(folder), f"--conf-file={settings}", *options)


def ocsinventory(url: str, folder: Path, *options: str) -> str:
    """Run OCS's agent in the foreground; its log."""
    require("ocsinventory-agent")
    folder.mkdir(exist_ok=True)
    # The package's own settings may say to write a file instead: `--nolocal`.
    return _run("ocsinventory-agent", "--nolocal", "--debug", f"--server={url}", f"--basevardir={folder}", *options)


def _run(*command: str) -> str:
    done = subprocess.run(command, capture_output=True, text=True, errors="replace", timeout=SECONDS, check=False)
    return done.stdout + done.stderr
