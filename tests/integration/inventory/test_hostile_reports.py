"""Reports made up by somebody who read a probe's address on one computer: what they cannot do."""

from __future__ import annotations

import secrets

import pytest
from django.core.cache import cache
from django.urls import reverse

from parvis.portal.directory.models import Role
from parvis.portal.inventory.content import Network
from parvis.portal.inventory.models import Inventory, Report
from parvis.portal.inventory.services import matching
from parvis.portal.inventory.wire import limits
from parvis.portal.parc.models import Asset, Computer
from parvis.portal.remote_desktop.models import DisplaySettings
from tests import probe_reports
from tests.integration.authority import make_member
from tests.integration.inventory.probes import Probe, open_address
from tests.integration.inventory.world import Authority, authority, sent
from tests.integration.signing_in import browser_of

pytestmark = pytest.mark.django_db

OTHER = {"device_id": "pc-2", "name": "PC-2", "serial": "OTHER1", "uuid": "", "board_serial": "", "networks": ()}
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


class TestWithoutEnd:
    """Computers that are not there, one after another."""

    def test_what_is_added_in_a_day_is_bounded(self, place: Authority, monkeypatch: pytest.MonkeyPatch) -> None:
        cache.clear()
        monkeypatch.setattr(matching, "MOST_NEW", 1)
        sent(place.token)
        refused = sent(place.token, **OTHER)
        assert (refused.state, refused.problem, refused.body) == ("refused", "too_many_new", None)
        assert sent(place.token).state == "applied"  # what is known is still heard
        assert sent(place.far_token, **OTHER).state == "applied"
        assert Asset.objects.count() == 2

    def test_what_waits_for_a_person_is_bounded(self, place: Authority, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(matching, "MOST_ASKED", 1)
        nothing = {**OTHER, "serial": ""}
        first = sent(place.token, **nothing)
        refused = sent(place.token, **{**nothing, "device_id": "pc-3", "name": "PC-3"})
        assert (refused.state, refused.problem, refused.body) == ("refused", "too_many_asked", None)
        again = sent(place.token, **nothing)
        first.refresh_from_db()
        assert (first.state, again.state) == ("discarded", "quarantined")

    def test_what_does_not_get_small_is_not_kept(self) -> None:
        address = open_address()
        probe = Probe(address.secret)
        probe.send(probe_reports.fusion() + f"<!-- {secrets.token_hex(limits.MOST_KEPT + 1000)} -->")
        assert probe.status == 413
        assert not Report.objects.exists()
