"""The pages: a file from its upload to what it did, its rejected lines out and in again, the exports, the API."""

from __future__ import annotations

import csv
import io
import re
import zipfile
from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import date

import openpyxl
import pytest
from django.core.cache import cache
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from parvis.portal.accounts.models import User
from parvis.portal.directory.models import Entity, Role
from parvis.portal.imports import exports
from parvis.portal.imports.models import Connection, Line, Run
from parvis.portal.imports.services import applying, connections, undoing
from parvis.portal.kernel import clock
from parvis.portal.kernel.models import AuditRecord
from parvis.portal.parc import asset_services
from parvis.portal.parc.models import Asset, AssetModel, Contract, Supplier
from tests.integration.authority import make_agent, make_computer, make_entity, make_member, make_site
from tests.integration.imports.bringing import apply, bring, kinds, read
from tests.integration.signing_in import browser_of, program_of

pytestmark = pytest.mark.django_db
FILE = "Nom;Type;Service;Prix\nRIV-1;Portable;Ici;12,50\nRIV-2;Portable;Là-bas;1\nRIV-3;Portable;Ici;cher\n"


@pytest.fixture
def here() -> Entity:
    return make_entity("Ici", make_entity("Métropole"), Entity.Kind.COMMUNE)


@pytest.fixture
def technician(here: Entity) -> User:
    return make_member(here, Role.TECHNICIAN)


def upload(browser: Client, root: Entity, text: str | bytes, name: str = "parc.csv") -> str:
    raw = text if isinstance(text, bytes) else text.encode()
    answer = browser.post(reverse("imports:upload"), {"root": root.pk, "file": SimpleUploadedFile(name, raw)})
    assert answer.status_code == 302, answer.content.decode()[:2000]
    return str(answer["Location"])


def body(answer: object) -> bytes:
    return b"".join(answer.streaming_content)  # type: ignore[attr-defined]


def test_a_file_from_its_upload_to_the_parc(technician: User, here: Entity) -> None:
    browser = browser_of(technician)
    columns = upload(browser, here, FILE)
    page = browser.get(columns)
    form = page.context["form"]
    assert form.initial["column_name"] == "Nom"
    sent = {name: value for name, value in form.initial.items() if value}
    answer = browser.post(columns, sent)
    run = Run.objects.get()
    assert answer["Location"] == reverse("imports:run", args=[run.pk])
    read(run)
    shown = browser.get(reverse("imports:run", args=[run.pk])).content.decode()
    assert "1 ligne serait écrite" in shown
    assert "Service inconnu" in shown
    browser.post(reverse("imports:decide", args=[run.pk]), {"decision": "apply"})
    applying.apply(Run.objects.get())
    assert list(Asset.objects.values_list("name", flat=True)) == ["RIV-1"]


def test_rejected_lines_come_out_with_their_reason_and_go_in_again(technician: User, here: Entity) -> None:
    run = apply(technician, bring(technician, here, FILE))
    browser = browser_of(technician)
    text = body(browser.get(reverse("imports:rejected", args=[run.pk]))).decode("utf-8-sig")
    rows = list(csv.reader(io.StringIO(text), delimiter=";"))
    assert rows[0] == ["Nom", "Type", "Service", "Prix", "Motif du rejet"]
    assert [row[:4] for row in rows[1:]] == [["RIV-2", "Portable", "Là-bas", "1"], ["RIV-3", "Portable", "Ici", "cher"]]
    assert "Là-bas" in rows[1][4]
    assert "cher" in rows[2][4]
    mended = text.replace("Là-bas;1", "Ici;1").replace("cher;", "30;", 1)
    again = apply(technician, bring(technician, here, mended))
    assert kinds(again) == ["created", "created"]
    assert Asset.objects.count() == 3


def test_lines_left_out_come_out_with_them(technician: User, here: Entity) -> None:
    """Compared as good, refused when they were written: they are not lost either."""
    run = bring(technician, here, "Nom;Tag;Remarques\nPC-1;T1;rien\nPC-2;T2;a\nPC-3;T3;b\n")
    make_computer(here, name="OTHER", tag="T2")
    run = apply(technician, run)
    browser = browser_of(technician)
    url = reverse("imports:rejected", args=[run.pk])
    assert url in browser.get(reverse("imports:run", args=[run.pk])).content.decode()
    rows = list(csv.reader(io.StringIO(body(browser.get(url)).decode("utf-8-sig")), delimiter=";"))
    assert [row[:3] for row in rows[1:]] == [["PC-2", "T2", "a"]]
    assert "pris entre-temps" in rows[1][3]


