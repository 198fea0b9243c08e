"""Addresses of this room."""

from __future__ import annotations

from django.urls import path

from parvis.portal.equipment.views import ages, first_steps, levels, outfits, policies, profiles, scenarios

app_name = "equipment"
urlpatterns = [
    path("", levels.top, name="level"),
    path("service/<int:entity_id>/", levels.department, name="department"),
    path("agents/", levels.AgentList.as_view(), name="agents"),
    path("agents/<int:agent_id>/", levels.agent, name="agent"),
    path("agents/<int:agent_id>/profil/", profiles.choose, name="choose_profile"),
    path("profils/", profiles.ProfileList.as_view(), name="profiles"),
    path("profils/nouveau/", profiles.create, name="create_profile"),
    path("profils/essai/", profiles.tester, name="tester"),
    path("profils/<int:profile_id>/", profiles.change, name="profile"),
    path("profils/<int:profile_id>/supprimer/", profiles.delete, name="delete_profile"),
    path("reglages/<int:entity_id>/", policies.change, name="policy"),
    path("reglages/<int:entity_id>/supprimer/", policies.delete, name="delete_policy"),
    path("scenarios/", scenarios.index, name="scenarios"),
    path("scenarios/nouveau/", scenarios.create, name="create_scenario"),
    path("scenarios/comparer/", scenarios.compare, name="compare"),
    path("scenarios/<int:scenario_id>/", scenarios.show, name="scenario"),
    path("scenarios/<int:scenario_id>/modifier/", scenarios.change, name="edit_scenario"),
    path("scenarios/<int:scenario_id>/dupliquer/", scenarios.duplicate, name="duplicate_scenario"),
    path("scenarios/<int:scenario_id>/supprimer/", scenarios.delete, name="delete_scenario"),
    path("parc/", ages.top, name="ages_top"),
    path("parc/<int:entity_id>/", ages.ages, name="ages"),
    path("parc/<int:entity_id>/plan/", ages.plan, name="plan"),
    path("parc/remplacements/", ages.ReplacementList.as_view(), name="replacements"),
    path("equiper/", outfits.find, name="equip_someone"),
    path("equiper/<int:agent_id>/", outfits.equip, name="equip"),
    path("remises/<int:outfit_id>/", outfits.show, name="outfit"),
    path("remises/<int:outfit_id>/recu.pdf", outfits.receipt_pdf, name="receipt"),
    path("remises/<int:outfit_id>/reste/", outfits.again, name="again"),
    path("remises/parties/<int:outfit_part_id>/abandonner/", outfits.drop, name="drop_part"),
    path("premiers-pas/", first_steps.index, name="first_steps"),
]
