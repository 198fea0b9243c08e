"""Reports made up by somebody who read a probe's address on one computer: what they cannot do."""

from __future__ import annotations

import pytest
from django.urls import reverse

from parvis.portal.directory.models import Role
from parvis.portal.inventory.content import Network
from parvis.portal.inventory.models import Inventory
from parvis.portal.parc.models import Asset, Computer
from parvis.portal.remote_desktop.models import DisplaySettings
from tests.integration.authority import make_member
from tests.integration.inventory.world import Authority, authority, sent
from tests.integration.signing_in import browser_of

pytestmark = pytest.mark.django_db

CARD = "3C:52:82:00:00:01"


@pytest.fixture
def place() -> Authority:
    return authority()


def reported(place: Authority, address: str) -> Computer:
    sent(place.token, chassis="Desktop", networks=(Network("Ethernet", CARD, (address,)),))
    return Computer.objects.get()


class TestWhereAScreenIsOpened:
    """An address reported is one a ticket would name: another PC, a server, a trap for passwords."""

    def test_without_a_screen_it_follows_the_network(self, place: Authority) -> None:
        reported(place, "10.1.2.3")
        assert reported(place, "10.1.2.99").address == "10.1.2.99"

    @pytest.mark.parametrize("protocol", list(DisplaySettings.Protocol))
    def test_a_report_does_not_lead_it_elsewhere(self, place: Authority, protocol: DisplaySettings.Protocol) -> None:
        computer = reported(place, "10.1.2.3")
        # What was pinned while it spoke RDP says nothing of a VNC server.
        pin = "ab" * 32 if protocol == DisplaySettings.Protocol.VNC else ""
        DisplaySettings.objects.create(computer=computer, protocol=protocol, pin=pin)
        assert reported(place, "10.1.2.99").address == "10.1.2.3"
        assert Inventory.objects.get().differences == {"address": "10.1.2.99"}

    def test_nor_gives_it_a_first_address(self, place: Authority) -> None:
        computer = reported(place, "10.1.2.3")
        DisplaySettings.objects.create(computer=computer)
        Asset.objects.update(address="", origins={})
        assert reported(place, "10.1.2.99").address == ""

    def test_a_person_may_take_the_new_one(self, place: Authority) -> None:
        computer = reported(place, "10.1.2.3")
        DisplaySettings.objects.create(computer=computer)
        reported(place, "10.1.2.99")
        browser = browser_of(make_member(place.here, Role.TECHNICIAN))
        browser.post(reverse("inventory:take_reported", args=[computer.pk]), {"field": "address"})
        computer.refresh_from_db()
        assert computer.address == "10.1.2.99"
        assert reported(place, "10.1.2.100").address == "10.1.2.99"

    def test_a_pinned_pc_is_followed(self, place: Authority) -> None:
        computer = reported(place, "10.1.2.3")
        DisplaySettings.objects.create(computer=computer, pin="ab" * 32)
        assert reported(place, "10.1.2.99").address == "10.1.2.99"
