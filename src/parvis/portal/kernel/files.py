"""Uploaded files: what is accepted, and how a file is given back. Requirement 21 of THREAT_MODEL.md."""

from __future__ import annotations

from typing import BinaryIO

from django.http import FileResponse
from django.utils.translation import gettext as _

from parvis.portal.kernel.errors import Invalid

MAGIC = {
    "image/png": b"\x89PNG\r\n\x1a\n",
    "image/jpeg": b"\xff\xd8\xff",
    "application/pdf": b"%PDF-",
}


def check_upload(file: BinaryIO, *, size: int, allowed: set[str], max_bytes: int) -> str:
    """The media type, told from the first bytes and not from what the browser claims.

    Raises:
        Invalid: too large, or none of the `allowed` types.
    """
    if size > max_bytes:
        raise Invalid(_("Ce fichier est trop volumineux (%(max)s Mo au plus).") % {"max": max_bytes // 2**20})
    start = file.read(16)
    file.seek(0)
    for media_type in sorted(allowed):
        if start.startswith(MAGIC[media_type]):
            return media_type
    raise Invalid(_("Ce type de fichier n’est pas accepté."))


def download(file: BinaryIO, *, filename: str) -> FileResponse:
    """A response the browser saves and never interprets."""
    response = FileResponse(file, as_attachment=True, filename=filename, content_type="application/octet-stream")
    response["X-Content-Type-Options"] = "nosniff"
    return response
