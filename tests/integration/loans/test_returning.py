"""What comes back, late or in parts, damaged or not at all; more days; reminders."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from io import BytesIO
from pathlib import Path

import pytest
from django.core import mail
from PIL import Image

from parvis.portal.directory.models import Role
from parvis.portal.kernel.errors import Conflict, Invalid, NotAllowed
from parvis.portal.loans import overdue, photos
from parvis.portal.loans.models import Extension, Item, Loan, PoolAsset, Reminder
from parvis.portal.loans.services import booking, extending, losing, reminding, returning
from parvis.portal.loans.services.returning import Returned
from parvis.portal.parc.models import AssetEvent, Assignment
from parvis.portal.trust.models import SuppliedDevice
from tests.integration.authority import make_agent, make_member
from tests.integration.loans.counter import granted, handed_over, with_steps
from tests.integration.loans.loaning import NOW, TODAY, Lender, day, make_lender

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _files(tmp_path: Path, settings: object) -> None:
    settings.MEDIA_ROOT = tmp_path  # type: ignore[attr-defined]


@pytest.fixture
def lender() -> Lender:
    return make_lender()


def items(loan: Loan) -> tuple[Item, Item]:
    laptop, bag = loan.items.select_related("asset", "loan__offer", "loan__agent", "loan__entity").order_by("pk")
    return laptop, bag


def at(days: int, hour: int = 9) -> datetime:
    return NOW.replace(hour=hour) + timedelta(days=days)


def take(lender: Lender, loan: Loan, *returned: Returned, now: datetime = NOW) -> None:
    returning.take_back(actor=lender.technician, loan=loan, returned=returned, now=now)


def test_all_back_and_nothing_to_put_in_order_is_over(lender: Lender) -> None:
    loan = handed_over(lender)
    laptop, bag = items(loan)
    take(lender, loan, Returned(laptop.pk), Returned(bag.pk))
    assert Loan.objects.get().state == "closed"
    lender.laptops[0].refresh_from_db()
    assert lender.laptops[0].state == "stock"
    assert not Assignment.objects.filter(agent=lender.agent).exists()
    assert AssetEvent.objects.get(asset=lender.laptops[0], kind="returned").data["outcome"] == "complete"


def test_in_two_times_with_damage_photos_and_wipe(lender: Lender) -> None:
    loan = handed_over(with_steps(lender))
    laptop, bag = items(loan)
    picture = BytesIO()
    Image.new("RGB", (40, 40), "blue").save(picture, "PNG")
    photo = photos.photo(BytesIO(picture.getvalue()), size=len(picture.getvalue()))
    broken = Returned(laptop.pk, Item.Outcome.DAMAGED, "écran fendu", photos=[photo, photo])
    take(lender, loan, broken)
    assert (loan.state, loan.steps.filter(phase="return").count()) == ("out", 2)
    assert PoolAsset.objects.get(asset=lender.laptops[0]).needs_wipe
    assert Item.objects.get(pk=laptop.pk).photos.count() == 2
    assert returning.put_in_order(actor=lender.technician, loan=loan, done=["Effacer"], now=NOW) == 1
    assert PoolAsset.objects.get(asset=lender.laptops[0]).needs_wipe
    assert returning.put_in_order(actor=lender.technician, loan=loan, done=["Effacer", "Nettoyer"], now=NOW) == 0
    assert not PoolAsset.objects.get(asset=lender.laptops[0]).needs_wipe
    # The bag comes a day later: the same steps again.
    take(lender, loan, Returned(bag.pk), now=at(1))
    assert Loan.objects.get().state == "back"
    assert loan.steps.filter(phase="return", done_at=None).count() == 2
    assert returning.put_in_order(actor=lender.technician, loan=loan, done=["Effacer", "Nettoyer"], now=at(1)) == 0
    over = Loan.objects.get()
    assert (over.state, over.closed_at, over.back_at) == ("closed", at(1), at(1))
    assert "écran fendu" in mail_of(loan)


def mail_of(loan: Loan) -> str:
    """What the agent was written, also by what still waits for the worker."""
    from django_tasks_db.models import DBTaskResult

    waiting = [str(each.args_kwargs) for each in DBTaskResult.objects.all()]
    return " ".join([*waiting, *(message.body for message in mail.outbox)])


def test_what_lacks_is_said_in_words_and_nothing_is_taken_twice(lender: Lender) -> None:
    loan = handed_over(lender)
    laptop, _bag = items(loan)
    with pytest.raises(Invalid):
        take(lender, loan, Returned(laptop.pk, Item.Outcome.MISSING))
    with pytest.raises(Invalid):
        take(lender, loan)
    with pytest.raises(NotAllowed):
        returning.take_back(actor=lender.user, loan=loan, returned=[Returned(laptop.pk)], now=NOW)
    take(lender, loan, Returned(laptop.pk, repair=True))
    with pytest.raises(Conflict, match="item_back"):
        take(lender, loan, Returned(laptop.pk))
    lender.laptops[0].refresh_from_db()
    assert lender.laptops[0].state == "repair"
    assert not Assignment.objects.filter(asset=lender.laptops[0]).exists()


def test_left_without_passing_by_the_counter(lender: Lender) -> None:
    loan = handed_over(lender, 0, 1)
    assert overdue.blocking(lender.agent, today=day(3)).exists()
    with pytest.raises(NotAllowed):
        returning.leave(actor=make_member(lender.department), loan=loan, place="accueil", now=at(3))
    with pytest.raises(Invalid):
        returning.leave(actor=lender.user, loan=loan, place="  ", now=at(3))
    returning.leave(actor=lender.user, loan=loan, place="accueil de la mairie", now=at(3))
    assert not overdue.blocking(lender.agent, today=day(3)).exists()
    assert reminding.remind(now=at(4)) == 0
    # Only the bag was there: the rest is late again.
    _laptop, bag = items(loan)
    take(lender, loan, Returned(bag.pk), now=at(4))
    assert overdue.blocking(lender.agent, today=day(4)).exists()
    assert overdue.days_late(Loan.objects.get(), day(4)) == 3


def test_what_was_not_where_it_should_be_is_late_again(lender: Lender) -> None:
    loan = handed_over(lender, 0, 1)
    with pytest.raises(Conflict, match="loan_moved"):
        returning.not_there(actor=lender.technician, loan=loan, now=at(3))
    returning.leave(actor=lender.user, loan=loan, place="accueil de la mairie", now=at(3))
    with pytest.raises(NotAllowed):
        returning.not_there(actor=lender.user, loan=loan, now=at(3))
    returning.not_there(actor=lender.technician, loan=loan, now=at(3))
    assert overdue.blocking(lender.agent, today=day(3)).exists()
    assert reminding.remind(now=at(4)) == 1


def test_each_reminder_once_and_the_head_after_a_week(lender: Lender) -> None:
    with_head = lender.head
    loan = handed_over(lender, 0, 10)
    said: list[tuple[int, str]] = []
    for days in range(25):
        for hour in (8, 9, 15):
            if reminding.remind(now=at(days, hour)):
                said.append((days, Reminder.objects.order_by("-pk")[0].kind))
    assert said == [(7, "before"), (10, "today"), (11, "late-0"), (18, "late-1")]
    written = mail_of(loan)
    assert written.count(lender.agent.email) == 4
    assert written.count(with_head.email) == 1


def test_a_technician_reminds_all_who_are_late_once_a_day(lender: Lender) -> None:
    late, early = handed_over(lender, 0, 1), handed_over(lender, 0, 9, rank=1)
    both = [late, early]
    assert reminding.remind_now(actor=lender.technician, loans=both, now=at(3)) == 1
    assert reminding.remind_now(actor=lender.technician, loans=both, now=at(3, 15)) == 0
    assert reminding.remind_now(actor=lender.technician, loans=both, now=at(4)) == 1
    with pytest.raises(NotAllowed):
        reminding.remind_now(actor=lender.user, loans=both, now=at(5))


def extend(lender: Lender, loan: Loan, days: int, *, now: datetime = NOW, by: object = None) -> Extension:
    actor = by or lender.user
    return extending.ask(actor=actor, loan=loan, ends=day(days), reason="chantier", now=now)  # type: ignore[arg-type]


def test_more_days_are_asked_for_granted_and_counted(lender: Lender) -> None:
    loan = handed_over(lender)
    asked = extend(lender, loan, 9)
    with pytest.raises(Conflict, match="extension_waiting"):
        extend(lender, loan, 8)
    with pytest.raises(NotAllowed):
        extending.grant(actor=lender.user, extension=asked, now=NOW)
    extending.grant(actor=lender.technician, extension=asked, now=NOW)
    with pytest.raises(Conflict, match="extension_decided"):
        extending.refuse(actor=lender.technician, extension=asked, reason="", now=NOW)
    loan.refresh_from_db()
    assert loan.ends_date == day(9)
    assert set(loan.items.values_list("ends_date", flat=True)) == {day(9)}
    with pytest.raises(Conflict, match="no_extension_left"):
        extend(lender, loan, 12)
    # The IT team is not bound by the count, and need not ask itself.
    assert extend(lender, loan, 12, by=lender.technician).state == "granted"
    assert Loan.objects.get().ends_date == day(12)


def test_somebody_elses_days_are_not_taken(lender: Lender) -> None:
    loan, next_one = handed_over(lender), granted(lender, 7, 8)
    with pytest.raises(Conflict, match="asset_taken"):
        extend(lender, loan, 7)
    asked = extend(lender, loan, 6)
    # Between the question and the answer somebody books the day.
    Item.objects.filter(loan=next_one).update(starts_date=day(6))
    with pytest.raises(Conflict, match="asset_taken"):
        extending.grant(actor=lender.technician, extension=asked, now=NOW)
    assert Extension.objects.get().state == "requested"
    assert Loan.objects.get(pk=loan.pk).ends_date == day(5)
    extending.refuse(actor=lender.technician, extension=asked, reason="déjà promis", now=NOW)
    assert Extension.objects.get().refusal == "déjà promis"


@pytest.mark.parametrize(("ends", "now", "code"), [(5, 0, "invalid"), (20, 0, "invalid"), (9, 6, "loan_overdue")])
def test_what_cannot_be_asked_for(lender: Lender, ends: int, now: int, code: str) -> None:
    loan = handed_over(lender)
    with pytest.raises((Conflict, Invalid), match=code):
        extend(lender, loan, ends, now=at(now))


def stolen(lender: Lender, item: Item, **more: object) -> object:
    facts: dict[str, object] = {"kind": "stolen", "happened": TODAY, "place": "train Rennes – Paris", "now": NOW}
    return losing.declare(actor=lender.user, item=item, **{**facts, **more})  # type: ignore[arg-type]


def test_a_stolen_computer_is_recognised_no_more(lender: Lender) -> None:
    loan = handed_over(lender)
    laptop, bag = items(loan)
    device = SuppliedDevice.objects.create(computer_id=laptop.asset_id, enrolled_at=NOW)
    loss = stolen(lender, laptop)
    device.refresh_from_db()
    lender.laptops[0].refresh_from_db()
    assert (device.standing, lender.laptops[0].state) == ("stolen", "lost")
    assert not Assignment.objects.filter(asset=lender.laptops[0]).exists()
    with pytest.raises(Conflict):
        stolen(lender, laptop)
    losing.add_complaint(actor=lender.user, loss=loss, complaint="2026/1234", now=NOW)  # type: ignore[arg-type]
    assert "plainte" in mail_of(loan)
    # The agent is told, and the team that lends is.
    assert (mail_of(loan).count(lender.agent.email), mail_of(loan).count(lender.technician.email)) == (1, 1)
    # The rest comes back: the loan is over.
    take(lender, loan, Returned(bag.pk))
    assert Loan.objects.get().state == "closed"


def test_found_again_it_is_put_in_order_first(lender: Lender) -> None:
    loan = handed_over(with_steps(lender))
    laptop, bag = items(loan)
    loss = stolen(lender, laptop, kind="lost")
    take(lender, loan, Returned(bag.pk))
    returning.put_in_order(actor=lender.technician, loan=loan, done=["Effacer", "Nettoyer"], now=NOW)
    with pytest.raises(NotAllowed):
        losing.found(actor=lender.user, loss=loss, now=NOW)  # type: ignore[arg-type]
    losing.found(actor=lender.technician, loss=loss, now=at(1))  # type: ignore[arg-type]
    with pytest.raises(Conflict):
        losing.found(actor=lender.technician, loss=loss, now=at(1))  # type: ignore[arg-type]
    lender.laptops[0].refresh_from_db()
    assert (lender.laptops[0].state, Item.objects.get(pk=laptop.pk).state) == ("stock", "back")
    assert not booking.free_assets(lender.laptop_part, day(1), day(2), today=day(1)).filter(pk=laptop.asset_id)
    assert returning.put_in_order(actor=lender.technician, loan=loan, done=["Effacer", "Nettoyer"], now=at(1)) == 0
    assert booking.free_assets(lender.laptop_part, day(1), day(2), today=day(1)).filter(pk=laptop.asset_id)
    assert Loan.objects.get().state == "closed"


@pytest.mark.parametrize(
    "more", [{"kind": "broken"}, {"happened": TODAY + timedelta(days=1)}, {"place": " "}], ids=["kind", "day", "place"]
)
def test_a_declaration_says_what_when_and_where(lender: Lender, more: dict[str, object]) -> None:
    laptop, _bag = items(handed_over(lender))
    with pytest.raises(Invalid):
        stolen(lender, laptop, **more)


def test_only_who_has_it_or_lends_it_declares(lender: Lender) -> None:
    laptop, _bag = items(handed_over(lender))
    with pytest.raises(NotAllowed):
        losing.declare(
            actor=make_member(lender.department), item=laptop, kind="lost", happened=date(2026, 11, 20), place="x",
            now=NOW,
        )  # fmt: skip


def test_the_head_who_is_late_themselves_is_not_written_to_twice(lender: Lender) -> None:
    head = make_agent(lender.department, account=True)
    assert head.user is not None
    from tests.integration.authority import grant

    grant(head.user, Role.HEAD_OF_DEPARTMENT, lender.department)
    lender.agent = head
    handed_over(lender, 0, 1)
    reminding.remind(now=at(10))
    assert mail_of(Loan.objects.get()).count(head.email) == 1
