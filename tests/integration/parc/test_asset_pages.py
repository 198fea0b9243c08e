"""An asset's page, form, moves, documents, maintenance, history; what an agent sees of their own."""

from __future__ import annotations

import io
from datetime import timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from PIL import Image

from parvis.portal.accounts.models import User
from parvis.portal.directory.models import Agent, Entity, Role
from parvis.portal.kernel import clock
from parvis.portal.kernel.errors import Conflict, Invalid, NotAllowed
from parvis.portal.parc import asset_services, documents, history, maintenance, record_queries
from parvis.portal.parc.models import (
    Asset,
    AssetEvent,
    AssetModel,
    Assignment,
    Contract,
    Document,
    Maintenance,
    Supplier,
)
from tests.integration.authority import make_agent, make_computer, make_entity, make_member, make_site
from tests.integration.signing_in import browser_of, program_of

pytestmark = pytest.mark.django_db

PDF = b"%PDF-1.4 invoice"


@pytest.fixture(autouse=True)
def _files(settings: object, tmp_path: Path) -> None:
    settings.MEDIA_ROOT = tmp_path  # type: ignore[attr-defined]


@pytest.fixture
def root() -> Entity:
    return make_entity("Métropole", kind=Entity.Kind.METROPOLE)


@pytest.fixture
def technician(root: Entity) -> User:
    return make_member(root, Role.TECHNICIAN, "yann")


@pytest.fixture
def browser(technician: User) -> Client:
    return browser_of(technician)


def text(answer: object) -> str:
    return answer.content.decode()  # type: ignore[attr-defined,no-any-return]


def make_asset(entity: Entity, **fields: object) -> Asset:
    return Asset.objects.create(**{"entity": entity, "name": "MOB-1", "kind": "phone", "state": "stock", **fields})


def page_of(asset: Asset) -> str:
    return reverse("parc:asset", args=[asset.pk])


@pytest.mark.parametrize("kind", Asset.Kind.values)
def test_every_kind_is_added_seen_changed_and_deleted(browser: Client, root: Entity, kind: str) -> None:
    form = text(browser.get(reverse("parc:create_asset"), {"type": kind}))
    assert ("mac_address" in form) == (kind not in {"screen", "phone", "sim", "badge", "accessory"})
    assert ("phone_number" in form) == (kind in {"phone", "desk_phone", "sim", "tablet"})
    data = {
        "kind": kind, "name": "AB-1", "entity": root.pk, "manufacturer": "Essai", "model_name": "Modèle 1",
        "serial": "S-1", "tag": "T-1", "cost": "12.50", "purchase_date": "2024-01-31", "state": "stock",
        "probe_port": 3389,
    }  # fmt: skip
    made = browser.post(reverse("parc:create_asset"), data)
    asset = Asset.objects.get()
    assert made["Location"] == page_of(asset)
    assert (asset.kind, asset.state, asset.cost, str(asset.model)) == (
        kind,
        "stock",
        Decimal("12.50"),
        "Essai Modèle 1",
    )
    assert asset.origins["serial"] == "human"
    page = text(browser.get(page_of(asset)))
    for shown in ("AB-1", "Essai Modèle 1", "S-1", "T-1", "12,50", "saisi ici", "Ajouté au parc"):
        assert shown in page, shown
    browser.post(reverse("parc:edit_asset", args=[asset.pk]), {**data, "model_name": "MODÈLE 1", "serial": "S-2"})
    asset.refresh_from_db()
    assert (asset.serial, AssetModel.objects.count()) == ("S-2", 1)
    assert "S-1 → S-2" in text(browser.get(page_of(asset)))
    delete = reverse("parc:delete_asset", args=[asset.pk])
    assert browser.get(delete).status_code == 200
    browser.post(delete)
    assert not Asset.objects.exists()


