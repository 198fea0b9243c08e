"""Services, what is behind what, lines, outages: pages, perimeters, what stops with what."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from parvis.portal.accounts.models import User
from parvis.portal.directory.models import Entity, Role
from parvis.portal.infrastructure import personal_data, queries, services
from parvis.portal.infrastructure.models import ITService, Line, Outage, SiteLink, Uplink
from parvis.portal.kernel import clock
from parvis.portal.kernel.errors import Conflict, Invalid, NotAllowed
from parvis.portal.kernel.models import AuditRecord
from parvis.portal.parc import services as checks
from parvis.portal.parc.models import Asset, Site
from parvis.portal.parc.network import Probe
from parvis.portal.parc.queries import targets
from tests.integration.authority import make_agent, make_computer, make_entity, make_member, make_site
from tests.integration.signing_in import browser_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def root() -> Entity:
    return make_entity("Métropole", kind=Entity.Kind.METROPOLE)


@pytest.fixture
def technician(root: Entity) -> User:
    return make_member(root, Role.TECHNICIAN, "yann")


@pytest.fixture
def browser(technician: User) -> Client:
    return browser_of(technician)


def text(answer: Any) -> str:
    return str(answer.content.decode())


def make(entity: Entity, kind: str, name: str, site: Site | None = None, **fields: object) -> Asset:
    return Asset.objects.create(**{"entity": entity, "kind": kind, "name": name, "site": site, **fields})


def world(root: Entity) -> dict[str, Any]:
    """A core switch, a town hall behind it with an agent's PC, a server with mail on it, files that need mail."""
    hall = make_site(root, name="Mairie")
    centre = make_site(root, name="Centre de données")
    core = make(root, "network", "COEUR", centre)
    server = make(root, "server", "SRV-1", centre)
    Uplink.objects.create(asset=server, behind=core)
    SiteLink.objects.create(site=hall, behind=core)
    other = make_entity("Voirie", root)
    mail = ITService.objects.create(entity=other, name="Messagerie")
    mail.hosts.add(server)
    files = ITService.objects.create(entity=other, name="Fichiers")
    files.needs.add(mail)
    make_computer(root, make_agent(root, "anne"), site=hall)
    make_agent(other, "paul")
    return {"core": core, "server": server, "hall": hall, "centre": centre, "mail": mail, "files": files}


def test_a_switch_takes_services_sites_and_their_agents_with_it(root: Entity, technician: User) -> None:
    made = world(root)
    impact = queries.impact_of(technician, ("asset", made["core"].pk))
    assert impact.services == [made["files"], made["mail"]]
    assert (impact.sites, impact.assets) == ([made["hall"]], [made["server"]])
    assert (impact.agents, impact.hidden) == (2, 0)
    assert queries.impact_of(technician, ("asset", made["server"].pk)).agents == 1
    centre = queries.impact_of(technician, ("site", made["centre"].pk))
    assert {made["core"], made["server"]} <= set(centre.assets)
    assert made["hall"] in centre.sites


def test_a_router_in_the_site_it_links_stops_it_and_stops_with_it(root: Entity, technician: User) -> None:
    hall = make_site(root, name="Mairie")
    router = make(root, "network", "ROUTEUR", hall)
    SiteLink.objects.create(site=hall, behind=router)
    assert queries.impact_of(technician, ("asset", router.pk)).sites == [hall]
    assert queries.impact_of(technician, ("site", hall.pk)).agents == 0


def test_a_server_that_left_the_parc_saves_no_service_and_stops_no_more(root: Entity, technician: User) -> None:
    """Of two servers one is retired: the service stands on the other alone."""
    switch, one, two = (make(root, kind, name) for kind, name in (("network", "SW"), ("server", "A"), ("server", "B")))
    mail = ITService.objects.create(entity=root, name="Messagerie", redundant=True)
    mail.hosts.add(one, two)
    Uplink.objects.create(asset=two, behind=switch)
    assert queries.impact_of(technician, ("asset", one.pk)).services == []
    for status in ("retired", "disposed", "lost"):
        Asset.objects.filter(pk=two.pk).update(state=status)
        assert queries.impact_of(technician, ("asset", one.pk)).services == [mail], status
        assert queries.impact_of(technician, ("asset", switch.pk)).stops == [], status
    Asset.objects.filter(pk=one.pk).update(state="retired")
    assert queries.impact_of(technician, ("asset", one.pk)).stops == []


