"""The parc's pages and API: lists with a whole parc in them, forms that meet hostile values, who may do what."""

from __future__ import annotations

import pytest
from django.test import Client
from django.urls import reverse
from django_tasks_db.models import DBTaskResult

from parvis.portal.accounts.models import User
from parvis.portal.directory.models import Agent, Entity, Role
from parvis.portal.kernel import clock
from parvis.portal.kernel.errors import Conflict, Invalid, NotAllowed
from parvis.portal.kernel.events import recorded
from parvis.portal.kernel.models import AuditRecord
from parvis.portal.parc import asset_services, queries, site_services
from parvis.portal.parc.events import AgentAssigned, AgentUnassigned
from parvis.portal.parc.models import Assignment, Computer, Site, WakeUp
from tests.integration.authority import make_agent, make_computer, make_entity, make_member, make_site
from tests.integration.signing_in import browser_of, program_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def root() -> Entity:
    return make_entity("Métropole", kind=Entity.Kind.METROPOLE)


@pytest.fixture
def technician(root: Entity) -> User:
    return make_member(root, Role.TECHNICIAN, "yann")


@pytest.fixture
def browser(technician: User) -> Client:
    return browser_of(technician)


@pytest.fixture
def program(technician: User) -> Client:
    return program_of(technician)


def text(answer: object) -> str:
    return answer.content.decode()  # type: ignore[attr-defined,no-any-return]


def whole_parc(root: Entity) -> None:
    """3,700 computers, 2,200 of them assigned."""
    site = make_site(root)
    agents = Agent.objects.bulk_create(
        Agent(first_name=f"P{n}", last_name="N", email=f"p{n}@ex.fr", entity=root, search=f"p{n} n")
        for n in range(2200)
    )
    computers = Computer.objects.bulk_create(
        Computer(entity=root, site=site, name=f"PC-{n:05d}", address=f"10.0.{n // 250}.{n % 250}") for n in range(3700)
    )
    Assignment.objects.bulk_create(
        Assignment(agent=agent, asset=computer) for agent, computer in zip(agents, computers, strict=False)
    )


def test_lists_of_a_whole_parc_take_few_queries(
    browser: Client, program: Client, root: Entity, django_assert_max_num_queries: object
) -> None:
    whole_parc(root)
    browser.get(reverse("parc:sites"))  # a sign-in's first page notes where it comes from
    for url, answers in (
        (reverse("parc:computers"), browser),
        (reverse("parc:computers") + "?q=p1234&sort=-last_seen_at", browser),
        (reverse("parc:computers") + f"?entity={root.pk}&assigned=yes&page=20", browser),
        (reverse("parc:sites"), browser),
        ("/api/v1/computers?limit=500", program),
    ):
        with django_assert_max_num_queries(45):  # type: ignore[operator]
            assert answers.get(url).status_code == 200
    assert program.get("/api/v1/computers").json()["count"] == 3700


def test_search_finds_names_addresses_and_people(browser: Client, root: Entity) -> None:
    make_computer(
        root, make_agent(root, first_name="Hélène", last_name="Quéré"), name="RIV-1", mac_address="02:52:49:4F:55:01"
    )
    make_computer(root, name="RIV-2", address="10.9.8.7")
    for words, found in (("helene", "RIV-1"), ("02-52-49", "RIV-1"), ("riv-2 10.9", "RIV-2"), ("10.9.8", "RIV-2")):
        page = text(browser.get(reverse("parc:computers"), {"q": words}))
        other = "RIV-2" if found == "RIV-1" else "RIV-1"
        assert found in page, words
        assert other not in page, words


def test_the_csv_has_every_column(browser: Client, root: Entity) -> None:
    make_computer(root, make_agent(root, "anne"), name="RIV-1", address="10.9.8.7", mac_address="02:52:49:4F:55:01")
    answer = browser.get(reverse("parc:computers"), {"format": "csv"})
    content = b"".join(answer.streaming_content).decode("utf-8-sig")  # type: ignore[attr-defined]
    assert content.splitlines()[1].split(";")[0] == "RIV-1"
    for value in ("Anne Essai", "10.9.8.7", "02:52:49:4F:55:01", "Poste de bureau"):
        assert value in content


HOSTILE = [
    ("name", "<script>alert(1)</script>"),
    ("name", "=cmd|' /C calc'!A0"),
    ("address", "http://10.1.2.3/"),
    ("address", "10.1.2.3:3389"),
    ("address", "10.1.2.3 -oProxyCommand=x"),
    ("mac_address", "00:11:22:33:44"),
    ("mac_address", "ff:ff:ff:ff:ff:ff"),
    ("probe_port", "70000"),
    ("site", "999999"),
    ("kind", "spaceship"),
]


