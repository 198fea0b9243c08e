"""Files in a bucket: a real object store (Swift, speaking S3) behind the pages that take files and give them back."""

from __future__ import annotations

import io
import logging
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage, storages
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import CommandError, call_command
from django.test import Client
from django.urls import reverse
from django_tasks_db.models import DBTaskResult

from parvis.portal.accounts.models import User
from parvis.portal.directory.models import Entity, Role
from parvis.portal.kernel import clock, object_storage
from parvis.portal.kernel.errors import Unavailable
from parvis.portal.parc import documents
from parvis.portal.parc.models import Asset, Document
from parvis.portal.privacy import exports
from parvis.portal.privacy import tasks as privacy_tasks
from tests.integration import authority
from tests.integration.parc.test_asset_pages import make_asset
from tests.integration.signing_in import browser_of
from tests.servers.object_store import BUCKET, REGION, SECRET_KEY, Swift, prepare

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.xdist_group("swift")]
PDF = b"%PDF-1.4 invoice"


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Swift]:
    server = prepare(tmp_path_factory.mktemp("swift"))
    with server.running():
        server.client().create_bucket(Bucket=BUCKET)
        yield server


@pytest.fixture
def swift(store: Swift) -> Iterator[Swift]:
    yield store
    client = store.client()
    for name in store.names():
        client.delete_object(Bucket=BUCKET, Key=name)


@pytest.fixture
def gone(swift: Swift, tmp_path: Path) -> Swift:
    """A server whose machine answers no more: the same keys, a port nobody listens on."""
    return prepare(tmp_path)


@pytest.fixture
def kept_in(settings: Any, tmp_path: Path) -> Any:
    """Say where files are kept from now on, as the settings do at the start."""
    plain = dict(settings.STORAGES)

    def keep(server: Swift) -> None:
        settings.PARVIS = replace(
            settings.PARVIS,
            files_url=f"s3://{BUCKET}?endpoint={server.endpoint}&region={REGION}",
            files_access_key=server.bucket.access_key,
            files_secret_key=server.bucket.secret_key,
            data_dir=tmp_path / "data",
        )
        settings.STORAGES = {**plain, **settings.PARVIS.bucket.storages()}

    settings.MEDIA_ROOT = tmp_path / "data/files"
    return keep


@pytest.fixture
def technician() -> User:
    return authority.make_member(authority.make_entity("Ici", kind=Entity.Kind.METROPOLE), Role.TECHNICIAN, "yann")


@pytest.fixture
def asset(technician: User) -> Asset:
    return make_asset(Entity.objects.get())


@pytest.fixture
def browser(technician: User) -> Client:
    return browser_of(technician)


def sent(browser: Client, asset: Asset, content: bytes = PDF) -> Any:
    address = reverse("parc:add_asset_document", args=[asset.pk])
    return browser.post(address, {"name": "Facture", "file": SimpleUploadedFile("facture.pdf", content)})


def fetched(browser: Client, document: Document) -> Any:
    return browser.get(reverse("parc:document", args=[document.pk]))


def test_a_document_goes_in_and_comes_back(swift: Swift, kept_in: Any, browser: Client, asset: Asset) -> None:
    kept_in(swift)
    large = PDF + bytes(range(256)) * (36 * 2**10)  # 9 MiB: sent in parts
    assert sent(browser, asset, large).status_code == 302
    document = Document.objects.get()
    assert f"files/{document.file.name}" in swift.names()
    answer = fetched(browser, document)
    assert b"".join(answer.streaming_content) == large
    assert answer["Content-Disposition"].startswith("attachment")
    assert (answer["Content-Type"], answer["X-Content-Type-Options"]) == ("application/octet-stream", "nosniff")
    assert not list(Path(document.file.storage.location).rglob("*.pdf"))
    documents.delete_document(actor=document.added_by, document=document, now=clock.now())  # type: ignore[arg-type]
    assert f"files/{document.file.name}" not in swift.names()


def test_only_the_portal_gives_it_and_only_to_who_may(
    swift: Swift, kept_in: Any, browser: Client, asset: Asset
) -> None:
    kept_in(swift)
    sent(browser, asset)
    document = Document.objects.get()
    anybody = httpx.get(f"{swift.endpoint}/{BUCKET}/files/{document.file.name}")
    assert 400 <= anybody.status_code < 500
    assert PDF not in anybody.content
    with pytest.raises(ValueError, match="no address"):
        _ = document.file.url
    elsewhere = authority.make_entity("Là-bas", kind=Entity.Kind.COMMUNE)
    stranger = authority.make_member(elsewhere, Role.TECHNICIAN, "paul")
    assert fetched(browser_of(stranger), document).status_code == 404