def test_the_pages_show_what_stops_as_a_picture_and_as_lists(
    browser: Client, root: Entity, django_assert_max_num_queries: Any
) -> None:
    made = world(root)
    for n in range(40):
        service = ITService.objects.create(entity=root, name=f"Application {n}")
        service.hosts.add(made["server"])
    browser.get(reverse("infrastructure:services"))
    pages = {
        reverse("infrastructure:asset_impact", args=[made["core"].pk]): ("Messagerie", "Mairie", "<svg", "3 agents"),
        reverse("infrastructure:site_impact", args=[made["centre"].pk]): ("COEUR", "Messagerie"),
        reverse("infrastructure:service", args=[made["mail"].pk]): ("Fichiers", "SRV-1"),
        reverse("infrastructure:services"): ("Messagerie", "Vital"),
        reverse("infrastructure:sites"): ("Mairie", "COEUR"),
        reverse("parc:asset", args=[made["server"].pk]): ("Ce qui en dépend", "Application 1"),
    }
    for url, words in pages.items():
        with django_assert_max_num_queries(80):
            page = text(browser.get(url))
        for word in words:
            assert word in page, (url, word)


def test_a_sites_page_says_what_stops_with_it(browser: Client, root: Entity) -> None:
    site = make_site(root, name="Mairie")
    make_computer(root, make_agent(root, "anne"), site=site)
    page = browser.get(reverse("parc:site", args=[site.pk])).content.decode()
    assert "1 agent touché" in page
    assert reverse("infrastructure:site_impact", args=[site.pk]) in page


def test_a_service_is_described_and_may_not_need_itself(browser: Client, technician: User, root: Entity) -> None:
    server = make(root, "server", "SRV-1")
    body = {"name": "Messagerie", "entity": root.pk, "criticality": "vital", "hosting": "inside", "hosts": server.pk}
    assert browser.post(reverse("infrastructure:create_service"), body).status_code == 302
    mail = ITService.objects.get()
    assert list(mail.hosts.all()) == [server]
    assert browser.post(reverse("infrastructure:create_service"), body).context["form"].errors["name"]
    files = ITService.objects.create(entity=root, name="Fichiers")
    files.needs.add(mail)
    edit = reverse("infrastructure:edit_service", args=[mail.pk])
    assert browser.post(edit, {**body, "needs": files.pk}).context["form"].errors["needs"]
    assert not mail.needs.exists()
    browser.post(reverse("infrastructure:delete_service", args=[mail.pk]))
    assert list(ITService.objects.all()) == [files]
    actions = set(AuditRecord.objects.values_list("action", flat=True))
    assert {"infrastructure.service_saved", "infrastructure.service_deleted"} <= actions


def test_what_one_does_not_see_of_a_service_stays(root: Entity) -> None:
    commune = make_entity("Commune", root)
    above, mine = make(root, "server", "SRV-METRO"), make(commune, "server", "SRV-A-NOUS")
    shared = ITService.objects.create(entity=root, name="Annuaire")
    service = ITService.objects.create(entity=commune, name="Cantine")
    service.hosts.add(above)
    service.needs.add(shared)
    browser = browser_of(make_member(commune, Role.TECHNICIAN))
    body = {"name": "Cantine", "entity": commune.pk, "criticality": "vital", "hosting": "inside", "hosts": mine.pk}
    assert browser.post(reverse("infrastructure:edit_service", args=[service.pk]), body).status_code == 302
    assert set(service.hosts.all()) == {above, mine}
    assert list(service.needs.all()) == [shared]


def test_an_asset_is_not_behind_itself(browser: Client, technician: User, root: Entity) -> None:
    first, second = make(root, "network", "SW-1"), make(root, "network", "SW-2")
    now = clock.now()
    services.put_behind(actor=technician, asset=second, behind=first, now=now)
    with pytest.raises(Invalid):
        services.put_behind(actor=technician, asset=first, behind=second, now=now)
    url = reverse("infrastructure:asset_impact", args=[first.pk])
    assert browser.post(url, {"behind": second.pk}).context["form"].errors
    assert browser.post(url, {"behind": ""}).status_code == 302
    assert Uplink.objects.get().asset == second


def test_lines_are_kept_once_with_digits_alone(browser: Client, root: Entity) -> None:
    agent = make_agent(root, "anne", account=True)
    sim = make(root, "sim", "SIM-1")
    body = {"number": "06 39 98 00 01", "kind": "mobile", "state": "active", "entity": root.pk, "monthly_cost": "7.50"}
    body |= {"sim": sim.pk, "agent": agent.pk}
    url = reverse("infrastructure:create_line")
    assert browser.post(url, body).status_code == 302
    line = Line.objects.get()
    assert (line.number, line.sim, line.agent) == ("0639980001", sim, agent)
    assert browser.post(url, body).context["form"].errors
    for bad in ("abc", "=1+1", "06 39'--", "1" * 30):
        assert browser.post(url, {**body, "sim": "", "number": bad}).context["form"].errors["number"], bad
    csv = b"".join(browser.get(reverse("infrastructure:lines"), {"format": "csv"}).streaming_content)  # type: ignore[attr-defined]
    assert "0639980001" in csv.decode()
    assert [row["Numéro"] for row in personal_data.export(agent)] == ["0639980001"]
    browser.post(reverse("infrastructure:line", args=[line.pk]), {**body, "state": "ended"})
    assert browser.post(url, {**body, "sim": ""}).status_code == 302
    assert agent.user is not None
    assert browser_of(agent.user).get(reverse("infrastructure:lines")).status_code == 403


