"""Django asks for the account of every request by its number: the statement built once gives what a query set would."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import Group
from django.db import connection
from django.db.models.sql.compiler import SQLCompiler
from django.test import Client
from django.test.utils import CaptureQueriesContext

from parvis.portal.accounts.models import User

from .conftest import make_user

pytestmark = pytest.mark.django_db


def test_it_is_the_same_row(monkeypatch: pytest.MonkeyPatch) -> None:
    user = make_user("agnes@rivemarine.example")
    asked = User.objects.filter(pk=user.pk).get()
    User.objects.get(pk=user.pk)
    monkeypatch.setattr(SQLCompiler, "as_sql", None)  # nothing is put together any more
    found = User.objects.get(pk=user.pk)
    assert found == user
    assert {each.attname: getattr(found, each.attname) for each in User._meta.concrete_fields} == {
        each.attname: getattr(asked, each.attname) for each in User._meta.concrete_fields
    }


def test_nobody_is_nobody() -> None:
    with pytest.raises(User.DoesNotExist):
        User.objects.get(pk=0)
    with pytest.raises(User.DoesNotExist):
        User.objects.get(pk=2**70)  # more than a column holds: told by who invents a link
    with pytest.raises(ValueError, match="expected a number"):
        User.objects.get(pk="abc")


def test_a_link_with_an_impossible_number_is_only_a_bad_link(client: Client) -> None:
    assert client.get("/compte/mot-de-passe/nouveau/zzzzzzzzzzzzz-abc-def/").status_code == 200


def test_of_a_group_only_its_members_are_found() -> None:
    """A related manager is of a class made from ours: it narrows what is found."""
    group, member, stranger = Group.objects.create(name="g"), make_user("a@b.example"), make_user("c@d.example")
    member.groups.add(group)
    assert group.user_set.get(pk=member.pk) == member
    with pytest.raises(User.DoesNotExist):
        group.user_set.get(pk=stranger.pk)


def test_other_questions_are_as_always() -> None:
    user = make_user("agnes@rivemarine.example")
    assert User.objects.get(email=user.email) == user
    with CaptureQueriesContext(connection) as asked, pytest.raises(User.DoesNotExist):
        User.objects.get(pk=user.pk, is_active=False)
    assert len(asked) == 1
