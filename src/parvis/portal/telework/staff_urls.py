"""Addresses of heads of department and of the IT team."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver

app_name = "telework_staff"
urlpatterns: list[URLPattern | URLResolver] = []
