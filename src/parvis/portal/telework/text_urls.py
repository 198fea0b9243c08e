"""Addresses of texts, proofs and rules: an agent's own (`patterns`), the team's (`staff_patterns`)."""

from __future__ import annotations

from django.urls import URLPattern, path

from parvis.portal.telework.views import documents, settings, texts

patterns: list[URLPattern] = [
    path("textes/", documents.mine, name="texts"),
    path("charte/", documents.charter, name="charter"),
    path("textes/<int:text_id>/", documents.accept, name="accept"),
    path("acceptations/<int:acceptance_id>/", documents.proof, name="proof"),
    path("acceptations/<int:acceptance_id>/pdf/", documents.proof_pdf, name="proof_pdf"),
]
staff_patterns: list[URLPattern] = [
    path("textes/", texts.Texts.as_view(), name="texts"),
    path("textes/nouveau/", texts.create, name="create_text"),
    path("textes/<int:text_id>/", texts.text, name="text"),
    path("textes/<int:text_id>/pdf/", texts.text_pdf, name="text_pdf"),
    path("textes/<int:text_id>/publier/", texts.publish, name="publish_text"),
    path("textes/<int:text_id>/jeter/", texts.delete, name="delete_text"),
    path("textes/<int:text_id>/acceptations/", texts.TextPeople.as_view(), name="text_people"),
    path("regles/", settings.rules_page, name="rules"),
    path("regles/entite/", settings.choose_entity, name="choose_entity"),
    path("regles/<int:entity_id>/", settings.policy, name="policy"),
    path("metiers/", settings.Jobs.as_view(), name="jobs"),
    path("metiers/nouveau/", settings.create_job, name="create_job"),
    path("metiers/<int:job_id>/", settings.job, name="job"),
    path("metiers/<int:job_id>/retirer/", settings.delete_job, name="delete_job"),
]