@pytest.mark.parametrize(("field", "value"), HOSTILE)
def test_hostile_values_get_an_error_next_to_their_field(
    browser: Client, program: Client, root: Entity, field: str, value: str
) -> None:
    good = {"name": "RIV-1", "kind": "office", "entity": root.pk, "address": "10.1.2.3", "probe_port": 3389}
    answer = browser.post(reverse("parc:create_asset"), {**good, field: value})
    assert answer.status_code == 200
    assert list(answer.context["form"].errors) == [field]
    body = {**good, "entity_id": root.pk, field if field != "site" else "site_id": value}
    refused = program.post("/api/v1/computers", body, content_type="application/json")
    assert refused.status_code in {404, 422}
    assert not Computer.objects.exists()


def test_a_computer_is_created_edited_and_deleted(browser: Client, root: Entity) -> None:
    site = make_site(root)
    data = {
        "name": "RIV-1", "kind": "office", "entity": root.pk, "site": site.pk, "address": "PC-1.Rivemarine.Example.",
        "mac_address": "0252.494f.5501", "probe_port": 3389,
    }  # fmt: skip
    made = browser.post(reverse("parc:create_asset"), data)
    computer = Computer.objects.get()
    assert made["Location"] == reverse("parc:asset", args=[computer.pk])
    assert (computer.address, computer.mac_address) == ("pc-1.rivemarine.example", "02:52:49:4F:55:01")
    again = browser.post(reverse("parc:create_asset"), data)
    assert again.status_code == 200
    assert again.context["form"].errors
    edit = reverse("parc:edit_asset", args=[computer.pk])
    assert "RIV-1" in text(browser.get(edit))
    browser.post(edit, {**data, "name": "RIV-2", "site": ""})
    computer.refresh_from_db()
    assert (computer.name, computer.site) == ("RIV-2", None)
    changes = AuditRecord.objects.get(action="parc.asset_updated").data
    assert changes == {"name": ["RIV-1", "RIV-2"], "site": [site.pk, None]}
    delete = reverse("parc:delete_asset", args=[computer.pk])
    assert browser.get(delete).status_code == 200
    assert Computer.objects.exists()
    browser.post(delete)
    assert not Computer.objects.exists()


def test_agents_are_found_assigned_and_unassigned(browser: Client, root: Entity) -> None:
    computer, agent = make_computer(root), make_agent(root, first_name="Hélène", last_name="Quéré")
    page = reverse("parc:computer", args=[computer.pk])
    assert "Quéré" in text(browser.get(page, {"q": "helene"}))
    with recorded(AgentAssigned) as assigned, recorded(AgentUnassigned) as unassigned:
        for _ in range(2):
            browser.post(reverse("parc:assign_agent", args=[computer.pk]), {"agent": agent.pk})
        assert list(queries.computers_of(agent)) == [computer]
        assert "Quéré" in text(browser.get(page))
        browser.post(reverse("parc:unassign_agent", args=[computer.pk, agent.pk]))
    assert (len(assigned), len(unassigned)) == (1, 1)
    assert not queries.computers_of(agent).exists()
    assert browser.post(reverse("parc:assign_agent", args=[computer.pk]), {"agent": "x"}).status_code == 404


def test_opening_a_computer_has_it_checked_once(browser: Client, root: Entity) -> None:
    computer = make_computer(root, address="10.0.0.1")
    for _ in range(3):
        browser.get(reverse("parc:computer", args=[computer.pk]))
    browser.post(reverse("parc:check_computer", args=[computer.pk]))
    assert DBTaskResult.objects.filter(task_path="parvis.portal.parc.tasks.check").count() == 1


def test_a_wake_up_is_asked_and_followed_in_the_page(browser: Client, program: Client, root: Entity) -> None:
    site = make_site(root, wake_by="relay", wake_address="10.0.0.9")
    computer = make_computer(
        root, site=site, address="10.0.0.1", mac_address="02:00:00:00:00:01", reachability="asleep"
    )
    assert "Réveiller" in text(browser.get(reverse("parc:computer", args=[computer.pk])))
    fragment = browser.post(reverse("parc:wake_up_computer", args=[computer.pk]), headers={"HX-Request": "true"})
    assert "Réveil en cours" in text(fragment)
    assert "hx-trigger" in text(fragment)
    WakeUp.objects.update(state="failed", outcome="no_answer", ended_at=clock.now())
    state = text(browser.get(reverse("parc:computer_state", args=[computer.pk])))
    assert "n’a pas répondu" in state
    assert "hx-trigger" not in state
    url = f"/api/v1/computers/{computer.pk}/wake-up"
    assert program.get(url).json()["outcome"] == "no_answer"
    assert program.post(url).status_code == 202
    assert program.get(url).json()["state"] == "requested"


