"""Uploaded files in a bucket of an S3 server instead of on the disk: what several portals share.

Nothing has an address of its own there: a file is fetched by the portal, which decided first who may have it, and
is given back as any other (`kernel.files`). A server that does not answer is a clear `Unavailable`: what was being
saved is not recorded, what was to be deleted is tried again by the worker.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from functools import lru_cache
from typing import Any, NoReturn

import boto3
import structlog
from boto3.exceptions import Boto3Error
from boto3.s3.transfer import TransferConfig
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError, HTTPClientError
from django.core.files import File
from django.core.files.storage import storages
from django.utils.translation import gettext as _
from storages.backends.s3 import S3Storage
from urllib3.exceptions import HTTPError

from parvis.portal.kernel import clock
from parvis.portal.kernel.errors import Unavailable
from parvis.portal.kernel.tasks import task

log = structlog.get_logger("parvis.kernel.object_storage")

CONNECTIONS = 16
_MAKING = threading.Lock()
CONNECT_SECONDS, READ_SECONDS, TRIES = 3, 15, 2
"""A request that saves a file holds a transaction meanwhile: a dead server is given up after seconds, not minutes."""
IN_MEMORY_BYTES = 2**20
"""A file being read is kept in memory up to this size, past it in a temporary file that has no name."""
AGAIN_AFTER = (60, 300, 900, 3600, 3 * 3600)
"""Seconds until a deletion that failed is tried again; the last one repeats."""
GIVEN_UP_AFTER = 250
"""Tries, about a month: then only the log knows."""


class ObjectStorage(S3Storage):
    """One folder (`location`) of a bucket. Options are those of `config.buckets`."""

    def __init__(self, *, addressing_style: str = "path", **options: Any) -> None:
        super().__init__(
            **options,
            # Keys come from our settings only: neither AWS's variables nor its metadata service are asked.
            security_token=None,
            session_profile=None,
            default_acl=None,
            querystring_auth=True,
            file_overwrite=False,
            gzip=False,
            addressing_style=addressing_style,
            max_memory_size=IN_MEMORY_BYTES,
            transfer_config=TransferConfig(use_threads=False),
            client_config=_config(addressing_style),
        )

    @property
    def connection(self) -> Any:
        """A resource of this thread's own, on the one client of the process (clients may be shared, resources not)."""
        own = getattr(self._connections, "connection", None)
        if own is None:
            first = _first_resource(
                self.endpoint_url,
                self.region_name,
                self.access_key,
                self.secret_key,
                self.verify,
                self.addressing_style,
            )
            own = self._connections.connection = type(first)(client=first.meta.client)
        return own

    def url(self, name: str | None, *args: Any, **options: Any) -> NoReturn:
        """There is none: downloads go through the portal, which checks who asks.

        Raises:
            ValueError: always, as Django's storage does for files that are not served.
        """
        raise ValueError("stored files have no address of their own")

    def _open(self, name: str, mode: str = "rb") -> File[bytes]:
        """The whole file, fetched before a byte is answered: half a download would look like a whole one."""
        if mode != "rb":
            raise ValueError("stored files are read whole, or saved whole")
        with _answering("open", name):
            opened: File[bytes] = super()._open(name, mode)
            _ = opened.file
        return opened

    def _save(self, name: str, content: File[bytes]) -> str:
        with _answering("save", name):
            return str(super()._save(name, content))

    def exists(self, name: str) -> bool:
        """Whether there is an object of this name."""
        with _answering("exists", name):
            return bool(super().exists(name))

    def size(self, name: str) -> int:
        """Bytes of the object.

        Raises:
            FileNotFoundError: there is none.
        """
        with _answering("size", name):
            return int(super().size(name))

    def delete(self, name: str) -> None:
        """Delete the object, now or as soon as the server answers again: the worker keeps trying."""
        try:
            self.delete_now(name)
        except Unavailable:
            _forget_later(self._alias(), name, 0)

    def delete_now(self, name: str) -> None:
        """Delete the object; one that is gone already is fine.

        Raises:
            Unavailable: the server does not answer.
        """
        with _answering("delete", name):
            super().delete(name)

    def _alias(self) -> str:
        """By which name the settings know this storage."""
        return next((alias for alias in ("default", "exports") if storages[alias] is self), "default")


def _config(addressing_style: str) -> Config:
    return Config(
        signature_version="s3v4",
        s3={"addressing_style": addressing_style},
        connect_timeout=CONNECT_SECONDS,
        read_timeout=READ_SECONDS,
        retries={"total_max_attempts": TRIES, "mode": "standard"},
        max_pool_connections=CONNECTIONS,
        # The trailing checksums of newer clients are refused by Swift, older Ceph and others.
        request_checksum_calculation="when_required",
        response_checksum_validation="when_required",
    )


@lru_cache(maxsize=4)
def _first_resource(
    endpoint: str, region: str, access_key: str, secret_key: str, verify: str | None, style: str
) -> Any:
    """Made once: each costs about 18 MB of tables (seen with boto3 1.44), and a portal has eight threads."""
    with _MAKING:
        session = boto3.Session(aws_access_key_id=access_key, aws_secret_access_key=secret_key)
        return session.resource("s3", region_name=region, endpoint_url=endpoint, config=_config(style), verify=verify)


@contextmanager
def _answering(verb: str, name: str) -> Iterator[None]:
    """Every way a server can fail to answer, as one error a person can read. The log names the object, no key."""
    try:
        yield
    except (BotoCoreError, ClientError, Boto3Error, HTTPClientError, HTTPError, ConnectionError, TimeoutError) as error:
        log.warning("object_storage_failed", verb=verb, object=name, error=_reason(error))
        raise Unavailable(
            _("Les fichiers ne sont pas joignables pour le moment\u202f: rien n’est perdu."),
            code="files_unavailable",
            advice=_("Réessayez dans quelques minutes. Si cela dure, prévenez l’équipe informatique."),
        ) from error


def _reason(error: Exception) -> str:
    """The server's word, or the kind of failure: messages of the library hold addresses and names of keys."""
    if isinstance(error, ClientError):
        return str(error.response.get("Error", {}).get("Code", "error"))
    return type(error).__name__


def _forget_later(alias: str, name: str, tries: int) -> None:
    delay = timedelta(seconds=AGAIN_AFTER[min(tries, len(AGAIN_AFTER) - 1)])
    forget_object.using(run_after=clock.now() + delay).enqueue(alias=alias, name=name, tries=tries + 1)


@task()
def forget_object(alias: str, name: str, tries: int) -> None:
    """Delete an object whose deletion failed; again later while the server does not answer."""
    storage = storages[alias]
    delete: Callable[[str], None] = getattr(storage, "delete_now", storage.delete)
    try:
        delete(name)
    except Unavailable:
        if tries >= GIVEN_UP_AFTER:
            log.error("object_not_deleted", object=name, tries=tries)
        else:
            _forget_later(alias, name, tries)


__all__ = ["ObjectStorage", "forget_object"]
