"""Who a backup is encrypted for (X25519 public key), and who can open it (the private key), in age's text form."""

from __future__ import annotations

import os
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

from parvis.backup import bech32
from parvis.backup.errors import BackupError

_PUBLIC, _PRIVATE = "age", "age-secret-key-"
_KEY_BYTES = 32


@dataclass(frozen=True, slots=True)
class Recipient:
    """A public key: all that the machine which backs up knows. It opens nothing."""

    raw: bytes

    def __str__(self) -> str:
        return bech32.encode(_PUBLIC, self.raw)

    @classmethod
    def parse(cls, text: str) -> Recipient:
        """From `age1…`.

        Raises:
            BackupError: not such a key, or mistyped.
        """
        return cls(_decode(text, _PUBLIC, "age1…"))


@dataclass(frozen=True, slots=True)
class Identity:
    """A private key. Its text is a secret: it is written to a file and nowhere else."""

    raw: bytes

    def __repr__(self) -> str:
        return "Identity(…)"

    @property
    def recipient(self) -> Recipient:
        """Its public half."""
        return Recipient(X25519PrivateKey.from_private_bytes(self.raw).public_key().public_bytes_raw())

    @classmethod
    def parse(cls, text: str) -> Identity:
        """From `AGE-SECRET-KEY-1…`.

        Raises:
            BackupError: not such a key, or mistyped. The key is not repeated in the message.
        """
        return cls(_decode(text, _PRIVATE, "AGE-SECRET-KEY-1…"))


def recipients(texts: Iterable[str]) -> list[Recipient]:
    """Every recipient named, in a stable order.

    Raises:
        BackupError: one of them is no key.
    """
    return [Recipient.parse(text) for text in sorted(set(texts))]


def new_identity(path: Path, *, now: datetime) -> Recipient:
    """Make a pair of keys, write the private one to a new file readable by its owner; the public one.

    Raises:
        BackupError: the file exists.
    """
    identity = Identity(X25519PrivateKey.generate().private_bytes_raw())
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        raise BackupError(f"{path} exists already: a key is never overwritten. Give another file.") from None
    with os.fdopen(descriptor, "w", encoding="ascii") as file:
        file.write(f"# created: {now.astimezone(UTC).isoformat(timespec='seconds')}\n")
        file.write(f"# public key: {identity.recipient}\n")
        file.write(f"{bech32.encode(_PRIVATE, identity.raw).upper()}\n")
        file.flush()
        os.fsync(file.fileno())
    return identity.recipient


def read_identities(path: Path) -> list[Identity]:
    """The private keys of a file as `parvis backup-key` or `age-keygen` writes it.

    Raises:
        BackupError: the file cannot be read, or holds no key.
    """
    try:
        lines = [line.strip() for line in path.read_text(encoding="utf-8").splitlines()]
    except (OSError, UnicodeDecodeError) as error:
        raise BackupError(f"The key cannot be read from {path}: {error}") from None
    found = [Identity.parse(line) for line in lines if line and not line.startswith("#")]
    if not found:
        raise BackupError(f"{path} holds no private key (a line AGE-SECRET-KEY-1…).")
    return found


def _decode(text: str, prefix: str, expected: str) -> bytes:
    try:
        found, raw = bech32.decode(text.strip())
    except ValueError as error:
        raise BackupError(f"A backup key is expected in the form {expected}: {error}.") from None
    if found != prefix or len(raw) != _KEY_BYTES:
        raise BackupError(f"A backup key is expected in the form {expected}.")
    return raw
