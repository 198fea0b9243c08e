"""Addresses of this room."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver, path

from parvis.portal.presence.views import feeds, history, mine, patterns, who

app_name = "presence"
urlpatterns: list[URLPattern | URLResolver] = [
    path("", mine.mine, name="mine"),
    path("declarer/", mine.declare, name="declare"),
    path("copier/", mine.copy_week, name="copy_week"),
    path("annuler/<int:own_operation_id>/", mine.undo, name="undo"),
    path("exporter/", mine.export, name="export"),
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
]
