"""The verbs: perimeter, audit, conflicts, states."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from parvis.portal.home.models import Favourite, Service, ServiceState, Tile
from parvis.portal.home.rules import Outcome
from parvis.portal.home.services import announcements, states, tiles
from parvis.portal.home.services.announcements import AnnouncementContent
from parvis.portal.home.services.published import AudienceChoice
from parvis.portal.home.services.states import ServiceContent
from parvis.portal.home.services.tiles import TileContent
from parvis.portal.kernel import audit, clock
from parvis.portal.kernel.errors import Conflict, Invalid, NotFound
from parvis.portal.kernel.models import AuditRecord
from tests.integration.home.conftest import Town, make_announcement, make_service, make_tile

pytestmark = pytest.mark.django_db
NOW = clock.now()


def content(town: Town) -> TileContent:
    return TileContent(entity=town.here, title="Agenda", url="https://agenda.example/", category="Échanges")


def actions() -> list[str]:
    return list(AuditRecord.objects.order_by("id").values_list("action", flat=True))


def test_a_tile_is_made_changed_published_deleted_and_audited(town: Town) -> None:
    tile = tiles.create_tile(actor=town.technician, content=content(town), now=NOW)
    assert not tile.is_published
    tiles.change_tile(
        actor=town.technician, tile=tile, content=replace(content(town), url="https://b.example/"), now=NOW
    )
    tiles.publish_tiles(actor=town.technician, tiles=Tile.objects.all(), published=True, now=NOW)
    tiles.publish_tiles(actor=town.technician, tiles=Tile.objects.all(), published=True, now=NOW)
    tiles.delete_tile(actor=town.technician, tile=tile, now=NOW)
    assert actions() == ["home.tile_created", "home.tile_changed", "home.tile_published", "home.tile_deleted"]
    assert AuditRecord.objects.get(action="home.tile_changed").data["url_before"] == "https://agenda.example/"
    assert audit.verify() is None


def test_nobody_publishes_outside_their_perimeter(town: Town) -> None:
    tile = make_tile(town.here)
    for actor in (town.foreign_technician, town.agent):
        with pytest.raises(NotFound):
            tiles.create_tile(actor=actor, content=content(town), now=NOW)
        with pytest.raises(NotFound):
            tiles.change_tile(actor=actor, tile=tile, content=content(town), now=NOW)
        with pytest.raises(NotFound):
            tiles.delete_tile(actor=actor, tile=tile, now=NOW)
        with pytest.raises(NotFound):
            tiles.move_tile(actor=actor, tile=tile, step=1, now=NOW)
        assert tiles.publish_tiles(actor=actor, tiles=Tile.objects.all(), published=False, now=NOW) == 0
    tile.refresh_from_db()
    assert tile.is_published
    assert actions() == []


def test_a_tile_cannot_be_moved_into_a_foreign_entity(town: Town) -> None:
    tile = make_tile(town.here)
    with pytest.raises(NotFound):
        tiles.change_tile(actor=town.technician, tile=tile, content=replace(content(town), entity=town.there), now=NOW)


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"url": "javascript:alert(1)"}, "url"),
        ({"icon": "skull"}, "icon"),
        ({"colour": "black"}, "colour"),
        ({"audience": AudienceChoice(for_everyone=False)}, "services_concerned"),
        ({"audience": AudienceChoice(for_everyone=False, roles=["king"])}, "roles_concerned"),
    ],
)
def test_what_a_tile_may_not_be(town: Town, changes: dict[str, object], field: str) -> None:
    with pytest.raises(Invalid) as refused:
        tiles.create_tile(actor=town.technician, content=replace(content(town), **changes), now=NOW)
    assert list(refused.value.fields) == [field]
    assert not Tile.objects.exists()


def test_an_audience_stays_inside_the_entity_that_publishes(town: Town) -> None:
    wide = AudienceChoice(for_everyone=False, services=[town.there])
    with pytest.raises(Invalid):
        tiles.create_tile(actor=town.head, content=replace(content(town), audience=wide), now=NOW)


def test_two_tiles_of_one_title_are_a_conflict_and_change_nothing(town: Town) -> None:
    make_tile(town.here, "Agenda")
    with pytest.raises(Conflict):
        tiles.create_tile(actor=town.technician, content=content(town), now=NOW)
    assert Tile.objects.count() == 1
    assert actions() == []


def test_order_within_a_heading(town: Town) -> None:
    first, second, other = (
        make_tile(town.here, "A"),
        make_tile(town.here, "B"),
        make_tile(town.here, "C", category="Autre"),
    )
    tiles.move_tile(actor=town.technician, tile=second, step=-1, now=NOW)
    order = Tile.objects.filter(category="Échanges").order_by("position", "title").values_list("title", flat=True)
    assert list(order) == ["B", "A"]
    tiles.move_tile(actor=town.technician, tile=second, step=-1, now=NOW)
    assert actions() == ["home.tile_moved"]
    assert first.pk != other.pk


def test_favourites_are_ones_own_and_only_of_tiles_one_sees(town: Town) -> None:
    mine, second, foreign = make_tile(town.here), make_tile(town.here, "B"), make_tile(town.there, "C")
    for _ in range(2):
        tiles.set_favourite(actor=town.agent, tile_id=mine.pk, favourite=True)
    tiles.set_favourite(actor=town.agent, tile_id=second.pk, favourite=True)
    tiles.move_favourite(actor=town.agent, tile_id=second.pk, step=-1)
    assert list(Favourite.objects.values_list("tile__title", flat=True)) == ["B", "Messagerie"]
    with pytest.raises(NotFound):
        tiles.set_favourite(actor=town.agent, tile_id=foreign.pk, favourite=True)
    tiles.set_favourite(actor=town.agent, tile_id=mine.pk, favourite=False)
    tiles.set_favourite(actor=town.agent, tile_id=mine.pk, favourite=False)
    assert Favourite.objects.count() == 1


def test_announcements(town: Town) -> None:
    made = announcements.create_announcement(
        actor=town.technician,
        now=NOW,
        content=AnnouncementContent(
            entity=town.here, title="Coupure", text="", level="info", starts_at=NOW - timedelta(minutes=1)
        ),
    )
    announcements.end_announcement(actor=town.technician, announcement=made, now=NOW)
    with pytest.raises(Conflict):
        announcements.end_announcement(actor=town.technician, announcement=made, now=NOW)
    with pytest.raises(NotFound):
        announcements.delete_announcement(actor=town.foreign_technician, announcement=made, now=NOW)
    announcements.delete_announcement(actor=town.technician, announcement=made, now=NOW)
    assert actions() == ["home.announcement_created", "home.announcement_ended", "home.announcement_deleted"]


def test_an_announcement_ends_after_it_starts(town: Town) -> None:
    made = make_announcement(town.here)
    with pytest.raises(Invalid) as refused:
        announcements.change_announcement(
            actor=town.technician,
            announcement=made,
            now=NOW,
            content=AnnouncementContent(entity=town.here, title="X", text="", level="info", starts_at=NOW, ends_at=NOW),
        )
    assert "ends_at" in refused.value.fields


def test_the_probe_needs_two_failures_and_writes_history(town: Town) -> None:
    service = make_service(town.here, check_url="https://x.example/", state_since=NOW - timedelta(days=1))
    dead = Outcome("ConnectTimeout", 10.0)

    def probe(outcome: Outcome, minute: int) -> Service:
        states.record_probe(service_id=service.pk, outcome=outcome, now=NOW + timedelta(minutes=minute))
        return Service.objects.get(pk=service.pk)

    assert probe(dead, 1).state == "operational"
    down = probe(dead, 3)
    assert (down.state, down.failures, down.problem) == ("outage", 2, "ConnectTimeout")
    assert down.state_since == NOW + timedelta(minutes=3)
    assert probe(dead, 5).state_since == NOW + timedelta(minutes=3)
    assert probe(Outcome("", 0.1), 7).state == "operational"
    assert list(ServiceState.objects.values_list("state", "told_by")) == [("operational", None), ("outage", None)]
    assert actions() == ["home.service_state_found"] * 2


def test_an_answer_that_comes_late_does_not_undo_a_newer_one(town: Town) -> None:
    service = make_service(town.here, check_url="https://x.example/", checked_at=NOW)
    states.record_probe(service_id=service.pk, outcome=Outcome("dead", 1), now=NOW - timedelta(seconds=5))
    assert Service.objects.get(pk=service.pk).failures == 0
    states.record_probe(service_id=service.pk + 1, outcome=Outcome("", 1), now=NOW)


def test_what_a_person_said_stands_until_taken_back(town: Town) -> None:
    service = make_service(town.here, check_url="https://x.example/")
    states.tell_state(actor=town.technician, service=service, state="maintenance", message="Ce soir", now=NOW)
    states.record_probe(service_id=service.pk, outcome=Outcome("", 0.1), now=NOW + timedelta(minutes=2))
    service.refresh_from_db()
    assert (service.state, service.message) == ("maintenance", "Ce soir")
    states.tell_state(
        actor=town.technician, service=service, state="operational", message="", now=NOW + timedelta(hours=1)
    )
    assert (service.state, service.message, service.state_by_hand) == ("operational", "", False)
    with pytest.raises(NotFound):
        states.tell_state(actor=town.foreign_technician, service=service, state="outage", message="", now=NOW)
    with pytest.raises(Invalid):
        states.tell_state(actor=town.technician, service=service, state="fine", message="", now=NOW)


@pytest.mark.parametrize("address", ["javascript:alert(1)", "mailto:a@b.example", "file:///etc/passwd", "x"])
def test_only_web_addresses_are_probed(town: Town, address: str) -> None:
    with pytest.raises(Invalid):
        states.create_service(
            actor=town.technician, now=NOW, content=ServiceContent(entity=town.here, name="X", check_url=address)
        )
