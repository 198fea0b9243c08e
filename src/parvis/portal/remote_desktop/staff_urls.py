"""Addresses of “Télétravail”: the IT team's pages."""

from __future__ import annotations

from django.urls import path

from parvis.portal.remote_desktop.views import displays, rights, sessions

app_name = "remote_desktop_staff"
urlpatterns = [
    path("", sessions.overview, name="overview"),
    path("sessions/", sessions.live_sessions, name="live"),
    path("sessions/<uuid:session_id>/", sessions.session, name="session"),
    path("sessions/<uuid:session_id>/terminer", sessions.end, name="end_session"),
    path("historique/", sessions.History.as_view(), name="history"),
    path("refus/", sessions.Refusals.as_view(), name="refusals"),
    path("passerelles/", sessions.gateways, name="gateways"),
    path("droits/", rights.Rights.as_view(), name="rights"),
    path("droits/donner", rights.grant, name="grant"),
    path("droits/donner/agents", rights.suggestions, name="suggestions"),
    path("droits/donner-a-plusieurs", rights.grant_many, name="grant_many"),
    path("droits/<int:right_id>/retirer", rights.revoke, name="revoke"),
    path("ecrans/", displays.Displays.as_view(), name="displays"),
    path("ecrans/<int:computer_id>/", displays.display, name="display"),
    path("ecrans/<int:computer_id>/accepter-le-certificat", displays.accept_pin, name="accept_pin"),
    path("ecrans/<int:computer_id>/oublier-le-certificat", displays.forget_pin, name="forget_pin"),
]