def test_a_kind_nobody_knows_is_an_office_computer_with_a_complaint(browser: Client, root: Entity) -> None:
    answer = browser.post(reverse("parc:create_asset"), {"kind": "spaceship", "name": "X", "entity": root.pk})
    assert "kind" in answer.context["form"].errors
    assert not Asset.objects.exists()


def test_moves_are_buttons_and_leave_their_day_and_reason(browser: Client, root: Entity) -> None:
    agent = make_agent(root, first_name="Hélène", last_name="Quéré")
    asset = make_asset(root, state="deployed")
    Assignment.objects.create(agent=agent, asset=asset)
    page = text(browser.get(page_of(asset)))
    assert "Envoyer en réparation" in page
    assert "Sortir du parc" not in page
    move = reverse("parc:move_asset", args=[asset.pk])
    assert "affecté à personne" in text(browser.get(move, {"to": "retired"}))
    tomorrow, yesterday = clock.today() + timedelta(days=1), clock.today() - timedelta(days=1)
    refused = browser.post(move, {"to": "retired", "since_date": tomorrow.isoformat()})
    assert "since_date" in refused.context["form"].errors
    browser.post(move, {"to": "retired", "since_date": yesterday.isoformat(), "reason": "Écran <b>mort</b>"})
    asset.refresh_from_db()
    assert (asset.state, asset.state_since_date, asset.assignments.count()) == ("retired", yesterday, 0)
    page = text(browser.get(page_of(asset)))
    assert "En service → Retiré du service" in page
    assert "Écran &lt;b&gt;mort&lt;/b&gt;" in page
    assert "Repris à Hélène Quéré" in page
    assert browser.post(move, {"to": "repair", "since_date": yesterday.isoformat()}).status_code == 302
    asset.refresh_from_db()
    assert asset.state == "retired"


def test_what_is_lost_is_given_to_nobody(browser: Client, technician: User, root: Entity) -> None:
    asset, agent = make_asset(root, state="lost"), make_agent(root)
    assert "find-agent" not in text(browser.get(page_of(asset)))
    with pytest.raises(Conflict):
        asset_services.assign_agent(actor=technician, asset=asset, agent=agent, now=clock.now())


def test_two_technicians_move_it_and_one_is_told(technician: User, root: Entity) -> None:
    asset = make_asset(root)
    stale = Asset.objects.get(pk=asset.pk)
    asset_services.move_asset(actor=technician, asset=asset, to=Asset.State.RETIRED, now=clock.now())
    with pytest.raises(Conflict):
        asset_services.move_asset(actor=technician, asset=stale, to=Asset.State.REPAIR, now=clock.now())
    assert AssetEvent.objects.filter(kind="state").count() == 1


def test_a_form_keeps_what_its_user_may_not_choose(root: Entity) -> None:
    """A technician of a commune changes a name: the métropole's contract and site stay."""
    town = make_entity("Ville", root, Entity.Kind.COMMUNE)
    site, contract = make_site(root), Contract.objects.create(entity=root, name="Cadre")
    supplier = Supplier.objects.create(entity=root, name="Vendeur")
    asset = make_asset(town, site=site, contract=contract, supplier=supplier)
    browser, edit = browser_of(make_member(town, Role.TECHNICIAN)), reverse("parc:edit_asset", args=[asset.pk])
    form = browser.get(edit).context["form"]
    kept = {"site": site.pk, "contract": contract.pk, "supplier": supplier.pk}
    assert {name: form[name].value() for name in kept} == kept
    browser.post(edit, {"name": "MOB-2", "entity": town.pk, **kept})
    asset.refresh_from_db()
    assert (asset.name, asset.site, asset.contract) == ("MOB-2", site, contract)
    other = Contract.objects.create(entity=root, name="Autre")
    assert browser.post(edit, {"name": "MOB-3", "entity": town.pk, "contract": other.pk}).status_code == 200


