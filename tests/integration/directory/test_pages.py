"""The directory's pages, in a browser signed in with both factors."""

from __future__ import annotations

from importlib import import_module

import pytest
from django.test import Client
from django.urls import reverse

from parvis.portal.accounts.models import User
from parvis.portal.directory import rules
from parvis.portal.directory.models import Agent, Entity, Role, RoleGrant
from tests.integration.authority import grant, make_agent, make_entity, make_member
from tests.integration.signing_in import browser_of, program_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def root() -> Entity:
    return make_entity("Métropole", kind=Entity.Kind.METROPOLE)


@pytest.fixture
def head(root: Entity) -> User:
    return make_member(root, Role.HEAD_OF_IT, "cheffe")


@pytest.fixture
def browser(head: User) -> Client:
    return browser_of(head)


def text(answer: object) -> str:
    return answer.content.decode()  # type: ignore[attr-defined,no-any-return]


def test_people_search(browser: Client, root: Entity) -> None:
    make_agent(root, first_name="Hélène", last_name="Quéré")
    make_agent(root, first_name="Yves", last_name="Bonnet")
    page = text(browser.get(reverse("directory:agents"), {"q": "quere"}))
    assert "Quéré" in page
    assert "Bonnet" not in page
    fragment = browser.get(
        reverse("directory:agents"), {"q": "YVES"}, headers={"HX-Request": "true", "HX-Target": "listing"}
    )
    assert "Bonnet" in text(fragment)
    assert "<html" not in text(fragment)


def test_the_list_and_its_api_take_few_queries(
    browser: Client, head: User, root: Entity, django_assert_max_num_queries: object
) -> None:
    Agent.objects.bulk_create(
        Agent(first_name=f"P{n}", last_name="N", email=f"p{n}@ex.fr", entity=root, search=f"p{n}") for n in range(2000)
    )
    program = program_of(head)
    browser.get(reverse("directory:agents"))  # the first page of a sign-in notes more
    with django_assert_max_num_queries(20):  # type: ignore[operator]
        assert browser.get(reverse("directory:agents")).status_code == 200
    with django_assert_max_num_queries(10):  # type: ignore[operator]
        answer = program.get("/api/v1/agents", {"limit": 500})
    assert (len(answer.json()["items"]), answer.json()["count"]) == (500, 2001)
    assert program.get("/api/v1/agents", {"limit": 501}).status_code == 422


def test_an_agent_is_created_moved_and_leaves(browser: Client, root: Entity) -> None:
    desk = make_entity("Accueil", root)
    data = {"first_name": "<b>Anne</b>", "last_name": "Prigent", "email": "anne@ex.fr", "entity": root.pk}
    made = browser.post(reverse("directory:create_agent"), data)
    agent = Agent.objects.get(email="anne@ex.fr")
    assert made["Location"] == reverse("directory:agent", kwargs={"agent_id": agent.pk})
    page = text(browser.get(made["Location"]))
    assert "&lt;b&gt;Anne" in page
    assert "<b>Anne" not in page
    browser.post(reverse("directory:edit_agent", args=[agent.pk]), {**data, "job_title": "Cheffe", "entity": desk.pk})
    agent.refresh_from_db()
    assert (agent.job_title, agent.entity) == ("Cheffe", desk)
    leave = reverse("directory:agent_leaves", args=[agent.pk])
    assert "a quitté son poste" in text(browser.get(leave))
    browser.post(leave)
    agent.refresh_from_db()
    assert not agent.is_active


def test_a_taken_address_is_said_next_to_the_field(browser: Client, root: Entity) -> None:
    make_agent(root, email="anne@ex.fr")
    data = {"first_name": "A", "last_name": "B", "email": "ANNE@ex.fr", "entity": root.pk}
    answer = browser.post(reverse("directory:create_agent"), data)
    assert answer.status_code == 200
    assert answer.context["form"].errors["email"]


def test_a_foreign_service_is_no_choice(root: Entity) -> None:
    here, there = make_entity("Ici", root), make_entity("Là-bas", root)
    browser = browser_of(make_member(here, Role.TECHNICIAN))
    data = {"first_name": "A", "last_name": "B", "email": "a@ex.fr", "entity": there.pk}
    assert browser.post(reverse("directory:create_agent"), data).context["form"].errors["entity"]
    assert not Agent.objects.filter(email="a@ex.fr").exists()


def test_roles_need_a_fresh_second_factor(head: User, root: Entity) -> None:
    agent = make_agent(root, account=True)
    assert agent.user
    url, data = reverse("directory:grant_role", args=[agent.pk]), {"role": Role.TECHNICIAN, "entity": root.pk}
    stale = browser_of(head, age=301).post(url, data)
    assert stale.status_code == 302
    assert "confirmation" in stale["Location"]
    assert not RoleGrant.objects.filter(user=agent.user).exists()
    browser_of(head).post(url, data)
    held = RoleGrant.objects.get(user=agent.user)
    revoke = reverse("directory:revoke_role", args=[agent.pk, held.pk])
    assert browser_of(head, age=301).post(revoke).status_code == 302
    assert RoleGrant.objects.filter(pk=held.pk).exists()
    browser_of(head).post(revoke)
    assert not RoleGrant.objects.filter(pk=held.pk).exists()


