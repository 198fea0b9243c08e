"""What a person chooses of a list: its columns, and named views to come back to."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils.translation import gettext as _

from parvis.portal.kernel import clock
from parvis.portal.kernel.errors import NotFound, Text
from parvis.portal.ui import saved_views
from parvis.portal.ui.saved_views import Team, View


@dataclass(frozen=True, slots=True)
class ColumnChoice:
    """A column in the choice of columns."""

    name: str
    label: Text
    shown: bool


class Choices:
    """The named views and the columns of one list, for one request."""

    def __init__(self, request: HttpRequest, list_name: str, usual_columns: Sequence[str]) -> None:
        self.request, self.list_name, self.usual = request, list_name, usual_columns
        self.columns: list[ColumnChoice] = []
        """Filled by `show`."""

    @cached_property
    def views(self) -> list[View]:
        """Those of the user and of their teams."""
        return saved_views.views_of(self.request.user, self.list_name)

    @cached_property
    def teams(self) -> Sequence[Team]:
        """Whom a view may be shared with."""
        return saved_views.teams_of(self.request.user)

    @property
    def current(self) -> View | None:
        """The view the page shows as it was kept."""
        asked = saved_views.clean_query(self.request.GET.urlencode()[:4000])
        return next((view for view in self.views if view.query == asked), None)

    def show(self, table: Any) -> None:
        """Hide the columns that are not wanted: the address's choice, else the user's, else the usual ones."""
        wanted = self._wanted()
        for column in table.columns.iterall():
            if not column.column.visible:
                continue  # for the file only
            shown = not wanted or column.name in wanted
            self.columns.append(ColumnChoice(column.name, column.header, shown))
            if not shown:
                table.columns.hide(column.name)

    def _wanted(self) -> frozenset[str]:
        asked = self.request.GET.get("columns", "")[:1000]
        if asked:
            return frozenset(asked.split(","))
        chosen = saved_views.columns_of(self.request.user, self.list_name)
        return frozenset(self.usual) if chosen is None else chosen

    def answer(self, table: Any, back_url: str) -> HttpResponse:
        """Do what was chosen, and go back to the list.

        Raises:
            NotFound: nothing this list offers.
        """
        post, user = self.request.POST, self.request.user
        what = post.get("list_choice")
        if what == "columns":
            known = {column.name for column in table.columns.iterall() if column.column.visible}
            chosen = known & set(post.getlist("column"))
            saved_views.choose_columns(actor=user, list_name=self.list_name, columns=chosen)
        elif what == "save":
            team = post.get("team", "")
            saved_views.save(
                actor=user,
                list_name=self.list_name,
                name=post.get("name", ""),
                query=self._query_with_columns(),
                team_key=int(team) if team.isascii() and team.isdigit() and len(team) < 16 else None,
                now=clock.now(),
            )
            messages.success(self.request, _("La vue est enregistrée."))
        elif what == "forget":
            saved_views.delete(actor=user, list_name=self.list_name, view_id=post.get("view", ""), now=clock.now())
            messages.success(self.request, _("La vue est supprimée."))
        else:
            raise NotFound
        return HttpResponseRedirect(back_url)

    def _query_with_columns(self) -> str:
        query = self.request.GET.copy()
        chosen = saved_views.columns_of(self.request.user, self.list_name)
        if not query.get("columns") and chosen is not None:
            query["columns"] = ",".join(sorted(chosen))
        return query.urlencode()
