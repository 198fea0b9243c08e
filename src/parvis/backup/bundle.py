"""Inside the encrypted file: a plain tar of the parts, the manifest last. Read back, nothing is taken on trust."""

from __future__ import annotations

import hashlib
import io
import os
import re
import tarfile
from pathlib import Path, PurePosixPath
from typing import IO, BinaryIO

from parvis.backup.errors import BackupDamaged
from parvis.backup.manifest import Manifest, Part

MANIFEST = "manifest.json"
DATABASES = {"sqlite": "database/parvis.sqlite3.gz", "postgresql": "database/parvis.pgdump"}
"""Name of the database's part, by vendor."""
_FOLDERS = ("database", "keys", "files")
_STEP = 1024 * 1024
_MAX_MANIFEST_BYTES = 512 * 2**20
_TAR_NAME = re.compile(r"[^\x00-\x1f\x7f]{1,1000}\Z")


class Packer:
    """Adds parts to the tar and remembers their hashes."""

    def __init__(self, out: io.RawIOBase) -> None:
        self._tar = tarfile.TarFile(fileobj=_Sink(out), mode="w", format=tarfile.PAX_FORMAT)  # type: ignore[arg-type]
        self.parts: dict[str, Part] = {}

    def add(self, name: str, path: Path) -> None:
        """A file, under this name. It must not grow meanwhile.

        Raises:
            BackupDamaged: it was shortened while it was read.
        """
        with path.open("rb") as file:
            size = os.fstat(file.fileno()).st_size
            hashing = _Hashing(file)
            try:
                self._tar.addfile(_entry(name, size), hashing)
            except OSError as error:
                if "unexpected end of data" in str(error):
                    raise BackupDamaged(f"{path} became shorter while it was read: try again.") from None
                raise
        self.parts[name] = Part(size, hashing.hexdigest())

    def finish(self, manifest: Manifest) -> None:
        """The manifest, and the end of the tar."""
        raw = manifest.to_json()
        self._tar.addfile(_entry(MANIFEST, len(raw)), io.BytesIO(raw))
        self._tar.close()


class _Sink:
    """What a tar is written to. `w|` would do, but writes once more when it is thrown away after a failure."""

    def __init__(self, out: io.RawIOBase) -> None:
        self._out, self._written = out, 0

    def write(self, data: bytes) -> int:
        """All of it."""
        self._out.write(data)
        self._written += len(data)
        return len(data)

    def tell(self) -> int:
        """Bytes so far."""
        return self._written


class _Hashing:
    """A file whose bytes are hashed as they are read."""

    def __init__(self, file: BinaryIO) -> None:
        self._file, self._hash = file, hashlib.sha256()

    def read(self, size: int = -1) -> bytes:
        """As the file's."""
        data = self._file.read(size)
        self._hash.update(data)
        return data

    def hexdigest(self) -> str:
        """Of all that was read."""
        return self._hash.hexdigest()


def unpack(source: io.RawIOBase, folder: Path, *, with_files: bool = True) -> Manifest:
    """Write every part below `folder` (which must be new), compared with the manifest and read to the sealed end.

    Without `with_files`, what is below `files/` is read and compared, and not written.

    Raises:
        BackupDamaged: a part is missing, too many, changed, or has a name that leads elsewhere.
    """
    buffered = io.BufferedReader(source, _STEP)
    try:
        with tarfile.open(fileobj=buffered, mode="r|") as tar:
            found, raw = _read_parts(tar, folder, with_files)
        while buffered.read(_STEP):  # what follows the tar's end is sealed too
            pass
    except tarfile.TarError as error:
        raise BackupDamaged(f"The backup's content cannot be read: {error}.") from None
    if raw is None:
        raise BackupDamaged("The backup has no manifest: it was never finished.")
    manifest = Manifest.from_json(raw)
    for name in sorted(set(found) | set(manifest.parts)):
        if found.get(name) != manifest.parts.get(name):
            raise BackupDamaged(f"The backup does not hold what its manifest says: {name}.")
    if DATABASES.get(manifest.vendor) not in found:
        raise BackupDamaged("The backup has no database.")
    return manifest


def _read_parts(tar: tarfile.TarFile, folder: Path, with_files: bool) -> tuple[dict[str, Part], bytes | None]:
    found: dict[str, Part] = {}
    raw: bytes | None = None
    for member in tar:
        content = tar.extractfile(member) if member.isreg() else None
        if raw is not None or content is None or member.name in found:
            raise BackupDamaged(f"The backup holds what no backup holds: {member.name!r}.")
        if member.name != MANIFEST:
            path = _inside(folder, member.name)
            found[member.name] = _copy(content, path if with_files or not member.name.startswith("files/") else None)
        elif member.size <= _MAX_MANIFEST_BYTES:
            raw = content.read()
        else:
            raise BackupDamaged("The backup's manifest is too large.")
    return found, raw


def _entry(name: str, size: int) -> tarfile.TarInfo:
    entry = tarfile.TarInfo(name)
    entry.size, entry.mode = size, 0o600
    return entry


def _inside(folder: Path, name: str) -> Path:
    pure = PurePosixPath(name)
    sound = _TAR_NAME.match(name) and str(pure) == name and ".." not in pure.parts
    if not sound or len(pure.parts) < 2 or pure.parts[0] not in _FOLDERS:
        raise BackupDamaged(f"The backup names a file elsewhere: {name!r}.")
    return folder.joinpath(*pure.parts)


def _copy(content: IO[bytes], path: Path | None) -> Part:
    if path is None:
        return _hashed(content, None)
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        return _hashed(content, file)


def _hashed(content: IO[bytes], target: IO[bytes] | None) -> Part:
    total, digest = 0, hashlib.sha256()
    while data := content.read(_STEP):
        total += len(data)
        digest.update(data)
        if target is not None:
            target.write(data)
    return Part(total, digest.hexdigest())
