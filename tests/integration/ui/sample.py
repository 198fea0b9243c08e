"""A list as a room writes one, over the agents of the directory."""

from __future__ import annotations

from typing import Any

import django_filters
import django_tables2 as tables
from django.db.models import QuerySet
from django.http import HttpRequest

from parvis.portal.directory.models import Agent
from parvis.portal.ui.listing import BulkAction, ListingTable, ListingView

DONE: list[int] = []


class AgentTable(ListingTable):
    last_name = tables.Column(verbose_name="Nom")
    job_title = tables.Column(verbose_name="Fonction")
    entity = tables.Column(verbose_name="Service")
    hidden = tables.Column(accessor="pk", verbose_name="Écran seul", exclude_from_export=True)


class AgentFilter(django_filters.FilterSet):
    class Meta:
        model = Agent
        fields = ["is_active"]


def close_all(request: HttpRequest, rows: QuerySet[Any]) -> str:
    DONE.append(rows.update(is_active=False))
    return "C’est fait."


class AgentListing(ListingView):
    table_class = AgentTable
    filterset_class = AgentFilter
    title = "Agents"
    search_fields = ("last_name", "job_title")
    export_name = "agents"
    empty_title = "Aucun agent"
    bulk_actions = (
        BulkAction(name="close", label="Fermer", icon="lock", run=close_all, question="Fermer ces lignes ?"),
    )

    def get_queryset(self) -> QuerySet[Agent]:
        return Agent.objects.select_related("entity").order_by("job_title")
