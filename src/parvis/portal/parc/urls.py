"""Addresses of this room."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver, path
from django.views.generic import RedirectView

from parvis.portal.parc.views import (
    asset_list,
    assets,
    bulk_edit,
    computers,
    contracts,
    plans,
    records,
    sites,
    suppliers,
    watch,
)

app_name = "parc"
urlpatterns: list[URLPattern | URLResolver] = [
    path("", asset_list.AssetList.as_view(), name="assets"),
    path("ordinateurs/", asset_list.ComputerList.as_view(), name="computers"),
    path("modifications/annuler/", bulk_edit.undo, name="undo_bulk_edit"),
    path("importer/", RedirectView.as_view(pattern_name="imports:upload"), name="import_computers"),
    path("materiel/nouveau/", assets.create, name="create_asset"),
    path("materiel/<int:asset_id>/", assets.detail, name="asset"),
    path("materiel/<int:asset_id>/modifier/", assets.edit, name="edit_asset"),
    path("materiel/<int:asset_id>/situation/", assets.move, name="move_asset"),
    path("materiel/<int:asset_id>/supprimer/", assets.delete, name="delete_asset"),
    path("materiel/<int:asset_id>/historique/", assets.show_history, name="asset_history"),
    path("materiel/<int:asset_id>/agents/", assets.assign, name="assign_agent"),
    path("materiel/<int:asset_id>/agents/<int:agent_id>/retirer/", assets.unassign, name="unassign_agent"),
    path("materiel/<int:asset_id>/documents/", records.add_to_asset, name="add_asset_document"),
    path("materiel/<int:asset_id>/interventions/", records.open_intervention, name="open_maintenance"),
    path("interventions/<int:maintenance_id>/", records.intervention, name="maintenance"),
    path("interventions/<int:maintenance_id>/terminer/", records.close_intervention, name="close_maintenance"),
    path("documents/<int:document_id>/", records.download, name="document"),
    path("documents/<int:document_id>/retirer/", records.delete, name="delete_document"),
    path("agents/<int:agent_id>/historique/", assets.agent_history, name="agent_history"),
    path("ordinateurs/<int:computer_id>/", assets.computer, name="computer"),
    path("ordinateurs/<int:computer_id>/etat/", computers.state, name="computer_state"),
    path("ordinateurs/<int:computer_id>/verifier/", computers.check, name="check_computer"),
    path("ordinateurs/<int:computer_id>/reveiller/", computers.wake_up, name="wake_up_computer"),
    path("fournisseurs/", suppliers.SupplierList.as_view(), name="suppliers"),
    path("fournisseurs/nouveau/", suppliers.create, name="create_supplier"),
    path("fournisseurs/<int:supplier_id>/", suppliers.detail, name="supplier"),
    path("fournisseurs/<int:supplier_id>/modifier/", suppliers.edit, name="edit_supplier"),
    path("fournisseurs/<int:supplier_id>/retirer/", suppliers.delete, name="delete_supplier"),
    path("contrats/", contracts.ContractList.as_view(), name="contracts"),
    path("contrats/nouveau/", contracts.create, name="create_contract"),
    path("contrats/<int:contract_id>/", contracts.detail, name="contract"),
    path("contrats/<int:contract_id>/modifier/", contracts.edit, name="edit_contract"),
    path("contrats/<int:contract_id>/retirer/", contracts.delete, name="delete_contract"),
    path("contrats/<int:contract_id>/documents/", records.add_to_contract, name="add_contract_document"),
    path("a-surveiller/", watch.overview, name="watch"),
    path("a-surveiller/garanties/", watch.WarrantyList.as_view(), name="warranties"),
    path("sites/", sites.SiteList.as_view(), name="sites"),
    path("sites/nouveau/", sites.create, name="create_site"),
    path("sites/<int:site_id>/", sites.detail, name="site"),
    path("sites/<int:site_id>/modifier/", sites.edit, name="edit_site"),
    path("sites/<int:site_id>/retirer/", sites.delete, name="delete_site"),
    path("sites/<int:site_id>/plans/", plans.add, name="add_plan"),
    path("plans/<int:plan_id>/", plans.detail, name="plan"),
    path("plans/<int:plan_id>/image/", plans.image, name="plan_image"),
    path("plans/<int:plan_id>/retirer/", plans.delete, name="delete_plan"),
    path("plans/locaux/<int:plan_room_id>/retirer/", plans.remove_room, name="remove_plan_room"),
]
