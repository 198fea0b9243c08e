"""Addresses of this room."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver, path

from parvis.portal.rollout import wave_urls
from parvis.portal.rollout.views import campaigns, members, scenarios, simulation

app_name = "rollout"
urlpatterns: list[URLPattern | URLResolver] = [
    path("", campaigns.CampaignList.as_view(), name="campaigns"),
    path("simulation/", simulation.show, name="simulation"),
    path("nouvelle/", campaigns.create, name="create_campaign"),
    path("<int:campaign_id>/", campaigns.show, name="campaign"),
    path("<int:campaign_id>/reglages/", campaigns.change, name="change_campaign"),
    path("<int:campaign_id>/capacites/", campaigns.offers, name="offers"),
    path("<int:campaign_id>/etat/<slug:state>/", campaigns.move, name="move_campaign"),
    path("<int:campaign_id>/supprimer/", campaigns.delete, name="delete_campaign"),
    path("<int:campaign_id>/participants/", members.MemberList.as_view(), name="members"),
    path("<int:campaign_id>/participants/ajouter/", members.choose, name="choose"),
    path("<int:campaign_id>/participants/actualiser/", members.refresh, name="refresh_members"),
    path("participants/<int:member_id>/", members.show, name="member"),
    path("<int:campaign_id>/plans/", scenarios.index, name="plans"),
    path("<int:campaign_id>/plans/nouveau/", scenarios.ask, name="ask_plan"),
    path("<int:campaign_id>/plans/comparer/", scenarios.compare, name="compare_plans"),
    path("plans/<int:rollout_plan_id>/", scenarios.show, name="plan"),
    path("plans/<int:rollout_plan_id>/avancement/", scenarios.progress, name="plan_progress"),
    path("plans/<int:rollout_plan_id>/interrompre/", scenarios.stop, name="stop_plan"),
    path("plans/<int:rollout_plan_id>/suivre/", scenarios.choose, name="choose_plan"),
    path("plans/<int:rollout_plan_id>/supprimer/", scenarios.delete, name="delete_plan"),
    *wave_urls.patterns,
]