def test_no_cell_of_the_rejected_is_a_formula(technician: User, here: Entity) -> None:
    run = bring(technician, here, 'Nom;Service\n"=cmd|x";Nulle part\n')
    text = body(browser_of(technician).get(reverse("imports:rejected", args=[run.pk]))).decode("utf-8-sig")
    assert "'=cmd|x" in text


def test_conflicts_are_ticked_one_by_one_or_together(technician: User, here: Entity) -> None:
    for number in (1, 2):
        data = {"name": f"PC-{number}", "entity": here, "room": "A", "serial": f"S{number}"}
        asset_services.create_asset(actor=technician, data=data, now=clock.now())  # type: ignore[arg-type]
    run = bring(technician, here, "Nom;Local;N° série\nPC-1;B;X1\nPC-2;B;X2\n")
    assert kinds(run) == ["rejected", "rejected"]  # the same name with another serial is another computer
    run = bring(technician, here, "Nom;Local\nPC-1;B\nPC-2;B\n")
    browser, address = browser_of(technician), reverse("imports:run", args=[run.pk])
    first, second = Line.objects.filter(run=run)
    page = browser.get(reverse("imports:line", args=[run.pk, first.pk])).content.decode()
    assert "saisi par une personne" in page
    browser.post(reverse("imports:line", args=[run.pk, first.pk]), {"field": ["room", "serial", "nonsense"]})
    first.refresh_from_db()
    assert first.taken == ["room"]
    both = {"action": "take", "all": "1", "confirmed": "1", "expected": "2"}
    assert browser.post(address, both).status_code == 302
    assert Run.objects.get(pk=run.pk).total == 2
    assert browser.post(address, {**both, "action": "keep"}).status_code == 302
    assert Run.objects.get(pk=run.pk).total == 0
    second.refresh_from_db()
    assert second.taken == []


@pytest.mark.parametrize(
    "raw", [b"", b"Nom\n", b"\x00\x01", b"Nom;nom\na;b\n", b"Nom\n" + b"x\n" * 20_001, b"PK\x03\x04 not a workbook"]
)
def test_a_bad_file_is_refused_in_words_beside_the_field(technician: User, here: Entity, raw: bytes) -> None:
    answer = browser_of(technician).post(
        reverse("imports:upload"), {"root": here.pk, "file": SimpleUploadedFile("x.csv", raw)}
    )
    assert answer.status_code == 422
    assert answer.context["form"].errors["file"]


def test_a_file_without_a_key_or_a_kind_says_so(technician: User, here: Entity) -> None:
    browser = browser_of(technician)
    columns = upload(browser, here, "A;B\n1;2\n")
    answer = browser.post(columns, {"column_notes": "A"})
    assert answer.status_code == 422
    assert set(answer.context["form"].errors) == {"column_tag", "kind"}


def test_the_former_address_leads_here(technician: User) -> None:
    answer = browser_of(technician).get("/parc/importer/")
    assert (answer.status_code, answer["Location"]) == (302, reverse("imports:upload"))


def test_imports_are_for_the_it_team_and_seen_by_auditors(here: Entity) -> None:
    auditor, agent = browser_of(make_member(here, Role.AUDITOR)), browser_of(make_member(here))
    assert auditor.get(reverse("imports:runs")).status_code == 200
    assert agent.get(reverse("imports:runs")).status_code == 403
    for name in ("upload", "create_connection"):
        assert auditor.get(reverse(f"imports:{name}")).status_code == 403
    for name in ("export_all",):
        assert agent.post(reverse(f"imports:{name}")).status_code == 403
    run = bring(make_member(here, Role.TECHNICIAN), here, FILE)
    assert auditor.get(reverse("imports:run", args=[run.pk])).status_code == 200
    for name in ("decide", "undo", "columns"):
        assert auditor.post(reverse(f"imports:{name}", args=[run.pk])).status_code == 403
    assert auditor.get(reverse("imports:rejected", args=[run.pk])).status_code == 403


