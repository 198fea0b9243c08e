"""A site is counted by phones that may be late, send twice, or be somebody else's."""

from __future__ import annotations

import json
import threading
from datetime import timedelta
from uuid import UUID, uuid4

import pytest
from django.db import connection
from django.test import Client
from django.urls import reverse

from parvis.portal.directory.models import Role
from parvis.portal.kernel import clock
from parvis.portal.kernel.errors import Conflict, Invalid, NotAllowed
from parvis.portal.kernel.models import AuditRecord
from parvis.portal.parc.models import Asset, AssetEvent
from parvis.portal.stocktake import services
from parvis.portal.stocktake.models import Difference, Sighting, Stocktake
from parvis.portal.stocktake.services import SightingIn
from tests.integration.authority import grant, make_entity, make_member, make_site
from tests.integration.signing_in import browser_of

pytestmark = pytest.mark.django_db
NOW = clock.now()


class World:
    """A commune with two sites, things on them, a technician."""

    def __init__(self) -> None:
        self.entity = make_entity()
        self.technician = make_member(self.entity, Role.TECHNICIAN)
        self.site = make_site(self.entity, name="Mairie")
        self.other = make_site(self.entity, name="École")
        self.screen = self.thing("E-1", tag="T-1", room="B 204", search="e-1 t-1")
        self.phone = self.thing("T-2", serial="5CD123", kind="phone")
        self.away = self.thing("E-3", tag="T-3", site=self.other)
        self.retired = self.thing("E-4", tag="T-4", state="retired")

    def thing(self, name: str, **fields: object) -> Asset:
        values = {"entity": self.entity, "site": self.site, "kind": "screen", "name": name, **fields}
        return Asset.objects.create(**values)

    def open(self) -> Stocktake:
        return services.open_stocktake(actor=self.technician, site=self.site, name="2026", now=NOW)

    def record(self, stocktake: Stocktake, *codes: str, room: str = "", **fields: object) -> dict[UUID, Asset | None]:
        sightings = [
            SightingIn(client_id=uuid4(), code=code, asset_id=None, room=room, seen_at=NOW, **fields)  # type: ignore[arg-type]
            for code in codes
        ]
        return services.record_sightings(actor=self.technician, stocktake=stocktake, sightings=sightings, now=NOW)


@pytest.fixture
def world() -> World:
    return World()


def test_from_opening_to_the_end(world: World) -> None:
    stocktake = world.open()
    assert set(stocktake.expected.values_list("asset_id", flat=True)) == {world.screen.pk, world.phone.pk}
    world.record(stocktake, "T-1", "T-3", "T-4", "NOBODY", room="C 1")
    found = services.finish_count(actor=world.technician, stocktake=stocktake, now=NOW)
    kinds = dict(Difference.objects.values_list("asset__name", "kind"))
    assert kinds == {"E-1": "room", "T-2": "missing", "E-3": "elsewhere", "E-4": "back", None: "unknown"}
    assert found == 5
    with pytest.raises(Conflict):
        services.close_stocktake(actor=world.technician, stocktake=stocktake, now=NOW)
    decisions = {"E-1": "moved", "T-2": "lost", "E-3": "moved", "E-4": "moved", None: "ignored"}
    for difference in Difference.objects.select_related("stocktake__site", "asset"):
        outcome = Difference.Outcome(decisions[difference.asset.name if difference.asset else None])
        services.settle(actor=world.technician, difference=difference, outcome=outcome, now=NOW)
    after = {asset.name: (asset.state, asset.site, asset.room) for asset in Asset.objects.select_related("site")}
    assert after == {
        "E-1": ("deployed", world.site, "C 1"),
        "T-2": ("lost", world.site, ""),
        "E-3": ("deployed", world.site, "C 1"),
        "E-4": ("stock", world.site, "C 1"),
    }
    services.close_stocktake(actor=world.technician, stocktake=stocktake, now=NOW)
    assert AssetEvent.objects.filter(kind="counted").count() == 3
    actions = AuditRecord.objects.filter(action__startswith="stocktake.").values_list("action", flat=True)
    assert set(actions) == {"stocktake.opened", "stocktake.counted", "stocktake.settled", "stocktake.closed"}
    assert str(Stocktake.objects.get().get_state_display()) == "Terminé"
    world.open()  # and the site may be counted again


def test_sent_twice_and_late_is_noted_once(world: World) -> None:
    stocktake = world.open()
    late = SightingIn(uuid4(), "T-1", None, "", NOW - timedelta(hours=5))
    future = SightingIn(uuid4(), "5cd123\r", None, "", NOW + timedelta(days=400))
    for _ in range(3):
        services.record_sightings(actor=world.technician, stocktake=stocktake, sightings=[late, future], now=NOW)
    rows = {row.asset_id: row.seen_at for row in Sighting.objects.all()}
    assert rows == {world.screen.pk: NOW - timedelta(hours=5), world.phone.pk: NOW}


