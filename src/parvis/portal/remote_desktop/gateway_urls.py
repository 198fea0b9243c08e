"""Addresses of the gateways' door."""

from __future__ import annotations

from django.urls import path

from parvis.portal.remote_desktop import gateway_views

app_name = "remote_desktop_gateway"
urlpatterns = [
    path("hello", gateway_views.hello, name="hello"),
    path("redeem", gateway_views.redeem, name="redeem"),
    path("pin", gateway_views.pin, name="pin"),
    path("heartbeat", gateway_views.heartbeat, name="heartbeat"),
    path("events", gateway_views.events, name="events"),
]
