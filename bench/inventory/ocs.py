"""OCS Inventory's server as Debian packages it: Apache with mod_perl, and a MariaDB of its own in a temporary folder.

Needs the packages `ocsinventory-server`, `mariadb-server`, `libapache2-mod-perl2`, and the tables of
`ocsinventory-reports` (its folder of SQL alone will do: `OCS_SQL`).
"""

from __future__ import annotations

import http.client
import os
import re
import shutil
import subprocess
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from bench.inventory import reports
from bench.processes import Child, NotStarted, cpu_seconds, free_ports, listens, pss_bytes, wait_until

SETTINGS = Path("/etc/apache2/conf-available/ocsinventory-server.conf")
TABLES = Path(os.environ.get("OCS_SQL", "/usr/share/ocsinventory-reports/files"))
MODULES = Path("/usr/lib/apache2/modules")
AGENT = "OCS-NG_WINDOWS_AGENT_v2.10.0.0"
DATABASE = "ocsweb"


def measure(count: int, programs: int) -> dict[str, dict[str, float]]:
    """By day: reports a second, peak memory of Apache and MariaDB together (MB).

    Raises:
        NotStarted: it is not installed, or does not answer.
    """
    for needed in (SETTINGS, TABLES / "ocsbase.sql", MODULES / "mod_perl.so"):
        if not needed.exists():
            raise NotStarted(f"not installed: {needed}")
    with tempfile.TemporaryDirectory(prefix="parvis-bench-ocs-") as name, ExitStack() as stack:
        folder = Path(name)
        folder.chmod(0o755)
        sql_port, http_port = free_ports(2)
        database = stack.enter_context(_mariadb(folder, sql_port))
        apache = stack.enter_context(_apache(folder, http_port, sql_port))
        roots = [database.pid, apache.pid]
        days = {
            "first day, all new": _day(http_port, roots, count, programs, 0),
            "next day, known": _day(http_port, roots, count, programs, 1),
        }
        kept = int(_query(sql_port, "SELECT COUNT(*) FROM hardware WHERE NAME LIKE 'PC-BANC-%'") or 0)
        if kept != count:
            raise NotStarted(f"it kept {kept} of {count} computers: {apache.tail()}")
        return days


def _day(port: int, roots: list[int], count: int, programs: int, day: int) -> dict[str, float]:
    bodies = [reports.compressed(number, day=day, programs=programs) for number in range(count)]
    with _peak(roots) as peak:
        used, started = sum(cpu_seconds(root) for root in roots), time.perf_counter()
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=120)
        for body in bodies:
            connection.request(
                "POST", "/ocsinventory", body, {"User-Agent": AGENT, "Content-Type": "application/x-compress"}
            )
            answer = connection.getresponse()
            answer.read()
            if answer.status != 200:
                raise NotStarted(f"HTTP {answer.status}")
        seconds = time.perf_counter() - started
        cpu = sum(cpu_seconds(root) for root in roots) - used
        connection.close()
    return {"per_second": count / seconds, "cpu_ms": cpu * 1000 / count, "peak_mb": max(peak) / 2**20}


@contextmanager
def _peak(roots: list[int]) -> Iterator[list[int]]:
    seen, stop = [0], threading.Event()

    def look() -> None:
        while not stop.wait(0.5):
            seen.append(sum(pss_bytes(root) for root in roots))

    thread = threading.Thread(target=look, daemon=True)
    thread.start()
    try:
        yield seen
    finally:
        stop.set()
        thread.join(10)


@contextmanager
def _mariadb(folder: Path, port: int) -> Iterator[Child]:
    data = folder / "mariadb"
    user = ["--user=mysql"] if os.geteuid() == 0 else []
    if user:
        data.mkdir()
        shutil.chown(data, "mysql")
    made = subprocess.run(
        ["mariadb-install-db", "--no-defaults", f"--datadir={data}", "--auth-root-authentication-method=normal", *user],
        capture_output=True,
        text=True,
        check=False,
    )
    if made.returncode:
        raise NotStarted(made.stderr[-500:])
    options = [f"--datadir={data}", f"--socket={data}/socket", f"--port={port}", f"--pid-file={data}/pid"]
    command = ["mariadbd", "--no-defaults", *user, *options, "--bind-address=127.0.0.1", "--skip-grant-tables"]
    with Child([*command, "--innodb-strict-mode=0", "--sql-mode="], log=folder / "mariadb.log") as child:
        wait_until(lambda: listens(port), child, 60)
        _query(port, f"CREATE DATABASE {DATABASE} CHARACTER SET utf8mb4", database="")
        updates = sorted((TABLES / "update").glob("*.sql"), key=lambda path: int(re.sub(r"\D", "", path.stem) or 0))
        for path in [TABLES / "ocsbase.sql", *updates]:
            with path.open("rb") as text:  # as its pages do: each update once, what is there already passed over
                subprocess.run([*_client(port), "--force", DATABASE], stdin=text, capture_output=True, check=False)
        yield child


@contextmanager
def _apache(folder: Path, port: int, sql_port: int) -> Iterator[Child]:
    log = folder / "ocs-log"
    log.mkdir()
    log.chmod(0o777)
    text = SETTINGS.read_text()
    text = re.sub(r"(OCS_DB_HOST) \S+", r"\1 127.0.0.1", text)
    text = re.sub(r"(OCS_DB_PORT) \d+", rf"\1 {sql_port}", text)
    text = text.replace("/var/log/ocsinventory-server/", f"{log}/")
    (folder / "ocs.conf").write_text(text)
    wanted = (
        "mpm_prefork", "perl", "authz_core", "authz_host", "authz_user", "authn_core", "authn_file", "auth_basic",
        "env", "setenvif", "access_compat", "alias", "dir",
    )  # fmt: skip
    modules = "".join(f"LoadModule {name}_module {MODULES}/mod_{name}.so\n" for name in wanted)
    owner = "User www-data\nGroup www-data\n" if os.geteuid() == 0 else ""
    (folder / "apache.conf").write_text(
        f"ServerRoot {folder}\nServerName localhost\nListen 127.0.0.1:{port}\nPidFile {folder}/apache.pid\n"
        f"ErrorLog {folder}/apache.log\nMutex posixsem\nStartServers 4\nMaxRequestWorkers 16\n"
        f"{modules}{owner}Include {folder}/ocs.conf\n"
    )
    command = ["apache2", "-d", str(folder), "-f", str(folder / "apache.conf"), "-DFOREGROUND"]
    with Child(command, log=folder / "apache.log") as child:
        wait_until(lambda: listens(port), child, 60)
        yield child


def _client(port: int) -> list[str]:
    return ["mariadb", "--no-defaults", "--host=127.0.0.1", f"--port={port}", "--protocol=tcp", "--user=root"]


def _query(port: int, query: str, *, database: str = DATABASE) -> str:
    arguments = [*_client(port), "--batch", "--skip-column-names", "-e", query, *([database] if database else [])]
    done = subprocess.run(arguments, capture_output=True, text=True, check=False)
    if done.returncode:
        raise NotStarted(done.stderr[-500:])
    return done.stdout.strip()