def test_a_picked_asset_must_be_of_the_perimeter(world: World) -> None:
    stranger = Asset.objects.create(entity=make_entity(), name="X", kind="screen", tag="T-9")
    stocktake = world.open()
    picked = SightingIn(uuid4(), "", stranger.pk, "", NOW)
    scanned = SightingIn(uuid4(), "T-9", None, "", NOW)
    found = services.record_sightings(actor=world.technician, stocktake=stocktake, sightings=[picked, scanned], now=NOW)
    assert set(found.values()) == {None}
    assert list(Sighting.objects.values_list("asset", "code")) == [(None, "T-9")]


def test_an_ambiguous_code_is_nobodys(world: World) -> None:
    world.thing("Double", serial="5CD123")
    assert list(world.record(world.open(), "5CD123").values()) == [None]


def test_a_moved_asset_is_not_missing(world: World) -> None:
    stocktake = world.open()
    Asset.objects.filter(pk=world.phone.pk).update(site=world.other)
    world.record(stocktake, "T-1", room="B 204")
    assert services.finish_count(actor=world.technician, stocktake=stocktake, now=NOW) == 0


def test_taken_up_again_decisions_stay(world: World) -> None:
    stocktake = world.open()
    services.finish_count(actor=world.technician, stocktake=stocktake, now=NOW)
    missing = Difference.objects.select_related("stocktake", "asset").get(asset=world.phone)
    services.settle(actor=world.technician, difference=missing, outcome=Difference.Outcome.IGNORED, now=NOW)
    with pytest.raises(Conflict):
        services.settle(actor=world.technician, difference=missing, outcome=Difference.Outcome.LOST, now=NOW)
    with pytest.raises(Conflict):
        world.record(stocktake, "T-1")
    services.reopen_count(actor=world.technician, stocktake=stocktake, now=NOW)
    world.record(stocktake, "T-1", room="B 204")
    assert services.finish_count(actor=world.technician, stocktake=stocktake, now=NOW) == 0
    assert Difference.objects.get().outcome == "ignored"


def test_what_was_given_up_and_is_seen_after_all_is_to_be_settled_again(world: World) -> None:
    stocktake = world.open()
    world.record(stocktake, "T-1", room="B 204")
    services.finish_count(actor=world.technician, stocktake=stocktake, now=NOW)
    missing = Difference.objects.select_related("stocktake", "asset__entity").get(asset=world.phone)
    services.settle(actor=world.technician, difference=missing, outcome=Difference.Outcome.LOST, now=NOW)
    services.reopen_count(actor=world.technician, stocktake=stocktake, now=NOW)
    world.record(stocktake, "T-2", room="Cave")  # the room that was forgotten
    assert services.finish_count(actor=world.technician, stocktake=stocktake, now=NOW) == 1
    found = Difference.objects.select_related("stocktake__site", "asset__entity").get(asset=world.phone)
    assert (found.kind, found.outcome, found.room) == ("back", "", "Cave")
    services.settle(actor=world.technician, difference=found, outcome=Difference.Outcome.MOVED, now=NOW)
    world.phone.refresh_from_db()
    assert (world.phone.state, world.phone.room) == ("stock", "Cave")
    # Counted twice, said once.
    assert AssetEvent.objects.filter(asset=world.screen, kind="counted").count() == 1


def test_a_decision_must_fit(world: World) -> None:
    stocktake = world.open()
    services.finish_count(actor=world.technician, stocktake=stocktake, now=NOW)
    missing = Difference.objects.select_related("stocktake", "asset").first()
    assert missing
    with pytest.raises(Conflict):
        services.settle(actor=world.technician, difference=missing, outcome=Difference.Outcome.MOVED, now=NOW)


def test_only_the_team_of_the_site(world: World) -> None:
    stocktake = world.open()
    stranger = make_member(make_entity(), Role.HEAD_OF_IT)
    for attempt in (
        lambda: services.open_stocktake(actor=stranger, site=world.other, name="", now=NOW),
        lambda: services.record_sightings(actor=stranger, stocktake=stocktake, sightings=[], now=NOW),
        lambda: services.finish_count(actor=stranger, stocktake=stocktake, now=NOW),
        lambda: services.reopen_count(actor=stranger, stocktake=stocktake, now=NOW),
        lambda: services.close_stocktake(actor=stranger, stocktake=stocktake, now=NOW),
    ):
        with pytest.raises(NotAllowed):
            attempt()


