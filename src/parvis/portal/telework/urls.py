"""Addresses of this room."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver, path

from parvis.portal.telework import request_urls, screen_urls, text_urls
from parvis.portal.telework.views import path as enrolment

app_name = "telework"
urlpatterns: list[URLPattern | URLResolver] = [
    *request_urls.patterns,
    *text_urls.patterns,
    *screen_urls.patterns,
    path("parcours/", enrolment.index, name="path"),
    path("parcours/connexion/", enrolment.connection, name="connection"),
    path("parcours/connexion/continuer/", enrolment.go_on, name="go_on"),
    path("parcours/connexion/navigateur/", enrolment.too_old, name="too_old"),
    path("parcours/connexion/mesure", enrolment.sample, name="sample"),
    path("parcours/connexion/echo", enrolment.ping, name="ping"),
    path("parcours/premiers-pas/", enrolment.guide, name="guide"),
]
