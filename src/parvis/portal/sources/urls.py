"""Addresses of this room."""

from __future__ import annotations

from django.urls import path

from parvis.portal.sources.views import files, merges, runs, sources

app_name = "sources"
urlpatterns = [
    path("", sources.SourceList.as_view(), name="sources"),
    path("ajouter", sources.create, name="create"),
    path("modele.csv", files.template, name="template"),
    path("fusions", merges.MergeList.as_view(), name="merges"),
    path("fusions/<int:merge_id>", merges.detail, name="merge"),
    path("agents/<int:agent_id>/rendre/<slug:field>", merges.give_back, name="give_back"),
    path("lectures/<int:run_id>", runs.RunPage.as_view(), name="run"),
    path("lectures/<int:run_id>/avancement", runs.progress, name="progress"),
    path("lectures/<int:run_id>/decision", runs.decide, name="decide"),
    path("lectures/<int:run_id>/rejets.csv", runs.rejected, name="rejected"),
    path("<int:source_id>", sources.detail, name="source"),
    path("<int:source_id>/modifier", sources.change, name="change"),
    path("<int:source_id>/supprimer", sources.delete, name="delete"),
    path("<int:source_id>/lancer", runs.start, name="start"),
    path("<int:source_id>/fichier", files.upload, name="upload"),
    path("<int:source_id>/fichier/<int:upload_id>", files.columns, name="columns"),
]
