"""Reads; they start from what the user's roles cover: a run is seen by who covers all it speaks for."""

from __future__ import annotations

from django.db.models import QuerySet

from parvis.portal.accounts.models import User
from parvis.portal.directory.queries import perimeter, within
from parvis.portal.imports.models import Connection, Line, Run
from parvis.portal.imports.permissions import WATCHERS


def runs_visible_to(user: User) -> QuerySet[Run]:
    """The imports into the user's perimeter, without their files."""
    visible = within(perimeter(user, *WATCHERS), "root__path")
    return Run.objects.filter(visible).select_related("root", "started_by", "decided_by").defer("content")


def lines_of(run: Run) -> QuerySet[Line]:
    """The lines of a run, with what they would change."""
    return Line.objects.filter(run=run).select_related("asset", "agent")


def lines_visible_to(user: User) -> QuerySet[Line]:
    """The lines of those runs."""
    visible = within(perimeter(user, *WATCHERS), "run__root__path")
    return Line.objects.filter(visible).select_related("run__root", "asset", "agent").defer("run__content")


def connections_visible_to(user: User) -> QuerySet[Connection]:
    """The GLPI connections of the user's perimeter."""
    return Connection.objects.filter(within(perimeter(user, *WATCHERS), "root__path")).select_related("root")
