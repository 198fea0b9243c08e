"""What changes between a look and a click: things come back, are changed for others, agents become late."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import pytest
from django.urls import reverse

from parvis.portal.kernel import clock
from parvis.portal.kernel.errors import Conflict, Invalid
from parvis.portal.loans.models import Item, Loan, Offer, PoolAsset
from parvis.portal.loans.services import deciding, extending, handing_over, losing, preparing, requesting, returning
from parvis.portal.loans.services.returning import Returned
from parvis.portal.parc.asset_services import assign_agent
from parvis.portal.parc.models import Asset
from tests.integration.authority import make_agent
from tests.integration.loans import loaning
from tests.integration.loans.counter import SIGNED, granted, handed_over, real_days, with_steps
from tests.integration.loans.loaning import NOW, Lender, day, make_lender
from tests.integration.signing_in import browser_of

pytestmark = pytest.mark.django_db
__all__ = ["real_days"]
BOTH = ["Effacer", "Nettoyer"]


@pytest.fixture(autouse=True)
def _files(tmp_path: Path, settings: object) -> None:
    settings.MEDIA_ROOT = tmp_path  # type: ignore[attr-defined]


@pytest.fixture
def lender() -> Lender:
    return make_lender()


def items(loan: Loan) -> tuple[Item, Item]:
    laptop, bag = loan.items.select_related("asset", "loan__offer", "loan__agent", "loan__entity").order_by("pk")
    return laptop, bag


def take(lender: Lender, loan: Loan, *returned: Item, now: datetime | None = None) -> None:
    back = [Returned(item.pk) for item in returned]
    returning.take_back(actor=lender.technician, loan=loan, returned=back, now=now or loaning.NOW)


def tick(lender: Lender, loan: Loan, *done: str, seen: list[int] | None = None) -> int:
    return returning.put_in_order(actor=lender.technician, loan=loan, done=done, now=NOW, seen=seen)


def unwiped() -> set[int]:
    return set(PoolAsset.objects.filter(needs_wipe=True).values_list("asset_id", flat=True))


def test_what_was_ticked_for_one_thing_is_not_done_to_the_next(lender: Lender) -> None:
    loan = handed_over(with_steps(lender))
    laptop, bag = items(loan)
    take(lender, loan, bag)
    assert tick(lender, loan, "Effacer") == 1
    take(lender, loan, laptop)  # comes back with a full disk, half way through the steps of the other
    assert loan.steps.filter(phase="return", done_at=None).count() == 2
    assert unwiped() == {laptop.asset_id, bag.asset_id}


def test_what_came_back_since_the_clerk_looked_is_not_ready(lender: Lender) -> None:
    loan = handed_over(with_steps(lender))
    laptop, bag = items(loan)
    take(lender, loan, bag)
    take(lender, loan, laptop)
    with pytest.raises(Conflict, match="loan_moved"):
        tick(lender, loan, *BOTH, seen=[bag.pk])
    assert unwiped() == {laptop.asset_id, bag.asset_id}
    assert not loan.steps.filter(phase="return", done_at__isnull=False).exists()
    assert tick(lender, loan, *BOTH, seen=[bag.pk, laptop.pk]) == 0
    assert not unwiped()


@pytest.mark.usefixtures("real_days")
def test_the_page_says_which_things_its_steps_are_for(lender: Lender) -> None:
    loan = handed_over(with_steps(lender))
    laptop, bag = items(loan)
    take(lender, loan, bag)
    browser, page = browser_of(lender.technician), reverse("loans:put_in_order", args=[loan.pk])
    assert f'name="item" value="{bag.pk}"' in browser.get(page).content.decode()
    take(lender, loan, laptop)
    assert browser.post(page, {"item": [bag.pk], "done": BOTH}).status_code == 409
    assert unwiped() == {laptop.asset_id, bag.asset_id}


def test_another_thing_than_the_one_prepared_is_prepared_too(lender: Lender) -> None:
    loan = granted(with_steps(lender))
    preparing.tick(actor=lender.technician, loan=loan, done=["Charger la batterie", "Essayer le VPN"], now=NOW)
    preparing.finish(actor=lender.technician, loan=loan, now=NOW)
    laptop, _bag = items(loan)
    deciding.swap_item(actor=lender.technician, item=laptop, asset=lender.laptops[1], now=NOW)
    loan.refresh_from_db()
    assert (loan.state, loan.prepared_at) == ("approved", None)
    assert not loan.steps.filter(done_at__isnull=False).exists()


def test_a_breakdown_after_the_preparation_is_prepared_for_again(lender: Lender) -> None:
    loan = granted(lender)
    preparing.finish(actor=lender.technician, loan=loan, now=NOW)
    assert deciding.replace_assets(actor=None, asset=lender.laptops[0], now=NOW) == 0
    assert Loan.objects.get().state == "approved"


def test_what_is_given_to_somebody_for_good_is_replaced_in_the_loan(lender: Lender) -> None:
    loan = granted(lender)
    laptop = Asset.objects.select_related("entity").get(pk=lender.laptops[0].pk)
    assign_agent(actor=lender.technician, asset=laptop, agent=make_agent(lender.department), now=NOW)
    assert loan.items.get(state="reserved", asset__kind="laptop").asset_id == lender.laptops[1].pk
    # What is handed over goes to who asked for it, and nothing is swapped.
    handing_over.hand_over(actor=lender.technician, loan=loan, signature=SIGNED, now=NOW)
    assert loan.items.filter(state="out").count() == 2


def test_who_became_late_since_they_asked_is_granted_nothing(lender: Lender) -> None:
    asked = lender.loan(9, 12)
    late = lender.out(lender.laptops[1], -5, -1)
    with pytest.raises(Conflict, match="loan_overdue"):
        deciding.approve(actor=lender.technician, loan=asked, now=NOW)
    Offer.objects.update(approval="none")
    assert deciding.grant_waiting(now=NOW) == 0
    Loan.objects.filter(pk=late.pk).update(state="closed")
    assert deciding.grant_waiting(now=NOW) == 1


def test_a_button_pressed_twice_is_one_loan_also_when_nobody_has_to_agree(lender: Lender) -> None:
    Offer.objects.update(approval="none")
    lender.offer.refresh_from_db()

    def press() -> Loan:
        return requesting.request_loan(
            actor=lender.user, offer=lender.offer, agent=lender.agent, starts=day(2), ends=day(4), now=NOW
        )

    assert press().state == "approved"
    with pytest.raises(Conflict, match="already_requested"):
        press()
    assert Loan.objects.count() == 1


def test_what_nobody_has_to_agree_to_is_granted_to_ones_agent_too(lender: Lender) -> None:
    Offer.objects.update(approval="none")
    lender.offer.refresh_from_db()
    loan = requesting.request_loan(
        actor=lender.head, offer=lender.offer, agent=lender.agent, starts=day(2), ends=day(4), now=NOW
    )
    assert loan.state == "approved"


def test_an_extension_is_as_long_as_its_words_say(lender: Lender) -> None:
    loan = handed_over(lender)  # until day 5; « 14 jours » at most
    with pytest.raises(Invalid):
        extending.ask(actor=lender.user, loan=loan, ends=day(20), reason="", now=NOW)
    assert extending.ask(actor=lender.user, loan=loan, ends=day(19), reason="", now=NOW).ends_date == day(19)


@pytest.mark.usefixtures("real_days")
def test_a_question_about_what_is_back_is_asked_no_more(lender: Lender) -> None:
    loan = handed_over(lender)
    browser, page = browser_of(lender.technician), reverse("loans:preparations")
    extension = extending.ask(actor=lender.user, loan=loan, ends=loaning.day(7), reason="", now=clock.now())
    answer = reverse("loans:decide_extension", args=[extension.pk])
    assert answer in browser.get(page).content.decode()
    take(lender, loan, *items(loan))
    assert answer not in browser.get(page).content.decode()
    assert answer not in browser.get(reverse("loans:loan", args=[loan.pk])).content.decode()


def test_what_left_the_parc_for_good_does_not_keep_its_loan_open(lender: Lender) -> None:
    loan = handed_over(lender)
    laptop, bag = items(loan)
    Asset.objects.filter(pk__in=[laptop.asset_id, bag.asset_id]).update(state="disposed")
    laptop, bag = items(loan)
    take(lender, loan, bag)
    losing.declare(actor=lender.technician, item=laptop, kind="lost", happened=NOW.date(), place="déchèterie", now=NOW)
    assert Loan.objects.get().state == "closed"
    assert set(Asset.objects.filter(loan_items__loan=loan).values_list("state", flat=True)) == {"disposed"}


@pytest.mark.usefixtures("real_days")
def test_a_late_loan_is_prolonged_by_the_team_it_sends_to(lender: Lender) -> None:
    loan = handed_over(lender)
    Loan.objects.update(starts_date=loaning.day(-9), ends_date=loaning.day(-8))
    Item.objects.update(starts_date=loaning.day(-9), ends_date=loaning.day(-8))
    page, more = reverse("loans:loan", args=[loan.pk]), reverse("loans:extend", args=[loan.pk])
    assert more not in browser_of(lender.user).get(page).content.decode()
    team = browser_of(lender.technician)
    assert more in team.get(page).content.decode()
    assert team.get(more).context["form"].initial["ends_date"] == loaning.day(7)
    assert team.post(more, {"ends_date": loaning.day(7).isoformat()}).status_code == 302
    loan.refresh_from_db()
    assert loan.ends_date == loaning.day(7)
    # As often as it likes.
    assert more in team.get(page).content.decode()


@pytest.mark.usefixtures("real_days")
def test_the_team_says_that_nothing_was_left_there(lender: Lender) -> None:
    loan = handed_over(lender)
    browser, page = browser_of(lender.technician), reverse("loans:take_back", args=[loan.pk])
    assert "Rien à cet endroit" not in browser.get(page).content.decode()
    returning.leave(actor=lender.user, loan=loan, place="accueil", now=clock.now())
    assert "Rien à cet endroit" in browser.get(page).content.decode()
    assert browser.post(page, {"not_there": "1"}).status_code == 302
    loan.refresh_from_db()
    assert (loan.state, loan.dropped_at, loan.dropped_place) == ("out", None, "")


@pytest.mark.parametrize("text", ["9999-12-31", "0001-01-01"])
def test_the_end_of_the_calendar_is_no_error(lender: Lender, text: str) -> None:
    pages = [reverse("loans:ask", args=[lender.offer.pk]) + f"?mois={text}&du={text}"]
    assert [browser_of(lender.user).get(page).status_code for page in pages] == [200]
    team = [f"{reverse('loans:lend')}?du={text}", f"{reverse('loans:calendar')}?du={text}"]
    assert [browser_of(lender.technician).get(page).status_code for page in team] == [200, 200]
