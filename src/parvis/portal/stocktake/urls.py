"""Addresses of this room."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver, path

from parvis.portal.stocktake.views import counting, labels, offline, stocktakes

app_name = "stocktake"
urlpatterns: list[URLPattern | URLResolver] = [
    path("", stocktakes.StocktakeList.as_view(), name="stocktakes"),
    path("nouveau/", stocktakes.create, name="create"),
    path("etiquettes/", labels.labels, name="labels"),
    path("hors-ligne.js", offline.service_worker, name="service_worker"),
    path("application.webmanifest", offline.manifest, name="manifest"),
    path("<int:stocktake_id>/", stocktakes.DifferenceList.as_view(), name="stocktake"),
    path("<int:stocktake_id>/compter/", counting.count, name="count"),
    path("<int:stocktake_id>/feuille.json", counting.sheet, name="sheet"),
    path("<int:stocktake_id>/lectures/", counting.send, name="send"),
    path("<int:stocktake_id>/comptage-termine/", stocktakes.finish, name="finish"),
    path("<int:stocktake_id>/rouvrir/", stocktakes.reopen, name="reopen"),
    path("<int:stocktake_id>/terminer/", stocktakes.close, name="close"),
]
