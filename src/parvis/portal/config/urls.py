"""Every address of the portal. French words: they are read by agents."""

from __future__ import annotations

from django.contrib.auth.decorators import login_not_required
from django.urls import include, path

from parvis.portal.config import health
from parvis.portal.config.api import api

# The API knows its callers by their token (`accounts.api.TokenAuth`), never by a browser's session.
API = api.urls
for pattern in API[0]:
    if pattern.callback is not None:
        login_not_required(pattern.callback)

urlpatterns = [
    path("livez", health.livez),
    path("readyz", health.readyz),
    path("metrics", health.metrics),
    path("api/v1/", API),
    path("internal/gateway/v1/", include("parvis.portal.remote_desktop.gateway_urls")),
    path("internal/voice/v1/", include("parvis.portal.live_rooms.voice_urls")),
    path("", include("parvis.portal.home.urls")),
    path("compte/", include("parvis.portal.accounts.entrance_urls")),
    path("compte/", include("parvis.portal.accounts.urls")),
    path("annuaire/", include("parvis.portal.directory.urls")),
    path("annuaire/sources/", include("parvis.portal.sources.urls")),
    path("annuaire/sources/", include("parvis.portal.sources.ldap.urls")),
    path("annuaire/mouvements/", include("parvis.portal.movements.urls")),
    path("connexion/", include("parvis.portal.federation.urls")),
    path("presence/", include("parvis.portal.presence.urls")),
    path("donnees/", include("parvis.portal.privacy.urls")),
    path("confiance/", include("parvis.portal.trust.urls")),
    path("parc/", include("parvis.portal.parc.urls")),
    path("parc/sondes/", include("parvis.portal.inventory.urls")),
    path("parc/", include("parvis.portal.inventory.software_urls")),
    path("parc/import/", include("parvis.portal.imports.urls")),
    path("parc/reseau/", include("parvis.portal.infrastructure.urls")),
    path("parc/inventaires/", include("parvis.portal.stocktake.urls")),
    path("prets/", include("parvis.portal.loans.urls")),
    path("reunions/outils/", include("parvis.portal.conferencing.urls")),
    path("reunions/salle/", include("parvis.portal.live_rooms.urls")),
    path("reunions/", include("parvis.portal.meetings.urls")),
    path("salles/", include("parvis.portal.booking.urls")),
    path("equipement/", include("parvis.portal.equipment.urls")),
    path("mon-bureau/", include("parvis.portal.remote_desktop.urls")),
    path("mon-teletravail/", include("parvis.portal.telework.urls")),
    path("teletravail/demandes/", include("parvis.portal.telework.staff_urls")),
    path("teletravail/capacite/", include("parvis.portal.capacity.urls")),
    path("teletravail/", include("parvis.portal.remote_desktop.staff_urls")),
    path("deploiement/", include("parvis.portal.rollout.urls")),
    path("", include("parvis.portal.ui.urls")),
]

handler400 = "parvis.portal.ui.views.bad_request"
handler403 = "parvis.portal.ui.views.permission_denied"
handler404 = "parvis.portal.ui.views.page_not_found"
handler500 = "parvis.portal.ui.views.server_error"
