"""A real slapd with 5,000 and 50,000 people: read by us, by bare python-ldap, by ldapsearch; then synchronised.

ldapsearch and bare python-ldap page through the same entries and attributes: what the server and the library can give.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from bench.portal import child
from bench.processes import NotStarted
from bench.report import Section, median, note, ratio

SIZES, ROUNDS, DEPARTMENTS = (5000, 50_000), 3, 60
_WAYS = {"raw": "bare python-ldap", "reader": "the reader", "reader_tls": "the reader, LDAPS"}


def run(section: Section, *, quick: bool = False) -> None:
    """Measure and print."""
    from tests.requirements import require_library
    from tests.servers.slapd import READER, Certificate, slapd

    try:
        require_library("ldap")
    except BaseException as missing:  # pytest's own exceptions, outside of pytest
        section.missing(str(missing))
        return
    for size in (200,) if quick else SIZES:
        note(f"slapd with {size:,} people")
        limit = f'limits dn.exact="{READER}" size=unlimited size.prtotal=unlimited'
        with slapd(people(size), certificate=Certificate(), more=limit) as server:
            _reading(section, server, size, 1 if quick else ROUNDS)
            _synchronising(section, server, size)


def people(size: int) -> str:
    """Entries as a town hall has them, the same at every run."""
    from tests.servers.slapd import person

    return "".join(
        person(
            f"agent{number:05d}",
            givenName=f"Prenom{number % 300}",
            sn=f"Nom{number % 7000}",
            title=f"Fonction {number % 90}",
            departmentNumber=f"SRV{number % DEPARTMENTS:03d}",
            employeeNumber=f"{number:06d}",
            telephoneNumber=f"+33 2 98 {number // 100:04d} {number % 100:02d}",
            roomNumber=f"B{number % 400}",
            description="x" * 200,
        )
        for number in range(size)
    )


def _reading(section: Section, server: Any, size: int, rounds: int) -> None:
    speeds: dict[str, list[float]] = {way: [] for way in ("ldapsearch", *_WAYS)}
    memory: dict[str, list[float]] = {way: [] for way in _WAYS}
    for _ in range(rounds):
        speeds["ldapsearch"].append(size / _ldapsearch(server))
        for way in _WAYS:
            found = _child(way, server)
            if found["entries"] != size:
                raise NotStarted(f"{way} read {found['entries']} of {size}")
            speeds[way].append(size / found["seconds"])
            memory[way].append(found["peak_mb"])
    base = median(speeds["raw"])
    section.say(f"Reading {size:,} people; medians of {rounds}.\n")
    rows: list[tuple[object, ...]] = [("ldapsearch", median(speeds["ldapsearch"]), None, None)]
    for way, label in _WAYS.items():
        rows.append((label, median(speeds[way]), ratio(median(speeds[way]), base), median(memory[way])))
    section.table(["", "entries/s", "of bare python-ldap", "peak memory, MB"], rows)
    section.data[f"reading_{size}"] = {"entries_per_second": speeds, "peak_mb": memory}


def _synchronising(section: Section, server: Any, size: int) -> None:
    try:
        found = child.run("bench.directory.sync_child", server.uri, str(size), str(DEPARTMENTS), seconds=1200)
    except NotStarted as error:
        section.missing(str(error))
        return
    section.say(f"Synchronising {size:,} people into SQLite (read, compared, applied, audited).\n")
    rows = [
        (name, each["people"] / each["seconds"], each["seconds"], each["written"], each["peak_mb"])
        for name, each in found.items()
    ]
    section.table(["", "entries/s", "s", "people written", "peak memory, MB"], rows)
    section.data[f"synchronising_{size}"] = found


def _ldapsearch(server: Any) -> float:
    from bench.directory.read_child import ATTRIBUTES, FILTER
    from tests.servers.slapd import READER, READER_PASSWORD, SUFFIX

    command = ["ldapsearch", "-x", "-LLL", "-H", server.uri, "-D", READER, "-w", READER_PASSWORD]
    command += ["-b", f"ou=agents,{SUFFIX}", "-E", "pr=500/noprompt", FILTER, *ATTRIBUTES]
    began = time.perf_counter()
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    return time.perf_counter() - began


def _child(way: str, server: Any) -> dict[str, Any]:
    with tempfile.TemporaryDirectory(prefix="parvis-bench-") as name:
        ca = Path(name) / "ca.pem"
        ca.write_text(server.ca_pem)
        environ = {**os.environ, "PARVIS_MODE": "demo", "PARVIS_DATA_DIR": name, "PARVIS_LOG_LEVEL": "error"}
        environ["DJANGO_SETTINGS_MODULE"] = "parvis.portal.config.settings"
        uri = server.tls_uri if way == "reader_tls" else server.uri
        argv = [sys.executable, "-m", "bench.directory.read_child", way, uri, str(ca)]
        done = subprocess.run(argv, env=environ, capture_output=True, text=True, timeout=300, check=False)
        if done.returncode:
            raise NotStarted(done.stderr.strip()[-1500:])
        found: dict[str, Any] = json.loads(done.stdout)
        return found
