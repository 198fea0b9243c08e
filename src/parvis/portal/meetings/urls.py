"""Addresses of this room."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver

from parvis.portal.meetings import guest_urls

app_name = "meetings"
urlpatterns: list[URLPattern | URLResolver] = [
    *guest_urls.urlpatterns,
]
