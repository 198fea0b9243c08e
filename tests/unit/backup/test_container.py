"""The encrypted file: opened by its keys alone, refused when one bit or one byte of it is not as it was written."""

from __future__ import annotations

import io
import os
import subprocess
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from parvis.backup import keys
from parvis.backup.container import CHUNK_BYTES, Opener, Sealer
from parvis.backup.errors import BackupDamaged, BackupError, KeyWrong
from parvis.backup.keys import Identity
from tests.requirements import require

MINE, OTHER, STRANGER = (Identity(bytes([number]) * 32) for number in (1, 2, 3))
EDGES = (0, 1, CHUNK_BYTES - 1, CHUNK_BYTES, CHUNK_BYTES + 1, 2 * CHUNK_BYTES, 2 * CHUNK_BYTES + 17)


def seal(content: bytes, *identities: Identity) -> bytes:
    file = io.BytesIO()
    sealer = Sealer(file, [identity.recipient for identity in identities or (MINE,)])
    for start in range(0, len(content), 10_007):  # as they come, not in chunks
        sealer.write(content[start : start + 10_007])
    sealer.finish()
    return file.getvalue()


def opened(sealed: bytes, *identities: Identity) -> bytes:
    return io.BufferedReader(Opener(io.BytesIO(sealed), identities or (MINE,))).read()


SMALL = seal(b"all that an authority knows" * 3, MINE, OTHER)
LONG_CONTENT = os.urandom(CHUNK_BYTES) * 2 + b"tail"
LONG = seal(LONG_CONTENT)


@pytest.mark.parametrize("size", EDGES)
def test_what_goes_in_comes_out(size: int) -> None:
    content = os.urandom(size)
    assert opened(seal(content)) == content


def test_each_recipient_opens_it_and_nobody_else() -> None:
    assert opened(SMALL, MINE) == opened(SMALL, OTHER) == opened(SMALL, STRANGER, OTHER)
    with pytest.raises(KeyWrong):
        opened(SMALL, STRANGER)


def test_its_maker_reads_it_again_without_a_private_key() -> None:
    file = io.BytesIO()
    sealer = Sealer(file, [MINE.recipient])
    sealer.write(b"checked at once")
    sealer.finish()
    file.seek(0)
    assert Opener(file, file_key=sealer.file_key).read() == b"checked at once"


def test_two_backups_of_the_same_have_nothing_in_common() -> None:
    one, two = seal(b"same"), seal(b"same")
    assert one[-20:] != two[-20:]
    assert b"same" not in one


def test_every_truncation_of_a_short_one_is_refused() -> None:
    for length in range(len(SMALL)):
        with pytest.raises(BackupDamaged):
            opened(SMALL[:length])


def test_every_flipped_bit_of_a_short_one_is_refused() -> None:
    for position in range(len(SMALL)):
        for bit in range(8):
            altered = bytearray(SMALL)
            altered[position] ^= 1 << bit
            with pytest.raises(BackupError):
                opened(bytes(altered))


@given(st.integers(0, len(LONG) - 1))
@example(len(LONG) - len(b"tail") - 16)  # exactly at the end of a chunk
def test_a_truncated_long_one_is_refused(length: int) -> None:
    with pytest.raises(BackupDamaged):
        opened(LONG[:length])


@given(st.integers(0, len(LONG) - 1), st.integers(1, 255))
def test_a_changed_byte_of_a_long_one_is_refused(position: int, mask: int) -> None:
    altered = bytearray(LONG)
    altered[position] ^= mask
    with pytest.raises(BackupError):
        opened(bytes(altered))


@given(st.binary(min_size=1, max_size=200))
def test_whatever_is_added_is_refused(more: bytes) -> None:
    with pytest.raises(BackupDamaged):
        opened(LONG + more)
    with pytest.raises(BackupDamaged):
        opened(SMALL + more)


def test_chunks_cannot_change_places() -> None:
    start = len(LONG) - (2 * (CHUNK_BYTES + 16) + 4 + 16)
    one, two = (LONG[start + n * (CHUNK_BYTES + 16) :][: CHUNK_BYTES + 16] for n in (0, 1))
    with pytest.raises(BackupDamaged):
        opened(LONG[:start] + two + one + LONG[start + 2 * (CHUNK_BYTES + 16) :])


@given(st.binary(max_size=400))
def test_what_is_no_backup_is_refused_in_our_words(noise: bytes) -> None:
    for file in (noise, b"age-encryption.org/v1\n" + noise, b"age-encryption.org/v1\n-> X25519 " + noise):
        with pytest.raises(BackupError):
            opened(file)


def test_not_finished_it_does_not_open() -> None:
    file = io.BytesIO()
    sealer = Sealer(file, [MINE.recipient])
    sealer.write(LONG_CONTENT)
    with pytest.raises(BackupDamaged):
        opened(file.getvalue())


def test_the_standard_tool_opens_ours_and_we_open_its_own(tmp_path: Path) -> None:
    require("age", "age-keygen")
    key, ours, theirs = tmp_path / "key.txt", tmp_path / "ours.age", tmp_path / "theirs.age"
    public = keys.new_identity(key, now=datetime(2026, 11, 23, tzinfo=UTC))
    (identity,) = keys.read_identities(key)
    ours.write_bytes(seal(LONG_CONTENT, OTHER, identity))
    run = subprocess.run(["age", "--decrypt", "-i", key, ours], capture_output=True, check=True)
    assert run.stdout == LONG_CONTENT
    subprocess.run(["age", "-r", str(public), "-o", theirs], input=LONG_CONTENT, check=True)
    assert opened(theirs.read_bytes(), identity) == LONG_CONTENT
    made = subprocess.run(["age-keygen"], capture_output=True, text=True, check=True)
    (tmp_path / "other.txt").write_text(made.stdout)
    (other,) = keys.read_identities(tmp_path / "other.txt")
    assert str(other.recipient) in made.stdout


def test_a_key_is_readable_by_its_owner_alone_and_never_overwritten(tmp_path: Path) -> None:
    path = tmp_path / "key.txt"
    public = keys.new_identity(path, now=datetime(2026, 11, 23, tzinfo=UTC))
    assert path.stat().st_mode & 0o777 == 0o600
    assert keys.read_identities(path)[0].recipient == public == keys.Recipient.parse(str(public))
    with pytest.raises(BackupError, match="never overwritten"):
        keys.new_identity(path, now=datetime(2026, 11, 23, tzinfo=UTC))
    assert "SECRET" not in repr(keys.read_identities(path))


@pytest.mark.parametrize("text", ["", "age1", "age1qqqq", "ssh-ed25519 AAAA", "Age1", "age1é"])
def test_a_mistyped_key_is_told(text: str) -> None:
    with pytest.raises(BackupError, match="expected in the form age1"):
        keys.Recipient.parse(text)


def test_a_wrong_letter_of_a_key_is_told() -> None:
    public = str(MINE.recipient)
    for position in range(4, len(public)):
        other = "q" if public[position] != "q" else "p"
        with pytest.raises(BackupError, match="checksum"):
            keys.Recipient.parse(public[:position] + other + public[position + 1 :])


def test_a_file_without_a_key_is_told(tmp_path: Path) -> None:
    (tmp_path / "empty").write_text("# nothing\n")
    with pytest.raises(BackupError, match="no private key"):
        keys.read_identities(tmp_path / "empty")
    with pytest.raises(BackupError, match="cannot be read"):
        keys.read_identities(tmp_path / "absent")
