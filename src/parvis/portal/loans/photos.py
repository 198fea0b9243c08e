"""Pictures people send: a signature drawn on screen, photos of what came back. Nothing they bring along is kept.

Whatever comes in is decoded and written anew: no EXIF (place, camera, time), no comment, no second file behind it.
"""

from __future__ import annotations

import base64
import binascii
from io import BytesIO
from typing import BinaryIO

from django.utils.translation import gettext as _
from PIL import Image, ImageChops, ImageOps, UnidentifiedImageError

from parvis.portal.kernel import files
from parvis.portal.kernel.errors import Invalid

MAX_PHOTO_BYTES = 10 * 2**20
MAX_PIXELS = 50_000_000
"""Looked at before anything is decoded: a file of a few kilobytes may announce gigabytes."""
LONGEST_SIDE = 1600
"""Pixels: enough to see a crack."""

MAX_SIGNATURE_BYTES = 200_000
SIGNATURE_SIDES = (2400, 1200)
DATA_URL = "data:image/png;base64,"
LEAST_INK = 30
"""Pixels: a mere tap is no signature."""


def photo(file: BinaryIO, *, size: int) -> bytes:
    """The picture as a JPEG of ours, upright.

    Raises:
        Invalid: too large, or neither a JPEG nor a PNG that can be read.
    """
    kind = files.check_upload(file, size=size, allowed={"image/jpeg", "image/png"}, max_bytes=MAX_PHOTO_BYTES)
    picture = _open(file, "JPEG" if kind == "image/jpeg" else "PNG")
    upright = ImageOps.exif_transpose(picture).convert("RGB")
    upright.thumbnail((LONGEST_SIDE, LONGEST_SIDE))
    return _written(upright, "JPEG", quality=82)


def signature(data_url: str) -> bytes:
    """The drawing a page sent (`data:image/png;base64,…`), as a PNG of ours: black on white, cut to its ink.

    Raises:
        Invalid: not such a drawing, too large, or nothing is drawn.
    """
    problem = _("La signature n’a pas été reçue. Signez de nouveau.")
    if not data_url.startswith(DATA_URL) or len(data_url) > MAX_SIGNATURE_BYTES:
        raise Invalid(problem, fields={"drawing": [problem]})
    try:
        content = base64.b64decode(data_url.removeprefix(DATA_URL), validate=True)
    except binascii.Error:
        raise Invalid(problem, fields={"drawing": [problem]}) from None
    picture = _open(BytesIO(content), "PNG").convert("RGBA")
    if picture.width > SIGNATURE_SIDES[0] or picture.height > SIGNATURE_SIDES[1]:
        raise Invalid(problem, fields={"drawing": [problem]})
    paper = Image.new("RGBA", picture.size, "white")
    ink = Image.alpha_composite(paper, picture).convert("L").point(lambda level: 0 if level < 160 else 255)
    box = ImageChops.invert(ink).getbbox()
    if box is None or ink.histogram()[0] < LEAST_INK:
        empty = _("Signez dans le cadre, ou écrivez votre nom.")
        raise Invalid(empty, fields={"drawing": [empty]})
    return _written(ink.crop(box), "PNG", optimize=True)


def _open(file: BinaryIO, kind: str) -> Image.Image:
    """Decoded, if it is of this kind and not too large.

    Raises:
        Invalid: it is not.
    """
    unreadable = _("Cette image ne peut pas être lue.")
    try:
        picture = Image.open(file, formats=[kind])
        if picture.width * picture.height > MAX_PIXELS:
            raise Invalid(_("Cette image est trop grande."))
        picture.load()
    except (UnidentifiedImageError, OSError, ValueError, SyntaxError, Image.DecompressionBombError):
        raise Invalid(unreadable) from None
    return picture


def _written(picture: Image.Image, kind: str, **options: object) -> bytes:
    file = BytesIO()
    picture.info.clear()
    picture.save(file, kind, **options)
    return file.getvalue()
