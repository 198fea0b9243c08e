"""The fictional authority: how big it is, that it is always the same, that a second build does nothing."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

import pytest
from django.conf import settings
from django.core.management import CommandError, call_command
from django.db import connection

from parvis.portal.accounts.models import User
from parvis.portal.directory import demo as people
from parvis.portal.directory.models import Agent, Entity, EntitySiret, RoleGrant
from parvis.portal.directory.rules import siret_is_valid
from parvis.portal.kernel import clock
from parvis.portal.parc import demo, demo_equipment, record_queries
from parvis.portal.parc.models import COMPUTER_KINDS, Asset, Assignment, Computer, Contract, Maintenance, Site, Supplier

pytestmark = pytest.mark.django_db


@pytest.fixture
def built() -> None:
    now = clock.now()
    assert people.build(now)
    assert demo.build(now)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")  # as the command does: a planner without statistics joins thousands with thousands


def everything() -> list[object]:
    return [
        list(Entity.objects.order_by("path").values_list("name", "kind", "code", "parent__name")),
        list(Agent.objects.order_by("email").values_list("email", "job_title", "entity__name", "user__email")),
        list(
            Computer.objects.order_by("name").values_list(
                "name", "address", "mac_address", "probe_port", "site__name", "reachability", "agents__email"
            )
        ),
        list(
            Asset.objects.order_by("kind", "name").values_list("name", "serial", "tag", "state", "room", "model__name")
        ),
    ]


@pytest.mark.usefixtures("built")
def test_it_is_as_big_as_a_metropole() -> None:
    assert Agent.objects.count() == 2200
    assert Computer.objects.count() == 3700
    assert Assignment.objects.filter(asset__kind__in=COMPUTER_KINDS).count() == 2200
    kinds = Counter(Asset.objects.values_list("kind", flat=True))
    assert 2300 < kinds["screen"] < 2700
    assert 800 < kinds["phone"] + kinds["desk_phone"] < 1000
    assert set(kinds) == set(Asset.Kind.values)
    assert Entity.objects.filter(kind="commune").count() >= 5
    assert Entity.objects.filter(kind="maison_commune").count() == 1
    sirets = list(EntitySiret.objects.values_list("siret", flat=True))
    assert len(sirets) == len(set(sirets)) > 10
    assert all(siret_is_valid(siret) and siret.startswith("000") for siret in sirets)
    assert Computer.objects.exclude(address__startswith="10.").exclude(address="127.0.0.1").count() == 0


@pytest.mark.usefixtures("built")
def test_the_personas_are_there_and_nobody_has_a_password() -> None:
    personas = User.objects.filter(is_demo_persona=True)
    assert {str(user) for user in personas} == {
        "Claire Le Goff", "Mathieu Riou", "Nadia Benali", "Yann Kerbrat", "Hélène Marchand", "Paul Guillou",
        "Sophie Tanguy",
    }  # fmt: skip
    assert not [user for user in User.objects.all() if user.has_usable_password()]
    assert RoleGrant.objects.filter(user__in=personas).count() == 6  # the head of IT heads her own direction, too
    targets = Computer.objects.filter(agents__user__in=personas)
    assert {computer.address for computer in targets} == {"127.0.0.1"}
    sleeper = Computer.objects.get(agents__email=demo.SLEEPER_EMAIL)
    assert (sleeper.probe_port, sleeper.mac_address, sleeper.reachability) == (
        settings.PARVIS.demo_sleeper_port,
        demo.SLEEPER_MAC,
        "asleep",
    )
    assert sleeper.site is not None
    wake_up = (sleeper.site.wake_by, sleeper.site.wake_address, sleeper.site.wake_port)
    assert wake_up == ("relay", "127.0.0.1", settings.PARVIS.demo_wake_port)


@pytest.mark.usefixtures("built")
def test_its_equipment_has_a_past_and_a_price() -> None:
    today = clock.today()
    spare = Asset.objects.filter(name__startswith="RIV-PR-", state="stock")
    assert spare.count() == demo_equipment.LENDABLE
    assert not Asset.objects.filter(search="").exists()
    assert not Asset.objects.filter(
        state__in=["stock", "ordered", "retired", "lost"], assignments__isnull=False
    ).exists()
    ages = [(today - day).days for day in Asset.objects.values_list("purchase_date", flat=True) if day]
    assert min(ages) >= 0
    assert max(ages) > 7 * 365
    assert (
        Maintenance.objects.filter(closed_date__isnull=True).count() == Asset.objects.filter(state="repair").count() > 0
    )
    assert record_queries.contracts_to_decide(User.objects.get(email="helene.marchand@rivemarine.example")) > 0


@pytest.mark.usefixtures("built")
def test_it_is_always_the_same_and_built_once() -> None:
    first = everything()
    assert not people.build(clock.now())
    assert not demo.build(clock.now())
    assert everything() == first
    for model in (Assignment, Asset, Contract, Supplier, Site, RoleGrant, Agent, User):
        model.objects.all().delete()
    for entity in Entity.objects.order_by("-path"):
        entity.delete()
    people.build(clock.now())
    demo.build(clock.now())
    assert everything() == first


def test_ports_follow_the_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(settings, "PARVIS", replace(settings.PARVIS, demo_base_port=6001))
    people.build(clock.now())
    demo.build(clock.now())
    ports = Computer.objects.filter(address="127.0.0.1").order_by("probe_port").values_list("probe_port", flat=True)
    assert list(ports) == list(range(6001, 6032))


def test_the_command_is_for_the_demo_only() -> None:
    with pytest.raises(CommandError, match="demo"):
        call_command("demo_data")
