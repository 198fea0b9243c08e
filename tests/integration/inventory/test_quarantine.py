"""What a person decides of a report, through the pages; what is learnt from it."""

from __future__ import annotations

from dataclasses import dataclass

import pytest
from django.test import Client
from django.urls import reverse

from parvis.portal.directory.models import Role
from parvis.portal.inventory import rules
from parvis.portal.inventory.bodies import content_of
from parvis.portal.inventory.models import Identity, ProbeToken, Report
from parvis.portal.inventory.services import matching, settling
from parvis.portal.inventory.wire.body import pack
from parvis.portal.kernel import clock
from parvis.portal.kernel.errors import Conflict, NotAllowed
from parvis.portal.kernel.models import AuditRecord
from parvis.portal.parc.models import Asset
from tests.integration.authority import make_computer, make_entity, make_member
from tests.integration.inventory.world import Authority, authority, make_report, make_token
from tests.integration.signing_in import browser_of

pytestmark = pytest.mark.django_db

XML = """<?xml version="1.0" encoding="UTF-8"?>
<REQUEST><CONTENT>
<BIOS><SMANUFACTURER>Dell Inc.</SMANUFACTURER><SMODEL>OptiPlex 7090</SMODEL><SSN>{serial}</SSN></BIOS>
<HARDWARE><NAME>{name}</NAME><OSNAME>Microsoft Windows 11 Professionnel</OSNAME><MEMORY>16384</MEMORY></HARDWARE>
<NETWORKS><DESCRIPTION>eth0</DESCRIPTION><MACADDR>{mac}</MACADDR><IPADDRESS>10.1.2.3</IPADDRESS></NETWORKS>
<SOFTWARES><NAME>7-Zip 22.01 (x64)</NAME><VERSION>22.01</VERSION></SOFTWARES>
<VERSIONCLIENT>FusionInventory-Agent_v2.6-3</VERSIONCLIENT>
</CONTENT><DEVICEID>{name}-2026-01-05-08-30-00</DEVICEID><QUERY>INVENTORY</QUERY></REQUEST>"""


def arrive(
    token: ProbeToken, *, name: str = "PC-ACCUEIL", serial: str = "ABC1234", mac: str = "d0:94:66:00:00:01"
) -> Report:
    """A report as it comes out of the queue."""
    report = make_report(token)
    report.body = pack(XML.format(name=name, serial=serial, mac=mac).encode())
    report.device_id = f"{name}-2026-01-05-08-30-00"
    report.save()
    matching.apply(report=report, content=content_of(report), now=report.received_at)
    report.refresh_from_db()
    return report


@dataclass
class Desk:
    place: Authority
    north: Asset
    south: Asset
    report: Report
    """It may be about either."""
    browser: Client


@pytest.fixture
def desk(db: None) -> Desk:
    place = authority()
    north = make_computer(make_entity("Nord", place.here), name="PC-ACCUEIL")
    south = make_computer(make_entity("Sud", place.here), name="PC-ACCUEIL")
    report = arrive(place.token)
    assert (report.state, report.problem) == ("quarantined", "several")
    return Desk(place, north, south, report, browser_of(make_member(place.here, Role.TECHNICIAN)))


def page(desk: Desk) -> str:
    return reverse("inventory:quarantined", args=[desk.report.pk])


def test_the_list_and_its_badge(desk: Desk) -> None:
    shown = desk.browser.get(reverse("inventory:quarantine")).content.decode()
    assert "PC-ACCUEIL" in shown
    assert "Plusieurs matériels lui ressemblent." in shown
    menu = desk.browser.get(reverse("home:home")).content.decode()
    assert "Relevés à trancher" in menu
    assert "en attente" in menu


def test_both_sides_are_shown_with_points_in_words(desk: Desk) -> None:
    shown = desk.browser.get(page(desk)).content.decode()
    assert "Dell Inc." in shown
    assert "ABC1234" in shown
    assert "D0:94:66:00:00:01" in shown
    assert "+20</strong> Même nom" in shown
    assert "+40</strong> Premier relevé d’un ordinateur dont seul le nom était connu" in shown
    assert shown.count("60 points") == 2


def test_choosing_one_teaches_the_next_report(desk: Desk) -> None:
    desk.browser.post(reverse("inventory:settle", args=[desk.report.pk, desk.south.pk]))
    desk.report.refresh_from_db()
    desk.south.refresh_from_db()
    assert (desk.report.state, desk.report.asset_id, desk.report.body) == ("applied", desk.south.pk, None)
    assert desk.south.serial == "ABC1234"
    assert desk.south.installations.count() == 1
    assert Identity.objects.filter(asset=desk.south, confirmed=True, kind="serial").exists()
    assert AuditRecord.objects.filter(action="inventory.report_settled").exists()
    again = arrive(desk.place.token)
    assert (again.state, again.asset_id) == ("applied", desk.south.pk)


def test_what_has_no_number_of_its_own_is_known_once_a_person_said_so(desk: Desk) -> None:
    weak = arrive(desk.place.token, name="VIEUX-PC", serial="Default string", mac="00:00:00:00:00:00")
    assert weak.problem == "nothing_to_know_by"
    desk.browser.post(reverse("inventory:settle_as_new", args=[weak.pk]))
    again = arrive(desk.place.token, name="VIEUX-PC", serial="Default string", mac="00:00:00:00:00:00")
    assert (again.state, again.asset.name) == ("applied", "VIEUX-PC")


