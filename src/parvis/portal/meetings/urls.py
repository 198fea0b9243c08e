"""Addresses of this room."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver, path

from parvis.portal.meetings import guest_urls
from parvis.portal.meetings.views import lists, meetings, planning

app_name = "meetings"
urlpatterns: list[URLPattern | URLResolver] = [
    path("", meetings.mine, name="mine"),
    path("passees/", meetings.past, name="past"),
    path("nouvelle/", planning.new, name="new"),
    path("collegues/", planning.people, name="people"),
    path("toutes/", lists.Meetings.as_view(), name="all"),
    path("usages/", lists.usage, name="usage"),
    path("accompagner/", lists.ToolUses.as_view(), name="tool_uses"),
    *guest_urls.urlpatterns,
    path("<slug:meeting_key>/", meetings.meeting, name="meeting"),
    path("<slug:meeting_key>/changer/", planning.change, name="change"),
    path("<slug:meeting_key>/annuler/", meetings.cancel, name="cancel"),
    path("<slug:meeting_key>/rejoindre/", meetings.join_page, name="join"),
    path("<slug:meeting_key>/entrer/", meetings.join, name="enter"),
    path("<slug:meeting_key>/sur-place/", meetings.here, name="here"),
    path("<slug:meeting_key>/inviter/", meetings.invite, name="invite"),
    path("<slug:meeting_key>/invites/<int:guest_id>/retirer/", meetings.remove, name="remove"),
    path("<slug:meeting_key>/invites/<int:guest_id>/role/", meetings.role, name="role"),
]
