"""« Mes données »: a copy is asked for, made, downloaded; the file opens and is about that person."""

from __future__ import annotations

import json
import re
import zipfile
from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import OpenPage, Portal, SignIn
from tests.browser.test_accessibility import violations

pytestmark = pytest.mark.browser


def test_a_copy_from_the_question_to_the_file(
    portal: Portal, open_page: OpenPage, sign_in: SignIn, tmp_path: Path
) -> None:
    page = open_page()
    sign_in(page, "Mathieu Riou")
    page.goto(f"{portal.url}/donnees/")
    page.get_by_role("button", name=re.compile("^Préparer")).click()
    expect(page.get_by_text(re.compile("Votre copie se prépare.*0 sur"))).to_be_visible()
    assert violations(page) == []

    portal.work()
    # The page sees by itself that it is ready.
    with page.expect_download() as download:
        page.get_by_role("link", name=re.compile("^Télécharger ma copie")).click()
    assert violations(page) == []
    assert download.value.suggested_filename.endswith(".zip")
    with zipfile.ZipFile(download.value.path()) as copy:
        assert copy.testzip() is None
        copy.extract("index.html", tmp_path)
        tables = {name: json.loads(copy.read(name)) for name in copy.namelist() if name.endswith(".json")}
    assert len(tables) > 5
    assert any("mathieu.riou@rivemarine.example" in json.dumps(rows) for rows in tables.values())
    assert not any("claire.legoff" in json.dumps(rows) for rows in tables.values())

    # The file, read at home.
    page.goto((tmp_path / "index.html").as_uri())
    expect(page.locator("body")).to_contain_text("Mathieu Riou")
    assert violations(page) == []
    assert page.evaluate("document.documentElement.scrollWidth") <= 1440
