"""Saved views and columns of a list: one's own, and those shared with a team.

This room knows no entities: who belongs to which team is said by a hook (`provide_teams`, called by the wiring).
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import Q
from django.http import QueryDict
from django.utils.translation import gettext as _

from parvis.portal.kernel import audit
from parvis.portal.kernel.errors import Conflict, Invalid, NotFound
from parvis.portal.ui.models import ListColumns, SavedView

VIEWS_AT_MOST = 50
"""Of one person, for one list."""


@dataclass(frozen=True, slots=True)
class Team:
    """An entity whose team the user is of."""

    key: int
    name: str


Teams = Callable[[Any], Sequence[Team]]


def no_teams(_user: Any) -> Sequence[Team]:
    """Until the directory has spoken: views are their owner's alone."""
    return ()


_teams: Teams = no_teams


def provide_teams(teams: Teams) -> None:
    """Set who knows a user's teams. Called once, by the wiring."""
    global _teams
    _teams = teams


def teams_of(user: Any) -> Sequence[Team]:
    """Those the user may share with, and whose views they see."""
    return _teams(user)


@dataclass(frozen=True, slots=True)
class View:
    """A saved view as a list shows it."""

    id: int
    name: str
    query: str
    team: str
    """The name of the team it is shared with; empty: the user's alone."""
    mine: bool


def views_of(user: Any, list_name: str) -> list[View]:
    """The user's, and their teams'."""
    teams = {team.key: team.name for team in teams_of(user)}
    rows = SavedView.objects.filter(Q(owner_id=user.pk) | Q(team_key__in=teams), list_name=list_name)
    return [
        View(row.pk, row.name, row.query, teams.get(row.team_key or 0, ""), row.owner_id in (user.pk, None))
        for row in rows
    ]


def clean_query(query: str) -> str:
    """An address's query without the page and what has no value.

    Raises:
        Invalid: too long to keep.
    """
    asked = QueryDict(query, mutable=True)
    for key in ("page", "format"):
        asked.pop(key, None)
    for key in [key for key, values in asked.lists() if not any(values)]:
        del asked[key]
    text = asked.urlencode()
    if len(text) > 2000:
        raise Invalid(_("Cette vue retient trop de critères pour être enregistrée."))
    return text


@transaction.atomic
def save(*, actor: Any, list_name: str, name: str, query: str, team_key: int | None, now: datetime) -> SavedView:
    """Keep a list's state under a name; one's own view of the same name is replaced.

    Raises:
        Invalid: no name, or too many criteria.
        NotFound: the team is not one of the actor's.
        Conflict: the actor has too many views of this list (`too_many_views`).
    """
    name = " ".join(name.replace("\x00", "").split())[:60]
    if not name:
        raise Invalid(_("Donnez un nom à cette vue."))
    if team_key is not None and team_key not in {team.key for team in teams_of(actor)}:
        raise NotFound
    mine = SavedView.objects.filter(owner_id=actor.pk, list_name=list_name)
    if mine.exclude(name=name).count() >= VIEWS_AT_MOST:
        raise Conflict(_("Supprimez d’abord une de vos vues\u202f: il y en a trop."), code="too_many_views")
    values = {"query": clean_query(query), "team_key": team_key}
    try:
        with transaction.atomic():
            view, _made = mine.update_or_create(
                list_name=list_name, owner_id=actor.pk, name=name, defaults=values, create_defaults=values
            )
    except IntegrityError:  # made by another of the person's windows at this moment
        raise Conflict(_("Cette vue vient d’être enregistrée."), code="view_exists") from None
    audit.record(actor=actor, action="ui.view_saved", target=view, now=now, data={"list": list_name, "team": team_key})
    return view


@transaction.atomic
def delete(*, actor: Any, list_name: str, view_id: str, now: datetime) -> None:
    """Forget one's own view, or one of the team whose owner is gone.

    Raises:
        NotFound: it is not the actor's.
    """
    key = int(view_id) if view_id.isascii() and view_id.isdigit() and len(view_id) < 16 else 0
    theirs = Q(owner=None, team_key__in=[team.key for team in teams_of(actor)])
    view = SavedView.objects.filter(Q(owner_id=actor.pk) | theirs, pk=key, list_name=list_name).first()
    if view is None:
        raise NotFound
    audit.record(actor=actor, action="ui.view_deleted", target=view, now=now, data={"list": list_name})
    view.delete()


def columns_of(user: Any, list_name: str) -> frozenset[str] | None:
    """The columns the user chose; None: never chose."""
    kept = ListColumns.objects.filter(user_id=user.pk, list_name=list_name).values_list("columns", flat=True).first()
    return None if kept is None else frozenset(map(str, kept))


def choose_columns(*, actor: Any, list_name: str, columns: Collection[str]) -> None:
    """Keep the user's columns; none at all goes back to the usual ones."""
    if not columns:
        ListColumns.objects.filter(user_id=actor.pk, list_name=list_name).delete()
        return
    ListColumns.objects.update_or_create(
        user_id=actor.pk, list_name=list_name, defaults={"columns": sorted(columns)[:60]}
    )
