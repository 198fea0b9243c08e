"""Addresses of this room."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver, path

from parvis.portal.directory.views import agent_list, agents, entities, entity_page, people, role_list

app_name = "directory"
urlpatterns: list[URLPattern | URLResolver] = [
    path("", agent_list.AgentList.as_view(), name="agents"),
    path("personnes/", people.people, name="people"),
    path("roles/", role_list.RoleList.as_view(), name="roles"),
    path("agents/nouveau/", agents.create, name="create_agent"),
    path("agents/<int:agent_id>/", agents.detail, name="agent"),
    path("agents/<int:agent_id>/modifier/", agents.edit, name="edit_agent"),
    path("agents/<int:agent_id>/depart/", agents.leave, name="agent_leaves"),
    path("agents/<int:agent_id>/retour/", agents.come_back, name="agent_comes_back"),
    path("agents/<int:agent_id>/compte/", agents.open_account, name="open_account"),
    path("agents/<int:agent_id>/roles/", agents.grant_role, name="grant_role"),
    path("agents/<int:agent_id>/roles/<int:grant_id>/retirer/", agents.revoke_role, name="revoke_role"),
    path("entites/", entities.tree, name="entities"),
    path("entites/nouvelle/", entities.create, name="create_entity"),
    path("entites/<int:entity_id>/", entity_page.EntityPage.as_view(), name="entity"),
    path("entites/<int:entity_id>/modifier/", entities.edit, name="edit_entity"),
    path("entites/<int:entity_id>/fermer/", entities.close, name="close_entity"),
    path("entites/<int:entity_id>/rouvrir/", entities.reopen, name="reopen_entity"),
    path("entites/<int:entity_id>/fusionner/", entities.merge, name="merge_entity"),
]