def test_a_server_that_is_gone_loses_nothing(
    swift: Swift, gone: Swift, kept_in: Any, browser: Client, asset: Asset, technician: User
) -> None:
    kept_in(swift)
    sent(browser, asset)
    document = Document.objects.get()

    kept_in(gone)
    refused = sent(browser, asset)
    assert refused.status_code == 503
    assert "Les fichiers ne sont pas joignables" in refused.content.decode()
    assert Document.objects.count() == 1, "what was not kept is not recorded"
    assert fetched(browser, document).status_code == 503
    documents.delete_document(actor=technician, document=document, now=clock.now())
    (later,) = DBTaskResult.objects.filter(task_path="parvis.portal.kernel.object_storage.forget_object")
    assert later.run_after > clock.now()
    object_storage.forget_object.func(**later.args_kwargs["kwargs"])
    assert DBTaskResult.objects.filter(task_path=later.task_path).count() == 2, "and again while it is gone"

    kept_in(swift)
    assert f"files/{document.file.name}" in swift.names()
    object_storage.forget_object.func(**later.args_kwargs["kwargs"])
    assert f"files/{document.file.name}" not in swift.names()


def test_a_missing_file_is_told_from_a_missing_server(
    swift: Swift, kept_in: Any, browser: Client, asset: Asset
) -> None:
    kept_in(swift)
    sent(browser, asset)
    document = Document.objects.get()
    swift.client().delete_object(Bucket=BUCKET, Key=f"files/{document.file.name}")
    answer = fetched(browser, document)
    assert answer.status_code == 503
    assert "n’est plus sur le serveur" in answer.content.decode()


def test_wrong_keys_are_no_missing_file_and_no_key_is_told(
    swift: Swift, kept_in: Any, settings: Any, caplog: pytest.LogCaptureFixture, capsys: pytest.CaptureFixture[str]
) -> None:
    caplog.set_level(logging.DEBUG)
    kept_in(swift)
    known = replace(settings.PARVIS, files_secret_key="another-canary-77d0")
    settings.PARVIS, settings.STORAGES = known, {**settings.STORAGES, **known.bucket.storages()}
    with pytest.raises(Unavailable):
        default_storage.open("whatever")
    with pytest.raises(CommandError, match="refuses these keys") as refused:
        call_command("stored_files")
    console = capsys.readouterr()
    said = "".join([caplog.text, console.out, console.err, repr(known), str(refused.value), repr(known.bucket)])
    assert "another-canary-77d0" not in said
    assert SECRET_KEY not in said


def test_a_copy_of_personal_data_is_in_the_bucket_until_its_end(swift: Swift, kept_in: Any, asset: Asset) -> None:
    kept_in(swift)
    agent = authority.make_agent(asset.entity, "claire", account=True)
    assert agent.user is not None
    export = exports.ask(actor=agent.user, now=clock.now())
    privacy_tasks.build_export.func(export_id=export.pk)
    export.refresh_from_db()
    assert export.state == "ready"
    assert swift.names() == [f"exports/{export.file_name}"]
    assert list(exports.folder().iterdir()) == [], "nothing is left on the machine that made it"
    answer = browser_of(agent.user).get(f"/donnees/copie/{export.pk}/")
    content = b"".join(answer.streaming_content)
    assert (len(content), content[:2]) == (export.size, b"PK")
    assert exports.expire(clock.now().replace(year=2100)) == 1
    assert swift.names() == []


def test_a_killed_worker_runs_it_again(swift: Swift, kept_in: Any, asset: Asset) -> None:
    kept_in(swift)
    agent = authority.make_agent(asset.entity, "claire", account=True)
    assert agent.user is not None
    export = exports.ask(actor=agent.user, now=clock.now())
    storages["exports"].save(export.file_name, ContentFile(b"PK made before the worker was killed"))
    privacy_tasks.build_export.func(export_id=export.pk)
    assert swift.names() == [f"exports/{export.file_name}"]
    storages["exports"].delete(export.file_name)


def test_moving_in_from_the_disk(swift: Swift, kept_in: Any, settings: Any, browser: Client, asset: Asset) -> None:
    sent(browser, asset)
    document = Document.objects.get()
    assert Path(document.file.path).is_file()
    with pytest.raises(CommandError, match="PARVIS_FILES_URL"):
        call_command("stored_files", "--from-disk")
    kept_in(swift)
    for said in ("1 files copied, 0 were", "0 files copied, 1 were"):
        out = io.StringIO()
        call_command("stored_files", "--from-disk", stdout=out)
        assert said in out.getvalue()
    assert b"".join(fetched(browser, Document.objects.get()).streaming_content) == PDF
    (Path(settings.MEDIA_ROOT) / document.file.name).write_bytes(PDF + b"another")
    with pytest.raises(CommandError, match="another file of this name"):
        call_command("stored_files", "--from-disk")
