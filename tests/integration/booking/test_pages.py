"""The pages of pools, as each person sees them."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
import segno
from django.conf import settings
from django.core.cache import cache
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils.html import escape

from parvis.portal.booking.models import Booking, MoveRequest, Pool, Refusal, Resource
from parvis.portal.booking.services import feeds, placing
from parvis.portal.booking.services.placing import Wanted
from parvis.portal.directory.models import Role
from parvis.portal.kernel import clock
from parvis.portal.kernel.clock import PARIS
from parvis.portal.kernel.models import AuditRecord
from tests.integration.authority import make_agent, make_entity, make_member, make_site
from tests.integration.booking.hall import Hall, make_hall
from tests.integration.signing_in import browser_of

pytestmark = pytest.mark.django_db
LISTS = ("/salles/planning/", "/salles/planning/?vue=semaine", "/salles/groupes/", "/salles/reservations/",
         "/salles/jauge/")  # fmt: skip


@pytest.fixture(autouse=True)
def _no_throttle() -> None:
    cache.clear()


@pytest.fixture
def hall() -> Hall:
    return make_hall(3, name="Numéros du marché")


def tomorrow(hour: int, minute: int = 0) -> datetime:
    day = clock.today() + timedelta(days=1)
    return datetime(day.year, day.month, day.day, hour, minute, tzinfo=PARIS)


def booked(hall: Hall, starts: datetime | None = None, minutes: int = 60, **fields: object) -> Booking:
    starts = starts or tomorrow(10)
    wanted = Wanted(
        **{"pool": hall.pool, "starts_at": starts, "ends_at": starts + timedelta(minutes=minutes),
           "holder": hall.agent, "title": "Point voirie", **fields}
    )  # fmt: skip
    return placing.book(actor=None, wanted=wanted, now=clock.now(), wait=True)


def staff(hall: Hall) -> Client:
    return browser_of(hall.technician)


def sent(day: datetime, starts: str = "10:00", ends: str = "11:00", **fields: object) -> dict[str, object]:
    return {"day": f"{day:%Y-%m-%d}", "starts": starts, "ends": ends, "title": "Point", "people": 3, **fields}


@pytest.mark.parametrize("page", LISTS)
def test_the_team_sees_the_lists_and_agents_do_not(hall: Hall, page: str) -> None:
    booked(hall)
    assert staff(hall).get(page).status_code == 200
    assert browser_of(hall.user).get(page).status_code == 403
    foreign = browser_of(make_member(make_entity(), Role.TECHNICIAN)).get(page)
    assert foreign.status_code == 200
    assert hall.pool.name not in foreign.content.decode()


def test_the_board_says_who_has_what_and_leads_on(hall: Hall) -> None:
    booking = booked(hall)
    Refusal.objects.create(pool=hall.pool, at=clock.now(), starts_at=tomorrow(15), ends_at=tomorrow(16))
    page = staff(hall).get(f"/salles/planning/?jour={tomorrow(8):%Y-%m-%d}").content.decode()
    assert f"/salles/reservations/{booking.pk}/" in page
    assert "10:00 – 11:00" in page
    assert "1 refus" in page
    assert f"de=14:00&amp;salle={hall.rooms[0].pk}" in page


def test_the_board_asks_few_questions_however_much_is_booked(hall: Hall) -> None:
    browser = staff(hall)
    address = f"/salles/planning/?jour={tomorrow(8):%Y-%m-%d}"
    browser.get(address)
    with CaptureQueriesContext(connection) as empty:
        browser.get(address)
    for hour in range(8, 18):
        for _room in range(3):
            booked(hall, tomorrow(hour), minutes=50)
    with CaptureQueriesContext(connection) as full:
        browser.get(address)
    assert len(full) <= len(empty) + 1
    assert len(full) < 25


def test_an_agent_books_moves_and_gives_up(hall: Hall) -> None:
    browser = browser_of(hall.user)
    address = f"/salles/reserver/{hall.pool.pk}/"
    assert browser.get(address).status_code == 200
    answer = browser.post(address, sent(tomorrow(10)))
    assert answer.status_code == 302
    booking = Booking.objects.get()
    assert (booking.holder, booking.people, booking.starts_at) == (hall.agent, 3, tomorrow(10))
    mine = browser.get("/salles/").content.decode()
    assert "Point" in mine
    page = f"/salles/reservations/{booking.pk}/"
    assert "Déplacer" in browser.get(page).content.decode()
    assert browser.post(f"{page}deplacer/", sent(tomorrow(10), "14:00", "15:30")).status_code == 302
    booking.refresh_from_db()
    assert booking.starts_at == tomorrow(14)
    assert browser.get(f"{page}annuler/").status_code == 200
    browser.post(f"{page}annuler/")
    booking.refresh_from_db()
    assert booking.state == "cancelled"


def test_what_cannot_be_asked_for_is_said_and_nothing_is_lost(hall: Hall) -> None:
    browser = browser_of(hall.user)
    address = f"/salles/reserver/{hall.pool.pk}/"
    backwards = browser.post(address, sent(tomorrow(10), "11:00", "10:00", title="Conseil des jeunes"))
    assert "La fin vient après le début." in backwards.content.decode()
    assert "Conseil des jeunes" in backwards.content.decode()
    past = browser.post(address, sent(tomorrow(10) - timedelta(days=5)))
    assert past.status_code == 200
    nobody = browser.post(address, sent(tomorrow(10), holder="personne@rivemarine.example"))
    assert "n’a cette adresse" in nobody.content.decode()
    assert not Booking.objects.exists()


def test_full_says_when_and_offers_the_waiting_list(hall: Hall) -> None:
    for _room in hall.rooms:
        booked(hall)
    browser = browser_of(hall.user)
    address = f"/salles/reserver/{hall.pool.pk}/"
    full = browser.post(address, sent(tomorrow(10)))
    assert full.status_code == 409
    assert "rien de libre" in full.content.decode()
    assert Refusal.objects.count() == 1
    assert browser.post(address, sent(tomorrow(10), wait="on")).status_code == 302
    waiting = Booking.objects.get(state="waiting")
    assert "premier sur la liste" in browser.get(f"/salles/reservations/{waiting.pk}/").content.decode()


def test_a_series_is_booked_moved_and_given_up(hall: Hall) -> None:
    browser = browser_of(hall.user)
    first = tomorrow(10)
    until, skipped = first + timedelta(weeks=4), first + timedelta(weeks=2)
    series = sent(first, repeat="weekly", until=f"{until:%Y-%m-%d}", skip=f"{skipped:%d/%m/%Y}")
    address = f"/salles/reserver/{hall.pool.pk}/"
    assert "Indiquez jusqu’à quand" in browser.post(address, {**series, "until": ""}).content.decode()
    assert "comme 24/12/2026" in browser.post(address, {**series, "skip": "Noël"}).content.decode()
    assert browser.post(address, series).status_code == 302
    made = list(Booking.objects.order_by("starts_at"))
    assert [each.starts_at for each in made] == [tomorrow(10) + timedelta(weeks=at) for at in (0, 1, 3, 4)]
    page = f"/salles/reservations/{made[1].pk}/"
    browser.post(f"{page}deplacer/", sent(made[1].starts_at, "15:00", "16:00", others="on"))
    hours = Booking.objects.order_by("pk").values_list("starts_at", flat=True)
    assert [at.astimezone(PARIS).hour for at in hours] == [10, 15, 15, 15]
    browser.post(f"{page}annuler/", {"scope": "later", "confirmed": "1"})
    assert list(Booking.objects.order_by("pk").values_list("state", flat=True)) == ["booked", *["cancelled"] * 3]


def test_the_number_is_shown_once_it_is_sure(hall: Hall) -> None:
    for number, room in enumerate(hall.rooms):
        Resource.objects.filter(pk=room.pk).update(phone_number="+33298004100", pin=f"482{number}")
    booking = booked(hall, tomorrow(10) + timedelta(days=20))
    Booking.objects.filter(pk=booking.pk).update(is_final=False)
    page = f"/salles/reservations/{booking.pk}/"
    assert "02\u00a098\u00a000\u00a041\u00a000" not in browser_of(hall.user).get(page).content.decode()
    staff(hall).post(f"{page}attribuer/")
    assert "02\u00a098\u00a000\u00a041\u00a000" in browser_of(hall.user).get(page).content.decode()


def test_a_colleagues_booking_is_not_seen(hall: Hall) -> None:
    booking = booked(hall)
    other = make_member(hall.department)
    assert browser_of(other).get(f"/salles/reservations/{booking.pk}/").status_code == 404


def test_pools_and_resources_are_made_by_the_team(hall: Hall) -> None:
    browser = staff(hall)
    pool = {"name": "Salles neuves", "entity": hall.root.pk, "kind": "phone_room", "assignment": "late",
            "assign_hours": 24, "buffer_minutes": 5, "check_in_minutes": 0, "horizon_days": 90, "max_minutes": 240,
            "is_open": "on"}  # fmt: skip
    assert browser.post("/salles/groupes/nouveau/", pool).status_code == 302
    made = Pool.objects.get(name="Salles neuves")
    again = browser.post("/salles/groupes/nouveau/", pool)
    assert "porte déjà ce nom" in again.content.decode()
    page = f"/salles/groupes/{made.pk}/"
    one = {"name": "Salle 1", "phone_number": "02 98 00 41 99", "pin": "4821", "capacity": 20, "is_active": "on"}
    assert browser.post(f"{page}ajouter/", one).status_code == 302
    assert made.resources.get().phone_number == "+33298004199"
    wrong = browser.post(f"{page}ajouter/", {**one, "name": "Salle 2", "phone_number": "12"})
    assert "ne peut pas être composé" in wrong.content.decode()
    twice = browser.post(f"{page}ajouter/", {**one, "name": "Salle 2"})
    assert "a déjà ce numéro et ce code" in twice.content.decode()
    lines = "02 98 00 42 01;1111;Salle 2\n+33 2 98 00 42 02 ; 2222\n"
    assert browser.post(f"{page}coller/", {"lines": lines, "capacity": 8}).status_code == 302
    assert made.resources.count() == 3
    assert made.resources.filter(pin="2222", capacity=8).exists()
    bad = browser.post(f"{page}coller/", {"lines": "02 98 00 42 03;3333\n12;1", "capacity": 8})
    assert "Ligne 2" in bad.content.decode()
    assert made.resources.count() == 3
    assert "02\u00a098\u00a000\u00a041\u00a099" in browser.get(page).content.decode()
    assert browser.post(f"{page}supprimer/").status_code == 302
    assert not Pool.objects.filter(pk=made.pk).exists()


def test_the_export_can_be_sent_back(hall: Hall) -> None:
    for number, resource in enumerate(hall.rooms):
        Resource.objects.filter(pk=resource.pk).update(phone_number=f"+3329800410{number}", pin="4821")
    browser = staff(hall)
    page = f"/salles/groupes/{hall.pool.pk}/"
    content = b"".join(browser.get(f"{page}?format=csv").streaming_content).decode()  # type: ignore[attr-defined]
    other = Pool.objects.create(entity=hall.root, kind=hall.pool.kind, name="Autre")
    Resource.objects.filter(pool=hall.pool).update(phone_number="")
    answer = browser.post(f"/salles/groupes/{other.pk}/coller/", {"lines": content, "capacity": 5})
    assert answer.status_code == 302, answer.content.decode()[-3000:]
    assert [each.name for each in other.resources.order_by("name")] == [each.name for each in hall.rooms]
    assert other.resources.filter(phone_number="+33298004100", pin="4821").exists()


def test_who_only_watches_is_told_no_code(hall: Hall) -> None:
    room = hall.rooms[0]
    Resource.objects.filter(pk=room.pk).update(pin="739164", moderator_pin="582047")
    auditor = browser_of(make_member(hall.root, Role.AUDITOR))
    pool = f"/salles/groupes/{hall.pool.pk}/"
    for page in (pool, f"{pool}?format=csv", f"/salles/ressources/{room.pk}/"):
        seen = [browser.get(page) for browser in (staff(hall), auditor)]
        assert [each.status_code for each in seen] == [200, 200]
        told = [b"".join(each.streaming_content) if each.streaming else each.content for each in seen]  # type: ignore[attr-defined]  # a list is streamed
        assert b"739164" in told[0]
        assert b"739164" not in told[1]
        assert b"582047" not in told[1]
    assert b"Salle 1" in staff(hall).get(f"{pool}?q=739164").content
    assert b"Salle 1" not in auditor.get(f"{pool}?q=739164").content


def test_a_used_pool_is_closed_not_deleted(hall: Hall) -> None:
    booked(hall)
    browser = staff(hall)
    assert browser.post(f"/salles/groupes/{hall.pool.pk}/supprimer/").status_code == 409
    resource = Booking.objects.get().resource
    assert resource is not None
    assert browser.post(f"/salles/ressources/{resource.pk}/supprimer/").status_code == 409


def test_out_of_service_sends_bookings_elsewhere(hall: Hall) -> None:
    booking = booked(hall)
    gone = booking.resource
    assert gone is not None
    browser = staff(hall)
    page = f"/salles/groupes/{hall.pool.pk}/"
    browser.post(page, {"action": "out", "pk": [gone.pk], "confirmed": "1", "expected": "1"})
    gone.refresh_from_db()
    booking.refresh_from_db()
    assert not gone.is_active
    assert booking.resource_id != gone.pk
    assert booking.state == "booked"


@pytest.fixture
def rooms(hall: Hall) -> list[Resource]:
    pool = Pool.objects.create(
        entity=hall.root, kind="room", name="Salles de réunion", assignment="fixed", check_in_minutes=15
    )
    site = make_site(hall.root, name="Hôtel de ville")
    return [
        Resource.objects.create(pool=pool, name="Petite", capacity=4, site=site, equipment=["screen"]),
        Resource.objects.create(pool=pool, name="Grande", capacity=20, site=site, equipment=["screen", "camera"]),
    ]


def test_an_agent_finds_a_free_room(hall: Hall, rooms: list[Resource]) -> None:
    browser = browser_of(hall.user)
    page = browser.get("/salles/trouver/").content.decode()
    assert "2 salles libres" in page
    booked(hall, pool=rooms[0].pool, resource=rooms[0])
    asked = {"day": f"{tomorrow(10):%Y-%m-%d}", "starts": "10:30", "ends": "11:00", "people": 2}
    page = browser.get("/salles/trouver/", asked).content.decode()
    assert "1 salle libre" in page
    assert "Prises à cette heure" in page
    none = browser.get("/salles/trouver/", {**asked, "people": 50}).content.decode()
    assert "Aucune salle ne convient" in none
    camera = browser.get("/salles/trouver/", {**asked, "equipment": "camera"}).content.decode()
    assert "Petite" not in camera
    assert browser.get(f"/salles/{rooms[0].pk}/?jour={tomorrow(8):%Y-%m-%d}").status_code == 200


def test_the_sheet_for_the_door_has_the_code_that_leads_there(hall: Hall, rooms: list[Resource]) -> None:
    browser = staff(hall)
    page = browser.get(f"/salles/{rooms[0].pk}/").content.decode()
    assert f"/salles/{rooms[0].pk}/affiche/" in page
    sheet = browser.get(f"/salles/{rooms[0].pk}/affiche/").content.decode()
    address = f"{settings.PARVIS.url}/salles/{rooms[0].pk}/porte/"
    assert address in sheet
    code = segno.make(address, error="m").svg_data_uri(scale=8, border=4, light="#fff")
    assert escape(code) in sheet


def test_the_door_says_what_is_on_and_checks_in_at_one_touch(hall: Hall, rooms: list[Resource]) -> None:
    now = clock.now()
    booking = booked(hall, now + timedelta(minutes=2), 50, pool=rooms[0].pool, resource=rooms[0], title="Secret")
    colleague = make_member(hall.department)
    browser = browser_of(colleague)
    address = f"/salles/{rooms[0].pk}/porte/"
    page = browser.get(address).content.decode()
    assert "Nous y sommes" in page
    assert "Secret" not in page
    answer = browser.post(f"/salles/reservations/{booking.pk}/arriver/", {"door": "1"})
    assert answer.headers["Location"] == address
    booking.refresh_from_db()
    assert booking.state == "in_use"
    elsewhere = make_member(make_entity())
    assert browser_of(elsewhere).get(address).status_code == 404


def test_the_calendar_of_a_room_opens_by_its_secret_only(hall: Hall, rooms: list[Resource]) -> None:
    booked(hall, pool=rooms[0].pool, resource=rooms[0], title="Entretien de M. Untel")
    secret = feeds.open_feed(actor=hall.technician, resource=rooms[0], now=clock.now())
    rooms[0].refresh_from_db()
    assert secret not in rooms[0].feed_key
    answer = Client().get(f"/salles/calendrier/{secret}.ics")
    assert answer.status_code == 200
    text = answer.content.decode().replace("\r\n ", "")
    assert "BEGIN:VEVENT" in text
    assert "Untel" not in text
    assert hall.agent.last_name not in text
    feeds.close_feed(actor=hall.technician, resource=rooms[0], now=clock.now())
    assert Client().get(f"/salles/calendrier/{secret}.ics").status_code == 404
    assert AuditRecord.objects.filter(action="booking.feed_closed").count() == 1


def test_a_new_address_is_shown_once(hall: Hall, rooms: list[Resource]) -> None:
    browser = staff(hall)
    answer = browser.post(f"/salles/ressources/{rooms[0].pk}/calendrier/")
    assert answer.status_code == 200
    assert ".ics" in answer.content.decode()
    assert ".ics" not in browser.get(f"/salles/ressources/{rooms[0].pk}/").content.decode()


def test_who_is_asked_to_move_answers(hall: Hall) -> None:
    mine = booked(hall)
    crisis = booked(hall, priority=1)
    asked = MoveRequest.objects.create(
        wanted_by=crisis, booking=mine, asked_at=clock.now(), proposed_at=tomorrow(15)
    )  # fmt: skip
    browser = browser_of(hall.user)
    assert "Une cellule de crise a besoin" in browser.get("/salles/").content.decode()
    page = browser.get(f"/salles/demandes/{asked.pk}/").content.decode()
    assert "15:00 – 16:00" in page
    browser.post(f"/salles/demandes/{asked.pk}/", {"decline": "1"})
    asked.refresh_from_db()
    assert asked.state == "declined"
    assert browser.get(f"/salles/demandes/{asked.pk}/").status_code == 404


def test_the_gauge_has_pages_and_files(hall: Hall) -> None:
    spare = make_agent(hall.department)
    for week in range(1, 13):
        for _each in range(3):
            starts = tomorrow(10) - timedelta(weeks=week)
            Booking.objects.create(
                pool=hall.pool, resource=hall.rooms[0], title="x", holder=spare, booked_at=starts,
                starts_at=starts, ends_at=starts + timedelta(hours=1), free_at=starts + timedelta(hours=1),
                state="done",
            )  # fmt: skip
            Refusal.objects.create(
                pool=hall.pool, at=starts - timedelta(hours=_each + 1), starts_at=starts,
                ends_at=starts + timedelta(hours=1),
            )  # fmt: skip
    browser = staff(hall)
    page = browser.get(f"/salles/groupes/{hall.pool.pk}/jauge/").content.decode()
    assert "Pour refuser moins de 1" in page
    assert "louez" in page
    assert "Erlang" in page
    everything = browser.get("/salles/jauge/").content.decode()
    assert hall.pool.name in everything
    weeks = browser.get(f"/salles/groupes/{hall.pool.pk}/jauge/?format=csv").content.decode()
    assert len(weeks.splitlines()) == 1 + 12 + 4
    assert browser.get("/salles/jauge/?format=csv&semaines=4").status_code == 200
    with CaptureQueriesContext(connection) as asked:
        browser.get("/salles/jauge/")
    assert len(asked) < 22