def test_a_connections_tokens_want_a_fresh_second_factor_and_are_never_shown(here: Entity) -> None:
    head = make_member(here, Role.HEAD_OF_IT)
    assert browser_of(head, age=3600).get(reverse("imports:create_connection")).status_code == 302
    browser = browser_of(head)
    said = {
        "name": "GLPI", "root": here.pk, "url": "https://glpi.rivemarine.example", "user_token": "s3cr3t-user",
        "app_token": "s3cr3t-app", "item_types": ["Computer", "Phone"],
    }  # fmt: skip
    answer = browser.post(reverse("imports:create_connection"), said)
    assert answer.status_code == 302
    for address in (answer["Location"], f"{answer['Location']}/modifier"):
        shown = browser.get(address).content.decode()
        assert "apirest.php" in shown
        assert "s3cr3t" not in shown


def filled(here: Entity) -> Asset:
    """An asset with something in every field, some of it hostile to a spreadsheet."""
    supplier = Supplier.objects.create(entity=here, name="-Vendeur & fils")
    contract = Contract.objects.create(entity=here, name="Location", supplier=supplier)
    model = AssetModel.objects.create(manufacturer="HP", name="=EliteBook", kind="laptop")
    return make_computer(
        here, make_agent(here, "anne"), name="PC-1", kind="laptop", tag="+33", serial="S1", model=model, room="-1",
        site=make_site(here, name="@Mairie"), supplier=supplier, contract=contract, order_number="BC;1",
        purchase_date=date(2024, 3, 1), warranty_end_date=date(2027, 3, 1), cost="1234.50", address="10.0.0.1",
        mac_address="02:00:00:00:00:01", phone_number="+33 2 00 00 00 00", notes='Deux\nlignes, "citées"',
    )  # fmt: skip


@pytest.mark.parametrize("form", ["csv", "xlsx"])
def test_what_is_exported_can_be_imported_again(technician: User, here: Entity, form: str) -> None:
    filled(here)
    make_computer(make_entity("Finances", here), name="PC-2")
    browser = browser_of(technician)
    answer = browser.post(reverse("imports:export_table", args=["materiels", form]))
    raw = body(answer)
    if form == "csv":
        assert not re.search(r"(^|;)[=+@-]", raw.decode("utf-8-sig"))
    else:
        cells = [cell for row in openpyxl.load_workbook(io.BytesIO(raw)).active.iter_rows() for cell in row]
        assert "f" not in {cell.data_type for cell in cells}
    run = bring(technician, here, raw, f"materiels.{form}")
    assert kinds(run) == ["unchanged", "unchanged"], list(Line.objects.filter(run=run).values("problems", "changes"))
    assert AuditRecord.objects.filter(action="imports.parc_exported").exists()


def test_an_export_lost_and_brought_back_is_whole(technician: User, here: Entity) -> None:
    asset = filled(here)
    raw = body(browser_of(technician).post(reverse("imports:export_table", args=["materiels", "csv"])))
    before = {name: getattr(asset, name) for name in ("tag", "serial", "room", "notes", "phone_number", "supplier_id")}
    asset_services.delete_asset(actor=technician, asset=asset, now=clock.now())
    apply(technician, bring(technician, here, raw))
    again = Asset.objects.get()
    assert {name: getattr(again, name) for name in before} == before
    assert str(again.model) == "HP =EliteBook"


def test_the_test_of_a_connection_is_no_tool_to_explore_the_network(
    here: Entity, monkeypatch: pytest.MonkeyPatch
) -> None:
    cache.clear()
    monkeypatch.setattr(connections, "test", lambda **_said: {})
    browser = browser_of(make_member(here, Role.HEAD_OF_IT))
    connection = Connection.objects.create(root=here, name="GLPI", url="https://10.0.0.1/apirest.php")
    url = reverse("imports:test_connection", args=[connection.pk])
    assert [browser.post(url).status_code for _ in range(11)] == [302] * 10 + [429]
    assert browser.post(reverse("imports:start_connection", args=[connection.pk])).status_code == 429


