"""What is left week by week, where several offers lend the same things."""

from __future__ import annotations

import pytest

from parvis.portal.loans import forecast
from parvis.portal.loans.models import Offer, Part
from parvis.portal.parc.models import AssetModel
from tests.integration.authority import make_agent, make_entity
from tests.integration.loans.loaning import NOW, TODAY, Lender, day, make_asset, make_lender

pytestmark = pytest.mark.django_db
NEXT = 1
"""Next week, from day 7 on."""


@pytest.fixture
def lender() -> Lender:
    return make_lender(count=4)


def left(offer: Offer, part: Part) -> int:
    (found,) = forecast.of_offers([offer], TODAY)
    return next(line.weeks[NEXT].left for line in found.lines if line.part == part)


def other(lender: Lender, **part: object) -> tuple[Offer, Part]:
    offer = Offer.objects.create(entity=lender.root, name="Réunion", approval="it")
    return offer, Part.objects.create(**{"offer": offer, "kind": "laptop", "label": "Portable", **part})


def ask(lender: Lender, offer: Offer, times: int) -> None:
    for _each in range(times):
        lender.loan(8, 9, offer=offer, agent=make_agent(lender.department))


def test_two_offers_do_not_promise_the_same_laptops(lender: Lender) -> None:
    offer, part = other(lender, quantity=2)
    ask(lender, lender.offer, 3)
    ask(lender, offer, 1)
    # Four laptops: three asked for one by one, two together.
    assert (left(lender.offer, lender.laptop_part), left(offer, part)) == (-1, -1)
    assert left(lender.offer, lender.bag_part) == 1


def test_a_part_of_one_model_takes_from_any_not_the_other_way_round(lender: Lender) -> None:
    model = AssetModel.objects.create(kind="laptop", manufacturer="Dell", name="5340")
    make_asset(lender.root, model=model)
    offer, part = other(lender, model=model)
    ask(lender, offer, 2)
    ask(lender, lender.offer, 1)
    assert (left(lender.offer, lender.laptop_part), left(offer, part)) == (2, -1)


def test_what_is_asked_of_another_authority_is_not_ours(lender: Lender) -> None:
    foreign = make_entity("Ailleurs")
    offer = Offer.objects.create(entity=foreign, name="Poste nomade")
    Part.objects.create(offer=offer, kind="laptop", label="Portable")
    lender.loan(8, 9, offer=offer, entity=foreign)
    assert left(lender.offer, lender.laptop_part) == 4


def test_two_parts_of_one_kind_are_counted_together_in_a_kit(lender: Lender) -> None:
    Part.objects.create(offer=lender.offer, kind="laptop", label="Portable de secours")
    (found,) = forecast.of_offers([lender.offer], TODAY)
    assert found.kits[NEXT] == (day(7), 2, lender.laptop_part)
    ask(lender, lender.offer, 1)
    (found,) = forecast.of_offers([lender.offer], TODAY)
    assert found.kits[NEXT] == (day(7), 1, lender.laptop_part)


def test_options_count_where_they_were_asked_for(lender: Lender) -> None:
    phone = Part.objects.create(offer=lender.offer, kind="phone", label="Téléphone", is_optional=True)
    make_asset(lender.root, "phone")
    lender.loan(8, 9)
    lender.loan(9, 9).options.add(phone)
    assert (left(lender.offer, phone), left(lender.offer, lender.laptop_part)) == (0, 2)
    assert NOW.date() == TODAY
