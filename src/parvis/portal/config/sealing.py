"""Every machine has the keys this database was made with, or it does not start.

A second machine that made keys of its own would read no second factor, sign tickets that no gateway accepts, and end
every sign-in that reaches it. The database keeps a fingerprint of each key (HKDF-SHA256: nothing comes back from it).
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import Any

import structlog
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from django.conf import settings
from django.core import checks
from django.db import DatabaseError

from parvis.portal.config.keys import Keys
from parvis.portal.kernel.models import KeyMark

log = structlog.get_logger("parvis.sealing")

WHAT_TO_DO = (
    "Copy the folder of the keys from a machine that works (PARVIS_KEYS_DIR says where; PARVIS_SECRET_KEY, "
    "PARVIS_GATEWAY_SECRET and PARVIS_VOICE_SECRET win over it), then start again. "
    "If they were changed on purpose: parvis manage accept_keys."
)


class OtherKeys(ValueError):
    """This machine's keys are not those of the database; `str()` names them and says what to do."""

    def __init__(self, names: Iterable[str]) -> None:
        super().__init__(f"{_sentence(names)} {WHAT_TO_DO}")


def fingerprints(keys: Keys) -> dict[str, str]:
    """What may be stored, by the key's name."""
    ticket = keys.ticket.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
    secrets = {"django": keys.django.encode(), "gateway": keys.gateway.encode(), "voice": keys.voice.encode()}
    return {name: _fingerprint(name, secret) for name, secret in {**secrets, "ticket": ticket}.items()}


def differing() -> list[str]:
    """Names of our keys that are not the database's. Before its first start a database has none. One query."""
    stored = dict(KeyMark.objects.values_list("name", "fingerprint"))
    return [name for name, ours in fingerprints(settings.KEYS).items() if stored.get(name, ours) != ours]


def claim() -> None:
    """Note our keys where the database has none yet, then compare.

    Raises:
        OtherKeys: another machine was first, with others.
    """
    marks = [KeyMark(name=name, fingerprint=ours) for name, ours in fingerprints(settings.KEYS).items()]
    KeyMark.objects.bulk_create(marks, ignore_conflicts=True)
    if names := differing():
        raise OtherKeys(names)


def claim_at_start() -> bool:
    """For a process that starts; whether it may. A database that does not answer is asked again by `/readyz`."""
    try:
        claim()
    except OtherKeys as error:
        log.critical("other_keys", message=str(error))
        return False
    except DatabaseError as error:
        log.error("keys_not_compared", error=type(error).__name__)
    return True


def accept() -> list[str]:
    """Take our keys for the right ones from now on; the names of those that changed."""
    changed = differing()
    for name, ours in fingerprints(settings.KEYS).items():
        KeyMark.objects.update_or_create(name=name, defaults={"fingerprint": ours})
    return changed


def check(app_configs: object, databases: Collection[str] | None = None, **_kwargs: Any) -> list[checks.CheckMessage]:
    """Django's check before `migrate`: a machine with other keys changes nothing in the database."""
    if not databases:
        return []
    try:
        names = differing()
    except DatabaseError:  # not migrated yet, or away: `migrate` itself says so
        return []
    return [checks.Error(_sentence(names), hint=WHAT_TO_DO, id="parvis.E001")] if names else []


def _sentence(names: Iterable[str]) -> str:
    return f"The keys of this machine are not those this database was made with ({', '.join(names)})."


def _fingerprint(name: str, secret: bytes) -> str:
    made = HKDF(hashes.SHA256(), length=32, salt=None, info=f"parvis fingerprint {name}".encode())
    return made.derive(secret).hex()
