"""Addresses of this room."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver, path

from parvis.portal.parc.views import computer_list, computers, importing, sites

app_name = "parc"
urlpatterns: list[URLPattern | URLResolver] = [
    path("", computer_list.ComputerList.as_view(), name="computers"),
    path("importer/", importing.import_computers, name="import_computers"),
    path("ordinateurs/nouveau/", computers.create, name="create_computer"),
    path("ordinateurs/<int:computer_id>/", computers.detail, name="computer"),
    path("ordinateurs/<int:computer_id>/etat/", computers.state, name="computer_state"),
    path("ordinateurs/<int:computer_id>/modifier/", computers.edit, name="edit_computer"),
    path("ordinateurs/<int:computer_id>/retirer/", computers.delete, name="delete_computer"),
    path("ordinateurs/<int:computer_id>/verifier/", computers.check, name="check_computer"),
    path("ordinateurs/<int:computer_id>/reveiller/", computers.wake_up, name="wake_up_computer"),
    path("ordinateurs/<int:computer_id>/agents/", computers.assign, name="assign_agent"),
    path("ordinateurs/<int:computer_id>/agents/<int:agent_id>/retirer/", computers.unassign, name="unassign_agent"),
    path("sites/", sites.SiteList.as_view(), name="sites"),
    path("sites/nouveau/", sites.create, name="create_site"),
    path("sites/<int:site_id>/", sites.detail, name="site"),
    path("sites/<int:site_id>/modifier/", sites.edit, name="edit_site"),
    path("sites/<int:site_id>/retirer/", sites.delete, name="delete_site"),
]
