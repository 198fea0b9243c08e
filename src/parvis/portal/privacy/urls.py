"""Addresses of this room."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver, path

from parvis.portal.privacy.views import consultations, mine, retention, trail

app_name = "privacy"
urlpatterns: list[URLPattern | URLResolver] = [
    path("", mine.mine, name="mine"),
    path("copie/", mine.ask, name="ask_export"),
    path("copie/<int:export_id>/", mine.download, name="download_export"),
    path("journal/", trail.lines, name="trail"),
    path("journal/export/", trail.export, name="export_trail"),
    path("journal/verifier/", trail.check, name="check_chain"),
    path("journal/verification/", trail.check_state, name="chain_state"),
    path("consultations/", consultations.ConsultationList.as_view(), name="consultations"),
    path("conservation/", retention.kinds, name="kinds"),
    path("conservation/apercu/", retention.preview, name="preview"),
    path("conservation/modifier/", retention.change, name="change"),
]
