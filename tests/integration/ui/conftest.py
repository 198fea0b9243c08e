from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.messages.storage.fallback import FallbackStorage
from django.contrib.sessions.backends.db import SessionStore
from django.http import HttpResponseBase
from django.test import RequestFactory

from parvis.portal.accounts.models import User
from parvis.portal.directory.models import Agent, Entity
from tests.integration.ui import sample


@pytest.fixture
def user(db: None) -> User:
    return User.objects.create_user("yann.kerbrat@rivemarine.example", first_name="Yann", last_name="Kerbrat")


@pytest.fixture
def entity(db: None) -> Entity:
    return Entity.objects.create(path="000001.", kind=Entity.Kind.METROPOLE, name="Métropole")


@pytest.fixture
def agents(entity: Entity) -> list[Agent]:
    return Agent.objects.bulk_create(
        Agent(
            first_name="A",
            last_name=f"Nom {n:03}",
            email=f"a{n}@rivemarine.example",
            job_title="Agent" if n % 2 else "Élue",
            entity=entity,
            search=f"nom {n:03}",
        )
        for n in range(120)
    )


@pytest.fixture
def visit(user: User, rf: RequestFactory) -> Callable[..., HttpResponseBase]:
    def go(path: str = "/liste/", post: dict[str, Any] | None = None, **headers: str) -> HttpResponseBase:
        request = rf.get(path, headers=headers) if post is None else rf.post(path, post, headers=headers)
        request.user = user
        request.session = SessionStore()
        request._messages = FallbackStorage(request)  # type: ignore[attr-defined]
        return sample.AgentListing.as_view()(request)

    return go
