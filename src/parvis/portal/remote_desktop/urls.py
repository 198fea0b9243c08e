"""Addresses of “Mon bureau”: the agent's own computers and their screens."""

from __future__ import annotations

from django.urls import path

from parvis.portal.remote_desktop.views import desk, screen

app_name = "remote_desktop"
urlpatterns = [
    path("", desk.index, name="mine"),
    path("<int:computer_id>/", desk.one, name="desk"),
    path("<int:computer_id>/reveiller", desk.wake_up, name="wake_up"),
    path("<int:computer_id>/fermer", desk.close, name="close"),
    path("<int:computer_id>/ecran", screen.screen, name="screen"),
    path("<int:computer_id>/connect", screen.connect, name="connect"),
    path("<int:computer_id>/state", screen.state, name="state"),
    path("<int:computer_id>/end", screen.end, name="end"),
    path("<int:computer_id>/refused", screen.refused, name="refused"),
]
