"""Addresses of directory servers."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver, path

from parvis.portal.sources.ldap import views

app_name = "ldap"
urlpatterns: list[URLPattern | URLResolver] = [
    path("<int:source_id>/tester/", views.test_connection, name="test_connection"),
]