def test_documents_are_told_by_their_content_kept_private_and_forgotten(
    browser: Client, root: Entity, tmp_path: Path, django_capture_on_commit_callbacks: object
) -> None:
    asset = make_asset(root)
    add = reverse("parc:add_asset_document", args=[asset.pk])
    for name, content in (("a.pdf", b"MZ\x90 not a pdf"), ("x.html", b"<script>"), ("e.svg", b"<svg/>")):
        browser.post(add, {"file": SimpleUploadedFile(name, content, "application/pdf")})
    assert not Document.objects.exists()
    browser.post(add, {"file": SimpleUploadedFile("../../facture.pdf", PDF, "text/html")})
    document = Document.objects.get()
    assert (document.name, document.media_type) == ("facture.pdf", "application/pdf")
    assert Path(document.file.path).resolve().is_relative_to(tmp_path.resolve())
    answer = browser.get(reverse("parc:document", args=[document.pk]))
    assert answer["Content-Disposition"].startswith("attachment")
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert b"".join(answer.streaming_content) == PDF
    with django_capture_on_commit_callbacks(execute=True):  # type: ignore[operator]
        browser.post(reverse("parc:delete_document", args=[document.pk]))
    assert not list(tmp_path.rglob("*.pdf"))


def test_a_file_that_is_gone_from_the_disk_is_said_so(technician: User, browser: Client, root: Entity) -> None:
    asset, file = make_asset(root), SimpleUploadedFile("a.pdf", PDF)
    document = documents.add_document(actor=technician, about=asset, name="a", file=file, now=clock.now())
    Path(document.file.path).unlink()
    answer = browser.get(reverse("parc:document", args=[document.pk]))
    assert answer.status_code == 503
    assert "n’est plus sur le serveur" in text(answer)


def test_a_document_is_too_large_or_one_too_many(
    technician: User, root: Entity, monkeypatch: pytest.MonkeyPatch
) -> None:
    asset, now = make_asset(root), clock.now()
    big = SimpleUploadedFile("a.pdf", PDF + b"0" * documents.MAX_DOCUMENT_BYTES)
    with pytest.raises(Invalid):
        documents.add_document(actor=technician, about=asset, name="a", file=big, now=now)
    monkeypatch.setattr(documents, "MAX_DOCUMENTS", 1)
    documents.add_document(actor=technician, about=asset, name="a", file=SimpleUploadedFile("a.pdf", PDF), now=now)
    with pytest.raises(Invalid):
        documents.add_document(actor=technician, about=asset, name="b", file=SimpleUploadedFile("b.pdf", PDF), now=now)


def test_files_go_with_their_asset(
    technician: User, root: Entity, tmp_path: Path, django_capture_on_commit_callbacks: object
) -> None:
    asset, now = make_asset(root), clock.now()
    documents.add_document(actor=technician, about=asset, name="a", file=SimpleUploadedFile("a.pdf", PDF), now=now)
    assert list(tmp_path.rglob("*.pdf"))
    with django_capture_on_commit_callbacks(execute=True):  # type: ignore[operator]
        asset_services.delete_asset(actor=technician, asset=asset, now=now)
    assert not list(tmp_path.rglob("*.pdf"))


def test_a_repair_takes_the_asset_away_and_brings_it_back(browser: Client, root: Entity) -> None:
    asset, agent = make_asset(root, state="deployed"), make_agent(root)
    Assignment.objects.create(agent=agent, asset=asset)
    open_, today = reverse("parc:open_maintenance", args=[asset.pk]), clock.today().isoformat()
    browser.post(open_, {"kind": "repair", "summary": "Écran fendu", "opened_date": today, "to_repair": "on"})
    repair = Maintenance.objects.get()
    asset.refresh_from_db()
    assert (asset.state, asset.assignments.count()) == ("repair", 1)
    close = reverse("parc:close_maintenance", args=[repair.pk])
    browser.post(close, {"closed_date": today, "outcome": "Dalle changée", "cost": "80", "back": "on"})
    asset.refresh_from_db()
    assert (asset.state, record_queries.spent_on(asset)) == ("deployed", Decimal(80))
    page = text(browser.get(page_of(asset)))
    assert "Réparation terminée" in page
    assert "80" in page
    again = browser.post(close, {"closed_date": today, "back": "on"})
    assert again.status_code == 409


