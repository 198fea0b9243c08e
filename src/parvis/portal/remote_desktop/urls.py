"""Addresses of “Mon bureau”: the agent's own computers and their screens."""

from __future__ import annotations

from django.urls import path

from parvis.portal.remote_desktop.views import screen

app_name = "remote_desktop"
urlpatterns = [
    path("<int:computer_id>/ecran", screen.screen, name="screen"),
    path("<int:computer_id>/connect", screen.connect, name="connect"),
    path("<int:computer_id>/state", screen.state, name="state"),
    path("<int:computer_id>/end", screen.end, name="end"),
]
