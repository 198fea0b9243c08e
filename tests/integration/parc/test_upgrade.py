"""A database of before assets becomes one of today, with all that was in it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.db import connection
from django.db.migrations.executor import MigrationExecutor

BEFORE = [
    ("parc", "0001_initial"),
    ("remote_desktop", "0001_initial"),
    ("trust", "0001_initial"),
    ("directory", "0003_organisation"),
]


@pytest.fixture
def back_then(transactional_db: None) -> Iterator[MigrationExecutor]:
    executor = MigrationExecutor(connection)
    leaves = executor.loader.graph.leaf_nodes()
    executor.migrate(BEFORE)
    yield executor
    MigrationExecutor(connection).migrate(leaves)


def test_computers_become_assets_and_stay_whose_they_were(back_then: MigrationExecutor) -> None:
    apps = back_then.loader.project_state(BEFORE).apps
    entity = apps.get_model("directory", "Entity").objects.create(name="Métropole", kind="metropole", path="1.")
    agent = apps.get_model("directory", "Agent").objects.create(
        entity=entity, first_name="Hélène", last_name="Quéré", email="helene@rivemarine.example"
    )
    site = apps.get_model("parc", "Site").objects.create(entity=entity, name="Hôtel de Ville")
    computer = apps.get_model("parc", "Computer").objects.create(
        entity=entity,
        site=site,
        name="RIV-PC-00001",
        kind="laptop",
        address="10.1.2.3",
        mac_address="02:00:00:00:00:01",
    )
    apps.get_model("parc", "Assignment").objects.create(agent=agent, computer=computer)
    apps.get_model("remote_desktop", "Right").objects.create(
        agent=agent, computer=computer, starts_date="2026-01-01", granted_at="2026-01-01T08:00:00Z"
    )

    forward = MigrationExecutor(connection)
    forward.migrate(forward.loader.graph.leaf_nodes())

    from parvis.portal.parc.models import Asset, Assignment, Computer
    from parvis.portal.remote_desktop.models import Right

    asset = Asset.objects.get()
    assert (asset.pk, asset.name, asset.kind, asset.state) == (computer.pk, "RIV-PC-00001", "laptop", "deployed")
    assert asset.search == "riv-pc-00001 hotel de ville 10.1.2.3 02:00:00:00:00:01"
    assert Computer.objects.get().pk == asset.pk
    assert list(Assignment.objects.values_list("agent_id", "asset_id")) == [(agent.pk, asset.pk)]
    assert Right.objects.get().computer_id == asset.pk
