"""Addresses of heads of department and of the IT team."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver

from parvis.portal.telework import request_urls, text_urls

app_name = "telework_staff"
urlpatterns: list[URLPattern | URLResolver] = [
    *request_urls.staff_patterns,
    *text_urls.staff_patterns,
]
