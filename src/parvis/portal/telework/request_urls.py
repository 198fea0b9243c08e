"""Addresses of requests: the agent's own, and those of who decides."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver, path

from parvis.portal.telework.views import days, deciding, lists, mine

patterns: list[URLPattern | URLResolver] = [
    path("", mine.mine, name="mine"),
    path("demander/", mine.ask, name="ask"),
    path("demandes/<int:request_id>/retirer/", mine.withdraw, name="withdraw"),
    path("demandes/<int:request_id>/mettre-fin/", mine.end, name="end"),
    path("demandes/<int:request_id>/jours/", days.ask, name="days"),
    path("jours/<int:days_change_id>/retirer/", days.withdraw, name="days_withdraw"),
]
staff_patterns: list[URLPattern | URLResolver] = [
    path("", lists.Requests.as_view(), name="requests"),
    path("a-accorder/", lists.Waiting.as_view(), name="waiting"),
    path("pour-un-agent/", deciding.ask_for, name="ask_for"),
    path("<int:request_id>/", deciding.request, name="request"),
    path("<int:request_id>/accorder/", deciding.grant, name="grant"),
    path("<int:request_id>/refuser/", deciding.refuse, name="refuse"),
    path("<int:request_id>/ouvrir/", deciding.open_, name="open"),
    path("<int:request_id>/suspendre/", deciding.suspend, name="suspend"),
    path("<int:request_id>/reprendre/", deciding.resume, name="resume"),
    path("<int:request_id>/continuer/", deciding.go_on, name="go_on"),
    path("jours/<int:days_change_id>/accorder/", days.grant, name="days_grant"),
    path("jours/<int:days_change_id>/refuser/", days.refuse, name="days_refuse"),
]
