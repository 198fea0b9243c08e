"""What was there before assets is found by their search after the upgrade."""

from __future__ import annotations

from importlib import import_module

import pytest
from django.apps import apps

from parvis.portal.parc.models import Asset
from tests.integration.authority import make_computer, make_entity, make_site

pytestmark = pytest.mark.django_db


def test_computers_of_before_are_found(django_assert_max_num_queries: object) -> None:
    root = make_entity("Métropole")
    site = make_site(root, name="Hôtel de Ville")
    for number in range(700):
        make_computer(root, site=site, name=f"RIV-PC-{number:05d}", address="10.1.2.3", mac_address="02:00:00:00:00:01")
    make_computer(root, name="SEUL")
    Asset.objects.update(search="")
    with django_assert_max_num_queries(20):  # type: ignore[operator]
        import_module("parvis.portal.parc.migrations.0003_asset_records").fill_search(apps, None)
    assert Asset.objects.get(name="SEUL").search == "seul"
    assert Asset.objects.get(name="RIV-PC-00699").search == "riv-pc-00699 hotel de ville 10.1.2.3 02:00:00:00:00:01"
    assert not Asset.objects.filter(search="").exists()
