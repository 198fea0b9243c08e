"""The pages: who may open them, what they show, how many queries they take."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from parvis.portal.directory.models import Agent, Role
from parvis.portal.home.models import Announcement, Favourite, Service, Tile
from parvis.portal.kernel import clock
from tests.integration.authority import grant, make_agent, make_computer
from tests.integration.home.conftest import Town, make_announcement, make_service, make_tile
from tests.integration.signing_in import browser_of

pytestmark = pytest.mark.django_db
CANARY = "<script>alert(1)</script>"
ESCAPED = "&lt;script&gt;alert(1)&lt;/script&gt;"
STAFF_PAGES = (
    "home:tiles",
    "home:create_tile",
    "home:order_tiles",
    "home:announcements",
    "home:create_announcement",
    "home:manage_services",
    "home:create_service",
    "home:preview_choice",
)


def page(client: Client, name: str, *args: object, **query: str) -> str:
    response = client.get(reverse(name, args=args), query)
    assert response.status_code == 200, response.status_code
    return response.content.decode()


def test_the_home_page_of_an_agent(town: Town) -> None:
    agent = Agent.objects.get(user=town.agent)
    make_computer(town.civil, agent)
    mail = make_tile(town.here, service=make_service(town.here, state=Service.State.OUTAGE, message="Jusqu’à 18 h"))
    make_tile(town.there, "Ailleurs")
    make_announcement(town.root, text="Voir https://x.example/page\nMerci")
    Favourite.objects.create(user=town.agent, tile=mail)
    content = page(browser_of(town.agent), "home:home")
    assert "Bonjour Claire" in content
    assert content.count('rel="noopener noreferrer"') == 2  # among the favourites and under its heading
    assert "Ailleurs" not in content
    assert "En panne" in content
    assert "Jusqu’à 18 h" in content
    assert '<a href="https://x.example/page" rel="nofollow">' in content


def test_a_page_with_nothing_in_it_says_so(town: Town) -> None:
    content = page(browser_of(town.agent), "home:home")
    assert "Pas encore d’application ici" in content
    assert "Aucun ordinateur de bureau" in content


@pytest.mark.parametrize("name", STAFF_PAGES)
def test_publishing_is_for_the_it_team(town: Town, name: str) -> None:
    assert browser_of(town.agent).get(reverse(name)).status_code == 403
    assert browser_of(town.technician).get(reverse(name)).status_code == 200


def test_what_is_outside_the_perimeter_does_not_exist(town: Town) -> None:
    tile, service, announcement = make_tile(town.here), make_service(town.here), make_announcement(town.here)
    agent = Agent.objects.get(user=town.agent)
    client = browser_of(town.foreign_technician)
    addresses = [
        reverse("home:tile", args=[tile.pk]),
        reverse("home:delete_tile", args=[tile.pk]),
        reverse("home:announcement", args=[announcement.pk]),
        reverse("home:delete_announcement", args=[announcement.pk]),
        reverse("home:service", args=[service.pk]),
        reverse("home:change_service", args=[service.pk]),
        reverse("home:delete_service", args=[service.pk]),
        reverse("home:preview", args=[agent.pk]),
    ]
    for address in addresses:
        assert client.get(address).status_code == 404, address
    posts = [
        reverse("home:move_tile", args=[tile.pk]),
        reverse("home:end_announcement", args=[announcement.pk]),
        reverse("home:favourite", args=[tile.pk]),
    ]
    for address in posts:
        answer = client.post(address, {"step": "up", "favourite": "1"})
        assert answer.status_code == 404, address
    for name in ("home:tiles", "home:announcements", "home:manage_services"):
        assert "Aucun" in page(client, name)


def test_markup_typed_by_people_is_shown_not_run(town: Town) -> None:
    service = make_service(
        town.here, CANARY, message=CANARY, provider=CANARY, owner=CANARY, state=Service.State.DEGRADED
    )
    tile = make_tile(town.here, CANARY, description=CANARY, category=CANARY, service=service, url="https://x.example")
    announcement = make_announcement(town.here, CANARY, text=f"{CANARY} https://x.example/{CANARY}")
    service.history.create(state="degraded", since=clock.now(), message=CANARY)
    Favourite.objects.create(user=town.technician, tile=tile)
    agent = make_agent(town.here, account=False, first_name=CANARY, job_title=CANARY)
    client = browser_of(town.technician)
    pages = [
        page(client, "home:home"),
        page(client, "home:search", q=CANARY),
        page(client, "home:services"),
        page(client, "home:favourites"),
        page(client, "home:tiles"),
        page(client, "home:order_tiles"),
        page(client, "home:tile", tile.pk),
        page(client, "home:delete_tile", tile.pk),
        page(client, "home:announcements"),
        page(client, "home:announcement", announcement.pk),
        page(client, "home:manage_services"),
        page(client, "home:service", service.pk),
        page(client, "home:change_service", service.pk),
        page(client, "home:preview", agent.pk),
        page(client, "home:preview_choice", q=CANARY),
    ]
    for content in pages:
        assert CANARY not in content
        assert ESCAPED in content


def test_a_tile_through_the_form(town: Town) -> None:
    client = browser_of(town.technician)
    data = {
        "title": "Agenda",
        "url": "https://agenda.example/",
        "category": "Échanges",
        "icon": "calendar",
        "colour": "green",
        "hosting": "local",
        "entity": town.here.pk,
        "reach": "some",
        "services_concerned": [town.civil.pk],
        "then": "publish",
    }
    bad = client.post(reverse("home:create_tile"), {**data, "url": "javascript:alert(1)"})
    assert bad.status_code == 422
    assert 'href="#id_url"' in bad.content.decode()
    assert client.post(reverse("home:create_tile"), {**data, "entity": town.there.pk}).status_code == 422
    assert client.post(reverse("home:create_tile"), data).status_code == 302
    tile = Tile.objects.get()
    assert tile.is_published
    assert list(tile.services_concerned.all()) == [town.civil]
    assert client.post(reverse("home:tile", args=[tile.pk]), {**data, "title": "Agendas"}).status_code == 302
    assert client.post(reverse("home:delete_tile", args=[tile.pk])).status_code == 200
    assert client.post(reverse("home:delete_tile", args=[tile.pk]), {"confirmed": "1"}).status_code == 302
    assert not Tile.objects.exists()


def test_the_audience_is_counted_as_the_form_stands(town: Town) -> None:
    data = {"entity": town.here.pk, "reach": "some", "services_concerned": [town.civil.pk]}
    client = browser_of(town.technician)
    assert "1 agent le verra" in client.post(reverse("home:audience"), data).content.decode()
    foreign = {"entity": town.there.pk, "reach": "everyone"}
    assert "2 agents le verront" in browser_of(town.head).post(reverse("home:audience"), foreign).content.decode()
    assert "Choisissez" in client.post(reverse("home:audience"), {**data, "entity": town.there.pk}).content.decode()
    assert browser_of(town.agent).post(reverse("home:audience"), data).status_code == 403


def test_an_announcement_through_the_form(town: Town) -> None:
    client = browser_of(town.technician)
    data = {
        "title": "Coupure",
        "text": "Ce soir",
        "level": "warning",
        "starts_at": "2026-11-23T18:00",
        "ends_at": "2026-11-23T20:00",
        "entity": town.here.pk,
        "reach": "everyone",
    }
    assert client.post(reverse("home:create_announcement"), {**data, "ends_at": "2026-11-23T17:00"}).status_code == 422
    assert client.post(reverse("home:create_announcement"), data).status_code == 302
    made = Announcement.objects.get()
    assert made.starts_at.astimezone(clock.PARIS).hour == 18


def test_a_state_is_told_and_remembered(town: Town) -> None:
    service = make_service(town.here)
    client = browser_of(town.technician)
    address = reverse("home:service", args=[service.pk])
    assert client.post(address, {"state": "outage", "message": "Panne générale"}).status_code == 302
    assert "Panne générale" in page(browser_of(town.agent), "home:services")
    assert client.post(address, {"state": "nothing"}).status_code == 422


def test_a_star_for_htmx_and_without(town: Town) -> None:
    tile = make_tile(town.here)
    client = browser_of(town.agent)
    address = reverse("home:favourite", args=[tile.pk])
    fragment = client.post(address, {"favourite": "1"}, headers={"HX-Request": "true"})
    assert fragment.content.decode().startswith('<div id="tiles">')
    assert client.post(address, {"favourite": "0"}).status_code == 302
    assert not Favourite.objects.exists()
    assert client.get(address).status_code == 405


def test_order_buttons(town: Town) -> None:
    first, second = make_tile(town.here, "A", position=10), make_tile(town.here, "B", position=20)
    client = browser_of(town.technician)
    assert client.post(reverse("home:move_tile", args=[second.pk]), {"step": "up"}).status_code == 302
    assert list(Tile.objects.order_by("position")) == [second, first]
    assert client.post(reverse("home:move_tile", args=[second.pk]), {"step": "sideways"}).status_code == 422


def test_search_shows_agents_only_to_who_sees_them(town: Town) -> None:
    assert "Agents</h2>" in page(browser_of(town.technician), "home:search", q="claire")
    assert "Agents</h2>" not in page(browser_of(town.foreign_agent), "home:search", q="claire")


def test_queries_do_not_grow(town: Town, django_assert_max_num_queries: Any) -> None:
    agent = Agent.objects.get(user=town.technician)
    grant(town.technician, Role.AUDITOR, town.there)
    for number in range(40):
        service = make_service(town.here, f"Service {number}", state=Service.State.DEGRADED)
        tile = make_tile(town.here, f"Tuile {number}", service=service, for_everyone=number % 2 == 0)
        tile.services_concerned.add(town.civil, town.here)
        Favourite.objects.create(user=town.technician, tile=tile)
        announcement = make_announcement(town.here, f"Annonce {number}", for_everyone=False)
        announcement.services_concerned.add(town.here)
        make_computer(town.here, agent)
    client = browser_of(town.technician)
    page(client, "home:home")
    with django_assert_max_num_queries(29):  # one for each card of the rooms above
        page(client, "home:home")
    for name in ("home:tiles", "home:announcements", "home:manage_services", "home:services", "home:order_tiles"):
        with django_assert_max_num_queries(16):
            page(client, name)


def test_300_tiles_take_no_more_queries_than_three(town: Town, django_assert_max_num_queries: Any) -> None:
    Tile.objects.bulk_create(
        Tile(entity=town.root, title=f"T{n}", url="https://x.example", category=f"C{n % 9}", is_published=True)
        for n in range(300)
    )
    client = browser_of(town.agent)
    page(client, "home:home")
    with django_assert_max_num_queries(25):
        assert page(client, "home:home").count("data-tile ") == 300
