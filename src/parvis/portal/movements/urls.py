"""Addresses of this room."""

from __future__ import annotations

from django.urls import path

from parvis.portal.movements.views import lists, movement, steps, templates

app_name = "movements"
urlpatterns = [
    path("", lists.Movements.as_view(), name="movements"),
    path("mes-etapes/", lists.MySteps.as_view(), name="my_steps"),
    path("preparer", movement.plan, name="plan"),
    path("preparer/agents", movement.suggestions, name="suggestions"),
    path("<int:movement_id>/", movement.detail, name="movement"),
    path("<int:movement_id>/fiche", movement.sheet, name="sheet"),
    path("<int:movement_id>/annuler", movement.cancel, name="cancel"),
    path("<int:movement_id>/terminer", movement.close, name="close"),
    path("<int:movement_id>/note", movement.note, name="note"),
    path("<int:movement_id>/etape", steps.add, name="add_step"),
    path("etapes/<int:step_id>/fait", steps.done, name="step_done"),
    path("etapes/<int:step_id>/sans-objet", steps.drop, name="step_drop"),
    path("etapes/<int:step_id>/reprendre", steps.take_back, name="step_take_back"),
    path("etapes/<int:step_id>/garder", steps.keep, name="step_keep"),
    path("etapes/<int:step_id>/retirer", steps.remove, name="step_remove"),
    path("etapes/<int:step_id>/confier", steps.assign, name="step_assign"),
    path("etapes-types/", templates.Templates.as_view(), name="templates"),
    path("etapes-types/ajouter", templates.create, name="create_template"),
    path("etapes-types/courantes", templates.common, name="common_templates"),
    path("etapes-types/<int:template_id>/", templates.edit, name="edit_template"),
    path("etapes-types/<int:template_id>/supprimer", templates.delete, name="delete_template"),
]
