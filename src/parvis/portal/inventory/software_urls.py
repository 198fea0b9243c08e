"""Addresses of software, licences, protection and anomalies."""

from __future__ import annotations

from django.urls import path

from parvis.portal.inventory.views import licences, machines, software

app_name = "software"
urlpatterns = [
    path("logiciels/", software.SoftwareList.as_view(), name="software"),
    path("logiciels/<int:software_id>/", software.ProgramPage.as_view(), name="program"),
    path("logiciels/materiel/<int:asset_id>/", software.AssetPrograms.as_view(), name="of_asset"),
    path("licences/", licences.LicenceList.as_view(), name="licences"),
    path("licences/nouvelle/", licences.create, name="create_licence"),
    path("licences/<int:licence_id>/", licences.change, name="licence"),
    path("licences/<int:licence_id>/retirer/", licences.delete, name="delete_licence"),
    path("securite/", machines.security, name="security"),
    path("securite/ordinateurs/", machines.MachineList.as_view(), name="machines"),
    path("anomalies/", machines.AnomalyList.as_view(), name="anomalies"),
]
