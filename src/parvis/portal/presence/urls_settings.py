"""Addresses of what an authority sets."""

from __future__ import annotations

from django.urls import URLPattern, path

from parvis.portal.presence.views import settings

urlpatterns: list[URLPattern] = [
    path("reglages/", settings.settings, name="settings"),
    path("reglages/statuts/nouveau/", settings.status, name="add_status"),
    path("reglages/statuts/<str:code>/", settings.status, name="edit_status"),
    path("reglages/regles/", settings.choose_entity, name="choose_entity"),
    path("reglages/regles/<int:entity_id>/", settings.policy, name="policy"),
    path("reglages/fermetures/nouvelle/", settings.close, name="close"),
    path("reglages/fermetures/<int:closure_id>/retirer/", settings.reopen, name="reopen"),
]
