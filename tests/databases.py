"""An empty database of today's migrations, made once and copied by whoever needs one.

Making it costs half a minute of processor, since Django renders its models anew at each step. It is kept in `.make`
under a name that follows from every migration; another migration, another name. `migrate` runs on each copy all the
same, and `make check` compares models with migrations: a copy hides nothing. `--create-db` begins from nothing.
"""

from __future__ import annotations

import fcntl
import hashlib
import importlib.util
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterable
from importlib.metadata import version
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import psycopg
from django.apps import apps

FOLDER = Path(__file__).resolve().parents[1] / ".make" / "databases"
KEPT = 3
"""Databases that stay: of the branches one goes between."""
ADVISORY_KEY = 0x7375_6974_65
"""PostgreSQL's name of our lock (« suite » in ASCII)."""


def copy_into(data_dir: Path) -> None:
    """Give a data folder its embedded database, as `migrate` would leave it."""
    data_dir.mkdir(parents=True, exist_ok=True)
    copy_to(data_dir / "parvis.sqlite3")


def copy_to(path: Path) -> None:
    """The same under any name; what stood there goes, with what SQLite put beside it."""
    for beside in (f"{path}-wal", f"{path}-shm"):
        Path(beside).unlink(missing_ok=True)
    shutil.copyfile(kept(FOLDER, f"{fingerprint(sources())}.sqlite3", _make), path)


def template_on(url: str) -> str:
    """The name of the database to copy, on the PostgreSQL of this address; nobody may be connected to it."""
    parts = urlsplit(url)
    name = f"parvis_template_{fingerprint(sources())[:16]}"
    making = f"{name}_making"
    with psycopg.connect(urlunsplit(parts._replace(path="/postgres")), autocommit=True) as server:
        server.execute("SELECT pg_advisory_lock(%s)", [ADVISORY_KEY])  # until we leave
        if server.execute("SELECT 1 FROM pg_database WHERE datname = %s", [name]).fetchone() is None:
            server.execute(f'DROP DATABASE IF EXISTS "{making}"')
            server.execute(f'CREATE DATABASE "{making}"')
            with tempfile.TemporaryDirectory() as folder:
                _migrate(Path(folder), urlunsplit(parts._replace(path=f"/{making}")))
            server.execute(f'ALTER DATABASE "{making}" RENAME TO "{name}"')
    return name


def kept(folder: Path, name: str, make: Callable[[Path], None]) -> Path:
    """The file of this name, which `make` writes where it is missing; one process at a time, others wait for it."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / name
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if path.exists():
            path.touch()
            return path
        with tempfile.TemporaryDirectory(dir=folder) as place:
            make(Path(place) / name)
            (Path(place) / name).replace(path)
        old = sorted(folder.glob(f"*{path.suffix}"), key=lambda each: each.stat().st_mtime)[:-KEPT]
        for each in old:
            each.unlink()
    return path


def fingerprint(files: Iterable[Path]) -> str:
    """What the content of these files and Django's version come to."""
    found = hashlib.sha256(version("django").encode())
    for path in files:
        found.update(f"\0{path}\0".encode() + path.read_bytes())
    return found.hexdigest()


def sources() -> list[Path]:
    """Every migration of every application, and our modules they import."""
    migrations = [path for app in apps.get_app_configs() for path in Path(app.path).glob("migrations/*.py")]
    named = {
        name
        for path in migrations
        for name in re.findall(r"^(?:from|import) (parvis[\w.]+)", path.read_text(encoding="utf-8"), re.MULTILINE)
    }
    modules = [found.origin for name in named if (found := importlib.util.find_spec(name))]
    return sorted({*migrations, *(Path(origin) for origin in modules if origin)})


def _make(path: Path) -> None:
    _migrate(path.parent, "sqlite")
    (path.parent / "parvis.sqlite3").rename(path)
    assert not Path(f"{path.parent}/parvis.sqlite3-wal").exists()


def _migrate(data_dir: Path, database: str) -> None:
    inherited = {name: value for name, value in os.environ.items() if not name.startswith(("PARVIS_", "DJANGO_"))}
    environment = {
        **inherited,
        "PARVIS_MODE": "development",
        "PARVIS_DATA_DIR": str(data_dir),
        "PARVIS_DATABASE_URL": database,
        "DJANGO_SETTINGS_MODULE": "parvis.portal.config.settings",
    }
    command = [sys.executable, "-m", "django", "migrate", "--verbosity", "0"]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(done.stderr[-3000:])
