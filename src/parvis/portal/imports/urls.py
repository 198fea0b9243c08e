"""Addresses of this room."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver, path

from parvis.portal.imports.views import exports, files, glpi, runs

app_name = "imports"
urlpatterns: list[URLPattern | URLResolver] = [
    path("", runs.RunList.as_view(), name="runs"),
    path("fichier", files.upload, name="upload"),
    path("modele.csv", files.template, name="template"),
    path("exporter", exports.page, name="export"),
    path("exporter/tout.zip", exports.everything, name="export_all"),
    path("exporter/<slug:table>.<slug:form>", exports.one_table, name="export_table"),
    path("glpi/", glpi.ConnectionList.as_view(), name="connections"),
    path("glpi/ajouter", glpi.create, name="create_connection"),
    path("glpi/<int:connection_id>", glpi.detail, name="connection"),
    path("glpi/<int:connection_id>/modifier", glpi.change, name="change_connection"),
    path("glpi/<int:connection_id>/essayer", glpi.test, name="test_connection"),
    path("glpi/<int:connection_id>/lire", glpi.start, name="start_connection"),
    path("glpi/<int:connection_id>/supprimer", glpi.delete, name="delete_connection"),
    path("<int:import_id>", runs.RunPage.as_view(), name="run"),
    path("<int:import_id>/colonnes", files.columns, name="columns"),
    path("<int:import_id>/avancement", runs.progress, name="progress"),
    path("<int:import_id>/decision", runs.decide, name="decide"),
    path("<int:import_id>/annuler", runs.undo, name="undo"),
    path("<int:import_id>/rejets.csv", runs.rejected, name="rejected"),
    path("<int:import_id>/lignes/<int:line_id>", runs.line, name="line"),
]
