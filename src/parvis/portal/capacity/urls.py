"""Addresses of this room."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver, path

from parvis.portal.capacity.views import pages

app_name = "capacity"
urlpatterns: list[URLPattern | URLResolver] = [
    path("", pages.overview, name="overview"),
    path("mesures/", pages.Samples.as_view(), name="samples"),
    path("passerelles/<int:gateway_id>/", pages.gateway, name="gateway"),
]
