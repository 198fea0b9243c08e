"""Addresses of this room."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver

app_name = "live_rooms"
urlpatterns: list[URLPattern | URLResolver] = []
