"""Addresses of this room."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver, path

from parvis.portal.home.views import announcements, audience, home, services, tiles

app_name = "home"
urlpatterns: list[URLPattern | URLResolver] = [
    path("", home.home, name="home"),
    path("recherche/", home.search_page, name="search"),
    path("services/", home.service_states, name="services"),
    path("favoris/", home.favourites, name="favourites"),
    path("favoris/<int:tile_id>/", home.favourite, name="favourite"),
    path("favoris/<int:tile_id>/place/", home.move_favourite, name="move_favourite"),
    path("portail/public/", audience.count, name="audience"),
    path("portail/apercu/", audience.preview_choice, name="preview_choice"),
    path("portail/apercu/<int:agent_id>/", audience.preview, name="preview"),
    path("portail/tuiles/", tiles.TileList.as_view(), name="tiles"),
    path("portail/tuiles/nouvelle/", tiles.create, name="create_tile"),
    path("portail/tuiles/ordre/", tiles.order, name="order_tiles"),
    path("portail/tuiles/<int:tile_id>/", tiles.change, name="tile"),
    path("portail/tuiles/<int:tile_id>/place/", tiles.move, name="move_tile"),
    path("portail/tuiles/<int:tile_id>/supprimer/", tiles.delete, name="delete_tile"),
    path("portail/annonces/", announcements.AnnouncementList.as_view(), name="announcements"),
    path("portail/annonces/nouvelle/", announcements.create, name="create_announcement"),
    path("portail/annonces/<int:announcement_id>/", announcements.change, name="announcement"),
    path("portail/annonces/<int:announcement_id>/terminer/", announcements.end, name="end_announcement"),
    path("portail/annonces/<int:announcement_id>/supprimer/", announcements.delete, name="delete_announcement"),
    path("portail/services/", services.ServiceList.as_view(), name="manage_services"),
    path("portail/services/nouveau/", services.create, name="create_service"),
    path("portail/services/<int:service_id>/", services.detail, name="service"),
    path("portail/services/<int:service_id>/modifier/", services.change, name="change_service"),
    path("portail/services/<int:service_id>/supprimer/", services.delete, name="delete_service"),
]
