"""Who is told what, when a booking changes without its holder."""

from __future__ import annotations

from datetime import timedelta

import pytest

from parvis.portal.booking import letters, meetings
from parvis.portal.booking.models import Booking
from parvis.portal.booking.rules import GIVEN_BACK
from parvis.portal.booking.services import check_in, outages, passing_time, placing, prioritise
from tests.integration.booking.hall import NOW, Hall, at, make_hall

pytestmark = pytest.mark.django_db


@pytest.fixture
def hall() -> Hall:
    return make_hall(1)


@pytest.fixture
def sent(monkeypatch: pytest.MonkeyPatch) -> list[dict[str, object]]:
    mails: list[dict[str, object]] = []
    monkeypatch.setattr(letters, "send_later", lambda **mail: mails.append(mail))
    return mails


def test_ones_own_acts_are_not_mailed(hall: Hall, sent: list[dict[str, object]]) -> None:
    booking = hall.book()
    placing.move(actor=hall.user, booking=booking, starts_at=at(14, 3), ends_at=at(15, 3), now=NOW)
    placing.cancel(actor=hall.user, booking=booking, now=NOW)
    assert sent == []


def test_what_others_do_is(hall: Hall, sent: list[dict[str, object]]) -> None:
    booking = hall.book()
    placing.move(actor=hall.technician, booking=booking, starts_at=at(14, 3), ends_at=at(15, 3), now=NOW)
    placing.cancel(actor=hall.head, booking=booking, now=NOW)
    assert [each["to"] for each in sent] == [[hall.user.email]] * 2
    first = str(sent[0]["body"])
    assert "jeudi 26 novembre 2026, de 15:00 à 16:00" in first
    assert f"/salles/reservations/{booking.pk}/" in first
    assert str(sent[1]["subject"]).endswith("votre réservation est annulée")


def test_placed_never_placed_released_unseated(hall: Hall, sent: list[dict[str, object]]) -> None:
    first, waits, never = hall.book(), hall.book(wait=True), hall.book(10.5, 11, wait=True)
    placing.cancel(actor=hall.user, booking=first, now=NOW)
    assert "liste d’attente" in str(sent[-1]["body"])
    hall.rooms[0].is_active = False
    hall.rooms[0].save()
    outages.seat_elsewhere(resource=hall.rooms[0], now=NOW)
    assert "n’est plus en service" in str(sent[-1]["body"])
    hall.set_pool(check_in_minutes=5)
    Booking.objects.filter(pk=waits.pk).update(state="booked", resource=hall.rooms[0])
    check_in.release_absent(now=at(10.2, 3))
    assert "signalé son arrivée" in str(sent[-1]["body"])
    passing_time.finish(now=at(10.5, 3) + timedelta(minutes=1))
    assert Booking.objects.get(pk=never.pk).state == "cancelled"
    assert "sans qu’une place se libère" in str(sent[-1]["body"])


def test_a_crisis_cell_asks_the_holder_and_hears_the_no(hall: Hall, sent: list[dict[str, object]]) -> None:
    wanted = hall.wanted()
    placing.book(actor=hall.colleague, wanted=wanted, now=NOW)
    crisis = placing.book(actor=hall.director, wanted=hall.wanted(priority=1), now=NOW, wait=True)
    (request,) = prioritise.ask(actor=hall.director, booking=crisis, now=NOW)
    assert {str(each["to"]) for each in sent} == {f"['{hall.user.email}']", f"['{hall.colleague.email}']"}
    assert f"/salles/demandes/{request.pk}/" in str(sent[0]["body"])
    sent.clear()
    prioritise.answer(actor=hall.user, request=request, accept=False, now=NOW)
    assert [hall.director.email] in [each["to"] for each in sent]


def test_a_meeting_tells_of_its_own_place(
    hall: Hall, sent: list[dict[str, object]], monkeypatch: pytest.MonkeyPatch
) -> None:
    booking = hall.book()
    monkeypatch.setattr(meetings, "_address", lambda pk: "/reunions/x/" if pk == booking.pk else "")
    placing.move(actor=None, booking=booking, starts_at=at(14, 3), ends_at=at(15, 3), now=NOW)
    placing.cancel(actor=None, booking=booking, now=NOW)
    assert sent == []
    other = hall.book()
    placing.cancel(actor=None, booking=other, now=NOW, reason=GIVEN_BACK)
    assert sent == []
    hall.set_pool(check_in_minutes=5)
    absent = hall.book()
    monkeypatch.setattr(meetings, "_address", lambda pk: "/reunions/x/" if pk == absent.pk else "")
    check_in.release_absent(now=at(10.2, 3))
    assert "signalé son arrivée" in str(sent[-1]["body"])


def test_who_has_left_is_not_told(hall: Hall, sent: list[dict[str, object]]) -> None:
    hall.book()
    passing_time.give_up_of(agent_id=hall.agent.pk, now=NOW)
    assert sent == []
