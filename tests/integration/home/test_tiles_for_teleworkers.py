"""Tiles for teleworkers: there while telework is open, for nobody else; nobody opens or shuts them by hand."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from parvis.portal.accounts.models import User
from parvis.portal.directory.models import Agent
from parvis.portal.home import demo, queries
from parvis.portal.home.models import Favourite, Tile
from parvis.portal.home.services import tiles
from parvis.portal.kernel import clock
from parvis.portal.kernel.errors import NotFound
from parvis.portal.telework.models import Request
from tests.integration.authority import make_user
from tests.integration.home.conftest import Town, make_tile
from tests.integration.signing_in import browser_of, program_of

pytestmark = pytest.mark.django_db


def telework(user: User, state: str = "open", **fields: object) -> Request:
    return Request.objects.create(
        agent=Agent.objects.get(user=user), level=1, machine="own", line="fibre", days=3, state=state,
        starts_date=clock.today(), requested_at=clock.now(), **fields,
    )  # fmt: skip


def seen_by(user: User) -> list[str]:
    return [tile.title for tile in queries.tiles_seen_by(queries.viewer_of(user))]


@pytest.fixture
def guide(town: Town) -> Tile:
    return make_tile(town.here, "Guide", for_teleworkers=True)


@pytest.mark.usefixtures("guide")
@pytest.mark.parametrize("state", sorted(Request.State.values))
def test_only_while_telework_is_open(town: Town, state: str) -> None:
    telework(town.agent, state)
    telework(town.technician)
    assert seen_by(town.agent) == (["Guide"] if state == "open" else [])
    assert seen_by(town.technician) == ["Guide"]


@pytest.mark.usefixtures("guide")
def test_not_after_the_last_day_even_before_the_worker_ends_it(town: Town) -> None:
    today = clock.today()
    request = telework(town.agent, ends_date=today)
    assert seen_by(town.agent) == ["Guide"]
    Request.objects.filter(pk=request.pk).update(
        starts_date=today - timedelta(days=9), ends_date=today - timedelta(days=1)
    )
    assert seen_by(town.agent) == []


def test_not_beyond_its_audience_nor_before_it_is_published(town: Town, guide: Tile) -> None:
    telework(town.foreign_agent)
    telework(town.agent)
    assert seen_by(town.foreign_agent) == []
    Tile.objects.filter(pk=guide.pk).update(is_published=False)
    assert seen_by(town.agent) == []


@pytest.mark.usefixtures("guide")
def test_who_is_no_agent_does_not_telework_and_who_sees_all_sees_it(town: Town) -> None:
    telework(town.agent)
    assert seen_by(make_user()) == []
    assert seen_by(make_user(is_superuser=True)) == ["Guide"]


def test_a_favourite_waits_for_telework_to_go_on(town: Town, guide: Tile) -> None:
    with pytest.raises(NotFound):
        tiles.set_favourite(actor=town.agent, tile_id=guide.pk, favourite=True)
    request = telework(town.agent)
    tiles.set_favourite(actor=town.agent, tile_id=guide.pk, favourite=True)
    client = browser_of(town.agent)
    assert client.get(reverse("home:home")).content.decode().count("guide.example") == 2
    Request.objects.filter(pk=request.pk).update(state="suspended")
    assert "guide.example" not in client.get(reverse("home:home")).content.decode()
    assert "guide.example" not in client.get(reverse("home:search"), {"q": "guide"}).content.decode()
    assert Favourite.objects.count() == 1
    Request.objects.filter(pk=request.pk).update(state="open")
    assert client.get(reverse("home:home")).content.decode().count("guide.example") == 2


def test_the_home_page_takes_no_more_queries_with_it(town: Town) -> None:
    tile = make_tile(town.here, "Guide")
    telework(town.agent)
    client = browser_of(town.agent)
    counts = []
    for reserved in (False, False, False, True):
        Tile.objects.filter(pk=tile.pk).update(for_teleworkers=reserved)
        with CaptureQueriesContext(connection) as asked:
            assert "guide.example" in client.get(reverse("home:home")).content.decode()
        counts.append(len(asked))
    assert counts[3] == counts[2]


def test_the_api_says_it_and_keeps_to_it(town: Town, guide: Tile) -> None:
    make_tile(town.here, "Courriel")
    program = program_of(town.agent, "read")
    assert [each["title"] for each in program.get("/api/v1/tiles").json()["items"]] == ["Courriel"]
    telework(town.agent)
    found = {each["title"]: each["for_teleworkers"] for each in program.get("/api/v1/tiles").json()["items"]}
    assert found == {"Courriel": False, guide.title: True}


def test_the_team_reserves_a_tile_finds_it_and_sees_for_how_many_it_is(town: Town) -> None:
    client = browser_of(town.technician)
    form = {
        "title": "Guide", "url": "https://guide.example/", "category": "Vie d’agent", "icon": "apps", "colour": "blue",
        "hosting": "local", "entity": town.here.pk, "reach": "everyone", "for_teleworkers": "on", "then": "publish",
    }  # fmt: skip
    assert client.post(reverse("home:create_tile"), form).status_code == 302
    tile = Tile.objects.get()
    assert tile.for_teleworkers
    make_tile(town.here, "Courriel")
    shown = client.get(reverse("home:tiles"), {"for_teleworkers": "True"}).content.decode()
    assert "Réservée" in shown
    assert "Courriel" not in shown
    telework(town.agent)
    count = client.post(reverse("home:audience"), form).content.decode()
    assert "1 agent" in count
    assert "Claire" in count
    everyone = {name: value for name, value in form.items() if name != "for_teleworkers"}
    assert "2 agents" in client.post(reverse("home:audience"), everyone).content.decode()
    assert client.post(reverse("home:tile", args=[tile.pk]), everyone).status_code == 302
    tile.refresh_from_db()
    assert not tile.for_teleworkers


def test_seen_as_an_agent_it_is_there_for_who_teleworks(town: Town, guide: Tile) -> None:
    client = browser_of(town.technician)
    address = reverse("home:preview", args=[Agent.objects.get(user=town.agent).pk])
    assert guide.url not in client.get(address).content.decode()
    telework(town.agent)
    assert guide.url in client.get(address).content.decode()


def test_the_demo_has_some(town: Town) -> None:
    assert demo.build(clock.now())
    reserved = set(Tile.objects.filter(for_teleworkers=True).values_list("title", flat=True))
    assert reserved == {"Guide du télétravail", "Téléphone sur ordinateur"}
    assert not reserved & set(seen_by(town.agent))
    telework(town.agent)
    assert reserved <= set(seen_by(town.agent))
