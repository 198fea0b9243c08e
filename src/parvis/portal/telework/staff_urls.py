"""Addresses of heads of department and of the IT team."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver, path

from parvis.portal.telework import request_urls, screen_urls, text_urls
from parvis.portal.telework.views import enrolments

app_name = "telework_staff"
urlpatterns: list[URLPattern | URLResolver] = [
    *request_urls.staff_patterns,
    *text_urls.staff_patterns,
    *screen_urls.staff_patterns,
    path("mises-en-service/", enrolments.Enrolments.as_view(), name="enrolments"),
    path("mises-en-service/ou-l-on-bloque/", enrolments.stumbles, name="funnel"),
]
