"""Addresses of the probes' side: their tokens, their reports, and the one they speak to."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver, path, re_path

from parvis.portal.inventory.views import probe_tokens, probes, report_list, silent

pages: list[URLPattern | URLResolver] = [
    path("", probe_tokens.TokenList.as_view(), name="tokens"),
    path("nouvelle/", probe_tokens.create, name="create_token"),
    path("<int:probe_token_id>/", probe_tokens.detail, name="token"),
    path("<int:probe_token_id>/revoquer/", probe_tokens.revoke, name="revoke_token"),
    path("releves/", report_list.ReportList.as_view(), name="reports"),
    path("muets/", silent.SilentList.as_view(), name="silent"),
    # Agents send to the address as it is written in their settings, with or without the last slash.
    re_path(r"^(?P<secret>[A-Za-z0-9_-]{30,100})/?$", probes.speak, name="speak"),
]