def test_too_many_at_once(world: World) -> None:
    stocktake = world.open()
    with pytest.raises(Invalid):
        world.record(stocktake, *map(str, range(services.MAX_BATCH + 1)))


def test_on_a_shared_site_others_things_are_counted_and_not_named(world: World) -> None:
    """Who covers both communes opens the count; who counts covers one."""
    neighbour = make_entity("Kerlann")
    world.thing("CANARI", entity=neighbour, serial="CANARI-9")
    grant(world.technician, Role.TECHNICIAN, neighbour)
    stocktake = world.open()
    assert stocktake.expected.count() == 3
    browser = browser_of(make_member(world.entity, Role.TECHNICIAN))
    assert "CANARI" not in browser.get(reverse("stocktake:sheet", args=[stocktake.pk])).content.decode()
    services.finish_count(actor=world.technician, stocktake=stocktake, now=NOW)
    page = reverse("stocktake:stocktake", args=[stocktake.pk])
    for seen in (page, f"{page}?format=csv"):
        answer = browser.get(seen)
        text = b"".join(answer.streaming_content) if answer.streaming else answer.content
        assert b"T-2" in text
        assert b"CANARI" not in text
    foreign = Difference.objects.get(asset__name="CANARI")
    browser.post(page, {"action": "ignored", "pk": str(foreign.pk), "confirmed": "1", "expected": "1"})
    foreign.refresh_from_db()
    assert foreign.outcome == ""
    exported = b"".join(
        browser.post(reverse("imports:export_table", args=["inventaires-physiques", "csv"])).streaming_content
    )
    assert b"T-2" in exported
    assert b"CANARI" not in exported
    assert b"CANARI" in browser_of(world.technician).get(page).content


