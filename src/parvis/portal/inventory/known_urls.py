"""Addresses of what probes reported, in the room's own part of the site: what waits for a person."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver, path

from parvis.portal.inventory.views import differences, quarantine, screens

pages: list[URLPattern | URLResolver] = [
    path("a-trancher/", quarantine.QuarantineList.as_view(), name="quarantine"),
    path("a-trancher/<int:quarantined_id>/", quarantine.detail, name="quarantined"),
    path("a-trancher/<int:quarantined_id>/materiel/<int:asset_id>/", quarantine.settle, name="settle"),
    path("a-trancher/<int:quarantined_id>/nouveau/", quarantine.settle_as_new, name="settle_as_new"),
    path("a-trancher/<int:quarantined_id>/ecarter/", quarantine.discard, name="discard"),
    path("ecrans/", screens.ScreenList.as_view(), name="screens"),
    path("ecrans/<int:screen_id>/ajouter/", screens.add, name="add_screen"),
    path("ecarts/<int:asset_id>/garder/", differences.keep, name="keep_own"),
    path("ecarts/<int:asset_id>/reprendre/", differences.take, name="take_reported"),
]
