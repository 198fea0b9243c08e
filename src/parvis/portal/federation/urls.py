"""Addresses of this room. Those with a provider's slug are known to the provider: they do not change."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver, path

from parvis.portal.federation.views import identities, logout, providers, sign_in

app_name = "federation"
urlpatterns: list[URLPattern | URLResolver] = [
    path("fournisseurs/", providers.ProviderList.as_view(), name="providers"),
    path("fournisseurs/nouveau/", providers.create, name="create_provider"),
    path("fournisseurs/<int:provider_id>/", providers.detail, name="provider"),
    path("fournisseurs/<int:provider_id>/modifier/", providers.edit, name="edit_provider"),
    path("fournisseurs/<int:provider_id>/tester/", providers.test, name="test_provider"),
    path("fournisseurs/<int:provider_id>/activer/", providers.enable, name="enable_provider"),
    path("fournisseurs/<int:provider_id>/desactiver/", providers.disable, name="disable_provider"),
    path("fournisseurs/<int:provider_id>/retirer/", providers.remove, name="remove_provider"),
    path("identites/<int:identity_id>/retirer/", identities.unlink, name="unlink"),
    path("identites/<slug:slug>/lier/", identities.link, name="link"),
    path("au-revoir/", logout.bye, name="bye"),
    path("<slug:slug>/", sign_in.start, name="start"),
    path("<slug:slug>/retour/", sign_in.back, name="back"),
    path("<slug:slug>/confirmer/", identities.confirm, name="confirm"),
    path("<slug:slug>/fin/", logout.told, name="logout_told"),
]
