"""Addresses of this room."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver, path

from parvis.portal.infrastructure.views import lists, pages

app_name = "infrastructure"
urlpatterns: list[URLPattern | URLResolver] = [
    path("services/", lists.ServiceList.as_view(), name="services"),
    path("services/nouveau/", pages.create_service, name="create_service"),
    path("services/<int:it_service_id>/", pages.service, name="service"),
    path("services/<int:it_service_id>/modifier/", pages.edit_service, name="edit_service"),
    path("services/<int:it_service_id>/supprimer/", pages.delete_service, name="delete_service"),
    path("services/<int:it_service_id>/coupure/", pages.declare_service_outage, name="declare_service_outage"),
    path("impact/materiel/<int:asset_id>/", pages.asset_impact, name="asset_impact"),
    path("impact/materiel/<int:asset_id>/coupure/", pages.declare_asset_outage, name="declare_asset_outage"),
    path("impact/site/<int:site_id>/", pages.site_impact, name="site_impact"),
    path("impact/site/<int:site_id>/coupure/", pages.declare_site_outage, name="declare_site_outage"),
    path("sites/", lists.SiteList.as_view(), name="sites"),
    path("lignes/", lists.LineList.as_view(), name="lines"),
    path("lignes/nouvelle/", pages.create_line, name="create_line"),
    path("lignes/<int:phone_line_id>/", pages.line, name="line"),
    path("coupures/", lists.OutageList.as_view(), name="outages"),
    path("coupures/<int:outage_id>/", pages.outage, name="outage"),
    path("coupures/<int:outage_id>/terminer/", pages.end_outage, name="end_outage"),
]
