"""Addresses of this room."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver, path

from parvis.portal.presence import urls_settings
from parvis.portal.presence.views import (
    counts,
    department,
    department_acts,
    department_waiting,
    feeds,
    history,
    mine,
    minimum,
    patterns,
    who,
)

app_name = "presence"
urlpatterns: list[URLPattern | URLResolver] = [
    path("", mine.mine, name="mine"),
    path("declarer/", mine.declare, name="declare"),
    path("copier/", mine.copy_week, name="copy_week"),
    path("annuler/<int:own_operation_id>/", mine.undo, name="undo"),
    path("exporter/", mine.export, name="export"),
    *urls_settings.urlpatterns,
    path("historique/", history.History.as_view(), name="history"),
    path("semaine/", patterns.pattern, name="pattern"),
    path("semaine/<int:own_pattern_id>/fin/", patterns.withdraw, name="withdraw_pattern"),
    path("agenda/", feeds.feed, name="feed"),
    path("agenda/ouvrir/", feeds.open_feed, name="open_feed"),
    path("agenda/fermer/", feeds.close_feed, name="close_feed"),
    path("agenda/<str:secret>/presence.ics", feeds.calendar, name="ics"),
    path("qui-est-ou/", who.WhoIsWhere.as_view(), name="who"),
    path("agents/<int:agent_id>/", mine.person, name="person"),
    path("agents/<int:agent_id>/declarer/", mine.declare, name="declare_for"),
    path("services/", department.departments, name="departments"),
    path("services/<int:entity_id>/", department.department, name="department"),
    path("services/<int:entity_id>/declarer/", department_acts.declare_many, name="declare_many"),
    path("services/<int:entity_id>/declarations/", department_acts.operations, name="operations"),
    path("services/declarations/<int:own_operation_id>/annuler/", department_acts.undo_many, name="undo_many"),
    path("services/<int:entity_id>/minimum/", minimum.minimums, name="minimums"),
    path("services/minimum/<int:minimum_id>/retirer/", minimum.remove, name="remove_minimum"),
    path("a-confirmer/", department_waiting.Waiting.as_view(), name="waiting"),
    path("a-confirmer/semaine/<int:pattern_id>/", department_waiting.decide_pattern, name="decide_pattern"),
    path("effectifs/", counts.everybody, name="everybody"),
    path("effectifs/<int:entity_id>/", counts.counts, name="counts"),
    path("alertes/", minimum.alerts, name="alerts"),
]
