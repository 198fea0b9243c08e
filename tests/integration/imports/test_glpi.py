"""GLPI over its REST API, against a contract fake (`tests.servers.glpi`: GLPI itself does not run here)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest
from django.conf import settings

from parvis.portal.accounts.models import User
from parvis.portal.directory.models import Entity, Role
from parvis.portal.imports.glpi import client
from parvis.portal.imports.glpi.transport import GlpiFailed
from parvis.portal.imports.models import Connection, Line, Run
from parvis.portal.imports.services import connections, runs
from parvis.portal.kernel import clock
from parvis.portal.kernel.errors import Invalid, NotAllowed
from parvis.portal.kernel.models import AuditRecord
from parvis.portal.parc.models import Asset
from tests.integration.authority import make_agent, make_entity, make_member
from tests.integration.imports.bringing import apply, kinds, read, reasons
from tests.servers.glpi import APP, USER, Glpi, computer, glpi

pytestmark = pytest.mark.django_db


@pytest.fixture
def server() -> Iterator[Glpi]:
    with glpi() as running:
        yield running


@pytest.fixture
def here() -> Entity:
    return make_entity("Rivemarine", kind=Entity.Kind.COMMUNE)


@pytest.fixture
def head(here: Entity) -> User:
    return make_member(here, Role.HEAD_OF_IT)


@pytest.fixture
def connection(server: Glpi, here: Entity, head: User) -> Connection:
    return save(head, here, server.url)


def save(actor: User, root: Entity, url: str, existing: Connection | None = None, **said: object) -> Connection:
    types = ["Computer", "Monitor", "Phone", "Printer", "NetworkEquipment", "Peripheral"]
    data = {"name": "GLPI", "url": url, "app_token": APP, "user_token": USER, "item_types": types, **said}
    return connections.save(actor=actor, connection=existing, root=root, data=data, now=clock.now())  # type: ignore[arg-type]


def glpi_read(actor: User, connection: Connection) -> Run:
    return read(runs.start_glpi(actor=actor, connection=connection, now=clock.now()))


def test_the_parc_of_a_glpi_comes_over(server: Glpi, connection: Connection, head: User, here: Entity) -> None:
    finances, agent = make_entity("Finances", here), make_agent(here, "claire")
    server.items = {
        "Computer": [
            computer(1, computertypes_id="Notebook", otherserial="INV-1", users_id="cgoff", states_id="Réformé"),
            computer(2, entities_id="Root entity &#62; Rivemarine &#62; Finances", locations_id="Mairie > B12",
                     users_id="cgoff"),
            computer(3, is_deleted=1), computer(4, is_template=1),
        ],
        "Monitor": [computer(7, name="Dell 24", monitormodels_id="P2419H", monitortypes_id="LCD", serial="MON7")],
        "Phone": [computer(8, name="Accueil", phonetypes_id="Téléphone IP", serial="TEL8")],
        "Infocom": [
            {"itemtype": "Computer", "items_id": 2, "buy_date": "2024-03-01", "value": "1234.5000",
             "order_number": "BC-1", "suppliers_id": 4, "warranty_date": None, "warranty_duration": 36},
        ],
        "Supplier": [{"id": 4, "name": "Vendeur"}],
        "User": [{"name": "cgoff", "firstname": "Claire", "realname": "Le Goff", "registration_number": None}],
        "UserEmail": [{"users_id": "cgoff", "email": agent.email}],
    }  # fmt: skip
    run = glpi_read(head, connection)
    assert (run.state, run.problem, kinds(run)) == ("planned", "", ["created"] * 4)
    apply(head, run)
    first, second = Asset.objects.get(serial="SN000001"), Asset.objects.get(serial="SN000002")
    assert (first.kind, first.tag, first.state, first.agents.count()) == ("laptop", "INV-1", "retired", 0)
    assert (second.entity, second.room, str(second.site), second.kind) == (finances, "B12", "Mairie", "office")
    assert (second.cost, second.purchase_date, second.warranty_end_date) == (
        Decimal("1234.50"), date(2024, 3, 1), date(2027, 3, 1),
    )  # fmt: skip
    assert (second.order_number, str(second.supplier), list(second.agents.all())) == ("BC-1", "Vendeur", [agent])
    assert Asset.objects.get(serial="MON7").kind == "screen"
    assert Asset.objects.get(serial="TEL8").kind == "desk_phone"
    assert not server.sessions, "the session is left"
    assert kinds(glpi_read(head, connection)) == ["unchanged"] * 4


def test_pages_follow_one_another(
    server: Glpi, connection: Connection, head: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(client, "PAGE", 20)
    for count in (40, 47):
        server.items["Computer"] = [computer(n) for n in range(1, count + 1)]
        run = glpi_read(head, connection)
        assert (run.problem, run.read) == ("", count)
        Run.objects.all().delete()


def test_an_account_of_some_entities_reads_all_of_them(server: Glpi, connection: Connection, head: User) -> None:
    server.below_root = True
    server.items["Computer"] = [computer(n) for n in range(1, 4)]
    run = glpi_read(head, connection)
    assert (run.problem, run.read) == ("", 3)


def test_a_session_that_ends_half_way_is_opened_again(
    server: Glpi, connection: Connection, head: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(client, "PAGE", 20)
    server.items["Computer"] = [computer(n) for n in range(1, 48)]
    server.ends_after = 1
    run = glpi_read(head, connection)
    assert (run.problem, run.read, server.opened) == ("", 47, 2)


def test_half_a_parc_is_no_parc(server: Glpi, connection: Connection, head: User) -> None:
    server.items["Computer"] = [computer(1)]
    server.told_more = 5
    run = glpi_read(head, connection)
    assert (run.state, run.problem) == ("failed", "glpi_short")
    assert not Line.objects.exists()


def test_without_the_right_to_read_people_and_money_the_rest_comes(
    server: Glpi, connection: Connection, head: User
) -> None:
    server.items["Computer"] = [computer(1, users_id="cgoff")]
    server.no_right = {"User", "UserEmail", "Infocom", "Supplier"}
    run = glpi_read(head, connection)
    assert (kinds(run), reasons(run)) == (["created"], ["unknown_agent"])
    server.no_right = {"Computer"}
    run = glpi_read(head, connection)
    assert run.problem == "glpi_right"


@pytest.mark.parametrize(
    ("said", "code"), [({"user_token": "wrong"}, "user_token"), ({"app_token": "wrong"}, "app_token")]
)
def test_a_test_says_what_is_wrong(server: Glpi, head: User, here: Entity, said: dict[str, object], code: str) -> None:
    connection = save(head, here, server.url, **said)
    with pytest.raises(GlpiFailed) as failed:
        connections.test(actor=head, connection=connection, now=clock.now())
    connection.refresh_from_db()
    assert (failed.value.code, connection.problem) == (code, code)
    assert APP not in failed.value.detail
    assert USER not in failed.value.detail


def test_a_test_counts_and_learns_the_entities(server: Glpi, connection: Connection, head: User, here: Entity) -> None:
    server.items["Computer"] = [computer(n) for n in range(1, 301)]
    server.entities = [{"id": 0, "name": "Root entity"}, {"id": 3, "completename": "Root entity > DRH"}]
    counts = connections.test(actor=head, connection=connection, now=clock.now())
    assert (counts["Computer"], counts["Monitor"]) == (300, 0)
    assert connection.entities == {"Root entity": None, "Root entity > DRH": None}
    people = make_entity("Ressources humaines", here)
    server.items["Computer"] = [computer(1, entities_id="Root entity > DRH")]
    assert reasons(glpi_read(head, connection)) == ["unknown_entity"]
    connections.say_entities(actor=head, connection=connection, entities={"Root entity > DRH": people}, now=clock.now())
    connection.refresh_from_db()
    run = glpi_read(head, connection)
    assert Line.objects.get(run=run).values["entity"] == people.pk
    there = {"Root entity > DRH": make_entity("Là-bas")}
    with pytest.raises(Invalid):
        connections.say_entities(actor=head, connection=connection, entities=there, now=clock.now())


def test_tokens_are_encrypted_and_follow_no_other_server(
    server: Glpi, connection: Connection, head: User, here: Entity
) -> None:
    assert USER not in str(Connection.objects.values().get())
    assert USER not in str(list(AuditRecord.objects.values()))
    kept = save(head, here, server.url, connection, name="GLPI 2", app_token="", user_token="")
    assert kept.user_token
    with pytest.raises(Invalid) as refused:
        save(head, here, "https://evil.example/apirest.php", connection, app_token="", user_token="")
    assert "user_token" in refused.value.fields
    with pytest.raises(NotAllowed):
        save(make_member(here, Role.TECHNICIAN), here, server.url, connection)


@pytest.mark.parametrize(
    "url", ["http://glpi.example/apirest.php", "ftp://x/", "https://user:secret@x/", "file:///etc/passwd", "nonsense"]
)
def test_only_https(head: User, here: Entity, url: str) -> None:
    with pytest.raises(Invalid) as refused:
        save(head, here, url)
    assert "url" in refused.value.fields


@pytest.mark.parametrize("host", ["169.254.169.254", "0.0.0.0", "[::ffff:169.254.169.254]", "224.0.0.1"])
def test_no_metadata_no_link_local(head: User, here: Entity, host: str) -> None:
    connection = save(head, here, f"https://{host}/apirest.php")
    with pytest.raises(GlpiFailed) as failed:
        connections.test(actor=head, connection=connection, now=clock.now())
    assert failed.value.code == "address"


def test_nobody_is_led_elsewhere(server: Glpi, connection: Connection, head: User) -> None:
    server.redirect = "http://169.254.169.254/latest/meta-data"
    assert glpi_read(head, connection).problem == "glpi_redirected"
    assert server.asked == ["/apirest.php/initSession"]


def test_this_machine_only_outside_production(
    server: Glpi, connection: Connection, head: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(settings, "PARVIS", replace(settings.PARVIS, mode="production", url="https://p.example"))
    assert glpi_read(head, connection).problem == "glpi_address"
    assert not server.asked
