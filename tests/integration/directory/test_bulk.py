"""Many agents at once from the list, and the pages of roles and of the organisation."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse

from parvis.portal.accounts.models import User
from parvis.portal.directory import cards
from parvis.portal.directory.models import Agent, Entity, Role
from parvis.portal.kernel import clock
from tests.integration.authority import grant, make_agent, make_computer, make_entity, make_member
from tests.integration.signing_in import browser_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def root() -> Entity:
    return make_entity("Métropole", kind=Entity.Kind.METROPOLE)


@pytest.fixture
def head(root: Entity) -> User:
    return make_member(root, Role.HEAD_OF_IT, "cheffe")


def act(browser: Client, action: str, *agents: Agent, confirmed: bool = True, **answers: object) -> str:
    data = {"action": action, "pk": [agent.pk for agent in agents], **answers}
    if confirmed:
        data |= {"confirmed": "1", "expected": str(len(agents))}
    answer = browser.post(reverse("directory:agents"), data, follow=True)
    assert answer.status_code == 200
    return answer.content.decode()


def test_agents_change_service_together(head: User, root: Entity) -> None:
    desk, agents = make_entity("Accueil", root), [make_agent(root) for _ in range(3)]
    browser = browser_of(head)
    asked = act(browser, "move", *agents, confirmed=False)
    assert "Nouveau service" in asked
    assert not Agent.objects.filter(entity=desk).exists()
    assert "C’est fait pour 3 agents." in act(browser, "move", *agents, entity=desk.pk)
    assert Agent.objects.filter(entity=desk).count() == 3


def test_accounts_are_opened_for_those_who_have_none_and_the_rest_is_said(head: User, root: Entity) -> None:
    new, known, gone = make_agent(root), make_agent(root, account=True), make_agent(root, is_active=False)
    page = act(browser_of(head), "open_accounts", new, known, gone)
    assert "C’est fait pour 1 agent." in page
    assert "2 refus" in page
    assert Agent.objects.get(pk=new.pk).user is not None


def test_a_departure_is_noted_for_later_or_happens_now(head: User, root: Entity) -> None:
    later, now = make_agent(root), make_agent(root, account=True)
    today = clock.today()
    act(browser_of(head), "departure", later, ends_date=(today + timedelta(days=5)).isoformat())
    act(browser_of(head), "departure", now, ends_date=(today - timedelta(days=1)).isoformat())
    assert Agent.objects.get(pk=later.pk).is_active
    assert not Agent.objects.get(pk=now.pk).is_active
    page = browser_of(head).get(reverse("directory:agent", args=[later.pk])).content.decode()
    assert "quitte son poste après le" in page
    listed = browser_of(head).get(reverse("directory:agents"), {"soon": "departure"}).content.decode()
    assert later.last_name in listed


def test_the_last_head_of_it_is_not_sent_away_in_bulk(head: User, root: Entity) -> None:
    other = make_member(root, Role.TECHNICIAN)
    mine, yesterday = Agent.objects.get(user=head), clock.today() - timedelta(days=1)
    page = act(browser_of(other), "departure", mine, ends_date=yesterday.isoformat())
    assert "1 refus" in page
    mine.refresh_from_db()
    assert (mine.is_active, mine.ends_date) == (True, None)


@pytest.mark.parametrize("role", [Role.AUDITOR, Role.HEAD_OF_DEPARTMENT])
def test_others_have_no_bulk_actions(root: Entity, role: Role) -> None:
    browser = browser_of(make_member(root, role))
    assert "data-bulk" not in browser.get(reverse("directory:agents")).content.decode()
    answer = browser.post(reverse("directory:agents"), {"action": "open_accounts", "pk": make_agent(root).pk})
    assert answer.status_code == 404


def test_the_csv_has_what_the_page_has_no_room_for(head: User, root: Entity) -> None:
    make_agent(root, "anne", personnel_number="M-4711", office="=1+1", phone="0261910007")
    answer = browser_of(head).get(reverse("directory:agents"), {"format": "csv", "q": "m-4711"})
    text = b"".join(answer.streaming_content).decode()  # type: ignore[attr-defined]
    assert "anne@rivemarine.example" in text
    assert "M-4711" in text
    assert "'=1+1" in text
    assert "Cheffe" not in text


def test_who_has_which_role(head: User, root: Entity) -> None:
    here, there = make_entity("Ici", root), make_entity("Là-bas", root)
    local, far = make_member(here, Role.TECHNICIAN, "locale"), make_member(there, Role.TECHNICIAN, "lointaine")
    grant(local, Role.AUDITOR, there)
    page = browser_of(make_member(here, Role.AUDITOR)).get(reverse("directory:roles")).content.decode()
    assert "Locale" in page
    assert "Lointaine" not in page
    assert browser_of(head).get(reverse("directory:roles"), {"role": "technician"}).context["count"] == 2
    dated = browser_of(head).get(reverse("directory:roles"), {"dated": "yes"})
    assert dated.context["count"] == 0
    assert browser_of(far).get(reverse("directory:roles"), {"format": "csv"})["Content-Type"].startswith("text/csv")
    assert browser_of(make_member(root)).get(reverse("directory:roles")).status_code == 403


def test_a_role_is_given_until_a_day_in_pages(head: User, root: Entity) -> None:
    agent, last = make_agent(root, account=True), clock.today() + timedelta(days=30)
    url = reverse("directory:grant_role", args=[agent.pk])
    data = {"role": Role.TECHNICIAN, "entity": root.pk, "ends_date": "2020-01-01"}
    assert browser_of(head).post(url, data).context["form"].errors["ends_date"]
    browser_of(head).post(url, {**data, "ends_date": last.isoformat()})
    page = browser_of(head).get(reverse("directory:agent", args=[agent.pk])).content.decode()
    assert "jusqu’au" in page
    assert "Attribué par Cheffe Essai" in page


def test_an_entity_is_closed_opened_and_merged_in_pages(head: User, root: Entity) -> None:
    town, browser = make_entity("Ville", root), browser_of(head)
    make_computer(town)
    close = reverse("directory:close_entity", args=[town.pk])
    assert "1 matériel" in browser.get(close).content.decode()
    assert browser.post(close).status_code == 409
    other = make_entity("Bourg", root)
    merge, data = reverse("directory:merge_entity", args=[town.pk]), {"into": other.pk}
    assert "Une fusion ne s’annule pas" in browser.post(merge, data).content.decode()
    assert Entity.objects.get(pk=town.pk).closed_date is None
    assert browser.post(merge, {**data, "confirmed": "1"}).status_code == 302
    assert "fait maintenant partie de" in browser.get(reverse("directory:entity", args=[town.pk])).content.decode()
    empty = make_entity("Vide", root)
    browser.post(reverse("directory:close_entity", args=[empty.pk]), follow=True)  # the notice that names it is read
    assert "Vide" not in browser.get(reverse("directory:entities")).content.decode()
    assert "Vide" in browser.get(reverse("directory:entities"), {"fermees": "1"}).content.decode()
    browser.post(reverse("directory:reopen_entity", args=[empty.pk]))
    assert Entity.objects.get(pk=empty.pk).closed_date is None


def test_the_organisation_is_read_in_few_queries(
    head: User, root: Entity, django_assert_max_num_queries: object
) -> None:
    for number in range(30):
        part = make_entity(f"Direction {number}", root)
        for unit in range(9):
            make_agent(make_entity(f"Service {number}.{unit}", part))
    browser = browser_of(head)
    browser.get(reverse("directory:entities"))
    with django_assert_max_num_queries(16):  # type: ignore[operator]
        page = browser.get(reverse("directory:entities")).content.decode()
    assert page.count("data-tree-item") == 301
    with django_assert_max_num_queries(32):  # type: ignore[operator]
        browser.get(reverse("directory:entity", args=[root.pk]))


def test_rooms_add_sections_to_an_entitys_page(head: User, root: Entity, monkeypatch: pytest.MonkeyPatch) -> None:
    sections: cards.Sections[Entity] = cards.Sections("entity")
    monkeypatch.setattr(cards, "entity_sections", sections.shown)
    sections.register("ui/listing/count.html", lambda request, entity: {"count": len(entity.name)})
    assert "9 résultats" in browser_of(head).get(reverse("directory:entity", args=[root.pk])).content.decode()
