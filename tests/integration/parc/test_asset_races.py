"""Two technicians at once on one asset: first what happens without the conditional update, then with it."""

from __future__ import annotations

import threading
from collections.abc import Callable

import pytest
from django.db import close_old_connections, connection

from parvis.portal.accounts.models import User
from parvis.portal.directory.models import Entity, Role
from parvis.portal.kernel import clock
from parvis.portal.kernel.errors import Conflict
from parvis.portal.parc import asset_services, maintenance
from parvis.portal.parc.models import Asset, AssetEvent, Maintenance
from tests.integration.authority import make_agent, make_entity, make_member

pytestmark = pytest.mark.django_db(transaction=True)

WAYS = (Asset.State.RETIRED, Asset.State.LOST)


@pytest.fixture
def technician() -> User:
    return make_member(make_entity("Métropole", kind=Entity.Kind.METROPOLE), Role.TECHNICIAN)


@pytest.fixture
def asset(technician: User) -> Asset:
    return Asset.objects.create(entity=Entity.objects.get(), name="MOB-1", kind="phone", state="stock")


def together(*acts: Callable[[], object]) -> list[object]:
    """Run the acts at once, each with a connection of its own; what each returned or raised."""
    barrier = threading.Barrier(len(acts))
    answers: list[object] = [None] * len(acts)

    def run(number: int, act: Callable[[], object]) -> None:
        try:
            barrier.wait(timeout=20)
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


def test_without_the_condition_both_believe_they_moved_it(asset: Asset) -> None:
    both_have_looked = threading.Barrier(2)

    def look_then_write(to: Asset.State) -> None:
        seen = Asset.objects.get(pk=asset.pk)
        assert seen.state == Asset.State.STOCK
        both_have_looked.wait(timeout=20)
        seen.state = to
        seen.save(update_fields=["state"])

    assert together(*(lambda way=to: look_then_write(way) for to in WAYS)) == [None, None]


def test_with_it_one_is_told_and_there_is_one_line_of_history(technician: User, asset: Asset) -> None:
    seen = {to: Asset.objects.select_related("entity").get(pk=asset.pk) for to in WAYS}

    def move(to: Asset.State) -> None:
        asset_services.move_asset(actor=technician, asset=seen[to], to=to, now=clock.now())

    answers = together(*(lambda way=to: move(way) for to in WAYS))
    assert sorted(type(each) for each in answers if each is not None) == [Conflict]
    assert AssetEvent.objects.filter(asset=asset, kind="state").count() == 1


def test_an_intervention_ends_once(technician: User, asset: Asset) -> None:
    now = clock.now()
    opened = maintenance.open_maintenance(
        actor=technician, asset=asset, data={"summary": "Écran"}, to_repair=True, now=now
    )
    seen = [Maintenance.objects.select_related("asset__entity").get(pk=opened.pk) for _ in range(2)]

    def close(each: Maintenance) -> None:
        maintenance.close_maintenance(
            actor=technician, maintenance=each, outcome="", cost=None, closed_date=clock.today(now), back=True, now=now
        )

    answers = together(*(lambda one=each: close(one) for each in seen))
    assert [type(each) for each in answers if each is not None] == [Conflict]
    asset.refresh_from_db()
    assert asset.state == Asset.State.STOCK
    assert AssetEvent.objects.filter(asset=asset, kind="maintenance").count() == 2


def test_an_agent_is_given_an_asset_once(technician: User, asset: Asset) -> None:
    agent, now = make_agent(asset.entity), clock.now()
    seen = [Asset.objects.select_related("entity").get(pk=asset.pk) for _ in range(2)]

    def give(each: Asset) -> None:
        asset_services.assign_agent(actor=technician, asset=each, agent=agent, now=now)

    answers = together(*(lambda one=each: give(one) for each in seen))
    assert not [each for each in answers if each is not None and not isinstance(each, Conflict)]
    assert asset.assignments.count() == 1
    assert AssetEvent.objects.filter(asset=asset, kind="assigned").count() == 1


def test_what_is_retired_meanwhile_is_given_to_nobody(technician: User, asset: Asset) -> None:
    agent, now = make_agent(asset.entity), clock.now()
    Asset.objects.update(state="deployed")
    seen = [Asset.objects.select_related("entity").get(pk=asset.pk) for _ in range(2)]
    together(
        lambda: asset_services.assign_agent(actor=technician, asset=seen[0], agent=agent, now=now),
        lambda: asset_services.move_asset(actor=technician, asset=seen[1], to=Asset.State.RETIRED, now=now),
    )
    asset.refresh_from_db()
    assert (asset.state, asset.assignments.count()) == ("retired", 0)
