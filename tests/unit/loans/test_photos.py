"""Pictures people send: decoded, written anew, and nothing of what they bring along is kept."""

from __future__ import annotations

import base64
import struct
import zlib
from io import BytesIO

import pytest
from PIL import Image, ImageDraw

from parvis.portal.kernel.errors import Invalid
from parvis.portal.loans import photos


def jpeg_with_place() -> bytes:
    """A photo of a phone: turned by a quarter, with the place it was taken at."""
    picture = Image.new("RGB", (400, 200), "red")
    exif = Image.Exif()
    exif[0x0112] = 6  # to be turned
    exif[0x010F] = "Téléphone de Claire".encode().decode("latin-1")
    exif.get_ifd(0x8825)[2] = (48.0, 23.0, 55.0)
    file = BytesIO()
    picture.save(file, "JPEG", exif=exif, comment=b"chez moi")
    return file.getvalue() + b"<?php a second file ?>"


def cleaned(content: bytes) -> bytes:
    return photos.photo(BytesIO(content), size=len(content))


def drawn(*, ink: bool = True, size: tuple[int, int] = (600, 200)) -> str:
    picture = Image.new("RGBA", size, (0, 0, 0, 0))
    if ink:
        ImageDraw.Draw(picture).line([(50, 50), (300, 150), (500, 60)], fill="black", width=4)
    file = BytesIO()
    picture.save(file, "PNG")
    return photos.DATA_URL + base64.b64encode(file.getvalue()).decode()


def test_place_maker_and_comment_are_gone_and_the_picture_stands_upright() -> None:
    before = jpeg_with_place()
    assert b"chez moi" in before
    after = cleaned(before)
    picture = Image.open(BytesIO(after))
    assert picture.format == "JPEG"
    assert picture.size == (200, 400)
    assert not picture.getexif()
    assert not any(word in after for word in (b"Claire", b"chez moi", b"php", b"Exif"))


def test_a_large_photo_is_made_smaller() -> None:
    file = BytesIO()
    Image.new("RGB", (4000, 3000)).save(file, "PNG")
    assert Image.open(BytesIO(cleaned(file.getvalue()))).size == (1600, 1200)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"GIF89a" + bytes(20),
        b"<svg onload=alert(1)>",
        b"\xff\xd8\xff" + bytes(100),
        b"\x89PNG\r\n\x1a\n" + bytes(40),
    ],
)
def test_what_is_no_picture_is_refused(content: bytes) -> None:
    with pytest.raises(Invalid):
        cleaned(content)


def test_too_many_bytes_are_refused_before_they_are_read() -> None:
    with pytest.raises(Invalid):
        photos.photo(BytesIO(b"\xff\xd8\xff"), size=photos.MAX_PHOTO_BYTES + 1)


def test_a_bomb_is_refused_by_what_it_announces() -> None:
    """A few bytes that announce 50,000 × 50,000 pixels: 7 GB once decoded."""

    def chunk(name: bytes, content: bytes) -> bytes:
        return struct.pack(">I", len(content)) + name + content + struct.pack(">I", zlib.crc32(name + content))

    head = struct.pack(">IIBBBBB", 50_000, 50_000, 8, 2, 0, 0, 0)
    bomb = (
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(bytes(1000))) + chunk(b"IEND", b"")
    )
    with pytest.raises(Invalid):
        cleaned(bomb)


def test_a_signature_is_black_on_white_and_cut_to_its_ink() -> None:
    picture = Image.open(BytesIO(photos.signature(drawn())))
    assert picture.mode == "L"
    assert picture.width < 470
    assert set(picture.tobytes()) == {0, 255}


@pytest.mark.parametrize(
    "sent",
    ["", "data:image/jpeg;base64,AAAA", photos.DATA_URL, photos.DATA_URL + "not base64!", drawn(ink=False),
     drawn(size=(3000, 200)), photos.DATA_URL + "A" * photos.MAX_SIGNATURE_BYTES],
    ids=["nothing", "another kind", "empty", "no base64", "no ink", "too wide", "too long"],
)  # fmt: skip
def test_what_is_no_signature_is_refused(sent: str) -> None:
    with pytest.raises(Invalid):
        photos.signature(sent)
