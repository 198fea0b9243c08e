"""A report that no rule can place: a technician compares both sides, says which computer it is, and sees its inside."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import OpenPage, Portal, SignIn

pytestmark = pytest.mark.browser

TECHNICIAN, NAME, SERIAL = "Yann Kerbrat", "RIV-JOURNEY-01", "JRN7734ZZ"
MAKE = f"""
from parvis.portal.directory.models import Entity
from parvis.portal.inventory.bodies import content_of
from parvis.portal.inventory.demo import REPORT
from parvis.portal.inventory.models import ProbeToken, Report
from parvis.portal.inventory.services import matching
from parvis.portal.inventory.wire.body import pack
from parvis.portal.kernel import clock
from parvis.portal.parc.models import Asset
root = Entity.objects.get(parent=None, name="Métropole de Rivemarine")
token = ProbeToken.objects.create(entity=root, name="Parcours", digest="7" * 64)
services = Entity.objects.filter(path__startswith=root.path, kind="direction").order_by("path")[:2]
assets = [Asset.objects.create(entity=each, kind="office", name="{NAME}", search="journey") for each in services]
text = REPORT.format(name="{NAME}", maker="Dell Inc.", model="OptiPlex 7090", serial="{SERIAL}", uuid="",
    mac="D0:94:66:77:34:01", client="GLPI-Agent_v1.15", number=7)
report = Report.objects.create(token=token, received_at=clock.now(), client="GLPI-Agent_v1.15", device_id="journey",
    name="{NAME}", body=pack(text.encode()), size=900)
matching.apply(report=report, content=content_of(report), now=clock.now())
print(report.state, report.pk, assets[1].pk)
"""


@pytest.mark.timeout(180, func_only=True)
def test_a_report_is_settled_and_its_computer_shows_its_inside(
    portal: Portal, open_page: OpenPage, sign_in: SignIn
) -> None:
    state, report, asset = portal.manage("shell", "-v", "0", "-c", MAKE).split()[-3:]
    assert state == "quarantined"
    page = open_page()
    sign_in(page, TECHNICIAN)
    page.goto(f"{portal.url}/parc/sondes/a-trancher/")
    page.get_by_role("link", name=NAME).click()
    main = page.locator("main")
    expect(main).to_contain_text("Plusieurs matériels lui ressemblent.")
    expect(main).to_contain_text("Premier relevé d’un ordinateur dont seul le nom était connu")
    expect(main).to_contain_text(SERIAL)
    page.locator(f"form[action$='/{report}/materiel/{asset}/'] button").click()
    expect(page.locator("body")).to_contain_text("qui sera reconnu")
    page.goto(f"{portal.url}/parc/materiel/{asset}/")
    expect(main).to_contain_text("Vu de l’intérieur")
    expect(main).to_contain_text(SERIAL)
    page.get_by_role("searchbox", name="1 logiciel installé").fill("zip")
    page.get_by_role("searchbox", name="1 logiciel installé").press("Enter")
    expect(page.get_by_role("link", name="7-Zip")).to_be_visible()