def test_an_asset_comes_back_to_stock_once_its_last_repair_is_over(technician: User, root: Entity) -> None:
    asset, now = make_asset(root), clock.now()
    one, other = (
        maintenance.open_maintenance(actor=technician, asset=asset, data={"summary": name}, to_repair=True, now=now)
        for name in ("a", "b")
    )
    for repair, state in ((one, "repair"), (other, "stock")):
        repair.asset.refresh_from_db()
        maintenance.close_maintenance(
            actor=technician,
            maintenance=repair,
            outcome="",
            cost=None,
            closed_date=clock.today(now),
            back=True,
            now=now,
        )
        asset.refresh_from_db()
        assert asset.state == state


def test_an_agent_sees_what_they_have_and_nothing_of_its_price_or_past(root: Entity) -> None:
    user, before = make_member(root), make_agent(root, first_name="Ancien", last_name="Titulaire")
    asset = make_asset(root, state="deployed", cost=Decimal("912"), notes="Note interne", order_number="BC-77")
    Assignment.objects.create(agent=Agent.objects.get(user=user), asset=asset)
    AssetEvent.objects.create(asset=asset, at=clock.now(), kind="assigned", agent=before)
    document = Document.objects.create(
        asset=asset, name="Facture", file="x.pdf", media_type="application/pdf", size=1, added_at=clock.now()
    )
    browser = browser_of(user)
    page = text(browser.get(page_of(asset)))
    assert "MOB-1" in page
    for hidden in ("912", "Note interne", "BC-77", "Titulaire", "Facture", "Historique", "Modifier"):
        assert hidden not in page, hidden
    assert browser.get(reverse("parc:asset_history", args=[asset.pk])).status_code == 403
    assert browser.get(reverse("parc:document", args=[document.pk])).status_code == 404
    for name in ("edit_asset", "move_asset", "delete_asset", "open_maintenance"):
        assert browser.get(reverse(f"parc:{name}", args=[asset.pk])).status_code == 403, name
    assert browser.post(reverse("parc:add_asset_document", args=[asset.pk])).status_code == 403
    program = program_of(user)
    assert program.get(f"/api/v1/assets/{asset.pk}").status_code == 404


def test_histories_are_paged_and_take_few_queries(
    browser: Client, root: Entity, django_assert_max_num_queries: object
) -> None:
    asset, agent, now = make_asset(root), make_agent(root), clock.now()
    sites = [make_site(root).pk for _ in range(30)]
    AssetEvent.objects.bulk_create(
        AssetEvent(
            asset=asset, agent=agent, at=now - timedelta(days=n), kind="assigned" if n % 2 else "moved",
            data={"changes": {"site": [sites[n % 30], sites[(n + 1) % 30]]}},
        )
        for n in range(300)
    )  # fmt: skip
    browser.get(page_of(asset))
    for url in (
        page_of(asset),
        reverse("parc:asset_history", args=[asset.pk]) + "?page=3",
        reverse("parc:agent_history", args=[agent.pk]) + "?page=x",
    ):
        with django_assert_max_num_queries(45):  # type: ignore[operator]
            assert browser.get(url).status_code == 200
    assert "Page 3 sur 6" in text(browser.get(reverse("parc:asset_history", args=[asset.pk]) + "?page=3"))
    assert "MOB-1" in text(browser.get(reverse("parc:agent_history", args=[agent.pk])))


