"""Addresses of this room."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver, path

from parvis.portal.ui import views

app_name = "ui"
urlpatterns: list[URLPattern | URLResolver] = [
    path("accessibilite/", views.accessibility, name="accessibility"),
    path("plan-du-site/", views.site_map, name="site_map"),
    path("langue/", views.set_language, name="set_language"),
]
