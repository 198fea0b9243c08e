"""Addresses of invitations and calendars."""

from __future__ import annotations

from django.urls import URLPattern, path

from parvis.portal.meetings.views import feeds, guests

urlpatterns: list[URLPattern] = [
    path("invitation/<str:key>/", guests.invitation, name="invitation"),
    path("invitation/<str:key>/repondre/", guests.answer, name="answer_invitation"),
    path("invitation/<str:key>/rejoindre/", guests.join, name="join_invitation"),
    path("invitation/<str:key>/reunion.ics", guests.entry, name="invitation_ics"),
    path("agenda/", feeds.feed, name="feed"),
    path("agenda/ouvrir/", feeds.open_feed, name="open_feed"),
    path("agenda/fermer/", feeds.close_feed, name="close_feed"),
    path("agenda/rappels/", feeds.choose_reminders, name="choose_reminders"),
    path("agenda/<str:secret>/reunions.ics", feeds.calendar, name="ics"),
]
