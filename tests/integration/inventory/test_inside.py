"""What a report writes: fields people left, programs in bulk, screens, last user; what its pages show of it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest
from django.db import connection
from django.urls import reverse

from parvis.portal.directory.models import Role
from parvis.portal.inventory import anomalies, counting, personal_data, posture, queries
from parvis.portal.inventory.content import Program, Screen
from parvis.portal.inventory.models import Installation, Inventory, Licence, SeenScreen, Software
from parvis.portal.inventory.services import differences, matching
from parvis.portal.inventory.services import licences as licence_services
from parvis.portal.inventory.services import screens as screen_services
from parvis.portal.kernel import clock
from parvis.portal.kernel.errors import NotAllowed
from parvis.portal.parc.models import Asset, AssetEvent, Assignment
from tests.integration.authority import make_agent, make_computer, make_entity, make_member
from tests.integration.inventory.world import LAPTOP, Authority, authority, make_report, sent
from tests.integration.signing_in import browser_of, program_of

pytestmark = pytest.mark.django_db
Few = Callable[[int], Any]


@pytest.fixture
def place() -> Authority:
    return authority()


def many(count: int, version: str = "1.0") -> tuple[Program, ...]:
    return tuple(Program(f"Programme {number:04d}", version, "Éditeur") for number in range(count))


def test_the_inside_and_its_end_of_support(place: Authority) -> None:
    sent(place.token)
    inside = Inventory.objects.get()
    assert (inside.os_name, inside.memory_mb, inside.encrypted) == ("Microsoft Windows 11 Professionnel", 16384, True)
    assert inside.os_ends_date == date(2025, 11, 11)
    assert inside.token == place.token


def test_910_programs_in_few_queries(place: Authority, django_assert_max_num_queries: Few) -> None:
    report = make_report(place.token)
    with django_assert_max_num_queries(75):
        matching.apply(report=report, content=_with(many(910)), now=report.received_at)
    assert Installation.objects.count() == 910
    again = make_report(place.token)
    with django_assert_max_num_queries(34):
        matching.apply(report=again, content=_with(many(910)), now=again.received_at)
    third = make_report(place.token)
    with django_assert_max_num_queries(60):
        matching.apply(report=third, content=_with((*many(300), *many(910, "2.0")[300:])), now=third.received_at)
    assert Installation.objects.filter(version="2.0").count() == 610
    assert Installation.objects.count() == 910
    assert Software.objects.count() == 910


def _with(programs: tuple[Program, ...]) -> Any:
    from dataclasses import replace

    return replace(LAPTOP, programs=programs)


def test_what_a_partial_report_does_not_say_stays(place: Authority) -> None:
    sent(place.token)
    sent(place.token, partial=True, programs=(Program("GIMP", "3.0"),), os_name="", memory_mb=None, encrypted=None)
    inside = Inventory.objects.get()
    assert (inside.os_name, inside.memory_mb, inside.encrypted) == (LAPTOP.os_name, 16384, True)
    assert Installation.objects.count() == len(LAPTOP.programs) + 1


def test_a_difference_that_a_partial_report_does_not_speak_of_stays(place: Authority) -> None:
    sent(place.token)
    Asset.objects.update(
        name="AUTRE", mac_address="02:00:00:00:00:77", origins={"name": "human", "mac_address": "human"}
    )
    sent(place.token)
    differences_now = {"name": "PC-ACCUEIL", "mac_address": "3C:52:82:00:00:01"}
    assert Inventory.objects.get().differences == differences_now
    sent(place.token, partial=True, networks=())
    assert Inventory.objects.get().differences == differences_now
    Asset.objects.update(mac_address="3C:52:82:00:00:02")
    sent(place.token, partial=True, name="")
    assert Inventory.objects.get().differences == {"name": "PC-ACCUEIL"}


def test_a_full_report_without_programs_says_nothing_of_them(place: Authority) -> None:
    sent(place.token)
    sent(place.token, programs=())
    assert Installation.objects.count() == len(LAPTOP.programs)


def test_history_has_notable_changes_only(place: Authority) -> None:
    sent(place.token)
    sent(place.token, os_version="10.0.26100", disk_free_mb=1000)
    sent(place.token, memory_mb=32768)
    reported = AssetEvent.objects.filter(kind="reported").order_by("at")
    assert [each.data["first"] for each in reported] == [True, False]
    assert reported[1].data["changes"] == {"memory_mb": [16384, 32768]}


def test_differences_are_kept_or_taken(place: Authority) -> None:
    computer = make_computer(
        place.here, name="PC-ACCUEIL", serial="5CG1234ABC", mac_address="02:00:00:00:00:77", kind="laptop"
    )
    Asset.objects.update(origins={"mac_address": "human"})
    sent(place.token)
    browser = browser_of(make_member(place.here, Role.TECHNICIAN))
    shown = browser.get(reverse("parc:asset", args=[computer.pk])).content.decode()
    assert "La sonde dit autre chose que la fiche" in shown
    assert "3C:52:82:00:00:01" in shown
    browser.post(reverse("inventory:keep_own", args=[computer.pk]), {"field": "mac_address"})
    assert "La sonde dit autre chose" not in browser.get(reverse("parc:asset", args=[computer.pk])).content.decode()
    sent(place.token)
    assert "La sonde dit autre chose" not in browser.get(reverse("parc:asset", args=[computer.pk])).content.decode()
    browser.post(reverse("inventory:take_reported", args=[computer.pk]), {"field": "mac_address"})
    computer.refresh_from_db()
    assert computer.mac_address == "3C:52:82:00:00:01"
    assert computer.origins["mac_address"] == "probe"


def test_only_its_it_team_settles_differences(place: Authority) -> None:
    computer = make_computer(place.here, name="PC-ACCUEIL", serial="5CG1234ABC", mac_address="02:00:00:00:00:77")
    sent(place.token)
    with pytest.raises(NotAllowed):
        differences.keep(
            actor=make_member(place.there, Role.TECHNICIAN), asset=computer, field="mac_address", now=clock.now()
        )


def test_a_screen_becomes_an_asset_once(place: Authority) -> None:
    actor = make_member(place.here, Role.TECHNICIAN)
    screen = Screen("U2422H", "Dell Inc.", "CN0ABC123")
    agent = make_agent(place.here)
    computer = make_computer(place.here, agent, name="PC-ACCUEIL", serial="5CG1234ABC", room="12")
    sent(place.token, screens=(screen, Screen("Sans numéro")))
    proposed = list(queries.screens_visible_to(actor))
    assert [each.serial for each in proposed] == ["CN0ABC123"]
    assert screen_services.add_screens(actor=actor, screens=proposed, now=clock.now()) == 1
    assert screen_services.add_screens(actor=actor, screens=proposed, now=clock.now()) == 0
    made = Asset.objects.get(kind="screen")
    assert (made.serial, made.room, str(made.model)) == ("CN0ABC123", computer.room, "Dell U2422H")
    assert Assignment.objects.filter(asset=made, agent=agent).exists()
    assert not queries.screens_visible_to(actor).exists()
    assert SeenScreen.objects.get().screen == made


def test_counts_and_balance(place: Authority, django_assert_max_num_queries: Few) -> None:
    service = make_entity("Service", place.here)
    for number in range(5):
        computer = make_computer(service, name=f"PC-{number}")
        software = Software.objects.get_or_create(name="AutoCAD", publisher="Autodesk")[0]
        Installation.objects.create(asset=computer, software=software, version="1")
        if number == 0:
            Installation.objects.create(asset=computer, software=software, version="2")
    with django_assert_max_num_queries(6):
        counting.count_all()
    assert counting.count_all() == 0
    actor = make_member(place.here, Role.TECHNICIAN)
    assert queries.software_visible_to(actor).get().computers == 5
    data = {"entity": place.here, "software": software, "seats": 3, "ends_date": None, "cost": None, "contract": None}
    licence = licence_services.save_licence(actor=actor, licence=None, data={**data, "name": "A"}, now=clock.now())  # type: ignore[typeddict-item]
    (found,) = queries.licences_visible_to(actor)
    assert (found.used, found.granted, found.left, found.over) == (5, 3, -2, True)  # type: ignore[attr-defined]
    assert queries.overused(actor) == 1
    Licence.objects.create(entity=service, software=software, name="B", seats=2)
    assert queries.licences_visible_to(actor).get(pk=licence.pk).left == 0  # type: ignore[attr-defined]
    browser = browser_of(actor)
    shown = browser.get(reverse("software:program", args=[software.pk])).content.decode()
    assert "5 ordinateurs" in shown
    assert browser_of(make_member(place.there, Role.TECHNICIAN)).get(
        reverse("software:program", args=[software.pk])
    ).status_code == 404  # fmt: skip


@pytest.mark.django_db(transaction=True)
def test_counting_keeps_nobody_from_writing() -> None:
    """On SQLite a transaction is the one pen of the house: what takes a second is read outside of it."""
    asset = make_computer(make_entity("Service"), name="PC-1")
    software = Software.objects.create(name="AutoCAD")
    Installation.objects.create(asset=asset, software=software, version="1")
    inside: list[bool] = []

    def watch(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        if sql.startswith("SELECT"):
            inside.append(connection.in_atomic_block)
        return execute(sql, params, many, context)

    with connection.execute_wrapper(watch):
        assert counting.count_all() == 1
    assert inside
    assert not any(inside)


def test_what_left_the_parc_uses_no_licence_and_what_has_ended_gives_none(place: Authority) -> None:
    software = Software.objects.create(name="AutoCAD", publisher="Autodesk")
    for number, status in enumerate(("deployed", "stock", "retired", "disposed")):
        computer = make_computer(place.here, name=f"PC-{number}", state=status)
        Installation.objects.create(asset=computer, software=software, version="1")
    counting.count_all()
    actor = make_member(place.here, Role.TECHNICIAN)
    assert queries.software_visible_to(actor).get().computers == 2
    shown = browser_of(actor).get(reverse("software:program", args=[software.pk])).content.decode()
    assert "PC-1" in shown
    assert "PC-2" not in shown
    yesterday = clock.today() - timedelta(days=1)
    Licence.objects.create(entity=place.here, software=software, name="Échue", seats=50, ends_date=yesterday)
    assert queries.overused(actor) == 1
    today = {"name": "Dernier jour", "seats": 2, "ends_date": clock.today()}
    running = Licence.objects.create(entity=place.here, software=software, **today)
    found = queries.licences_visible_to(actor).get(pk=running.pk)
    assert (found.used, found.granted, found.left, found.over) == (2, 2, 0, False)  # type: ignore[attr-defined]


def test_a_licence_through_its_form(place: Authority) -> None:
    sent(place.token)
    counting.count_all()
    software = Software.objects.get(name="7-Zip")
    browser = browser_of(make_member(place.here, Role.TECHNICIAN))
    answer = browser.post(
        reverse("software:create_licence"),
        {"name": "Compression", "software": software.pk, "entity": place.here.pk, "seats": 0},
    )
    assert answer.status_code == 302
    shown = browser.get(reverse("software:licences")).content.decode()
    assert "1 licence est utilisée au-delà de ce qui est acheté." in shown
    assert "1 poste de trop" in shown
    twice = browser.post(
        reverse("software:create_licence"),
        {"name": "Compression", "software": software.pk, "entity": place.here.pk, "seats": 5},
    )
    assert "porte déjà cet intitulé" in twice.content.decode()


def test_posture_and_the_lists_behind(place: Authority) -> None:
    sent(place.token)
    sent(place.token, name="PC-2", serial="XYZ0002", uuid="", board_serial="", networks=(), device_id="PC-2-26",
         encrypted=False, antivirus="", os_name="Microsoft Windows 10", os_version="10.0.19045")  # fmt: skip
    actor = make_member(place.here, Role.AUDITOR)
    found = posture.of(actor)
    figures = {topic.key: [part.count for part in topic.parts] for topic in found.topics}
    assert found.computers == 2
    assert figures["encrypted"] == [1, 1, 0]
    assert figures["antivirus"] == [1, 0, 1]
    (line,) = found.places
    assert (line.computers, line.clear, line.unprotected) == (2, 1, 1)
    browser = browser_of(actor)
    assert "Protection des postes" in browser.get(reverse("software:security")).content.decode()
    for topic in found.topics:
        for part in topic.parts:
            shown = browser.get(reverse("software:machines") + f"?{part.query}&format=csv")
            lines = b"".join(shown.streaming_content).decode().strip().splitlines()  # type: ignore[attr-defined]
            assert len(lines) - 1 == part.count, part.query


def test_anomalies(place: Authority) -> None:
    actor = make_member(place.here, Role.TECHNICIAN)
    owner, other = make_agent(place.here, "claire.legoff"), make_agent(place.here, "mathieu.riou")
    computer = make_computer(place.here, owner, name="PC-ACCUEIL", serial="5CG1234ABC")
    now = clock.now()
    sent(place.token, at=now, last_user="RIVEMARINE\\Claire.LeGoff")
    assert not anomalies.anomalies_visible_to(actor, now).exists()
    sent(place.token, last_user="mathieu.riou@rivemarine.example")
    (odd,) = anomalies.anomalies_visible_to(actor, now)
    assert (anomalies.kinds_of(odd), odd.last_agent) == ([anomalies.Kind.USER], other)
    browser = browser_of(actor)
    page = browser.get(reverse("software:anomalies")).content.decode()
    assert "Autre utilisateur" in page
    data = {"action": "fine", "pk": odd.pk, "confirmed": "1", "expected": "1"}
    browser.post(reverse("software:anomalies"), data)
    assert not anomalies.anomalies_visible_to(actor, clock.now()).exists()
    later = now + timedelta(days=20)
    (odd,) = anomalies.anomalies_visible_to(actor, later)
    assert anomalies.kinds_of(odd) == [anomalies.Kind.SILENT]
    Assignment.objects.all().delete()
    AssetEvent.objects.create(asset=computer, at=now, kind="lent", agent=other)
    (odd,) = anomalies.anomalies_visible_to(actor, later)
    assert anomalies.holders_of(odd) == [f"{other} (prêt)"]
    Asset.objects.update(state="lost", state_since_date=clock.today(now) - timedelta(days=30))
    AssetEvent.objects.create(asset=computer, at=now + timedelta(hours=1), kind="returned", agent=other)
    (odd,) = anomalies.anomalies_visible_to(actor, later)
    assert anomalies.kinds_of(odd) == [anomalies.Kind.GONE]


def test_whose_session_it_was_is_for_the_it_team_and_forgotten(place: Authority) -> None:
    agent = make_agent(place.here, "claire.legoff")
    sent(place.token, last_user="claire.legoff")
    asset = Asset.objects.get()
    url = reverse("parc:asset", args=[asset.pk])
    assert "Dernière session" in browser_of(make_member(place.here, Role.TECHNICIAN)).get(url).content.decode()
    auditor = browser_of(make_member(place.here, Role.AUDITOR))
    assert "Vu de l’intérieur" in auditor.get(url).content.decode()
    assert "Dernière session" not in auditor.get(url).content.decode()
    assert auditor.get(reverse("software:anomalies")).status_code == 403
    (row,) = personal_data.export(agent)
    assert row["Ordinateur"] == asset.name
    assert personal_data.purge(clock.now() - timedelta(days=1)) == 0
    assert personal_data.purge(clock.now() + timedelta(days=1)) == 1
    inside = Inventory.objects.get()
    assert (inside.last_user, inside.last_agent) == ("", None)


def test_names_of_machines_and_of_two_agents_are_nobodys(place: Authority) -> None:
    make_agent(place.here, "root")
    sent(place.token, last_user="root")
    assert Inventory.objects.get().last_agent is None
    assert Inventory.objects.get().last_user == "root"


def test_the_api_reads(place: Authority) -> None:
    sent(place.token, last_user="claire.legoff")
    counting.count_all()
    asset = Asset.objects.get()
    program = program_of(make_member(place.here, Role.TECHNICIAN))
    inside = program.get(f"/api/v1/assets/{asset.pk}/inventory").json()
    assert inside["os_name"] == LAPTOP.os_name
    assert "last_user" not in inside
    names = [each["name"] for each in program.get(f"/api/v1/assets/{asset.pk}/software").json()["items"]]
    assert names == ["7-Zip", "Mozilla Firefox"]
    assert program.get("/api/v1/software?q=zip").json()["items"][0]["computers"] == 1
    foreign = program_of(make_member(place.there, Role.TECHNICIAN))
    assert foreign.get(f"/api/v1/assets/{asset.pk}/inventory").status_code == 404
    assert foreign.get("/api/v1/software").json()["count"] == 0
    assert program_of(make_member(place.here)).get("/api/v1/licences").status_code == 403


@pytest.mark.parametrize("name", ["software", "licences", "machines", "anomalies", "security"])
def test_lists_ask_few_queries(place: Authority, name: str, django_assert_max_num_queries: Few) -> None:
    agent, other = make_agent(place.here), make_agent(place.here)
    for number in range(60):
        computer = make_computer(place.here, agent, name=f"PC-{number}")
        software = Software.objects.create(name=f"Logiciel {number}")
        Installation.objects.create(asset=computer, software=software)
        Inventory.objects.create(asset=computer, reported_at=clock.now(), last_agent=other, os_name=f"Système {number}")
        Licence.objects.create(entity=place.here, software=software, name=f"Licence {number}", seats=1)
    counting.count_all()
    browser = browser_of(make_member(place.here, Role.TECHNICIAN))
    browser.get(reverse(f"software:{name}"))
    with django_assert_max_num_queries(32):
        browser.get(reverse(f"software:{name}"))