@pytest.mark.django_db(transaction=True)
def test_two_clerks_open_one_stocktake(world: World) -> None:
    barrier, results = threading.Barrier(2), []

    def clerk() -> None:
        barrier.wait(10)
        try:
            world.open()
            results.append("opened")
        except Conflict:
            results.append("under way")
        finally:
            connection.close()

    threads = [threading.Thread(target=clerk) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert sorted(results) == ["opened", "under way"]


class TestPhone:
    """The page's JSON."""

    def test_it_takes_along_and_sends_back(self, world: World) -> None:
        browser, stocktake = browser_of(world.technician), world.open()
        page = browser.get(reverse("stocktake:count", args=[stocktake.pk]))
        assert page["Permissions-Policy"] == "camera=(self)"
        assert world.technician.agent.last_name not in page.content.decode()
        sheet = browser.get(reverse("stocktake:sheet", args=[stocktake.pk])).json()
        assert [asset["name"] for asset in sheet["assets"]] == ["T-2", "E-1"]
        sighting = {"id": str(uuid4()), "code": "T-1", "asset": None, "room": "B 204", "at": NOW.isoformat()}
        answer = self._send(browser, stocktake, [sighting])
        assert answer.json()["noted"][sighting["id"]] == {"id": world.screen.pk, "name": "E-1", "room": "B 204"}
        assert browser.get(reverse("stocktake:sheet", args=[stocktake.pk])).json()["seen"] == [world.screen.pk]
        services.finish_count(actor=world.technician, stocktake=stocktake, now=NOW)
        refused = self._send(browser, stocktake, [{**sighting, "id": str(uuid4())}])
        assert refused.status_code == 409
        assert refused.json()["code"] == "count_over"
        assert browser.get(reverse("stocktake:sheet", args=[stocktake.pk])).json() == {
            "open": False, "assets": [], "seen": [],
        }  # fmt: skip
        assert browser.get(reverse("stocktake:count", args=[stocktake.pk])).status_code == 302

    @pytest.mark.parametrize(
        "body",
        [
            b"", b"[]", b"{}", b"\xff", b'{"sightings": 3}', b'{"sightings": [3]}', b"[" * 100_000,
            b'{"sightings": [{"id": "x", "at": "2026-11-20T10:00:00Z"}]}',
            b'{"sightings": [{"id": "6f2f7c0c-8a7e-4f3e-9d53-0f6b7a6f7d11", "at": "yesterday"}]}',
            b'{"sightings": [{"id": "6f2f7c0c-8a7e-4f3e-9d53-0f6b7a6f7d11", "at": "2026-11-20T10:00:00"}]}',
            b'{"sightings": [{"id": "6f2f7c0c-8a7e-4f3e-9d53-0f6b7a6f7d11", "at": "2026-11-20T10:00Z", "asset": 1e9}]}',
            b'{"sightings": "' + b"x" * 500_000 + b'"}',
        ],
    )  # fmt: skip
    def test_nonsense_is_refused_in_words(self, world: World, body: bytes) -> None:
        browser, stocktake = browser_of(world.technician), world.open()
        url = reverse("stocktake:send", args=[stocktake.pk])
        answer = browser.post(url, body, content_type="application/json")
        assert answer.status_code in {400, 422}
        assert answer.json()["title"]
        assert not Sighting.objects.exists()

    def _send(self, browser: Client, stocktake: Stocktake, sightings: list[dict[str, object]]) -> object:
        url = reverse("stocktake:send", args=[stocktake.pk])
        return browser.post(url, json.dumps({"sightings": sightings}), content_type="application/json")


class TestPages:
    """The technician's pages."""

    def test_settled_in_bulk(self, world: World) -> None:
        browser, stocktake = browser_of(world.technician), world.open()
        browser.post(reverse("stocktake:finish", args=[stocktake.pk]))
        page = reverse("stocktake:stocktake", args=[stocktake.pk])
        assert "Attendu, pas vu" in browser.get(page).content.decode()
        ids = list(map(str, Difference.objects.values_list("pk", flat=True)))
        answers = {"action": "lost", "pk": ids, "confirmed": "1", "expected": "2"}
        browser.post(page, answers)
        assert set(Difference.objects.values_list("outcome", flat=True)) == {"lost"}
        browser.post(reverse("stocktake:close", args=[stocktake.pk]))
        stocktake.refresh_from_db()
        assert stocktake.state == "closed"

    def test_an_unknown_code_that_was_added_since(self, world: World) -> None:
        browser, stocktake = browser_of(world.technician), world.open()
        world.record(stocktake, "T-1", "T-2", "5CD123", "NEW-7", "NOBODY", room="B 204")
        services.finish_count(actor=world.technician, stocktake=stocktake, now=NOW)
        added = world.thing("E-7", tag="new-7")
        Asset.objects.create(entity=make_entity(), site=world.site, kind="screen", name="E-8", tag="NOBODY")
        ids = list(map(str, Difference.objects.filter(kind="unknown").values_list("pk", flat=True)))
        answers = {"action": "added", "pk": ids, "confirmed": "1", "expected": str(len(ids))}
        page = browser.post(reverse("stocktake:stocktake", args=[stocktake.pk]), answers, follow=True)
        assert "Ajoutez-le d’abord au parc" in page.content.decode()  # the other authority's is nobody's here
        outcomes = dict(Difference.objects.filter(kind="unknown").values_list("code", "outcome"))
        assert outcomes["NEW-7"] == "added"
        assert outcomes["NOBODY"] == ""
        assert added.events.filter(kind="counted").count() == 1

    def test_labels(self, world: World) -> None:
        browser = browser_of(world.technician)
        url = reverse("stocktake:labels")
        assert "3 étiquettes" in browser.get(url, {"sheet": "l7160", "site": world.site.pk}).content.decode()
        made = browser.get(url, {"sheet": "l7160", "q": "t-1", "pdf": "1"})
        assert made["Content-Type"] == "application/pdf"
        assert made.content.startswith(b"%PDF-")
        assert AuditRecord.objects.get(action="stocktake.labels_printed").data == {"count": 1}
        nothing = browser.get(url, {"sheet": "l7160", "q": "zzz", "pdf": "1"})
        assert "Aucun matériel" in nothing.content.decode()
        assert browser.get(url, {"sheet": "nope", "skip": "-3", "site": "x"}).status_code == 200

    def test_pages_take_few_queries_whatever_the_number(self, world: World, django_assert_max_num_queries) -> None:  # type: ignore[no-untyped-def]
        Asset.objects.bulk_create(
            [
                Asset(entity=world.entity, site=world.site, kind="screen", name=f"S{n}", room=f"R{n % 40}")
                for n in range(800)
            ]
        )
        stocktake = world.open()
        browser = browser_of(world.technician)
        browser.post(reverse("stocktake:finish", args=[stocktake.pk]))
        for url in (reverse("stocktake:stocktakes"), reverse("stocktake:stocktake", args=[stocktake.pk])):
            with django_assert_max_num_queries(22):
                browser.get(url)
        with django_assert_max_num_queries(14):
            browser.get(reverse("stocktake:sheet", args=[stocktake.pk]))

    def test_the_worker_and_the_manifest_hold_nothing_of_anybody(self, client: Client) -> None:
        worker = client.get(reverse("stocktake:service_worker"))
        assert worker["Content-Type"].startswith("text/javascript")
        assert "compter" in worker.content.decode()
        manifest = client.get(reverse("stocktake:manifest")).json()
        assert manifest["scope"] == reverse("stocktake:stocktakes")
