"""A portal's data folder of its own for each test, with the keys that the portal of the suite runs with."""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from django.conf import LazySettings
from django.core.management import call_command

from parvis.backup import keys
from parvis.backup import shelf as shelf_names
from parvis.portal.kernel import clock
from parvis.serve import restoring
from tests.integration.backup.world import Elsewhere, Office, elsewhere, make_office


@dataclass(frozen=True)
class Shelf:
    """Where backups go, and the private key that opens them."""

    folder: Path
    key: Path
    recipient: str

    def back_up(self, *, verify: bool = False, keep: int = 0) -> Path:
        while any(self.folder.glob(f"{shelf_names.name(clock.now())}*")):  # one a second has a name, drafts too
            time.sleep(0.05)
        before = set(self.folder.iterdir())
        call_command("backup", self.folder, recipient=[self.recipient], verify=verify, keep=keep)
        (new,) = {path for path in self.folder.iterdir() if path not in before}
        return new


Restore = Callable[..., list[str]]


@pytest.fixture
def data_dir(settings: LazySettings, tmp_path: Path) -> Path:
    folder = tmp_path / "live"
    shutil.copytree(settings.PARVIS.data_dir / "keys", folder / "keys")
    settings.PARVIS = replace(settings.PARVIS, data_dir=folder)
    settings.MEDIA_ROOT = folder / "files"
    return folder


@pytest.fixture
def office(transactional_db: None, data_dir: Path) -> Office:
    return make_office()


@pytest.fixture
def shelf(tmp_path: Path, data_dir: Path) -> Shelf:
    folder = tmp_path / "shelf"
    folder.mkdir()
    public = keys.new_identity(tmp_path / "key.txt", now=datetime.now(UTC))
    return Shelf(folder, tmp_path / "key.txt", str(public))


@pytest.fixture
def other(tmp_path: Path, transactional_db: None) -> Iterator[Elsewhere]:
    with elsewhere(tmp_path / "elsewhere") as place:
        yield place


@pytest.fixture
def restore(other: Elsewhere, shelf: Shelf, monkeypatch: pytest.MonkeyPatch) -> Restore:
    """`parvis restore` into the other installation; what it says."""

    def run(file: Path, *options: str, key: Path | None = None) -> list[str]:
        for name, value in other.environment.items():
            monkeypatch.setenv(name, value)
        said: list[str] = []
        assert restoring.run([str(file), f"--key={key or shelf.key}", *options], say=said.append) == 0
        return said

    return run
