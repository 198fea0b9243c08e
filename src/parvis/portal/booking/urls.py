"""Addresses of this room."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver, path

from parvis.portal.booking.views import board, bookings, gauge, lists, pools, rooms

app_name = "booking"
urlpatterns: list[URLPattern | URLResolver] = [
    path("", bookings.mine, name="mine"),
    path("trouver/", rooms.find, name="find"),
    path("<int:resource_id>/", rooms.room, name="room"),
    path("<int:resource_id>/porte/", rooms.door, name="door"),
    path("<int:resource_id>/affiche/", rooms.poster, name="poster"),
    path("calendrier/<str:secret>.ics", rooms.calendar, name="ics"),
    path("reserver/<int:pool_id>/", bookings.book, name="book"),
    path("reservations/", lists.Bookings.as_view(), name="bookings"),
    path("reservations/<int:booking_id>/", bookings.booking, name="booking"),
    path("reservations/<int:booking_id>/deplacer/", bookings.move, name="move"),
    path("reservations/<int:booking_id>/annuler/", bookings.cancel, name="cancel"),
    path("reservations/<int:booking_id>/arriver/", bookings.arrive, name="arrive"),
    path("reservations/<int:booking_id>/terminer/", bookings.end, name="end"),
    path("reservations/<int:booking_id>/attribuer/", bookings.fix, name="fix"),
    path("reservations/<int:booking_id>/demander/", bookings.ask_others, name="ask_others"),
    path("demandes/<int:move_request_id>/", bookings.answer, name="answer"),
    path("planning/", board.board, name="board"),
    path("jauge/", gauge.gauges, name="gauges"),
    path("groupes/", lists.Pools.as_view(), name="pools"),
    path("groupes/nouveau/", pools.create_pool, name="create_pool"),
    path("groupes/<int:pool_id>/", lists.PoolPage.as_view(), name="pool"),
    path("groupes/<int:pool_id>/modifier/", pools.change_pool, name="change_pool"),
    path("groupes/<int:pool_id>/supprimer/", pools.delete_pool, name="delete_pool"),
    path("groupes/<int:pool_id>/jauge/", gauge.gauge, name="gauge"),
    path("groupes/<int:pool_id>/ajouter/", pools.create_resource, name="create_resource"),
    path("groupes/<int:pool_id>/coller/", pools.paste, name="paste"),
    path("ressources/<int:resource_id>/", pools.change_resource, name="resource"),
    path("ressources/<int:resource_id>/supprimer/", pools.delete_resource, name="delete_resource"),
    path("ressources/<int:resource_id>/calendrier/", rooms.open_feed, name="open_feed"),
    path("ressources/<int:resource_id>/calendrier/fermer/", rooms.close_feed, name="close_feed"),
]
