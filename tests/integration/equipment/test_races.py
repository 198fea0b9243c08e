"""Two technicians give the same thing, or press the same button. The race is first shown without its guard."""

from __future__ import annotations

import threading
import uuid
from collections.abc import Callable

import pytest
from django.db import close_old_connections, connection

from parvis.portal.equipment.models import Outfit, Part
from parvis.portal.equipment.services import outfits
from parvis.portal.equipment.services.outfits import Wishes
from parvis.portal.kernel.models import AuditRecord
from parvis.portal.parc import asset_services
from parvis.portal.parc.models import Asset, Assignment
from tests.integration.authority import make_agent
from tests.integration.equipment.conftest import NOW, Town, make_asset, town  # noqa: F401

pytestmark = pytest.mark.django_db(transaction=True)

AT_ONCE = 4


def together(*acts: Callable[[], object]) -> list[object]:
    """Run the acts at once, each with a connection of its own; what each returned or raised."""
    barrier = threading.Barrier(len(acts))
    answers: list[object] = [None] * len(acts)

    def run(number: int, act: Callable[[], object]) -> None:
        try:
            barrier.wait()
            answers[number] = act()
        except Exception as error:
            answers[number] = error
        finally:
            close_old_connections()
            connection.close()

    threads = [threading.Thread(target=run, args=each) for each in enumerate(acts)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return answers


def four_outfits(town: Town, asset: Asset) -> list[Outfit]:  # noqa: F811
    wishes = Wishes(assets=[asset])
    agents = [make_agent(town.here) for _each in range(AT_ONCE)]
    return [
        outfits.start(actor=town.technician, agent=agent, wishes=wishes, token=uuid.uuid4(), now=NOW)
        for agent in agents
    ]


def carrying_out(town: Town, outfit: Outfit) -> Callable[[], object]:  # noqa: F811
    return lambda: outfits.carry_out(actor=town.technician, outfit=outfit, now=NOW)


def test_without_the_guard_one_computer_goes_to_everybody(town: Town) -> None:  # noqa: F811
    asset = make_asset(town.here, "office")
    for outfit in four_outfits(town, asset):
        asset_services.assign_agent(actor=town.technician, asset=asset, agent=outfit.agent, now=NOW)
    assert Assignment.objects.filter(asset=asset).count() == AT_ONCE


def test_the_same_computer_goes_to_one_person(town: Town) -> None:  # noqa: F811
    asset = make_asset(town.here, "office")
    several = four_outfits(town, asset)
    answers = together(*(carrying_out(town, outfit) for outfit in several))
    assert not [each for each in answers if isinstance(each, Exception)]
    assert sorted(answers) == [0, 1, 1, 1]  # type: ignore[type-var]
    assert Assignment.objects.filter(asset=asset).count() == 1
    assert Part.objects.filter(state=Part.State.DONE).count() == 1


def test_the_same_button_pressed_at_once_does_each_part_once(town: Town) -> None:  # noqa: F811
    asset = make_asset(town.here, "office")
    outfit = outfits.start(
        actor=town.technician, agent=town.claire, wishes=Wishes(account=True, assets=[asset], guide=True),
        token=uuid.uuid4(), now=NOW,
    )  # fmt: skip
    answers = together(*(carrying_out(town, outfit) for _each in range(AT_ONCE)))
    assert not [each for each in answers if isinstance(each, Exception)]
    assert AuditRecord.objects.filter(action="equipment.part_done").count() == 3
    assert AuditRecord.objects.filter(action="directory.account_opened").count() == 1
    assert set(outfit.parts.values_list("state", flat=True)) == {Part.State.DONE}