def test_a_history_survives_what_it_names(technician: User, root: Entity) -> None:
    asset = make_asset(root)
    AssetEvent.objects.create(asset=asset, at=clock.now(), kind="lent", data={"until": "not a day", "offer": "Kit"})
    AssetEvent.objects.create(asset=asset, at=clock.now(), kind="changed", data={"changes": {"site": [999, None]}})
    AssetEvent.objects.create(asset=asset, at=clock.now(), kind="changed", data={"changes": "broken"})
    AssetEvent.objects.create(asset=asset, at=clock.now(), kind="reported", data={"came": ["a", "b"], "gone": 3})
    told = history.lines(record_queries.events_of(asset))
    assert [line.sentence for line in told][-1] == "Prêté à un agent dont la fiche n’existe plus"
    assert told[2].details == ["Site\u202f: ? → —"]
    assert len(told[0].details) == 2


def test_assets_live_through_the_api(technician: User, root: Entity) -> None:
    program, agent = program_of(technician), make_agent(root)

    def send(method: str, path: str, body: object = None) -> object:
        return getattr(program, method)(f"/api/v1/assets{path}", body, content_type="application/json")

    made = send("post", "", {"name": "ECR-1", "kind": "screen", "entity_id": root.pk, "model": "P24", "cost": "99.90"})
    assert made.status_code == 201, made.content  # type: ignore[attr-defined]
    asset = made.json()  # type: ignore[attr-defined]
    assert (asset["state"], asset["model"], asset["origins"]["name"]) == ("stock", "P24", "human")
    one = f"/{asset['id']}"
    assert send("patch", one, {"manufacturer": "Dell"}).json()["model"] == "P24"  # type: ignore[attr-defined]
    assert send("post", f"{one}/agents", {"agent_id": agent.pk}).status_code == 204  # type: ignore[attr-defined]
    assert send("get", one).json()["agent_ids"] == [agent.pk]  # type: ignore[attr-defined]
    assert send("post", f"{one}/moves", {"state": "disposed"}).status_code == 409  # type: ignore[attr-defined]
    moved = send("post", f"{one}/moves", {"state": "lost", "reason": "gare"}).json()  # type: ignore[attr-defined]
    assert (moved["state"], moved["agent_ids"]) == ("lost", [])
    history_ = send("get", f"{one}/history").json()  # type: ignore[attr-defined]
    assert history_["items"][0]["kind"] == "unassigned"
    bad = send("post", "", {"name": "X", "kind": "screen", "entity_id": root.pk, "state": "disposed"})
    assert bad.status_code == 422  # type: ignore[attr-defined]
    assert send("patch", one, {"notes": "Deux\nlignes"}).status_code == 200  # type: ignore[attr-defined]
    assert send("patch", one, {"notes": "no text\x00 for a database"}).status_code == 422  # type: ignore[attr-defined]
    assert send("delete", one).status_code == 204  # type: ignore[attr-defined]


@pytest.mark.parametrize("role", [Role.AUDITOR, Role.HEAD_OF_DEPARTMENT])
def test_only_the_it_team_changes_what_is_kept_around_assets(root: Entity, role: Role) -> None:
    actor, asset, now = make_member(root, role), make_asset(root), clock.now()
    file = SimpleUploadedFile("a.pdf", PDF)
    repair = Maintenance.objects.create(asset=asset, summary="x", opened_date=clock.today(now))
    for attempt in (
        lambda: asset_services.move_asset(actor=actor, asset=asset, to=Asset.State.RETIRED, now=now),
        lambda: documents.add_document(actor=actor, about=asset, name="a", file=file, now=now),
        lambda: maintenance.open_maintenance(actor=actor, asset=asset, data={}, to_repair=False, now=now),
        lambda: maintenance.update_maintenance(actor=actor, maintenance=repair, data={}, now=now),
    ):
        with pytest.raises(NotAllowed):
            attempt()


def test_a_computer_keeps_its_own_address_and_others_have_none(browser: Client, root: Entity) -> None:
    computer, asset = make_computer(root), make_asset(root)
    assert text(browser.get(reverse("parc:computer", args=[computer.pk]))).count("Sur le réseau") == 1
    assert "Sur le réseau" not in text(browser.get(page_of(asset)))
    assert browser.get(reverse("parc:computer", args=[asset.pk])).status_code == 404


