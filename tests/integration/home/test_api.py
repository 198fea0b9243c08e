"""The REST API of the home page."""

from __future__ import annotations

import pytest

from parvis.portal.home.models import Favourite, Service
from tests.integration.home.conftest import Town, make_announcement, make_service, make_tile
from tests.integration.signing_in import program_of

pytestmark = pytest.mark.django_db


def test_what_the_caller_sees(town: Town) -> None:
    tile = make_tile(town.here)
    make_tile(town.there, "Ailleurs")
    make_service(town.root)
    make_service(town.there, "Ailleurs")
    make_announcement(town.here)
    make_announcement(town.there, "Ailleurs")
    client = program_of(town.agent, "read")
    tiles = client.get("/api/v1/tiles").json()
    assert tiles["count"] == 1
    assert tiles["items"][0]["id"] == tile.pk
    assert [each["name"] for each in client.get("/api/v1/services").json()["items"]] == ["Courriel"]
    assert [each["title"] for each in client.get("/api/v1/announcements").json()["items"]] == ["Maintenance"]


def test_favourites(town: Town) -> None:
    tile, foreign = make_tile(town.here), make_tile(town.there, "Ailleurs")
    client = program_of(town.agent, "write")
    assert client.put(f"/api/v1/tiles/{tile.pk}/favourite").status_code == 204
    assert Favourite.objects.get().user == town.agent
    assert client.put(f"/api/v1/tiles/{foreign.pk}/favourite").status_code == 404
    assert client.delete(f"/api/v1/tiles/{tile.pk}/favourite").status_code == 204
    assert not Favourite.objects.exists()
    assert program_of(town.agent, "read").put(f"/api/v1/tiles/{tile.pk}/favourite").status_code == 403


def test_a_monitoring_tool_tells_a_state(town: Town) -> None:
    service = make_service(town.here)
    address = f"/api/v1/services/{service.pk}/state"
    body = {"state": "outage", "message": "Disque plein"}
    for other in (town.agent, town.foreign_technician):
        answer = program_of(other, "write").post(address, body, content_type="application/json")
        assert answer.status_code == 404
    answer = program_of(town.technician, "write").post(address, body, content_type="application/json")
    assert answer.json()["state"] == "outage"
    assert Service.objects.get().message == "Disque plein"
    wrong = program_of(town.technician, "write").post(address, {"state": "x"}, content_type="application/json")
    assert wrong.status_code == 422
    assert wrong["Content-Type"] == "application/problem+json"