def test_an_outage_is_declared_shown_and_ended(browser: Client, technician: User, root: Entity) -> None:
    made = world(root)
    url = reverse("infrastructure:declare_asset_outage", args=[made["server"].pk])
    assert "1 agent touché" in text(browser.get(url))
    body = {"title": "Panne", "text": "Coupé.", "starts_at": "2026-11-20T08:00", "ends_at": "2026-11-20T07:00"}
    assert browser.post(url, body).context["form"].errors["ends_at"]
    assert browser.post(url, {**body, "ends_at": ""}).status_code == 302
    outage = Outage.objects.get()
    assert "Panne" in text(browser.get(reverse("parc:asset", args=[made["server"].pk])))
    end = reverse("infrastructure:end_outage", args=[outage.pk])
    assert browser.post(end).status_code == 302
    assert "Panne" not in text(browser.get(reverse("parc:asset", args=[made["server"].pk])))
    with pytest.raises(Conflict):
        services.end_outage(actor=technician, outage=outage, now=clock.now() + timedelta(hours=1))
    for name, key in (("declare_site_outage", made["hall"].pk), ("declare_service_outage", made["mail"].pk)):
        sent = browser.post(reverse(f"infrastructure:{name}", args=[key]), {**body, "ends_at": ""})
        assert "touché" in text(browser.get(sent["Location"]))
    for name, key in (("infrastructure:service", made["mail"].pk), ("parc:site", made["hall"].pk)):
        assert body["title"] in text(browser.get(reverse(name, args=[key])))


def test_nobody_else_changes_anything(root: Entity) -> None:
    made, now = world(root), clock.now()
    auditor = make_member(root, Role.AUDITOR)
    assert browser_of(auditor).get(reverse("infrastructure:service", args=[made["mail"].pk])).status_code == 200
    for attempt in (
        lambda: services.delete_service(actor=auditor, service=made["mail"], now=now),
        lambda: services.put_behind(actor=auditor, asset=made["server"], behind=None, now=now),
        lambda: services.link_site(actor=auditor, site=made["hall"], behind=None, now=now),
        lambda: services.save_line(actor=auditor, line=Line(number="1"), values={"entity": root}, now=now),
        lambda: services.declare_outage(actor=auditor, outage=Outage(entity=root, starts_at=now), now=now),
    ):
        with pytest.raises(NotAllowed):
            attempt()


def test_a_commune_reads_no_name_of_another(root: Entity) -> None:
    made = world(root)
    commune = make_entity("Commune", root)
    mine = make(commune, "network", "A-NOUS")
    Uplink.objects.filter(asset=made["server"]).update(behind=mine)
    browser = browser_of(make_member(commune, Role.TECHNICIAN))
    page = text(browser.get(reverse("infrastructure:asset_impact", args=[mine.pk])))
    assert "hors de votre périmètre" in page
    for word in ("SRV-1", "Messagerie", "Fichiers"):
        assert word not in page
    assert browser.get(reverse("infrastructure:service", args=[made["mail"].pk])).status_code == 404


def test_a_commune_reads_no_name_of_what_it_is_behind(root: Entity) -> None:
    commune = make_entity("Commune", root)
    canary = make(root, "network", "CANARI")
    mine, site = make(commune, "network", "A-NOUS"), make_site(commune, name="Mairie")
    Uplink.objects.create(asset=mine, behind=canary)
    SiteLink.objects.create(site=site, behind=canary)
    ours, theirs = (browser_of(make_member(entity, Role.TECHNICIAN)) for entity in (root, commune))
    for address, words in (
        (reverse("infrastructure:asset_impact", args=[mine.pk]), "hors de votre périmètre"),
        (reverse("infrastructure:site_impact", args=[site.pk]), "hors de votre périmètre"),
        (reverse("infrastructure:sites"), "Mairie"),
    ):
        assert "CANARI" in text(ours.get(address))
        shown = text(theirs.get(address))
        assert words in shown
        assert "CANARI" not in shown


def test_servers_switches_and_printers_are_checked_though_nobody_has_them(root: Entity) -> None:
    now = clock.now()
    printer = make(root, "printer", "IMP-1", address="10.0.0.1")
    switch = make(root, "network", "SW-1", address="10.0.0.2", probe_port=443)
    server = make(root, "server", "SRV-1", address="10.0.0.3")
    make(root, "printer", "IMP-2", address="10.0.0.4", state="disposed")
    make(root, "screen", "ECRAN", address="10.0.0.5")
    make(root, "server", "SRV-2")
    due = checks.due_for_check(now, 10)
    assert set(due) == {printer.pk, switch.pk, server.pk}
    assert {(target.host, target.port) for target in targets(due)} == {
        ("10.0.0.1", 9100), ("10.0.0.2", 443), ("10.0.0.3", 3389),
    }  # fmt: skip
    checks.record_probes([Probe(printer.pk, True)], now=now)
    printer.refresh_from_db()
    assert printer.reachability == "on"