def test_a_new_one_gets_a_free_name(desk: Desk) -> None:
    Asset.objects.filter(pk=desk.north.pk).update(entity=desk.place.here)
    answer = desk.browser.post(reverse("inventory:settle_as_new", args=[desk.report.pk]))
    made = Asset.objects.latest("pk")
    assert answer["Location"] == reverse("parc:asset", args=[made.pk])
    assert (made.name, made.entity) == ("PC-ACCUEIL-2", desk.place.here)


def test_discarding_keeps_nothing(desk: Desk) -> None:
    desk.browser.post(reverse("inventory:discard", args=[desk.report.pk]))
    desk.report.refresh_from_db()
    assert (desk.report.state, desk.report.body) == ("discarded", None)
    assert not Asset.objects.get(pk=desk.north.pk).installations.exists()


def test_what_was_set_aside_is_not_asked_again(desk: Desk) -> None:
    desk.browser.post(reverse("inventory:discard", args=[desk.report.pk]))
    for _day in range(3):
        again = arrive(desk.place.token)
        assert (again.state, again.problem, again.body, again.handled_by) == ("discarded", "set_aside", None, None)
        Report.objects.exclude(pk=again.pk).delete()  # the first decision is forgotten in its time, not its effect
    reports = browser_of(make_member(desk.place.here, Role.TECHNICIAN)).get(reverse("inventory:reports"))
    assert str(rules.PROBLEMS["set_aside"]) in reports.content.decode()


def test_what_was_set_aside_is_this_machine_only(desk: Desk) -> None:
    """A clone has the name and the probe's identifier of the other; another address is another authority's matter."""
    desk.browser.post(reverse("inventory:discard", args=[desk.report.pk]))
    assert arrive(desk.place.token, serial="XYZ9876").state == "quarantined"
    assert arrive(make_token(desk.place.here)).state == "quarantined"


def test_what_was_set_aside_is_known_once_it_is_in_the_list(desk: Desk) -> None:
    desk.browser.post(reverse("inventory:discard", args=[desk.report.pk]))
    Asset.objects.filter(pk=desk.north.pk).update(serial="ABC1234")
    again = arrive(desk.place.token)
    assert (again.state, again.asset_id) == ("applied", desk.north.pk)


def test_superseded_is_no_decision(desk: Desk) -> None:
    second, third = arrive(desk.place.token), arrive(desk.place.token)
    second.refresh_from_db()
    assert (second.state, second.problem, third.state) == ("discarded", "superseded", "quarantined")


def test_another_asset_is_found_by_its_name(desk: Desk) -> None:
    make_computer(desk.place.here, name="RIVEMARINE-77")
    shown = desk.browser.get(page(desk), {"q": "rivemarine"}).content.decode()
    assert "RIVEMARINE-77" in shown


def test_settled_once(desk: Desk) -> None:
    actor = make_member(desk.place.here, Role.TECHNICIAN)
    settling.settle(actor=actor, report=desk.report, asset=desk.north, now=clock.now())
    with pytest.raises(Conflict):
        settling.settle(actor=actor, report=desk.report, asset=desk.south, now=clock.now())
    assert not desk.south.installations.exists()


def test_in_bulk_what_cannot_be_is_left(desk: Desk) -> None:
    weak = arrive(desk.place.token, name="VIEUX-PC", serial="None", mac="00:00:00:00:00:00")
    pks = [desk.report.pk, weak.pk]
    data = {"action": "best", "pk": pks, "confirmed": "1", "expected": "2"}
    answer = desk.browser.post(reverse("inventory:quarantine"), data, follow=True)
    assert "1 relevé est traité. 1 demande une décision à part." in answer.content.decode()
    weak.refresh_from_db()
    assert weak.state == "quarantined"


def test_auditors_look_and_do_not_decide(desk: Desk) -> None:
    auditor = make_member(desk.place.here, Role.AUDITOR)
    browser = browser_of(auditor)
    assert browser.get(page(desk)).status_code == 200
    assert browser.post(reverse("inventory:settle", args=[desk.report.pk, desk.north.pk])).status_code == 403
    with pytest.raises(NotAllowed):
        settling.discard(actor=auditor, report=desk.report, now=clock.now())


def test_another_commune_sees_nothing(desk: Desk) -> None:
    browser = browser_of(make_member(desk.place.there, Role.TECHNICIAN))
    assert "PC-ACCUEIL" not in browser.get(reverse("inventory:quarantine")).content.decode()
    assert browser.get(page(desk)).status_code == 404
    assert browser.post(reverse("inventory:settle", args=[desk.report.pk, desk.north.pk])).status_code == 404


def test_a_report_is_not_given_to_an_asset_of_another_commune(desk: Desk) -> None:
    foreign = make_computer(desk.place.there, name="PC-ACCUEIL")
    assert desk.browser.post(reverse("inventory:settle", args=[desk.report.pk, foreign.pk])).status_code == 404


def test_the_list_asks_few_queries(desk: Desk, django_assert_max_num_queries: object) -> None:
    for number in range(60):
        Report.objects.create(
            token=desk.place.token, received_at=clock.now(), client="x", name=f"PC-{number}", size=1,
            state="quarantined", problem="doubt", candidates=[{"asset": 1, "score": 45, "why": {}}],
        )  # fmt: skip
    desk.browser.get(reverse("inventory:quarantine"))
    with django_assert_max_num_queries(30):  # type: ignore[operator]
        desk.browser.get(reverse("inventory:quarantine"))
