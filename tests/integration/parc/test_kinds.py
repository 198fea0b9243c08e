"""Requirement 17: a server does not become reachable by calling it an office PC."""

from __future__ import annotations

import pytest

from parvis.portal.directory.models import Role
from parvis.portal.kernel import clock
from parvis.portal.kernel.errors import NotAllowed
from parvis.portal.parc.asset_services import update_asset
from parvis.portal.parc.models import Computer
from tests.integration import authority

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("kind", [Computer.Kind.SERVER, Computer.Kind.ADMIN])
def test_a_technician_does_not_make_an_office_pc_of_a_server(kind: Computer.Kind) -> None:
    commune = authority.make_entity("Commune")
    server = authority.make_computer(commune, kind=kind)
    technician = authority.make_member(commune, Role.TECHNICIAN)
    with pytest.raises(NotAllowed):
        update_asset(actor=technician, asset=server, data={"kind": "office"}, now=clock.now())
    assert Computer.objects.get(pk=server.pk).kind == kind
    update_asset(actor=technician, asset=server, data={"kind": kind, "address": "10.0.0.9"}, now=clock.now())


def test_the_head_of_it_does_and_a_technician_the_other_way_round() -> None:
    commune = authority.make_entity("Commune")
    computer = authority.make_computer(commune, kind=Computer.Kind.OFFICE)
    technician = authority.make_member(commune, Role.TECHNICIAN, name="technician")
    head = authority.make_member(commune, Role.HEAD_OF_IT, name="head")
    update_asset(actor=technician, asset=computer, data={"kind": "server"}, now=clock.now())
    update_asset(actor=head, asset=computer, data={"kind": "office"}, now=clock.now())
    assert Computer.objects.get(pk=computer.pk).kind == "office"
