"""Where uploaded files are kept: on the disk (default), or in a bucket of an S3 server. `PARVIS_FILES_URL`, read."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

DISK = "disk"
_NAME = re.compile(r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]")
_KNOWN = {"endpoint", "region", "ca", "style"}
STORAGE = "parvis.portal.kernel.object_storage.ObjectStorage"


@dataclass(frozen=True, slots=True, kw_only=True)
class Bucket:
    """A bucket and how it is reached; the keys are apart, so that this may be shown."""

    name: str
    endpoint: str
    prefix: str = ""
    region: str = "us-east-1"
    ca: str = ""
    """Bundle of the certificate authority that signed the server's certificate; empty: the system's."""
    style: str = "path"
    access_key: str = field(default="", repr=False)
    secret_key: str = field(default="", repr=False)

    def storages(self) -> dict[str, dict[str, Any]]:
        """Django's `STORAGES` entries: documents, and copies of personal data under a prefix of their own."""
        return {
            "default": {"BACKEND": STORAGE, "OPTIONS": self._options("files")},
            "exports": {"BACKEND": STORAGE, "OPTIONS": self._options("exports")},
        }

    def _options(self, folder: str) -> dict[str, Any]:
        return {
            "bucket_name": self.name,
            "endpoint_url": self.endpoint,
            "region_name": self.region,
            "location": f"{self.prefix}/{folder}" if self.prefix else folder,
            "access_key": self.access_key,
            "secret_key": self.secret_key,
            "addressing_style": self.style,
            "verify": self.ca or None,
        }


def parse(url: str, *, access_key: str, secret_key: str, credentials: str, production: bool) -> Bucket | None:
    """The bucket of `s3://name/prefix?endpoint=https://…&region=…&ca=/path&style=path|virtual`; None: the disk.

    The keys are `access_key` and `secret_key`, or the two lines of the file `credentials`.

    Raises:
        ValueError: saying what is expected; never with a key in it.
    """
    if url == DISK:
        return None
    parts = urlsplit(url)
    if parts.scheme != "s3" or parts.username or not _NAME.fullmatch(parts.netloc):
        raise ValueError("disk or s3://bucket?endpoint=https://host, without keys in it")
    query = dict(parse_qsl(parts.query))
    if unknown := set(query) - _KNOWN:
        raise ValueError(f"only endpoint, region, ca and style after the « ? », not {', '.join(sorted(unknown))}")
    if query.get("style", "path") not in ("path", "virtual"):
        raise ValueError("style=path or style=virtual")
    if credentials:
        access_key, secret_key = _read(Path(credentials))
    if not (access_key and secret_key):
        raise ValueError("PARVIS_FILES_ACCESS_KEY and PARVIS_FILES_SECRET_KEY, or PARVIS_FILES_CREDENTIALS")
    return Bucket(
        name=parts.netloc,
        endpoint=_endpoint(query.get("endpoint", ""), production=production),
        prefix=parts.path.strip("/"),
        region=query.get("region", "us-east-1"),
        ca=query.get("ca", ""),
        style=query.get("style", "path"),
        access_key=access_key,
        secret_key=secret_key,
    )


def _endpoint(text: str, *, production: bool) -> str:
    """Documents and personal data travel over TLS; in the clear only inside a machine, or for trials."""
    parts = urlsplit(text)
    clear = parts.scheme == "http" and (not production or parts.hostname in ("127.0.0.1", "::1", "localhost"))
    if not parts.hostname or parts.username or not (parts.scheme == "https" or clear):
        raise ValueError("endpoint=https://host (http on the machine itself only)")
    return text.rstrip("/")


def _read(path: Path) -> tuple[str, str]:
    try:
        lines = path.read_text(encoding="ascii").split()
    except (OSError, UnicodeDecodeError):
        raise ValueError(f"PARVIS_FILES_CREDENTIALS: {path} cannot be read by this account") from None
    if len(lines) != 2:
        raise ValueError(f"PARVIS_FILES_CREDENTIALS: two lines in {path}, the access key and the secret key")
    return lines[0], lines[1]
