"""The encrypted file: age, version 1 (https://age-encryption.org/v1), for X25519 recipients.

A random file key is wrapped for each recipient (X25519, HKDF, ChaCha20-Poly1305); the header is authenticated with
it; the content follows in chunks of 64 KiB, each sealed with its number and whether it is the last (the STREAM
construction): a chunk changed, moved, added or cut off is refused. Standard tools (`age`, `rage`) open it too.
Memory is bounded by a chunk, whatever the size of the backup.
"""

from __future__ import annotations

import base64
import hmac
import io
import os
from collections.abc import Sequence
from hashlib import sha256
from typing import BinaryIO

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from parvis.backup.errors import BackupDamaged, KeyWrong
from parvis.backup.keys import Identity, Recipient

MAGIC = b"age-encryption.org/v1\n"
CHUNK_BYTES = 64 * 1024
_TAG_BYTES = 16
_FILE_KEY_BYTES = 16
_NONCE_BYTES = 16
_ZERO_NONCE = bytes(12)
_X25519_INFO = b"age-encryption.org/v1/X25519"
_COLUMNS = 64
_MAX_LINE = 4096
_MAX_HEADER_LINES = 400


class Sealer(io.RawIOBase):
    """Write what is to be kept; `close()` seals the end. Until then the file cannot be opened: it has no last chunk.

    `file_key` opens this one file, and is kept by nobody: the maker checks its own work with it.
    """

    def __init__(self, file: BinaryIO, recipients: Sequence[Recipient]) -> None:
        super().__init__()
        if not recipients:
            raise ValueError("a backup without recipients could be opened by nobody")
        self.file_key = os.urandom(_FILE_KEY_BYTES)
        self._file = file
        nonce = os.urandom(_NONCE_BYTES)
        file.write(_header(self.file_key, recipients) + nonce)
        self._cipher = _payload_cipher(self.file_key, nonce)
        self._held = bytearray()
        self._number = 0

    def writable(self) -> bool:
        """Yes."""
        return True

    def write(self, data: bytes | bytearray | memoryview) -> int:  # type: ignore[override]
        """Everything, sealed as chunks fill."""
        self._held += data
        # One full chunk stays back: it may be the last, which is sealed otherwise.
        while len(self._held) > CHUNK_BYTES:
            self._seal(bytes(self._held[:CHUNK_BYTES]), last=False)
            del self._held[:CHUNK_BYTES]
        return len(data)

    def finish(self) -> None:
        """Seal the last chunk. A file that was not finished cannot be mistaken for a whole one."""
        self._seal(bytes(self._held), last=True)
        self._held.clear()

    def _seal(self, chunk: bytes, *, last: bool) -> None:
        self._file.write(self._cipher.encrypt(_chunk_nonce(self._number, last), chunk, None))
        self._number += 1


class Opener(io.RawIOBase):
    """Read what was sealed. Give `identities`, or the `file_key` of a file just made.

    Raises:
        KeyWrong: none of the identities is a recipient.
        BackupDamaged: while reading too: what was read until then is authentic, and not whole.
    """

    def __init__(self, file: BinaryIO, identities: Sequence[Identity] = (), *, file_key: bytes | None = None) -> None:
        super().__init__()
        self._file = file
        key = _read_header(file, identities, file_key)
        nonce = file.read(_NONCE_BYTES)
        if len(nonce) != _NONCE_BYTES:
            raise BackupDamaged("The backup is cut off: it ends after its header.")
        self._cipher = _payload_cipher(key, nonce)
        self._carry = b""
        self._plain = memoryview(b"")
        self._number = 0
        self._ended = False

    def readable(self) -> bool:
        """Yes."""
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        """The next bytes; 0 at the authenticated end only."""
        while not self._plain and not self._ended:
            self._open_next()
        count = min(len(buffer), len(self._plain))
        buffer[:count] = self._plain[:count]
        self._plain = self._plain[count:]
        return count

    def _open_next(self) -> None:
        sealed = CHUNK_BYTES + _TAG_BYTES
        block = self._carry + self._file.read(sealed + 1 - len(self._carry))
        # What is followed by nothing must be the last chunk; what is followed must not be.
        last = len(block) <= sealed
        block, self._carry = block[:sealed], block[sealed:]
        try:
            plain = self._cipher.decrypt(_chunk_nonce(self._number, last), block, None)
        except InvalidTag:
            raise BackupDamaged(
                f"The backup is cut off or was altered, {self._number * CHUNK_BYTES} bytes after its start."
            ) from None
        if last and not plain and self._number:
            raise BackupDamaged("The backup was altered: its end is empty.")
        self._plain, self._ended = memoryview(plain), last
        self._number += 1


