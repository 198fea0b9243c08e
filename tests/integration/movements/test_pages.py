"""The pages and the API."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse

from parvis.portal.directory import services as directory
from parvis.portal.directory.models import Agent, Role, RoleGrant
from parvis.portal.kernel import clock
from parvis.portal.movements.models import Movement, Note, Step, StepTemplate
from parvis.portal.movements.services import templates
from parvis.portal.remote_desktop.models import Right
from tests.integration import authority
from tests.integration.movements.conftest import Town
from tests.integration.signing_in import browser_of, program_of

DAY = timedelta(days=1)
NOW = clock.now()
TODAY = clock.today(NOW)
SOON = (TODAY + 30 * DAY).isoformat()


@pytest.fixture
def at_now() -> None:
    """Sign-ins live by the real clock."""


@pytest.fixture
def browser(town: Town) -> Client:
    return browser_of(town.technician)


@pytest.fixture
def movement(town: Town) -> Movement:
    """A mover with a role, a right and a computer."""
    templates.add_common(actor=town.technician, entity=town.commune, now=NOW)
    agent = town.agent("paulette")
    assert agent.user
    authority.grant(agent.user, Role.HEAD_OF_DEPARTMENT, town.department)
    computer = authority.make_computer(town.department, agent)
    Right.objects.create(agent=agent, computer=computer, starts_date=TODAY, granted_at=NOW)
    directory.move_agent(actor=None, agent=agent, entity=town.other, now=NOW)
    return Movement.objects.get()


def page(browser: Client, name: str, *args: object) -> str:
    answer = browser.get(reverse(f"movements:{name}", args=args))
    assert answer.status_code == 200, answer.content[:500]
    return answer.content.decode()


def test_the_page_says_what_opens_changes_and_comes_back(browser: Client, movement: Movement) -> None:
    text = page(browser, "movement", movement.pk)
    for words in ("Ce qui s’ouvre", "Ce qui change", "Ce qui doit revenir", "Accès à distance", "Garder", "Confier"):
        assert words in text
    assert "Imprimer" in page(browser, "sheet", movement.pk)


def test_a_head_of_department_sees_hers_and_does_hers(town: Town, movement: Movement) -> None:
    browser = browser_of(town.head)
    text = page(browser, "movement", movement.pk)
    assert "Garder" not in text
    mine = Step.objects.get(title="Clés et dossiers de l’ancien service")
    assert mine.title in page(browser, "my_steps")
    browser.post(reverse("movements:step_done", args=[mine.pk]))
    mine.refresh_from_db()
    assert (mine.outcome, mine.done_by) == ("done", town.head)
    other = Step.objects.get(title="Accès aux logiciels du nouveau service")
    assert browser.post(reverse("movements:step_done", args=[other.pk])).status_code == 403


def test_list_filters_csv_and_bulk_assignment(town: Town, browser: Client, movement: Movement) -> None:
    url = reverse("movements:movements")
    assert "Paulette" in browser.get(url, {"q": "paulette", "kind": "mover", "state": "live"}).content.decode()
    assert "Aucun résultat" in browser.get(url, {"state": "late"}).content.decode()
    Step.objects.filter(movement=movement).update(due_date=TODAY - DAY)
    assert "En retard" in browser.get(url, {"state": "late"}).content.decode()
    csv = b"".join(browser.get(url, {"format": "csv"})).decode()
    assert "Changement de service" in csv
    asked = {"action": "assign", "pk": movement.pk}
    assert "À qui confier" in browser.post(url, asked).content.decode()
    sure = {**asked, "confirmed": "1", "expected": "1", "owner": "technicien@rivemarine.example"}
    browser.post(url, sure)
    assert set(Step.objects.filter(outcome="").values_list("owner", flat=True)) == {town.technician.pk}
    wrong = browser.post(url, {**sure, "owner": "personne@ailleurs.example"})
    assert wrong.status_code == 422


def test_late_ones_come_first(town: Town, browser: Client, movement: Movement) -> None:
    late = town.agent("zoe")
    authority.make_computer(town.department, late)
    directory.deactivate_agent(actor=None, agent=late, now=NOW)
    Step.objects.filter(movement__agent=late).update(due_date=TODAY - 9 * DAY)
    text = page(browser, "movements")
    assert text.index("Zoe") < text.index("Paulette")


def test_keep_and_remove_from_the_page(town: Town, movement: Movement) -> None:
    browser = browser_of(town.head_of_it)
    role = Step.objects.get(room="directory", decision=True)
    keep = reverse("movements:step_keep", args=[role.pk])
    assert "Garder jusqu’au" in browser.get(keep).content.decode()
    assert "Choisissez un jour" in browser.post(keep, {"until": "2020-01-01"}).content.decode()
    browser.post(keep, {"until": SOON})
    role.refresh_from_db()
    assert (role.outcome, str(role.ends_date)) == ("kept", SOON)
    remove = reverse("movements:step_remove", args=[role.pk])
    assert "Retirer" in browser.get(remove).content.decode()
    browser.post(remove)
    assert not RoleGrant.objects.filter(user=movement.agent.user).exists()
    right = Step.objects.get(room="remote_desktop", decision=True)
    browser.post(reverse("movements:step_remove", args=[right.pk]))
    assert Right.objects.get().revoked_by == town.head_of_it


def test_removing_asks_for_a_fresh_second_factor(town: Town, movement: Movement) -> None:
    browser = browser_of(town.head_of_it, age=86400)
    role = Step.objects.get(room="directory", decision=True)
    assert browser.post(reverse("movements:step_remove", args=[role.pk])).status_code == 302
    assert RoleGrant.objects.filter(user=movement.agent.user).exists()


def test_steps_and_notes_added(town: Town, browser: Client, movement: Movement) -> None:
    facts = {"title": "Plante verte", "kind": "moves", "owner_role": "technician", "due_date": SOON}
    assert browser.post(reverse("movements:add_step", args=[movement.pk]), facts).status_code == 302
    assert Step.objects.get(title="Plante verte").owner_entity == town.other
    browser.post(reverse("movements:note", args=[movement.pk]), {"text": "<b>Double écran</b>"})
    assert "&lt;b&gt;Double écran" in page(browser, "movement", movement.pk)
    assert browser.post(reverse("movements:note", args=[movement.pk]), {"text": ""}).status_code == 422
    assert Note.objects.count() == 1
    step = Step.objects.get(title="Plante verte")
    browser.post(reverse("movements:step_assign", args=[step.pk]), {"owner": "chef@rivemarine.example"})
    step.refresh_from_db()
    assert step.owner == town.head
    browser.post(reverse("movements:step_drop", args=[step.pk]))
    browser.post(reverse("movements:step_take_back", args=[step.pk]))
    step.refresh_from_db()
    assert step.outcome == ""


def test_cancel_and_close(town: Town, browser: Client, movement: Movement) -> None:
    url = reverse("movements:close", args=[movement.pk])
    assert "sans objet" in browser.get(url).content.decode()
    assert browser.post(url).status_code == 409
    assert "Annuler ce mouvement" in page(browser, "cancel", movement.pk)
    browser.post(reverse("movements:cancel", args=[movement.pk]))
    movement.refresh_from_db()
    assert movement.state == "cancelled"
    assert "Garder" not in page(browser, "movement", movement.pk)


def test_prepare_a_departure(town: Town, browser: Client) -> None:
    agent = town.agent("marcel")
    url = reverse("movements:plan")
    assert "Préparer un mouvement" in browser.get(url).content.decode()
    wrong = browser.post(url, {"kind": "leaver", "agent": "nul@ailleurs.example", "day": SOON})
    assert "Aucun agent de votre périmètre" in wrong.content.decode()
    browser.post(url, {"kind": "leaver", "agent": agent.email, "day": SOON})
    assert Movement.objects.get().state == "planned"
    agent.refresh_from_db()
    assert str(agent.ends_date) == SOON
    assert "marcel@" in browser.get(reverse("movements:suggestions"), {"agent": "marc"}).content.decode()
    assert browser_of(town.head).get(url).status_code == 403


def test_templates_are_data(town: Town, browser: Client) -> None:
    assert "Aucune étape type" in page(browser, "templates")
    browser.post(reverse("movements:common_templates"), {"entity": town.commune.pk})
    template = StepTemplate.objects.get(title="Téléphone mobile")
    url = reverse("movements:edit_template", args=[template.pk])
    facts = {
        "movement_kind": "leaver", "kind": "comes_back", "title": "Téléphone et badge", "why": "", "days": "-1",
        "owner_role": "technician", "entity": town.commune.pk,
    }  # fmt: skip
    assert "Téléphone mobile" in browser.get(url).content.decode()
    assert browser.post(url, facts).status_code == 302
    taken = browser.post(url, {**facts, "title": "Badge et clés"})
    assert "existe déjà" in taken.content.decode()
    template.refresh_from_db()
    assert (template.title, template.days) == ("Téléphone et badge", -1)
    assert browser.post(reverse("movements:create_template"), {**facts, "title": "Vélo"}).status_code == 302
    browser.post(reverse("movements:delete_template", args=[template.pk]))
    assert not StepTemplate.objects.filter(pk=template.pk).exists()
    assert browser.post(url, {**facts, "days": "9999"}).status_code == 404


def test_empty_pages_say_what_comes(browser: Client) -> None:
    assert "apparaissent ici" in page(browser, "movements")
    assert "Rien à faire" in page(browser, "my_steps")


def test_the_agent_card_shows_them(town: Town, browser: Client, movement: Movement) -> None:
    text = browser.get(reverse("directory:agent", args=[movement.agent_id])).content.decode()
    assert reverse("movements:movement", args=[movement.pk]) in text


def test_api(town: Town, movement: Movement) -> None:
    program = program_of(town.technician)
    listed = program.get("/api/v1/movements?kind=mover&state=open&late=false").json()
    assert [each["id"] for each in listed["items"]] == [movement.pk]
    one = program.get(f"/api/v1/movements/{movement.pk}").json()
    assert {step["kind"] for step in one["steps"]} == {"opens", "moves", "comes_back"}
    assert program.get("/api/v1/movements?late=true").json()["count"] == 0
    assert program_of(town.technician, "write").get("/api/v1/movements").status_code == 403


def test_few_queries_at_volume(
    town: Town, browser: Client, movement: Movement, django_assert_max_num_queries: object
) -> None:
    agents = Agent.objects.bulk_create(
        [Agent(entity=town.department, first_name="X", last_name=f"Y{n}", email=f"x{n}@rivemarine.example", search="")
         for n in range(300)]
    )  # fmt: skip
    made = Movement.objects.bulk_create(
        [Movement(kind="leaver", agent=agent, effective_date=TODAY, from_entity=town.department, origin="source",
                  opened_at=NOW) for agent in agents]
    )  # fmt: skip
    Step.objects.bulk_create(
        [Step(movement=each, key=f"k:{n}", room="parc", kind="comes_back", title="PC", owner_role=Role.TECHNICIAN,
              owner_entity=town.department, due_date=TODAY) for each in made for n in range(10)]
    )  # fmt: skip
    page(browser, "movements")
    limit = django_assert_max_num_queries
    with limit(25):  # type: ignore[operator]
        page(browser, "movements")
    with limit(25):  # type: ignore[operator]
        page(browser, "my_steps")
    with limit(30):  # type: ignore[operator]
        page(browser, "movement", made[0].pk)
