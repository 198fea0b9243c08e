"""Requirement 18: everything needs signing in, except what is on this list."""

import pytest
from django.core.cache import cache
from django.test import Client

from .conftest import LOGIN
from .routes import every_route

pytestmark = pytest.mark.django_db

PUBLIC = {
    # For the supervisor; no data (metrics: loopback only).
    "livez",
    "readyz",
    "metrics",
    # Signing in.
    "compte/connexion/",
    "compte/connexion/verification/",
    "compte/connexion/cle-d-acces/",
    "compte/deconnexion/",
    "compte/desactive/",
    # After the password only (a login stage); and the link of a mail.
    "compte/connexion/perdu/",
    "compte/recuperation/refuser/<str:token>/",
    "compte/mot-de-passe/oublie/",
    "compte/mot-de-passe/oublie/envoye/",
    "compte/mot-de-passe/nouveau/(?P<uidb36>[0-9A-Za-z]+)-(?P<key>.+)/",
    "compte/mot-de-passe/nouveau/fait/",
    # A calendar program knows no sign-in: the secret in the address is the right to be there.
    "presence/agenda/<str:secret>/presence.ics",
    # Inventory probes know no sign-in either: the secret in the address.
    "parc/sondes/(?P<secret>[A-Za-z0-9_-]{30,100})/?",
    # The counting page's service worker and manifest: browsers fetch them without cookies; nothing of anybody in them.
    "parc/inventaires/hors-ligne.js",
    "parc/inventaires/application.webmanifest",
    # Identity providers: there and back, signed out, a logout token (`federation`).
    "connexion/<slug:slug>/",
    "connexion/<slug:slug>/retour/",
    "connexion/<slug:slug>/fin/",
    "connexion/au-revoir/",
    # Meetings: people from outside have no account, the secret in the address is the right to be there. Calendars too.
    "reunions/invitation/<str:key>/",
    "reunions/invitation/<str:key>/repondre/",
    "reunions/invitation/<str:key>/rejoindre/",
    "reunions/invitation/<str:key>/reunion.ics",
    "reunions/agenda/<str:secret>/reunions.ics",
    "reunions/salle/invite/<str:secret>/",
    "reunions/salle/invite/<str:secret>/ticket",
    "salles/calendrier/<str:secret>.ics",
    # Who listens to a sitting that is open to the public.
    "reunions/salle/public/<str:secret>/",
    "reunions/salle/public/<str:secret>/ticket",
    # Trying one's sound before a first meeting; nothing of anybody in it.
    "reunions/salle/essai/",
    "reunions/salle/aide/",
    # Asked for by law, and the language before signing in.
    "accessibilite/",
    "langue/",
}
BY_TOKEN = "api/v1/"
BY_SHARED_SECRET = ("internal/gateway/v1/", "internal/voice/v1/")


def test_the_public_pages_are_these() -> None:
    public = {route.pattern for route in every_route() if route.public}
    by_browser = {each for each in public if not each.startswith((BY_TOKEN, *BY_SHARED_SECRET))}
    assert by_browser == PUBLIC


def test_every_other_page_sends_to_sign_in() -> None:
    for route in every_route():
        if route.public:
            continue
        answer = Client().get(route.example)
        assert answer.status_code == 302, route
        assert answer["Location"].startswith(LOGIN), route
        answer = Client().post(route.example)
        assert (answer.status_code, answer["Location"].startswith(LOGIN)) == (302, True), route


def test_the_api_wants_a_token_everywhere() -> None:
    doors = {
        route.example
        for route in every_route()
        if route.pattern.startswith(BY_TOKEN) and route.name not in ("api-v1:openapi-json", "api-v1:api-root")
    }
    assert len(doors) > 10
    for door in doors:
        cache.clear()  # the throttle of wrong tokens
        codes = {getattr(Client(), method)(door).status_code for method in ("get", "post", "put", "patch", "delete")}
        assert codes <= {401, 405}, door
        assert 401 in codes, door


def test_the_gateways_door_wants_its_secret() -> None:
    doors = [route for route in every_route() if route.pattern.startswith(BY_SHARED_SECRET)]
    for route in doors:
        answer = Client().post(route.example, "{}", content_type="application/json")
        assert answer.status_code in (401, 403), route
