"""The pieces a backup is made of: files held fast, names, the tar, the manifest, how a database is reached."""

from __future__ import annotations

import io
import os
import tarfile
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from parvis.backup import files, shelf, take
from parvis.backup.bundle import DATABASES, MANIFEST, Packer, unpack
from parvis.backup.container import CHUNK_BYTES, Opener, Sealer
from parvis.backup.database import RestoredDatabase, Snapshot, sum_rows
from parvis.backup.errors import BackupDamaged, BackupError, BackupTooNew
from parvis.backup.examine import examine
from parvis.backup.keys import Identity
from parvis.backup.manifest import FORMAT, Manifest, Part, TableSum
from parvis.backup.postgresql import Server

NOW = datetime(2026, 11, 23, 2, 30, tzinfo=UTC)
EMPTY = Manifest(
    format=FORMAT,
    parvis="0.1.0",
    taken_at=NOW.isoformat(),
    vendor="sqlite",
    server="SQLite 3",
    audit_head="1:ab",
    migrations=["parc.0001_initial"],
    tables={"t": TableSum(1, "00")},
    parts={},
    file_columns=[("t", "file")],
)


class Tables:
    """A database whose snapshot is when `between` has been called: others add and delete around it."""

    vendor = "sqlite"

    def __init__(self, rows: set[str], between: Callable[[int], None] = lambda attempt: None) -> None:
        self.rows, self.between, self.attempts = rows, between, 0

    def snapshot(self, path: Path, columns: object) -> Snapshot:
        self.attempts += 1
        path.write_bytes(b"database")
        seen = set(self.rows)
        self.between(self.attempts)
        return Snapshot(path=path, taken_at=NOW, server="", tables={}, migrations=[], audit_head="", files=seen)

    def files(self, columns: object) -> set[str]:
        return set(self.rows)

    def scratch(self, folder: Path) -> AbstractContextManager[RestoredDatabase]:
        raise AssertionError("nothing is restored here")

    def one_at_a_time(self) -> AbstractContextManager[None]:
        return nullcontext()


def instant(tmp_path: Path, database: Tables) -> tuple[Snapshot, set[str], list[str]]:
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    place = take.Place(
        data_dir=tmp_path,
        keys_dir=tmp_path / "keys",
        files_dir=tmp_path / "files",
        database=database,
        file_columns=(),
        version="0.1.0",
    )
    snapshot, missing = take._instant(place, scratch)
    return snapshot, missing, files.names(scratch / "files")


@pytest.fixture
def store(tmp_path: Path) -> Path:
    folder = tmp_path / "files"
    (folder / "plans").mkdir(parents=True)
    (folder / "plans" / "a.pdf").write_bytes(b"a")
    (folder / "b.pdf").write_bytes(b"b")
    return folder


def test_a_file_deleted_after_the_snapshot_is_in_the_backup(tmp_path: Path, store: Path) -> None:
    rows = {"plans/a.pdf", "b.pdf"}

    def delete(attempt: int) -> None:
        rows.discard("b.pdf")
        (store / "b.pdf").unlink()

    snapshot, missing, held = instant(tmp_path, Tables(rows, delete))
    assert (snapshot.files, missing, held) == ({"plans/a.pdf", "b.pdf"}, set(), ["b.pdf", "plans/a.pdf"])


def test_a_file_that_came_just_before_the_snapshot_is_in_it_and_no_later_one(tmp_path: Path, store: Path) -> None:
    database = Tables({"plans/a.pdf"})
    before = database.snapshot

    def snapshot(path: Path, columns: object) -> Snapshot:
        (store / "new.pdf").write_bytes(b"n")
        database.rows.add("new.pdf")
        taken = before(path, columns)
        (store / "later.pdf").write_bytes(b"l")
        database.rows.add("later.pdf")
        return taken

    database.snapshot = snapshot  # type: ignore[method-assign]
    _, missing, held = instant(tmp_path, database)
    assert (missing, held) == (set(), ["b.pdf", "new.pdf", "plans/a.pdf"])


