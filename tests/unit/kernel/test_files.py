"""Requirement 21: what an uploaded file is, told from its bytes; how it is given back."""

from io import BytesIO

import pytest

from parvis.portal.kernel import files
from parvis.portal.kernel.errors import Invalid

PNG = b"\x89PNG\r\n\x1a\n" + b"0" * 40
HTML = b"<html><script>alert(1)</script>"


def test_the_first_bytes_decide() -> None:
    allowed = {"image/png", "image/jpeg"}
    assert files.check_upload(BytesIO(PNG), size=len(PNG), allowed=allowed, max_bytes=100) == "image/png"


def test_the_file_can_be_read_from_its_start_afterwards() -> None:
    file = BytesIO(PNG)
    files.check_upload(file, size=len(PNG), allowed={"image/png"}, max_bytes=100)
    assert file.read() == PNG


@pytest.mark.parametrize("content", [HTML, b"", b"\x89PN", b"GIF89a"])
def test_anything_else_is_refused(content: bytes) -> None:
    with pytest.raises(Invalid):
        files.check_upload(BytesIO(content), size=len(content), allowed={"image/png"}, max_bytes=100)


def test_a_known_type_that_is_not_allowed_here_is_refused() -> None:
    with pytest.raises(Invalid):
        files.check_upload(BytesIO(PNG), size=len(PNG), allowed={"application/pdf"}, max_bytes=100)


def test_a_file_too_large_is_refused_before_it_is_read() -> None:
    file = BytesIO(PNG)
    with pytest.raises(Invalid):
        files.check_upload(file, size=101, allowed={"image/png"}, max_bytes=100)
    assert file.tell() == 0


def test_a_download_is_saved_and_never_interpreted() -> None:
    response = files.download(BytesIO(HTML), filename='rapport "final".html')
    assert response["Content-Type"] == "application/octet-stream"
    assert response["X-Content-Type-Options"] == "nosniff"
    assert response["Content-Disposition"].startswith("attachment")
