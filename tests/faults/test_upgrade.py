"""The previous release's database, full of rows, upgraded by processes that are killed: it ends whole."""

from __future__ import annotations

import json
import random
import shutil
import signal
from pathlib import Path

import pytest
from django.core.management.base import CommandError
from django.db.backends.sqlite3.base import DatabaseWrapper

from parvis.portal.config import migrating
from tests.faults import postgresql, worlds
from tests.faults.conftest import LONG, SEED
from tests.faults.nursery import Nursery

ROWS = 100_000 if LONG else 10_000
KILLS = 25 if LONG else 2
VENDORS = ("sqlite", "postgresql")


@pytest.fixture(params=VENDORS)
def previous(request: pytest.FixtureRequest, nursery: Nursery, tmp_path: Path) -> tuple[Path, str]:
    """Folder and address of a database of the previous release, with nothing in it."""
    if request.param == "sqlite":
        folder, database = tmp_path / "data", "sqlite"
    else:
        server: postgresql.Server = request.getfixturevalue("postgres")
        folder, database = tmp_path / "data", server.create("upgraded")
    nursery.do("play" if LONG else "build", folder=folder, database=database, release="previous")
    return folder, database


def test_an_upgrade_killed_again_and_again_ends_whole(
    previous: tuple[Path, str], nursery: Nursery, chance: random.Random
) -> None:
    folder, database = previous
    counts = nursery.do("fill", folder=folder, database=database, release="previous", rows=ROWS, seed=SEED)
    before = nursery.do("look", folder=folder, database=database)
    assert {table: before["rows"][table][1] for table in counts} == counts

    # At the end of a migration, where a record that is no part of it would be missing; then anywhere.
    killed = nursery.start("migrate_killed_at_record", folder=folder, database=database, number=chance.randrange(3))
    assert killed.wait() == -signal.SIGKILL, killed.log
    for _ in range(KILLS - 1):
        killed = nursery.start("migrate_killed", folder=folder, database=database, after=chance.randrange(60))
        assert killed.wait() in (-signal.SIGKILL, 0), killed.log
        if killed.status == 0:
            break

    # Two portals start at the same moment on what is left.
    both = [nursery.start("migrate", folder=folder, database=database) for _ in range(2)]
    for each in both:
        assert each.wait() == 0, each.log
    expected = sorted(map(list, _every_migration()))
    assert [sorted(each.answer()) for each in both] == [expected, expected]
    after = nursery.do("look", folder=folder, database=database, kept=before["rows"])
    assert after == {"rows": before["rows"], "chain": None, "integrity": []}


def _every_migration() -> set[tuple[str, str]]:
    from django.db.migrations.loader import MigrationLoader

    return set(MigrationLoader(None).graph.nodes)


def test_an_upgrade_without_its_database_says_what_to_do(nursery: Nursery, tmp_path: Path) -> None:
    nowhere = f"postgresql://parvis@/parvis?host={tmp_path}"
    failed = nursery.start("migrate", folder=tmp_path / "data", database=nowhere)
    assert failed.wait() == 1
    assert "CommandError: The database does not answer" in failed.log
    assert "Start it, or mend PARVIS_DATABASE_URL" in failed.log


def test_who_waits_too_long_for_an_upgrade_is_told(tmp_path: Path) -> None:
    connection = DatabaseWrapper({"NAME": tmp_path / "parvis.sqlite3"}, alias="elsewhere")
    said: list[str] = []
    with migrating.alone(connection, said.append):
        assert said == []
        with pytest.raises(CommandError, match="begun again whole"), migrating.alone(connection, said.append, wait=0.5):
            pytest.fail("two at once")
    assert said == ["Another process is migrating this database: waiting for it."]
    with migrating.alone(connection, said.append, wait=0):
        assert len(said) == 1, "given back"


def test_no_migration_of_ours_goes_without_a_transaction() -> None:
    """One that does is not begun again when it was killed half-way: it would have to be written for that."""
    from django.db.migrations.loader import MigrationLoader

    assert [str(found) for found in MigrationLoader(None).disk_migrations.values() if not found.atomic] == []


def test_the_previous_release_is_told_from_this_one() -> None:
    """Its list names migrations that exist, and leaves some for the upgrade to do."""
    listed = set(json.loads(worlds.PREVIOUS.read_text()).items())
    known = _every_migration()
    assert listed <= known
    assert len(listed) < len({app for app, _name in known})


def test_a_database_made_at_once_is_the_one_its_migrations_make(nursery: Nursery, tmp_path: Path) -> None:
    """What makes the short form honest; in the short form for the first rooms only, which take no half minute."""
    release = "previous" if LONG else "small"
    shapes = []
    for way in ("build", "play"):
        nursery.do(way, folder=tmp_path / way, release=release)
        shapes.append(nursery.do("shape", folder=tmp_path / way))
        shutil.rmtree(tmp_path / way)
    assert shapes[0] == shapes[1]
    assert len(shapes[0]) > 10
