"""What the tests of sources share."""

from __future__ import annotations

import pytest

from parvis.portal.directory.models import Entity
from tests.integration.authority import make_entity
from tests.integration.sources.town import Town, make_source


@pytest.fixture
def commune(db: None) -> Entity:
    return make_entity("Rivemarine", kind=Entity.Kind.COMMUNE)


@pytest.fixture
def works(commune: Entity) -> Entity:
    entity = make_entity("Voirie", commune)
    entity.code = "VOI"
    entity.save()
    return entity


@pytest.fixture
def town(commune: Entity, monkeypatch: pytest.MonkeyPatch) -> Town:
    monkeypatch.setattr("parvis.portal.sources.services.applying.BREATH_SECONDS", 0)
    return Town(make_source(commune), monkeypatch)