def test_one_does_not_grant_oneself_a_role(browser: Client, head: User, root: Entity) -> None:
    mine = Agent.objects.get(user=head)
    answer = browser.post(reverse("directory:grant_role", args=[mine.pk]), {"role": Role.AUDITOR, "entity": root.pk})
    assert answer.status_code == 403
    assert not RoleGrant.objects.filter(user=head, role=Role.AUDITOR).exists()


def test_an_agent_sees_their_own_card_and_no_list(root: Entity) -> None:
    user = make_member(root)
    browser = browser_of(user)
    assert browser.get(reverse("directory:agents")).status_code == 403
    assert browser.get(reverse("directory:entities")).status_code == 403
    card = text(browser.get(reverse("directory:agent", args=[Agent.objects.get(user=user).pk])))
    assert "Modifier" not in card


def test_the_tree_is_changed_in_pages(browser: Client, root: Entity) -> None:
    made = browser.post(
        reverse("directory:create_entity"),
        {"name": "CCAS", "kind": "structure", "sirets": "732 829 320 00074", "parent": root.pk},
    )
    entity = Entity.objects.get(name="CCAS")
    assert made["Location"] == reverse("directory:entity", args=[entity.pk])
    assert entity.siret == "73282932000074"
    new_parent = make_entity("Pôle social", root)
    edit = reverse("directory:edit_entity", args=[entity.pk])
    browser.post(edit, {"name": "CCAS", "kind": "structure", "sirets": "", "parent": new_parent.pk})
    entity.refresh_from_db()
    assert entity.path == rules.child_path(new_parent.path, entity.pk)
    wrong = browser.post(edit, {"name": "CCAS", "kind": "structure", "sirets": "1", "parent": new_parent.pk})
    assert wrong.context["form"].errors["sirets"]
    root_page = reverse("directory:edit_entity", args=[root.pk])
    assert browser.post(root_page, {"name": "Métropole", "kind": "metropole", "sirets": ""}).status_code == 302


@pytest.mark.parametrize("role", [Role.TECHNICIAN, Role.AUDITOR, Role.HEAD_OF_DEPARTMENT])
def test_only_the_head_of_it_changes_the_tree(root: Entity, role: Role) -> None:
    browser = browser_of(make_member(root, role))
    assert browser.get(reverse("directory:entity", args=[root.pk])).status_code == 200
    assert browser.post(reverse("directory:edit_entity", args=[root.pk]), {"name": "X"}).status_code == 403
    assert browser.get(reverse("directory:create_entity")).status_code == 403


def test_the_api_changes_agents_and_entities(head: User, root: Entity) -> None:
    program = program_of(head, "read", "write")
    made = program.post("/api/v1/entities", {"parent_id": root.pk, "name": "Culture"}, content_type="application/json")
    assert made.status_code == 201
    entity_id = made.json()["id"]
    agent = program.post(
        "/api/v1/agents",
        {"entity_id": root.pk, "first_name": "Anne", "last_name": "Prigent", "email": "anne@ex.fr"},
        content_type="application/json",
    ).json()
    url = f"/api/v1/agents/{agent['id']}"
    changed = program.patch(url, {"entity_id": entity_id, "is_active": False}, content_type="application/json")
    assert changed.json() | {"id": 0} == {
        "id": 0, "user_id": None, "first_name": "Anne", "last_name": "Prigent", "email": "anne@ex.fr",
        "job_title": "", "phone": "", "office": "", "personnel_number": "", "starts_date": None, "ends_date": None,
        "is_listed": True, "entity_id": entity_id, "is_active": False,
    }  # fmt: skip
    assert (
        program.patch(f"/api/v1/entities/{entity_id}", {"name": "Arts"}, content_type="application/json").json()["name"]
        == "Arts"
    )
    taken = program.post(
        "/api/v1/agents",
        {"entity_id": root.pk, "first_name": "A", "last_name": "B", "email": "anne@ex.fr"},
        content_type="application/json",
    )
    assert (taken.status_code, taken["Content-Type"]) == (422, "application/problem+json")
    assert "email" in taken.json()["fields"]


@pytest.mark.parametrize("value", ["a\x00b", "a\nb", "", "x" * 101])
def test_the_api_refuses_text_that_is_no_name(head: User, root: Entity, value: str) -> None:
    answer = program_of(head).post(
        "/api/v1/agents",
        {"entity_id": root.pk, "first_name": value, "last_name": "B", "email": "b@ex.fr"},
        content_type="application/json",
    )
    assert answer.status_code == 422


def test_reading_needs_the_read_scope_and_writing_the_write_scope(head: User, root: Entity) -> None:
    reader, writer = program_of(head, "read"), program_of(head, "write")
    assert reader.get("/api/v1/agents").status_code == 200
    assert writer.get("/api/v1/agents").status_code == 403
    body = {"parent_id": root.pk, "name": "Culture"}
    assert reader.post("/api/v1/entities", body, content_type="application/json").status_code == 403


def test_roles_are_read_through_the_api(head: User, root: Entity) -> None:
    agent = make_agent(root, account=True)
    assert agent.user
    held = grant(agent.user, Role.AUDITOR, root)
    answer = program_of(head).get(f"/api/v1/agents/{agent.pk}/roles").json()
    assert answer == [{"id": held.pk, "role": "auditor", "entity_id": root.pk, "ends_date": None, "granted_at": None}]


def test_no_view_is_public() -> None:
    for name in ("agents", "agent_list", "entities"):
        module = import_module(f"parvis.portal.directory.views.{name}")
        assert not [view for view in vars(module).values() if getattr(view, "login_required", True) is False]