def test_a_file_added_and_deleted_around_the_snapshot_has_it_taken_again(tmp_path: Path, store: Path) -> None:
    rows = {
        "plans/a.pdf",
        "fleeting.pdf",
    }  # its file came after the first look, and goes with its row before the second
    database = Tables(rows, lambda attempt: rows.discard("fleeting.pdf"))
    snapshot, missing, _ = instant(tmp_path, database)
    assert (database.attempts, snapshot.files, missing) == (2, {"plans/a.pdf"}, set())


def test_a_file_lost_long_ago_is_told_and_delays_nothing(tmp_path: Path, store: Path) -> None:
    database = Tables({"plans/a.pdf", "lost.pdf", "../elsewhere"})
    _, missing, _ = instant(tmp_path, database)
    assert (database.attempts, missing) == (1, {"lost.pdf", "../elsewhere"})


def test_without_end_it_gives_up(tmp_path: Path, store: Path) -> None:
    rows: set[str] = {"0"}

    def change(attempt: int) -> None:
        rows.clear()
        rows.add(str(attempt))

    with pytest.raises(BackupError, match="try again later"):
        instant(tmp_path, Tables(rows, change))


def test_where_links_are_impossible_files_are_copied_and_what_grew_is_copied_again(
    tmp_path: Path, store: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def no_links(source: Path, target: Path) -> None:
        raise PermissionError("no links here")

    monkeypatch.setattr(os, "link", no_links)
    held = tmp_path / "held"
    assert files.hold(store, held) == 2
    assert files.hold(store, held) == 0
    (store / "b.pdf").write_bytes(b"whole by now")
    files.hold_named(store, held, {"b.pdf", "absent.pdf"})
    assert (held / "b.pdf").read_bytes() == b"whole by now"


def test_links_out_of_the_folder_are_not_followed(tmp_path: Path, store: Path) -> None:
    (tmp_path / "secret").write_text("secret")
    (store / "link.pdf").symlink_to(tmp_path / "secret")
    (store / "folder").symlink_to(tmp_path)
    files.hold(store, tmp_path / "held")
    assert files.names(tmp_path / "held") == ["b.pdf", "plans/a.pdf"]


def packed(tmp_path: Path, manifest: Manifest = EMPTY, names: tuple[str, ...] = (DATABASES["sqlite"],)) -> bytes:
    content, out = tmp_path / "content", io.BytesIO()
    content.write_bytes(b"content")
    packer = Packer(out)  # type: ignore[arg-type]
    for name in names:
        packer.add(name, content)
    packer.finish(replace(manifest, parts=manifest.parts or packer.parts))
    return out.getvalue()


def unpacked(raw: bytes, folder: Path) -> Manifest:
    return unpack(io.BytesIO(raw), folder)  # type: ignore[arg-type]


def test_what_was_packed_comes_out_with_its_manifest(tmp_path: Path) -> None:
    names = (DATABASES["sqlite"], "keys/django.txt", "files/été/œuvre de l’année.pdf", f"files/{'long' * 60}.pdf")
    manifest = unpacked(packed(tmp_path, names=names), tmp_path / "out")
    assert set(manifest.parts) == set(names)
    assert all((tmp_path / "out" / name).read_bytes() == b"content" for name in names)
    assert manifest.file_columns == [("t", "file")]
    assert (tmp_path / "out" / "keys").stat().st_mode & 0o777 == 0o700


@pytest.mark.parametrize(
    "name", ["../x", "files/../../x", "/etc/passwd", "files", "other/x", "files//x", "files/./x", "keys/a\nb", "files/"]
)
def test_names_that_lead_elsewhere_are_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(BackupDamaged):
        unpacked(packed(tmp_path, names=(DATABASES["sqlite"], name)), tmp_path / "out")
    assert not (tmp_path / "x").exists()


def test_links_and_devices_are_refused(tmp_path: Path) -> None:
    for kind in (tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.FIFOTYPE, tarfile.DIRTYPE, tarfile.CHRTYPE):
        out = io.BytesIO()
        with tarfile.open(fileobj=out, mode="w") as tar:
            entry = tarfile.TarInfo("files/x")
            entry.type, entry.linkname = kind, "/etc/passwd"
            tar.addfile(entry)
        with pytest.raises(BackupDamaged, match="holds what no backup holds"):
            unpacked(out.getvalue(), tmp_path / "out")


def test_parts_missing_too_many_or_changed_are_refused(tmp_path: Path) -> None:
    database = DATABASES["sqlite"]
    whole = unpacked(packed(tmp_path, names=(database, "keys/a")), tmp_path / "whole")
    for number, names in enumerate([(database,), (database, "keys/a", "keys/b"), ("keys/a",)]):
        with pytest.raises(BackupDamaged):
            unpacked(packed(tmp_path, replace(EMPTY, parts=whole.parts), names), tmp_path / f"out{number}")
    changed = {**whole.parts, "keys/a": replace(whole.parts["keys/a"], sha256="0" * 64)}
    with pytest.raises(BackupDamaged, match="keys/a"):
        unpacked(packed(tmp_path, replace(EMPTY, parts=changed), (database, "keys/a")), tmp_path / "changed")
    with pytest.raises(BackupDamaged, match="no database"):
        unpacked(packed(tmp_path, names=("keys/a",)), tmp_path / "none")


def test_cut_after_all_its_parts_it_is_refused_too(tmp_path: Path) -> None:
    identity, sealed = Identity(bytes([1]) * 32), io.BytesIO()
    sealer = Sealer(sealed, [identity.recipient])
    sealer.write(packed(tmp_path) + bytes(3 * CHUNK_BYTES))
    sealer.finish()
    whole = sealed.getvalue()
    unpack(Opener(io.BytesIO(whole), [identity]), tmp_path / "out")
    with pytest.raises(BackupDamaged, match="cut off"):
        unpack(Opener(io.BytesIO(whole[: -CHUNK_BYTES // 2]), [identity]), tmp_path / "cut")


def test_without_a_manifest_it_was_never_finished(tmp_path: Path) -> None:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w"):
        pass
    with pytest.raises(BackupDamaged, match="never finished"):
        unpacked(out.getvalue(), tmp_path / "out")
    with pytest.raises(BackupDamaged):
        unpacked(b"no tar at all" * 100, tmp_path / "out")


def test_a_manifest_of_a_later_form_is_refused_in_words() -> None:
    assert Manifest.from_json(EMPTY.to_json()) == EMPTY
    later = EMPTY.to_json().replace(b'"format": 1', b'"format": 2').replace(b'"0.1.0"', b'"9.0"')
    with pytest.raises(BackupTooNew, match=r"Parvis 9\.0, which is newer"):
        Manifest.from_json(later)


@given(st.binary(max_size=100) | st.just(b"{}") | st.just(b'{"format": 1}') | st.just(b"[]"))
def test_what_is_no_manifest_is_refused_in_words(raw: bytes) -> None:
    with pytest.raises(BackupDamaged):
        Manifest.from_json(raw)


def test_a_table_s_sum_sees_each_value_and_not_the_order() -> None:
    one, two = (1, "é", None, b"\x00"), (2, "", 1.5, b"")
    assert sum_rows(iter([one, two])) == sum_rows(iter([two, one]))
    for other in ([one], [one, one], [one, (2, "", 1.5, None)], [one, (2, "", 1.5, b"", None)], []):
        assert sum_rows(iter(other)) != sum_rows(iter([one, two]))


def test_names_follow_time_and_only_they_are_tidied(tmp_path: Path) -> None:
    assert shelf.name(NOW) == "parvis-20261123T023000Z.tar.age"
    for day in (1, 2, 3):
        (tmp_path / shelf.name(NOW.replace(day=day))).touch()
    (tmp_path / "parvis-20261101T000000Z.tar.age.part").touch()  # of another machine, at work
    assert shelf.tidy(tmp_path, 0) == []
    assert [path.name for path in shelf.tidy(tmp_path, 2)] == [shelf.name(NOW.replace(day=1))]
    os.utime(tmp_path / "parvis-20261101T000000Z.tar.age.part", (1, 1))
    assert [path.name for path in shelf.tidy(tmp_path, 2)] == ["parvis-20261101T000000Z.tar.age.part"]


def test_the_new_one_stays_though_the_clock_was_ahead(tmp_path: Path) -> None:
    new, future = tmp_path / shelf.name(NOW), tmp_path / shelf.name(NOW.replace(year=2038))
    new.touch()
    future.touch()
    assert shelf.tidy(tmp_path, 1, newest=new) == [future]
    assert new.exists()


def test_the_last_one_is_remembered(tmp_path: Path) -> None:
    assert shelf.last_at(tmp_path) is None
    shelf.note(tmp_path, at=NOW, file=tmp_path / "x", verified=True)
    assert shelf.last_at(tmp_path) == NOW
    (tmp_path / "last-backup.json").write_text("{")
    assert shelf.last_at(tmp_path) is None


class Loaded:
    """A database into which a backup was put, and what is in it then."""

    url = "sqlite"

    def __init__(self, sums: dict[str, TableSum], names: set[str]) -> None:
        self._sums, self._names = sums, names

    def load(self, path: Path) -> None:
        assert path.exists()

    def sums(self) -> dict[str, TableSum]:
        return self._sums

    def files(self, columns: object) -> set[str]:
        return self._names


def examined(tmp_path: Path, restored: Loaded, **more: object) -> list[Manifest]:
    part = tmp_path / DATABASES["sqlite"]
    part.parent.mkdir(exist_ok=True)
    part.touch()
    asked: list[Manifest] = []
    manifest = replace(EMPTY, parts={"files/a.pdf": Part(1, "00")}, **more)  # type: ignore[arg-type]
    examine(tmp_path, restored, manifest, lambda folder, url, manifest: asked.append(manifest))
    return asked


def test_restored_each_table_must_be_what_was_backed_up(tmp_path: Path) -> None:
    assert len(examined(tmp_path, Loaded(EMPTY.tables, {"a.pdf"}))) == 1
    for sums in ({}, {"t": TableSum(2, "00")}, {"t": TableSum(1, "01")}, {**EMPTY.tables, "u": TableSum(0, "00")}):
        with pytest.raises(BackupDamaged, match="not what was backed up"):
            examined(tmp_path, Loaded(sums, set()))


def test_restored_each_file_that_is_named_must_be_there(tmp_path: Path) -> None:
    restored = Loaded(EMPTY.tables, {"a.pdf", "b.pdf"})
    with pytest.raises(BackupDamaged, match=r"1 files .* b\.pdf"):
        examined(tmp_path, restored)
    assert len(examined(tmp_path, restored, missing_files=["b.pdf"])) == 1


@pytest.mark.parametrize(
    "url",
    [
        "postgresql://parvis:p%40ss%2Fw%3Ard@db.example:5433/parvis",
        "postgresql://parvis@/parvis?host=%2Frun%2Fpostgresql",
        "postgresql:///parvis",
        "postgresql://db.example/parvis",
    ],
)
def test_how_a_database_is_reached_is_kept(url: str) -> None:
    server = Server.from_url(url)
    assert Server.from_url(server.url) == server
    assert "p@ss" not in repr(server)


def test_a_database_that_does_not_answer_is_told_in_words() -> None:
    with (
        pytest.raises(BackupError, match="The database parvis failed"),
        Server(name="parvis", host="/nowhere").connect(),
    ):
        raise AssertionError("there is none")


def test_the_password_travels_in_the_environment() -> None:
    server = Server.from_url("postgresql://parvis:p%40ss@db.example:5433/parvis")
    own = {name: value for name, value in server.environment().items() if name.startswith("PG") or name == "LC_ALL"}
    assert own == {
        **{name: value for name, value in os.environ.items() if name.startswith("PG")},
        "PGDATABASE": "parvis",
        "PGUSER": "parvis",
        "PGPASSWORD": "p@ss",
        "PGHOST": "db.example",
        "PGPORT": "5433",
        "PGCONNECT_TIMEOUT": "20",
        "LC_ALL": "C.UTF-8",
    }


def test_a_manifest_is_the_last_part(tmp_path: Path) -> None:
    with tarfile.open(fileobj=io.BytesIO(packed(tmp_path))) as tar:
        assert tar.getnames()[-1] == MANIFEST
