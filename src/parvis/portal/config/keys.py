"""Secrets of the installation: made at the first start, kept in the data folder, readable by its owner only."""

from __future__ import annotations

import os
import secrets
from dataclasses import dataclass
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)

from parvis.portal.config.env import Environment


@dataclass(frozen=True, slots=True)
class Keys:
    """Django's secret, the gateways' and the voice server's shared secrets, the ticket signing key."""

    django: str
    gateway: str
    voice: str
    ticket: Ed25519PrivateKey


def load(environment: Environment) -> Keys:
    """Read the keys, making those that are missing. Safe when several processes start at once."""
    folder = environment.keys_folder
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    pem = _keep(folder / "ticket.pem", _new_ticket_key)
    key = load_pem_private_key(pem.encode(), password=None)
    if not isinstance(key, Ed25519PrivateKey):
        raise TypeError(f"{folder / 'ticket.pem'} is not an Ed25519 key")
    return Keys(
        django=environment.secret_key or _keep(folder / "django.txt", lambda: secrets.token_urlsafe(50)),
        gateway=environment.gateway_secret or _keep(folder / "gateway.txt", lambda: secrets.token_urlsafe(32)),
        voice=environment.voice_secret or _keep(folder / "voice.txt", lambda: secrets.token_urlsafe(32)),
        ticket=key,
    )


def _new_ticket_key() -> str:
    private = Ed25519PrivateKey.generate()
    return private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()


def _keep(path: Path, make: object) -> str:
    if not path.exists():
        draft = path.with_name(f"{path.name}.{os.getpid()}.{secrets.token_hex(4)}")
        descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w") as file:
            file.write(make())  # type: ignore[operator]
            file.flush()
            os.fsync(file.fileno())
        try:
            os.link(draft, path)  # atomic, and fails if another process was first: its key is kept
        except FileExistsError:
            pass
        finally:
            draft.unlink()
    return path.read_text().strip()
