"""Addresses of this room."""

from __future__ import annotations

from django.urls import path

from parvis.portal.trust.views import devices, enrolment, mine, networks, rules, tester

app_name = "trust"
urlpatterns = [
    path("", mine.index, name="mine"),
    path("appareils/", mine.devices, name="my_devices"),
    path("appareils/<int:private_device_id>/renommer/", mine.rename, name="rename_device"),
    path("appareils/<int:private_device_id>/oublier/", mine.forget, name="forget_device"),
    path("enregistrer/", enrolment.code, name="enrol"),
    path("enregistrer/cle/", enrolment.passkey, name="enrol_passkey"),
    path("postes/", devices.DeviceList.as_view(), name="devices"),
    path("postes/<int:computer_id>/code/", devices.make_code, name="make_code"),
    path("postes/<int:computer_id>/certificat/", devices.enrol, name="enrol_computer"),
    path("postes/<int:device_id>/retirer/", devices.revoke, name="revoke_device"),
    path("postes/<int:device_id>/agents/<int:agent_id>/", devices.remove_agent, name="remove_device_agent"),
    path("reseaux/", networks.NetworkList.as_view(), name="networks"),
    path("reseaux/nouveau/", networks.create, name="create_network"),
    path("reseaux/<int:network_id>/", networks.change, name="network"),
    path("reseaux/<int:network_id>/supprimer/", networks.delete, name="delete_network"),
    path("regles/", rules.index, name="rules"),
    path("regles/<int:entity_id>/", rules.of_entity, name="entity_rules"),
    path("regles/<int:entity_id>/brouillon/", rules.start_draft, name="start_draft"),
    path("regles/version/<int:rule_set_id>/", rules.version, name="version"),
    path("regles/version/<int:rule_set_id>/publier/", rules.publish, name="publish"),
    path("regles/version/<int:rule_set_id>/abandonner/", rules.discard, name="discard"),
    path("regles/version/<int:rule_set_id>/conseillees/", rules.add_advised, name="add_advised"),
    path("regles/version/<int:rule_set_id>/reprendre/", rules.copy_version, name="copy_version"),
    path("regles/version/<int:rule_set_id>/regle/", rules.create_rule, name="create_rule"),
    path("regles/regle/<int:rule_id>/", rules.change_rule, name="rule"),
    path("regles/regle/<int:rule_id>/supprimer/", rules.delete_rule, name="delete_rule"),
    path("essai/", tester.index, name="tester"),
]
