"""An office whose technician keeps documents, and installations elsewhere that its backups are restored into."""

from __future__ import annotations

import contextlib
import hashlib
import os
import secrets
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from django.contrib.auth.hashers import ScryptPasswordHasher
from django.core.files.base import ContentFile
from django.db import connection

from parvis.backup.postgresql import Server
from parvis.portal.accounts.models import User
from parvis.portal.directory.models import Entity, Role
from parvis.portal.kernel import clock
from parvis.portal.parc import documents
from parvis.portal.parc.models import Computer, Document
from tests.integration.authority import make_computer, make_entity, make_member
from tests.integration.signing_in import give_second_factor

PASSWORD = "correct horse battery staple"


@dataclass(frozen=True)
class Office:
    """A technician who signs in with `PASSWORD`, and a computer that documents are kept with."""

    technician: User
    computers: tuple[Computer, ...]

    def keep(self, number: int = 0) -> tuple[Document, bytes]:
        """A new document of one of the computers; its bytes."""
        content = b"%PDF-" + os.urandom(2000)
        document = documents.add_document(
            actor=self.technician,
            about=self.computers[number],
            name="Facture",
            file=ContentFile(content, "facture.pdf"),
            now=clock.now(),
        )
        return document, content

    def forget(self, document: Document) -> None:
        """Row and file go."""
        documents.delete_document(actor=self.technician, document=document, now=clock.now())


def make_office(computers: int = 1) -> Office:
    root = make_entity("Métropole", kind=Entity.Kind.METROPOLE)
    technician = make_member(root, Role.TECHNICIAN, "yann")
    hasher = ScryptPasswordHasher()  # what a real portal reads; the suite's own is for speed
    technician.password = hasher.encode(PASSWORD, hasher.salt())
    technician.save()
    give_second_factor(technician)
    return Office(technician, tuple(make_computer(root) for _ in range(computers)))


@dataclass(frozen=True)
class Elsewhere:
    """An installation that does not exist yet: a data folder to be made, and an empty database on PostgreSQL."""

    data_dir: Path
    database_url: str

    @property
    def environment(self) -> dict[str, str]:
        return {
            "PARVIS_MODE": "development",
            "PARVIS_DATA_DIR": str(self.data_dir),
            "PARVIS_DATABASE_URL": self.database_url,
            "DJANGO_SETTINGS_MODULE": "parvis.portal.config.settings",
        }

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        if self.database_url == "sqlite":
            with contextlib.closing(sqlite3.connect(self.data_dir / "parvis.sqlite3")) as database:
                return database.execute(query).fetchall()
        with Server.from_url(self.database_url).connect() as server:
            return server.execute(query).fetchall()

    def tables(self) -> int:
        if self.database_url == "sqlite":
            return int((self.data_dir / "parvis.sqlite3").exists())
        return len(self.rows("SELECT 1 FROM pg_tables WHERE schemaname = 'public'"))

    def manage(self, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "django", *arguments],
            env={**os.environ, **self.environment, **environment},
            capture_output=True,
            text=True,
            check=False,
        )


@contextlib.contextmanager
def elsewhere(folder: Path) -> Iterator[Elsewhere]:
    if connection.vendor == "sqlite":
        yield Elsewhere(folder, "sqlite")
        return
    own = live_server()
    name = f"restored_{secrets.token_hex(4)}"
    with own.connect(autocommit=True) as server:
        server.execute(f"CREATE DATABASE {name} TEMPLATE template0")
        try:
            yield Elsewhere(folder, replace(own, name=name).url)
        finally:
            server.execute(f"DROP DATABASE {name} WITH (FORCE)")


def live_server() -> Server:
    given = connection.settings_dict
    return Server(name=given["NAME"], user=given["USER"], host=given["HOST"], port=str(given["PORT"]))


def fingerprint(folder: Path) -> dict[str, str]:
    """Every file below and its bytes, to see that nothing was touched. Not the locks that hold others off."""
    return {
        path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and path.suffix != ".lock"
    }
