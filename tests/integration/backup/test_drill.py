"""The drill: backed up while people work, restored elsewhere, and people work on there."""

from __future__ import annotations

import hashlib
import re
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest
from django.db import connection

from parvis.portal.kernel import audit
from parvis.portal.kernel.models import AuditRecord
from parvis.portal.parc.models import Document
from tests.integration.accounts.conftest import code
from tests.integration.backup.conftest import Restore, Shelf
from tests.integration.backup.world import PASSWORD, Elsewhere, Office, make_office
from tests.servers.process import accepts, free_port, running

pytestmark = pytest.mark.timeout(900)  # it starts five programs, on a machine that does other things too
WRITERS = 3
KEPT = 8
"""Documents that a writer has at once: older ones are deleted, with their files."""


class Writers:
    """People who keep documents and delete old ones, until the end of the block."""

    def __init__(self, office: Office) -> None:
        self.office = office
        self.acknowledged: dict[int, str] = {}
        """Each document whose transaction ended well, and the hash of its bytes."""
        self.errors: list[BaseException] = []
        self._stop = threading.Event()
        self._progress = threading.Condition()

    @contextmanager
    def at_work(self) -> Iterator[None]:
        threads = [threading.Thread(target=self._write, args=(number,)) for number in range(WRITERS)]
        for thread in threads:
            thread.start()
        try:
            self.wait_for(10)
            yield
            self.wait_for(10)
        finally:
            self._stop.set()
            for thread in threads:
                thread.join(60)
        assert self.errors == []

    def wait_for(self, more: int) -> None:
        """Until so many documents more were written."""
        with self._progress:
            wanted = len(self.acknowledged) + more
            assert self._progress.wait_for(lambda: len(self.acknowledged) >= wanted or self.errors, 120)

    def _write(self, number: int) -> None:
        mine: list[Document] = []
        try:
            while not self._stop.is_set():
                document, content = self.office.keep(number)
                mine.append(document)
                with self._progress:
                    self.acknowledged[document.pk] = hashlib.sha256(content).hexdigest()
                    self._progress.notify_all()
                if len(mine) > KEPT:
                    self.office.forget(mine.pop(0))
                self._stop.wait(0.01)  # people, not a flood: the backup is to be done beside them
        except BaseException as error:
            self.errors.append(error)
        finally:
            connection.close()


def test_backed_up_under_load_restored_elsewhere_and_worked_on(
    transactional_db: None, data_dir: Path, shelf: Shelf, other: Elsewhere, restore: Restore
) -> None:
    office = make_office(WRITERS)
    writers = Writers(office)
    early, early_content = office.keep()
    with writers.at_work():
        acknowledged_before = set(writers.acknowledged)
        backup = shelf.back_up(verify=True)
        assert set(writers.acknowledged) - acknowledged_before, "nobody wrote meanwhile: this proves nothing"
    said = restore(backup)

    _history_is_the_beginning_of_ours(other, said)
    _rows_are_those_of_one_instant(other, writers, len(acknowledged_before))
    _portal_works(other, early, early_content)


def _history_is_the_beginning_of_ours(other: Elsewhere, said: list[str]) -> None:
    theirs = other.rows("SELECT id, hash FROM kernel_auditrecord ORDER BY id")
    ours = list(AuditRecord.objects.order_by("id").values_list("id", "hash"))
    *copied, (_, note) = theirs
    assert copied == ours[: len(copied)]
    assert len(copied) < len(ours), "the backup is older than the end"
    assert other.rows("SELECT action FROM kernel_auditrecord ORDER BY id DESC LIMIT 1") == [("kernel.restored",)]
    head = f"{copied[-1][0]}:{copied[-1][1]}"
    assert any(head in line for line in said), said
    verified = other.manage("verify_audit", f"--kept={head}")
    assert (verified.returncode, verified.stderr) == (0, ""), verified.stderr
    assert note in verified.stdout
    assert audit.verify() is None


def _rows_are_those_of_one_instant(other: Elsewhere, writers: Writers, at_least: int) -> None:
    kept = other.rows("SELECT id, file FROM parc_document")
    counts = dict(other.rows("SELECT action, count(*) FROM kernel_auditrecord GROUP BY action"))
    assert len(kept) == counts["parc.document_added"] - counts.get("parc.document_deleted", 0)
    for number, name in kept:
        content = (other.data_dir / "files" / name).read_bytes()
        if number in writers.acknowledged:
            assert hashlib.sha256(content).hexdigest() == writers.acknowledged[number]
    # What was told to be saved before the backup began was saved in it, or deleted since.
    told = other.rows("SELECT count(*) FROM kernel_auditrecord WHERE action = 'parc.document_added'")[0][0]
    assert told >= at_least
    assert other.rows("SELECT count(*) FROM django_session") == [(0,)]


def _portal_works(other: Elsewhere, document: Document, content: bytes) -> None:
    port = free_port()
    address = f"http://localhost:{port}"
    environment = {**other.environment, "PARVIS_URL": address, "PARVIS_LISTEN": f"127.0.0.1:{port}"}
    command = [sys.executable, "-m", "parvis.serve.web"]
    log = other.data_dir / "portal.log"
    with (
        running(command, log_path=log, is_ready=lambda: accepts("127.0.0.1", port), timeout=120, env=environment),
        httpx.Client(base_url=address, timeout=60, trust_env=False, follow_redirects=True) as browser,
    ):
        assert browser.get("/readyz").json() == {"ready": True, "problems": []}
        page = browser.get("/compte/connexion/")
        page = browser.post(page.url, data=_filled(page, login="yann@rivemarine.example", password=PASSWORD))
        page = browser.post(page.url, data=_filled(page, code=code()))
        assert (page.status_code, page.url.path) == (200, "/"), log.read_text()[-2000:]
        file = browser.get(f"/parc/documents/{document.pk}/")
        assert (file.status_code, file.content) == (200, content)


def _filled(page: httpx.Response, **values: str) -> dict[str, str]:
    token = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', page.text)
    assert token, page.text[:2000]
    return {"csrfmiddlewaretoken": token[1], **values}
