"""Addresses of this room."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver, path

from parvis.portal.live_rooms.views import checking, hosting, joining

app_name = "live_rooms"
urlpatterns: list[URLPattern | URLResolver] = [
    path("essai/", checking.check, name="check"),
    path("aide/", checking.first_meeting, name="help"),
    path("invite/<str:secret>/", joining.guest, name="guest"),
    path("invite/<str:secret>/ticket", joining.guest_ticket, name="guest_ticket"),
    path("public/<str:secret>/", joining.public, name="public"),
    path("public/<str:secret>/ticket", joining.public_ticket, name="public_ticket"),
    path("<str:room_key>/", joining.room, name="room"),
    path("<str:room_key>/ticket", joining.ticket, name="ticket"),
    path("<str:room_key>/animer/", hosting.manage, name="manage"),
    path("<str:room_key>/animer/changer", hosting.change, name="change"),
    path("<str:room_key>/animer/presents.csv", hosting.attendance, name="attendance"),
    path("<str:room_key>/animer/orateurs.csv", hosting.speeches, name="speeches"),
]
