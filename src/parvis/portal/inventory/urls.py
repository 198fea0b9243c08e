"""Addresses of this room."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver

from parvis.portal.inventory import known_urls, probe_urls

app_name = "inventory"
urlpatterns: list[URLPattern | URLResolver] = [*known_urls.pages, *probe_urls.pages]