def test_everything_in_one_archive_and_nothing_of_others(technician: User, here: Entity) -> None:
    filled(here)
    there = make_entity("Là-bas")
    stranger = make_agent(there, "zoe-canari")
    make_computer(there, stranger, name="CANARI", site=make_site(there, name="CANARI"))
    Supplier.objects.create(entity=there, name="CANARI")
    # What another authority gave the technician to work with is theirs to use, not to read the price and past of.
    make_computer(there, technician.agent, name="CANARI-2", notes="CANARI")
    answer = browser_of(technician).post(reverse("imports:export_all"))
    archive = zipfile.ZipFile(io.BytesIO(body(answer)))
    assert archive.testzip() is None
    names = {f"{table.name}.csv" for table in exports.tables()}
    assert set(archive.namelist()) == names >= {"materiels.csv", "historique.csv", "contrats.csv"}
    text = "".join(archive.read(name).decode("utf-8-sig") for name in archive.namelist()).lower()
    assert "canari" not in text
    assert "eliteBook".lower() in text


@pytest.mark.parametrize("name", ["materiels", "affectations", "historique"])
def test_exports_take_as_many_queries_whatever_their_rows(
    technician: User,
    here: Entity,
    name: str,
    django_assert_max_num_queries: Callable[..., AbstractContextManager[object]],
) -> None:
    for number in range(40):
        make_computer(here, make_agent(here), name=f"PC-{number}", tag=f"T{number}")
    table = exports.table(name)
    assert table is not None
    with django_assert_max_num_queries(12):
        "".join(exports.as_csv(table, technician))


def test_lists_take_as_many_queries_whatever_their_rows(
    technician: User, here: Entity, django_assert_max_num_queries: Callable[..., AbstractContextManager[object]]
) -> None:
    agent = make_agent(here, "anne")
    text = "Nom;Agent;Prix\n" + "".join(f"PC-{n};{agent.email};{n}\n" for n in range(60))
    run = bring(technician, here, text)
    for number in range(20):
        Run.objects.create(root=here, name=f"{number}", started_by=technician, created_at=clock.now(), state="applied")
    browser = browser_of(technician)
    for address in (reverse("imports:runs"), reverse("imports:run", args=[run.pk])):
        browser.get(address)
        with django_assert_max_num_queries(28):
            assert browser.get(address).status_code == 200


def test_the_whole_of_it_by_the_api(technician: User, here: Entity) -> None:
    program = program_of(technician)
    sent = {"entity_id": here.pk, "file": SimpleUploadedFile("parc.csv", FILE.encode())}
    brought = program.post("/api/v1/imports", sent)
    assert brought.status_code == 201, brought.content
    pk = brought.json()["id"]
    assert brought.json()["columns"]["name"] == "Nom"
    said = {"columns": brought.json()["columns"], "kind": "office"}
    answer = program.post(f"/api/v1/imports/{pk}/compare", said, content_type="application/json")
    assert answer.json()["state"] == "queued", answer.content
    read(Run.objects.get(pk=pk))
    lines = program.get(f"/api/v1/imports/{pk}/lines").json()
    assert [line["kind"] for line in lines["items"]] == ["created", "rejected", "rejected"]
    assert "Là-bas" in lines["items"][1]["problems"][0]
    program.post(f"/api/v1/imports/{pk}/apply")
    applying.apply(Run.objects.get(pk=pk))
    done = program.get(f"/api/v1/imports/{pk}").json()
    assert (done["state"], done["counts"]["created"]) == ("applied", 1)
    program.post(f"/api/v1/imports/{pk}/undo")
    undoing.undo(Run.objects.get(pk=pk))
    assert not Asset.objects.exists()
    foreign = program.post(
        "/api/v1/imports", {"entity_id": make_entity("Là-bas").pk, "file": SimpleUploadedFile("p.csv", b"Nom\nA\n")}
    )
    assert foreign.status_code == 404
    outside = program_of(make_member(here, Role.TECHNICIAN), "read")
    assert outside.post(f"/api/v1/imports/{pk}/apply").status_code == 403


def test_every_room_of_the_parc_is_in_the_archive(technician: User) -> None:
    """Loans, probes, software and counts are registered by `config.exports`; each is read without an error."""
    names = {table.name for table in exports.tables()}
    assert {"prets", "releves", "logiciels", "inventaires-physiques"} <= names
    for table in exports.tables():
        assert "".join(exports.as_csv(table, technician)).count("\n") == 1