def _png(width: int = 300, height: int = 200) -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (width, height), "white").save(out, "PNG", pnginfo=None)
    return out.getvalue()


def test_a_plan_is_drawn_anew_and_rooms_are_placed_by_a_click_or_by_numbers(
    browser: Client, root: Entity, tmp_path: Path
) -> None:
    site = make_site(root)
    for number in range(3):
        make_asset(root, name=f"IMP-{number}", kind="printer", site=site, room="Salle A")
    add = reverse("parc:add_plan", args=[site.pk])
    for content in (b"GIF89a", b"\x89PNG\r\n\x1a\n broken", b"%PDF-"):
        refused = browser.post(add, {"name": "RDC", "file": SimpleUploadedFile("p.png", content)})
        assert refused.context["form"].errors["file"]
    hidden = _png() + b"<script>hidden</script>"
    browser.post(add, {"name": "RDC", "file": SimpleUploadedFile("p.png", hidden)})
    plan = site.plans.get()
    assert b"hidden" not in Path(plan.file.path).read_bytes()
    page = reverse("parc:plan", args=[plan.pk])
    assert "Salle A" in text(browser.get(page))
    browser.post(page, {"room": "Salle A", "at.x": "450", "at.y": "150"})
    room = plan.rooms.get()
    assert (round(room.x, 2), round(room.y, 2)) == (0.5, 0.25)
    browser.post(page, {"room": "Salle A", "across": "10", "down": "20"})
    room.refresh_from_db()
    assert (room.x, room.y) == (0.1, 0.2)
    browser.post(page, {"room": "Salle B", "across": "nan", "down": "20"})
    browser.post(page, {"room": "Salle B", "across": "inf", "down": "1e400"})
    assert plan.rooms.count() == 1
    shown = text(browser.get(page))
    assert "3 matériels" in shown
    picture = browser.get(reverse("parc:plan_image", args=[plan.pk]))
    assert picture["Content-Type"] == "image/png"
    assert b"".join(picture.streaming_content).startswith(b"\x89PNG")
    browser.post(reverse("parc:remove_plan_room", args=[room.pk]))
    assert not plan.rooms.exists()
    browser.post(reverse("parc:delete_plan", args=[plan.pk]))
    assert not site.plans.exists()


def test_a_huge_picture_is_refused_before_it_is_decoded(browser: Client, root: Entity) -> None:
    site, huge = make_site(root), bytearray(_png(8, 8))
    huge[16:24] = (60_000).to_bytes(4, "big") * 2
    add = reverse("parc:add_plan", args=[site.pk])
    answer = browser.post(add, {"name": "RDC", "file": SimpleUploadedFile("p.png", bytes(huge))})
    assert answer.context["form"].errors["file"]


def test_a_site_tells_what_is_there(browser: Client, root: Entity) -> None:
    site = make_site(root, latitude=Decimal("48.39030"), longitude=Decimal("-4.48628"))
    agent = make_agent(root, first_name="Hélène", last_name="Quéré")
    make_computer(root, agent, site=site, reachability="on")
    make_asset(root, site=site, kind="printer", room="Couloir")
    page = text(browser.get(reverse("parc:site", args=[site.pk])))
    for shown in ("2 matériels", "Imprimante", "Couloir", "Hélène Quéré", "openstreetmap.org/?mlat=48.39030"):
        assert shown in page, shown
    listed = text(browser.get(reverse("parc:sites")))
    assert site.name in listed
    edit = reverse("parc:edit_site", args=[site.pk])
    half = browser.post(edit, {"name": "S", "entity": root.pk, "wake_by": "none", "wake_port": 9, "latitude": "48"})
    assert half.context["form"].errors["longitude"]
