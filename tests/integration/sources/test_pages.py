"""Pages of sources: who sees what, from a file to its application, decisions, origins."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from parvis.portal.accounts.models import User
from parvis.portal.directory import services as directory
from parvis.portal.directory.models import Agent, Entity, Role
from parvis.portal.kernel import clock
from parvis.portal.sources.models import Merge, Run, Source, Upload
from parvis.portal.sources.services import applying, runs
from tests.integration.authority import make_agent, make_entity, make_member
from tests.integration.signing_in import browser_of, program_of
from tests.integration.sources.town import Town, make_source, record

pytestmark = pytest.mark.django_db

CSV = (
    "Matricule;Prénom;Nom;Courriel;Service;Téléphone\n"
    "1;Zoé;Le Goff;zoe@rivemarine.example;VOI;02 00\n"
    "2;Luc;Martin;pas une adresse;VOI;\n"
    "3;=cmd|' /C calc'!A0;Petit;petit@rivemarine.example;Nulle part;\n"
)


@pytest.fixture
def head(commune: Entity) -> User:
    return make_member(commune, Role.HEAD_OF_IT)


@pytest.fixture
def browser(head: User) -> Client:
    return browser_of(head)


def text(response: Any) -> str:
    return bytes(response.getvalue() if response.streaming else response.content).decode()


def give(browser: Client, source: Source, raw: bytes, name: str = "agents.csv") -> Any:
    return browser.post(f"/annuaire/sources/{source.pk}/fichier", {"file": SimpleUploadedFile(name, raw)})


def test_a_file_from_its_upload_to_its_application(browser: Client, commune: Entity, works: Entity) -> None:
    source = make_source(commune, name="Paie", kind="file")
    columns = give(browser, source, CSV.encode())
    page = browser.get(columns.url)
    assert page.context["form"].initial["personnel_number"] == "Matricule"
    started = browser.post(columns.url, page.context["form"].initial)
    run = Run.objects.get()
    assert started.url == f"/annuaire/sources/lectures/{run.pk}"
    assert "La lecture va commencer" in text(browser.get(started.url))
    runs.read(run)
    shown = text(browser.get(started.url))
    assert "Zoé Le Goff" in shown
    assert "n’est pas une adresse" in shown
    assert "Service inconnu" in shown
    assert "Zoé Le Goff" not in text(browser.get(started.url + "?kind=conflict"))
    assert not Agent.objects.filter(first_name="Zoé").exists()
    browser.post(started.url + "/decision", {"decision": "apply"})
    run.refresh_from_db()
    applying.apply(run)
    zoe = Agent.objects.get(first_name="Zoé")
    assert (zoe.entity, zoe.personnel_number, zoe.phone) == (works, "1", "02 00")
    assert not Upload.objects.exists()
    rejects = text(browser.get(started.url + "/rejets.csv"))
    assert "'=cmd" in rejects
    assert "ligne 3" in rejects
    assert "Service inconnu" in rejects
    source.refresh_from_db()
    assert source.settings["columns"]["email"] == "Courriel"
    assert "'=cmd" in text(browser.get(started.url + "?format=csv"))


@pytest.mark.parametrize(
    ("raw", "said"),
    [
        (b"\xff\xfen\x00o\x00m\x00", "UTF-8"),
        ("nom\nHélène\n".encode() + "Zoé".encode("cp1252"), "Ligne 3"),
        (b"%PDF-1.7", "format"),
        (b"", "vide"),
    ],
)
def test_a_bad_file_is_told_in_the_form(browser: Client, commune: Entity, raw: bytes, said: str) -> None:
    response = give(browser, make_source(commune, kind="file"), raw)
    assert response.status_code == 422
    assert said in text(response)
    assert not Upload.objects.exists()


def test_windows_1252_is_said_on_the_columns_page(browser: Client, commune: Entity) -> None:
    columns = give(browser, make_source(commune, kind="file"), CSV.encode("cp1252"))
    assert "Windows-1252" in text(browser.get(columns.url))


def test_a_column_that_is_gone_is_asked_again(browser: Client, commune: Entity) -> None:
    source = make_source(commune, kind="file", settings={"columns": {"email": "Courriel pro", "phone": ""}})
    columns = give(browser, source, CSV.encode())
    assert browser.get(columns.url).context["form"].initial.get("email") is None
    assert browser.post(columns.url, {"first_name": "Prénom", "last_name": "Nom"}).status_code == 422


def test_the_template_is_read_as_it_is(browser: Client, commune: Entity) -> None:
    raw = browser.get("/annuaire/sources/modele.csv").content
    columns = give(browser, make_source(commune, kind="file"), raw)
    found = browser.get(columns.url).context["form"].initial
    assert len(found) == 11


def test_past_the_threshold_the_decision_is_asked_twice(
    browser: Client, head: User, town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    crowd = [record(f"p{number}") for number in range(20)]
    town.run(*crowd)
    run = town.run(*crowd[:10])
    address = f"/annuaire/sources/lectures/{run.pk}"
    assert "10 agents sur 20 partiraient (50\u202f%)" in text(browser.get(address))
    old = browser_of(head, age=3600)
    assert "/compte/confirmation/" in old.post(address + "/decision", {"decision": "apply"}).url
    assert "Retirer l’accès à 10 agents" in text(browser.post(address + "/decision", {"decision": "apply"}))
    run.refresh_from_db()
    assert run.state == "waiting"
    browser.post(address + "/decision", {"decision": "apply", "confirmed": "1"})
    run.refresh_from_db()
    assert (run.state, run.decided_by) == ("applying", head)


def test_the_progress_is_told_until_the_end(browser: Client, town: Town) -> None:
    run = town.start(record("claire"))
    address = f"/annuaire/sources/lectures/{run.pk}/avancement"
    page = browser.get(address, headers={"HX-Request": "true"})
    assert "every 2s" in text(page)
    applying.apply(run)
    assert browser.get(address)["HX-Refresh"] == "true"


def test_one_at_a_time_is_told(browser: Client, town: Town) -> None:
    address = f"/annuaire/sources/{town.source.pk}/lancer"
    first, second = browser.post(address), browser.post(address, follow=True)
    assert first.status_code == 302
    assert "déjà en cours" in text(second)


def test_a_merge_shows_both_sides_and_is_decided(browser: Client, town: Town) -> None:
    agent = make_agent(town.source.root, "claire", job_title="Saisie")
    town.run(record("claire", job_title="Source", office="B12"))
    merge = Merge.objects.get()
    address = f"/annuaire/sources/fusions/{merge.pk}"
    page = text(browser.get(address))
    assert "Saisie" in page
    assert "<strong>Source</strong>" in page
    browser.post(address, {"decision": "same", "keep": ["job_title"]})
    agent.refresh_from_db()
    assert (agent.job_title, agent.office) == ("Saisie", "B12")


def test_origins_on_the_card_and_the_way_back(browser: Client, head: User, town: Town) -> None:
    town.run(record("claire", phone="1"))
    claire = Agent.objects.get(first_name="Claire")
    directory.update_agent(actor=head, agent=claire, now=clock.now(), phone="2")
    card = text(browser.get(reverse("directory:agent", args=[claire.pk])))
    assert "Rendre à la source" in card
    assert f"{town.source} dit" in card
    browser.post(f"/annuaire/sources/agents/{claire.pk}/rendre/phone")
    claire.refresh_from_db()
    assert claire.phone == "1"
    assert "Rendre à la source" not in text(browser.get(reverse("directory:agent", args=[claire.pk])))


# Who sees what


def test_a_technician_reads_and_changes_nothing(town: Town) -> None:
    run = town.start(record("claire"), trial=True)
    make_agent(town.source.root, "claire")
    browser = browser_of(make_member(town.source.root, Role.TECHNICIAN))
    assert browser.get(f"/annuaire/sources/{town.source.pk}").status_code == 200
    assert "Claire" in text(browser.get(f"/annuaire/sources/lectures/{run.pk}"))
    for address in (
        f"/annuaire/sources/{town.source.pk}/lancer",
        f"/annuaire/sources/{town.source.pk}/modifier",
        f"/annuaire/sources/{town.source.pk}/supprimer",
        f"/annuaire/sources/lectures/{run.pk}/decision",
        "/annuaire/sources/ajouter",
    ):
        assert browser.post(address).status_code == 403, address


@pytest.mark.parametrize("role", [None, Role.HEAD_OF_DEPARTMENT, Role.ELECTED_MEMBER])
def test_others_see_no_source(town: Town, role: Role | None) -> None:
    browser = browser_of(make_member(town.source.root, role))
    assert browser.get("/annuaire/sources/").status_code == 403
    assert browser.get(f"/annuaire/sources/{town.source.pk}").status_code in (403, 404)


def test_a_team_below_the_root_does_not_see_the_source_of_all(town: Town, works: Entity) -> None:
    browser = browser_of(make_member(works, Role.HEAD_OF_IT))
    assert "Aucune source" in text(browser.get("/annuaire/sources/"))
    assert browser.get(f"/annuaire/sources/{town.source.pk}").status_code == 404


def test_a_source_is_set_up_where_one_is_head_of_it_only(browser: Client, commune: Entity) -> None:
    elsewhere = make_entity("Là-bas", kind=Entity.Kind.COMMUNE)
    values = {
        "name": "Paie", "priority": 2, "grace_runs": 2, "grace_days": 0, "threshold_percent": 10,
        "threshold_floor": 3, "max_records": 1000, "is_active": "on", "is_complete": "on",
    }  # fmt: skip
    address = "/annuaire/sources/ajouter?type=file"
    assert browser.post(address, {**values, "root": elsewhere.pk}).status_code == 422
    response = browser.post(address, {**values, "root": commune.pk})
    source = Source.objects.get()
    assert response.url == f"/annuaire/sources/{source.pk}"
    assert browser.post(address, {**values, "root": commune.pk}).status_code == 422
    browser.post(f"/annuaire/sources/{source.pk}/modifier", {**values, "grace_runs": 4})
    source.refresh_from_db()
    assert (source.grace_runs, source.revision) == (4, 2)
    browser.post(f"/annuaire/sources/{source.pk}/supprimer", {"confirmed": "1"})
    assert not Source.objects.exists()


def test_the_api_tells_runs_of_the_perimeter(town: Town, head: User) -> None:
    run = town.run(record("claire"))
    mine, other = program_of(head), program_of(make_member(make_entity(), Role.HEAD_OF_IT))
    assert mine.get(f"/api/v1/source-runs/{run.pk}").json()["counts"]["arrival"] == 1
    assert [each["id"] for each in mine.get("/api/v1/sources").json()["items"]] == [town.source.pk]
    assert [each["id"] for each in mine.get(f"/api/v1/sources/{town.source.pk}/runs").json()["items"]] == [run.pk]
    assert other.get(f"/api/v1/source-runs/{run.pk}").status_code == 404
    assert other.get("/api/v1/sources").json()["count"] == 0


def test_pages_ask_the_database_little_however_many(
    browser: Client, town: Town, django_assert_max_num_queries: Callable[[int], Any]
) -> None:
    run = town.start(*(record(f"p{number:04d}", phone="1") for number in range(300)), trial=True)
    browser.get("/annuaire/sources/")  # the first request of a sign-in writes down what it is
    for address in (
        "/annuaire/sources/",
        f"/annuaire/sources/{town.source.pk}",
        f"/annuaire/sources/lectures/{run.pk}",
    ):
        with django_assert_max_num_queries(18):
            browser.get(address)
