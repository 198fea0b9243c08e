"""Suppliers, contracts, what to watch; equipment of who leaves; what is kept of whom."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from parvis.portal.accounts.models import User
from parvis.portal.directory import services as directory
from parvis.portal.directory.models import Entity, Role
from parvis.portal.kernel import clock
from parvis.portal.kernel.errors import Invalid, NotAllowed
from parvis.portal.movements.models import Step
from parvis.portal.parc import asset_services, personal_data, record_queries, record_services
from parvis.portal.parc.models import Asset, AssetEvent, Assignment, Contract, Maintenance, Supplier
from tests.integration.authority import make_agent, make_computer, make_entity, make_member, make_site
from tests.integration.signing_in import browser_of

pytestmark = pytest.mark.django_db


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


def make_contract(entity: Entity, days: int, notice: int, name: str = "Cadre") -> Contract:
    ends = clock.today() + timedelta(days=days)
    return Contract.objects.create(entity=entity, name=name, ends_date=ends, notice_days=notice)


def test_a_supplier_is_added_changed_and_kept_while_it_is_named(browser: Client, root: Entity) -> None:
    data = {"name": "Armor", "entity": root.pk, "email": "sav@armor.example", "phone": "02"}
    browser.post(reverse("parc:create_supplier"), data)
    supplier = Supplier.objects.get()
    again = browser.post(reverse("parc:create_supplier"), data)
    assert again.context["form"].errors["name"]
    browser.post(reverse("parc:edit_supplier", args=[supplier.pk]), {**data, "name": "Armor Informatique"})
    asset = Asset.objects.create(entity=root, name="ECR-1", kind="screen", supplier=supplier)
    page = text(browser.get(reverse("parc:supplier", args=[supplier.pk])))
    assert "Armor Informatique" in page
    assert "Écran" in page
    assert browser.post(reverse("parc:delete_supplier", args=[supplier.pk])).status_code == 409
    asset.delete()
    browser.post(reverse("parc:delete_supplier", args=[supplier.pk]))
    assert not Supplier.objects.exists()


def test_a_contract_with_its_documents_and_assets(browser: Client, root: Entity) -> None:
    today = clock.today()
    data = {
        "name": "Copieurs", "kind": "maintenance", "entity": root.pk, "notice_days": 90, "yearly_cost": "48600",
        "starts_date": today.isoformat(), "ends_date": (today - timedelta(days=1)).isoformat(),
    }  # fmt: skip
    wrong = browser.post(reverse("parc:create_contract"), data)
    assert wrong.context["form"].errors["ends_date"]
    browser.post(reverse("parc:create_contract"), {**data, "ends_date": (today + timedelta(days=60)).isoformat()})
    contract = Contract.objects.get()
    asset = Asset.objects.create(entity=root, name="IMP-1", kind="printer", contract=contract)
    add = reverse("parc:add_contract_document", args=[contract.pk])
    browser.post(add, {"file": SimpleUploadedFile("acte.pdf", b"%PDF-1.7")})
    page = text(browser.get(reverse("parc:contract", args=[contract.pk])))
    for shown in ("Copieurs", "48\u202f600\u202f€", "Préavis dépassé", "IMP-1", "acte.pdf", "préavis de 90 jours"):
        assert shown in page, shown
    assert "Préavis dépassé" in text(browser.get(reverse("parc:contracts")))
    browser.post(reverse("parc:delete_contract", args=[contract.pk]))
    asset.refresh_from_db()
    assert asset.contract is None


def test_a_contract_without_an_end_is_in_the_list(browser: Client, root: Entity) -> None:
    Contract.objects.create(entity=root, name="Numéros de conférence", kind="telephony")
    assert "Numéros de conférence" in text(browser.get(reverse("parc:contracts")))
    file = browser.get(reverse("parc:contracts"), {"format": "csv"})
    assert "Numéros de conférence" in b"".join(file.streaming_content).decode()  # type: ignore[attr-defined]


@pytest.mark.parametrize("field", ["name", "notice_days", "yearly_cost"])
def test_a_contract_says_nothing_absurd(technician: User, root: Entity, field: str) -> None:
    wrong = {"name": " ", "notice_days": 99_999, "yearly_cost": -1}
    data = {"entity": root, "name": "Cadre", field: wrong[field]}
    with pytest.raises(Invalid) as problem:
        record_services.save_contract(actor=technician, contract=None, data=data, now=clock.now())  # type: ignore[arg-type]
    assert list(problem.value.fields) == [field]


@pytest.mark.parametrize("role", [Role.AUDITOR, Role.HEAD_OF_DEPARTMENT])
def test_only_the_it_team_writes_contracts_and_suppliers(root: Entity, role: Role) -> None:
    actor, now = make_member(root, role), clock.now()
    contract, supplier = make_contract(root, 9, 9), Supplier.objects.create(entity=root, name="Armor")
    for attempt in (
        lambda: record_services.save_contract(actor=actor, contract=contract, data={"name": "X"}, now=now),
        lambda: record_services.save_supplier(actor=actor, supplier=supplier, data={"name": "X"}, now=now),
        lambda: record_services.delete_contract(actor=actor, contract=contract, now=now),
        lambda: record_services.delete_supplier(actor=actor, supplier=supplier, now=now),
    ):
        with pytest.raises(NotAllowed):
            attempt()


def test_a_contract_does_not_leave_for_a_foreign_entity(root: Entity) -> None:
    here, there = make_entity("Ici", root), make_entity("Là-bas", root)
    actor, contract = make_member(here, Role.TECHNICIAN), make_contract(here, 9, 9)
    with pytest.raises(NotAllowed):
        record_services.save_contract(actor=actor, contract=contract, data={"entity": there}, now=clock.now())


@pytest.mark.parametrize(
    ("days", "notice", "counted"),
    [(10, 0, True), (120, 100, True), (120, 91, True), (120, 89, False), (10, 90, True), (-1, 90, False)],
)
def test_the_badge_counts_contracts_to_decide_within_a_month(
    technician: User, root: Entity, days: int, notice: int, counted: bool, django_assert_max_num_queries: object
) -> None:
    make_contract(root, days, notice)
    service, elsewhere = make_entity("Service", root), make_entity("Ailleurs", kind=Entity.Kind.METROPOLE)
    with django_assert_max_num_queries(2):  # type: ignore[operator]  # one when the page has read the roles
        assert record_queries.contracts_to_decide(technician) == int(counted)
    for user in (make_member(service, Role.TECHNICIAN), make_member(elsewhere, Role.TECHNICIAN), make_member(root)):
        assert not record_queries.contracts_to_decide(user)


def test_what_to_watch_is_in_ones_perimeter_and_takes_few_queries(
    browser: Client, root: Entity, django_assert_max_num_queries: object
) -> None:
    today, other = clock.today(), make_entity("Ailleurs", kind=Entity.Kind.METROPOLE)
    for entity, word in ((root, "ici"), (other, "ailleurs")):
        make_contract(entity, 30, 90, name=f"Contrat {word}")
        soon = {"warranty_end_date": today + timedelta(days=10)}
        assets = Asset.objects.bulk_create(
            Asset(entity=entity, name=f"ECR-{word}-{n}", kind="screen", state="deployed", **soon) for n in range(40)
        )
        long_ago = today - timedelta(days=100)
        Asset.objects.create(
            entity=entity, name=f"CMD-{word}", kind="screen", state="ordered", state_since_date=long_ago
        )
        Asset.objects.create(entity=entity, name=f"PERDU-{word}", kind="phone", state="lost")
        Asset.objects.create(entity=entity, name=f"VIEUX-{word}", kind="phone", state="retired", **soon)
        Maintenance.objects.create(asset=assets[0], summary=f"Panne {word}", opened_date=long_ago)
    browser.get(reverse("parc:sites"))
    with django_assert_max_num_queries(30):  # type: ignore[operator]
        page = text(browser.get(reverse("parc:watch")))
    for shown in ("Contrat ici", "ECR-ici", "CMD-ici", "PERDU-ici", "Panne ici", "(40)"):
        assert shown in page, shown
    assert "ailleurs" not in page
    assert "VIEUX" not in page
    with django_assert_max_num_queries(25):  # type: ignore[operator]
        listed = text(browser.get(reverse("parc:warranties")))
    assert "ECR-ici-39" in listed
    assert "encore 10 jours" in listed


def test_lists_of_many_contracts_and_suppliers_take_few_queries(
    browser: Client, root: Entity, django_assert_max_num_queries: object
) -> None:
    suppliers = Supplier.objects.bulk_create(Supplier(entity=root, name=f"F{n}") for n in range(200))
    Contract.objects.bulk_create(
        Contract(entity=root, name=f"C{n}", supplier=suppliers[n], ends_date=clock.today()) for n in range(200)
    )
    browser.get(reverse("parc:sites"))
    for name in ("contracts", "suppliers"):
        for query in ("", "?q=1&sort=-name", "?format=csv"):
            with django_assert_max_num_queries(25):  # type: ignore[operator]
                assert browser.get(reverse(f"parc:{name}") + query).status_code == 200


def test_all_that_a_leaver_has_comes_back(technician: User, root: Entity) -> None:
    agent, site = make_agent(root), make_site(root)
    computer = make_computer(root, agent, site=site)
    phone = Asset.objects.create(entity=root, name="MOB-1", kind="phone", state="deployed")
    badge = Asset.objects.create(entity=root, name="BDG-1", kind="badge", state="deployed")
    for asset in (phone, badge):
        Assignment.objects.create(agent=agent, asset=asset)
    directory.deactivate_agent(actor=technician, agent=agent, now=clock.now())
    steps = dict(Step.objects.filter(movement__agent=agent, room="parc").values_list("key", "title"))
    ours = {f"computer:{computer.pk}", f"asset:{phone.pk}", f"asset:{badge.pk}"}
    assert steps.keys() == {f"parc:{key}" for key in ours}
    assert "MOB-1" in steps[f"parc:asset:{phone.pk}"]
    assert not Assignment.objects.filter(agent=agent).exists()
    told = AssetEvent.objects.filter(agent=agent, kind="unassigned")
    assert told.count() == 3


def test_an_agent_takes_along_what_they_have_and_had_and_is_forgotten_in_time(technician: User, root: Entity) -> None:
    agent, now = make_agent(root), clock.now()
    phone = Asset.objects.create(entity=root, name="MOB-1", kind="phone", state="stock")
    asset_services.assign_agent(actor=technician, asset=phone, agent=agent, now=now)
    assert [row["Matériel"] for row in personal_data.export(agent)] == ["MOB-1"]
    assert [row["Quoi"] for row in personal_data.export_history(agent)] == [f"Affecté à {agent}"]
    assert personal_data.forget_agents(now) == 0
    assert personal_data.forget_agents(now + timedelta(seconds=1)) == 1
    assert personal_data.forget_agents(now + timedelta(seconds=1)) == 0
    assert not list(personal_data.export_history(agent))
    assert AssetEvent.objects.filter(asset=phone, kind="assigned").exists()


def test_no_name_is_written_in_a_history(technician: User, root: Entity) -> None:
    agent = make_agent(root, first_name="Hélène", last_name="Quéré")
    phone = Asset.objects.create(entity=root, name="MOB-1", kind="phone", state="stock")
    now = clock.now()
    asset_services.assign_agent(actor=technician, asset=phone, agent=agent, now=now)
    asset_services.update_asset(actor=technician, asset=phone, data={"notes": "À Hélène Quéré"}, now=now)
    asset_services.unassign_agent(actor=technician, asset=phone, agent=agent, now=now)
    assert not [event for event in AssetEvent.objects.all() if "Quéré" in str(event.data)]


def test_a_closed_contract_file_is_gone(
    technician: User, root: Entity, tmp_path: Path, django_capture_on_commit_callbacks: object
) -> None:
    from parvis.portal.parc import documents

    contract, now = make_contract(root, 9, 9), clock.now()
    file = SimpleUploadedFile("a.pdf", b"%PDF-1.7")
    documents.add_document(actor=technician, about=contract, name="a", file=file, now=now)
    with django_capture_on_commit_callbacks(execute=True):  # type: ignore[operator]
        record_services.delete_contract(actor=technician, contract=contract, now=now)
    assert not list(tmp_path.rglob("*.pdf"))
