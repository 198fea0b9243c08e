"""The API's reference tells each choice under a name of its own."""

from __future__ import annotations

from parvis.portal.config.api import api
from parvis.portal.home.models import Service
from parvis.portal.loans.models import Loan
from parvis.portal.movements.models import Movement
from parvis.portal.parc.models import Asset, WakeUp


def test_choices_of_two_rooms_do_not_hide_one_another() -> None:
    shapes = api.get_openapi_schema()["components"]["schemas"]
    for choices in (Asset.State, Movement.State, Service.State, Loan.State, WakeUp.State, Asset.Kind):
        name = choices.__qualname__.replace(".", "")
        assert shapes[name]["enum"] == list(choices.values)
    assert not [name for name in shapes if "__" in name]