def _payload_cipher(file_key: bytes, nonce: bytes) -> ChaCha20Poly1305:
    return ChaCha20Poly1305(_derive(file_key, salt=nonce, info=b"payload"))


def _chunk_nonce(number: int, last: bool) -> bytes:
    return number.to_bytes(11, "big") + (b"\x01" if last else b"\x00")


def _derive(secret: bytes, *, salt: bytes, info: bytes) -> bytes:
    return HKDF(SHA256(), 32, salt=salt, info=info).derive(secret)


def _header(file_key: bytes, recipients: Sequence[Recipient]) -> bytes:
    stanzas = b"".join(_stanza(file_key, recipient) for recipient in recipients)
    signed = MAGIC + stanzas + b"---"
    return signed + b" " + _encode(_mac(file_key, signed)) + b"\n"


def _stanza(file_key: bytes, recipient: Recipient) -> bytes:
    ephemeral = X25519PrivateKey.generate()
    share = ephemeral.public_key().public_bytes_raw()
    secret = ephemeral.exchange(X25519PublicKey.from_public_bytes(recipient.raw))
    wrapping = _derive(secret, salt=share + recipient.raw, info=_X25519_INFO)
    body = ChaCha20Poly1305(wrapping).encrypt(_ZERO_NONCE, file_key, None)
    return b"-> X25519 " + _encode(share) + b"\n" + _encode(body) + b"\n"


def _mac(file_key: bytes, signed: bytes) -> bytes:
    return hmac.digest(_derive(file_key, salt=b"", info=b"header"), signed, sha256)


def _read_header(file: BinaryIO, identities: Sequence[Identity], file_key: bytes | None) -> bytes:
    if file.readline(len(MAGIC)) != MAGIC:
        raise BackupDamaged("This is no backup of Parvis: it does not begin as one.")
    signed = bytearray(MAGIC)
    stanzas: list[tuple[list[bytes], bytearray]] = []
    for _ in range(_MAX_HEADER_LINES):
        line = file.readline(_MAX_LINE)
        if not line.endswith(b"\n"):
            raise BackupDamaged("The backup is cut off or was altered in its header.")
        if line.startswith(b"--- "):
            signed += b"---"
            key = file_key or _unwrap(stanzas, identities)
            if not hmac.compare_digest(_mac(key, bytes(signed)), _decode(line[4:-1], 32)):
                raise BackupDamaged("The header of the backup was altered.")
            return key
        signed += line
        if line.startswith(b"-> "):
            stanzas.append((line[3:-1].split(b" "), bytearray()))
        elif stanzas and len(line) <= _COLUMNS + 1:
            stanzas[-1][1].extend(line[:-1])
        else:
            raise BackupDamaged("The header of the backup was altered.")
    raise BackupDamaged("The header of the backup has no end.")


def _unwrap(stanzas: list[tuple[list[bytes], bytearray]], identities: Sequence[Identity]) -> bytes:
    for words, body in stanzas:
        if words[0] != b"X25519" or len(words) != 2:
            continue  # for somebody else, by means we do not know
        share, sealed = _decode(words[1], 32), _decode(bytes(body), _FILE_KEY_BYTES + _TAG_BYTES)
        for identity in identities:
            private = X25519PrivateKey.from_private_bytes(identity.raw)
            try:
                secret = private.exchange(X25519PublicKey.from_public_bytes(share))
                wrapping = _derive(secret, salt=share + identity.recipient.raw, info=_X25519_INFO)
                return ChaCha20Poly1305(wrapping).decrypt(_ZERO_NONCE, sealed, None)
            except (InvalidTag, ValueError):  # not for this key; a share of low order
                continue
    raise KeyWrong("None of the keys given opens this backup: it was encrypted for others. Give the right key.")


def _encode(raw: bytes) -> bytes:
    return base64.b64encode(raw).rstrip(b"=")


def _decode(text: bytes, length: int) -> bytes:
    """Base64 without padding, in its one canonical form: no bit of a header may be changed unseen."""
    try:
        raw = base64.b64decode(text + b"=" * (-len(text) % 4), validate=True)
    except ValueError:
        raw = b""
    if len(raw) != length or _encode(raw) != text:
        raise BackupDamaged("The header of the backup was altered.")
    return raw
