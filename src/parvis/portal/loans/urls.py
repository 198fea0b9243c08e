"""Addresses of this room."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver, path

from parvis.portal.loans import under_way_urls
from parvis.portal.loans.views import agents, deciding, lists, offers, planning

app_name = "loans"
urlpatterns: list[URLPattern | URLResolver] = [
    path("", agents.mine, name="mine"),
    path("catalogue/", agents.catalogue, name="catalogue"),
    path("catalogue/<int:offer_id>/demander/", agents.ask, name="ask"),
    path("<int:loan_id>/", agents.loan, name="loan"),
    path("<int:loan_id>/annuler/", agents.cancel, name="cancel"),
    path("<int:loan_id>/accorder/", deciding.approve, name="approve"),
    path("<int:loan_id>/refuser/", deciding.refuse, name="refuse"),
    path("materiels/<int:loan_item_id>/changer/", deciding.swap, name="swap"),
    path("a-accorder/", deciding.Waiting.as_view(), name="waiting"),
    path("preter/", deciding.lend, name="lend"),
    path("liste/", lists.Loans.as_view(), name="loans"),
    path("offres/", lists.Offers.as_view(), name="offers"),
    path("offres/nouvelle/", offers.create, name="create_offer"),
    path("offres/<int:offer_id>/", offers.change, name="offer"),
    path("offres/<int:offer_id>/retirer/", offers.delete, name="delete_offer"),
    path("stock/", lists.Pool.as_view(), name="pool"),
    path("stock/ajouter/", lists.Candidates.as_view(), name="candidates"),
    path("calendrier/", planning.calendar, name="calendar"),
    path("prevision/", planning.forecast, name="forecast"),
    *under_way_urls.patterns,
]
