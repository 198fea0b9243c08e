"""Addresses of this room."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver, path

from parvis.portal.conferencing.views import agents, declaring, lists, running

app_name = "conferencing"
urlpatterns: list[URLPattern | URLResolver] = [
    path("", agents.tools, name="tools"),
    path("guides/<slug:kind>/", agents.guide, name="guide"),
    path("gerer/", lists.Tools.as_view(), name="manage"),
    path("gerer/nouveau/", declaring.choose, name="choose"),
    path("gerer/nouveau/<slug:kind>/", declaring.declare, name="declare"),
    path("gerer/<int:tool_id>/", running.tool, name="tool"),
    path("gerer/<int:tool_id>/etat/", running.state, name="state"),
    path("gerer/<int:tool_id>/verifier/", running.check, name="check"),
    path("gerer/<int:tool_id>/proposer/", running.offer, name="offer"),
    path("gerer/<int:tool_id>/modifier/", declaring.change, name="change"),
    path("gerer/<int:tool_id>/retirer/", declaring.remove, name="remove"),
]