def test_an_agent_sees_their_own_computer_and_changes_nothing(root: Entity) -> None:
    user = make_member(root)
    computer = make_computer(root, Agent.objects.get(user=user))
    browser = browser_of(user)
    page = text(browser.get(reverse("parc:computer", args=[computer.pk])))
    assert "Modifier" not in page
    for name in ("computers", "sites", "create_asset", "create_site"):
        assert browser.get(reverse(f"parc:{name}")).status_code == 403
    for name in ("edit_asset", "delete_asset", "assign_agent"):
        assert browser.post(reverse(f"parc:{name}", args=[computer.pk])).status_code == 403
    Agent.objects.filter(user=user).update(is_active=False)
    assert browser.get(reverse("parc:computer", args=[computer.pk])).status_code == 404


@pytest.mark.parametrize("role", [Role.AUDITOR, Role.HEAD_OF_DEPARTMENT, Role.ELECTED_MEMBER])
def test_only_the_it_team_changes_the_parc(root: Entity, role: Role) -> None:
    computer, site, actor, now = make_computer(root), make_site(root), make_member(root, role), clock.now()
    for attempt in (
        lambda: asset_services.create_asset(actor=actor, data={"name": "X", "entity": root}, now=now),
        lambda: asset_services.update_asset(actor=actor, asset=computer, data={"name": "X"}, now=now),
        lambda: asset_services.delete_asset(actor=actor, asset=computer, now=now),
        lambda: site_services.create_site(actor=actor, data={"name": "X", "entity": root}, now=now),
        lambda: site_services.update_site(actor=actor, site=site, data={"name": "X"}, now=now),
        lambda: site_services.delete_site(actor=actor, site=site, now=now),
    ):
        with pytest.raises(NotAllowed):
            attempt()


def test_a_computer_does_not_leave_for_a_foreign_entity(root: Entity) -> None:
    here, there = make_entity("Ici", root), make_entity("Là-bas", root)
    actor, computer = make_member(here, Role.TECHNICIAN), make_computer(here)
    with pytest.raises(NotAllowed):
        asset_services.update_asset(actor=actor, asset=computer, data={"entity": there}, now=clock.now())


def test_a_site_wakes_only_where_parvis_may_send(browser: Client, program: Client, root: Entity) -> None:
    data = {"name": "Mairie", "entity": root.pk, "wake_by": "broadcast", "wake_port": 9}
    for address in ("", "127.0.0.1", "255.255.255.255", "8.8.8.8", "http://10.0.0.1", "169.254.1.1"):
        answer = browser.post(reverse("parc:create_site"), {**data, "wake_address": address})
        assert answer.status_code == 200, address
        assert answer.context["form"].errors["wake_address"], address
        body = {**data, "entity_id": root.pk, "wake_address": address or None}
        assert program.post("/api/v1/sites", body, content_type="application/json").status_code == 422, address
    assert browser.post(reverse("parc:create_site"), {**data, "wake_address": "10.1.255.255"}).status_code == 302
    site = Site.objects.get()
    url = f"/api/v1/sites/{site.pk}"
    assert program.patch(url, {"wake_port": 7}, content_type="application/json").json()["wake_port"] == 7
    assert program.patch(url, {"wake_address": None}, content_type="application/json").status_code == 422
    assert program.patch(url, {"wake_by": "none"}, content_type="application/json").json()["wake_address"] is None


def test_a_site_with_computers_stays(technician: User, browser: Client, root: Entity) -> None:
    site, now = make_site(root), clock.now()
    computer = make_computer(root, site=site)
    with pytest.raises(Conflict):
        site_services.delete_site(actor=technician, site=site, now=now)
    assert not AuditRecord.objects.filter(action="parc.site_deleted").exists()
    assert browser.get(reverse("parc:site", args=[site.pk])).status_code == 200
    asset_services.delete_asset(actor=technician, asset=computer, now=now)
    browser.post(reverse("parc:delete_site", args=[site.pk]))
    assert not Site.objects.exists()


def test_names_are_unique_in_an_entity(technician: User, root: Entity) -> None:
    make_computer(root, name="RIV-1")
    make_site(root, name="Mairie")
    with pytest.raises(Invalid):
        asset_services.create_asset(actor=technician, data={"name": "RIV-1", "entity": root}, now=clock.now())
    with pytest.raises(Invalid):
        site_services.create_site(actor=technician, data={"name": "Mairie", "entity": root}, now=clock.now())
