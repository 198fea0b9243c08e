"""Addresses of the voice servers' door."""

from __future__ import annotations

from django.urls import path

from parvis.portal.live_rooms import voice_views

app_name = "live_rooms_voice"
urlpatterns = [
    path("hello", voice_views.hello, name="hello"),
    path("redeem", voice_views.redeem, name="redeem"),
    path("pin", voice_views.pin, name="pin"),
    path("heartbeat", voice_views.heartbeat, name="heartbeat"),
    path("events", voice_views.events, name="events"),
]
