"""Roles are read once while a page is read, and at every question otherwise."""

from __future__ import annotations

from typing import Any

import pytest
from django.http import HttpRequest, HttpResponse
from django.test import RequestFactory

from parvis.portal.accounts.models import User
from parvis.portal.directory import queries
from parvis.portal.directory.models import Entity, Role, RoleGrant
from parvis.portal.directory.once import ReadOnceMiddleware
from tests.integration.authority import make_entity, make_member

pytestmark = pytest.mark.django_db


def perimeters(method: str, user: User) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """What is answered before and after the role is taken away, within one request."""
    seen: list[tuple[str, ...]] = []

    def answer(request: HttpRequest) -> HttpResponse:
        seen.append(queries.perimeter(user))
        RoleGrant.objects.filter(user=user).delete()
        seen.append(queries.perimeter(user))
        return HttpResponse()

    ReadOnceMiddleware(answer)(RequestFactory().generic(method, "/"))
    return seen[0], seen[1]


@pytest.fixture
def entity() -> Entity:
    return make_entity("Métropole")


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE"])
def test_who_writes_asks_each_time(entity: Entity, method: str) -> None:
    assert perimeters(method, make_member(entity, Role.TECHNICIAN)) == ((entity.path,), ())


def test_who_reads_asks_once_and_the_next_page_again(entity: Entity) -> None:
    user = make_member(entity, Role.TECHNICIAN)
    assert perimeters("GET", user) == ((entity.path,), (entity.path,))
    assert perimeters("GET", user) == ((), ())


def test_roles_of_two_accounts_are_not_mixed(entity: Entity, django_assert_num_queries: Any) -> None:
    technician, auditor = make_member(entity, Role.TECHNICIAN), make_member(entity, Role.AUDITOR)

    def answer(request: HttpRequest) -> HttpResponse:
        for _ in range(3):
            assert queries.is_staff(technician, entity)
            assert not queries.is_staff(auditor, entity)
            assert queries.has_role(auditor, Role.AUDITOR)
        return HttpResponse()

    with django_assert_num_queries(2):
        ReadOnceMiddleware(answer)(RequestFactory().get("/"))
