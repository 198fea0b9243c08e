"""The address of probes: what each program is answered, what is refused, that a refusal leaves nothing."""

from __future__ import annotations

import json
import zlib
from datetime import timedelta

import pytest
from django.core.cache import cache
from django.test import Client
from django.urls import reverse

from parvis.portal.inventory.models import ProbeToken, Report
from parvis.portal.inventory.services import reports, tokens
from parvis.portal.inventory.views import probes as view
from parvis.portal.inventory.wire import limits
from parvis.portal.kernel import clock
from parvis.portal.parc.models import Asset
from tests import probe_reports
from tests.integration.inventory.probes import ZLIB, Address, Probe, glpi_agent, open_address, said
from tests.probe_reports import DEVICE, xml_request

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _no_throttle() -> None:
    cache.clear()


@pytest.fixture
def address(db: None) -> Address:
    return open_address()


def test_fusioninventory_is_told_when_and_heard(address: Address) -> None:
    probe = Probe(address.secret)
    answer = probe.send(xml_request("PROLOG"))
    assert (probe.status, probe.answer_type) == (200, ZLIB)
    assert said(answer, "RESPONSE") == "SEND"
    assert 12 <= int(said(answer, "PROLOG_FREQ")) <= 36
    assert not Report.objects.exists()
    assert said(probe.send(probe_reports.fusion()), "RESPONSE") == "NO_ACCOUNT_UPDATE"
    report = Report.objects.get()
    assert (report.state, report.device_id, report.name, report.client) == (
        "queued",
        DEVICE,
        "PC-MAIRIE-042",
        "FusionInventory-Agent_v2.6-3",
    )
    assert zlib.decompress(bytes(report.body or b"")).decode() == probe_reports.fusion()
    assert report.size < len(probe_reports.fusion())
    assert ProbeToken.objects.get().last_used_at is not None


@pytest.mark.parametrize("content_type", ["application/x-compress-gzip", "application/xml", "application/x-compress"])
def test_every_compression_is_answered_with_the_same(address: Address, content_type: str) -> None:
    probe = Probe(address.secret, content_type=content_type)
    assert said(probe.send(xml_request("PROLOG")), "RESPONSE") == "SEND"
    # OCS takes zlib whatever the header says; the others believe the header.
    assert probe.answer_type == {"application/x-compress": ZLIB}.get(content_type, content_type)


def test_glpi_agent_goes_over_to_json(address: Address) -> None:
    probe = glpi_agent(address.secret)
    first = json.loads(probe.send(xml_request("PROLOG")))
    assert (first["status"], probe.answer_type) == ("ok", ZLIB)
    assert 12 <= first["expiration"] <= 36
    contact = probe.send_json(probe_reports.CONTACT)
    assert contact["tasks"]["inventory"]["server"] == "glpi"
    assert "deploy" in contact["disabled"]
    assert "inventory" not in contact["disabled"]
    assert probe.send_json(probe_reports.glpi())["status"] == "ok"
    assert Report.objects.get().name == "PC-CCAS-011"


def test_a_question_for_tasks_is_answered_with_none(address: Address) -> None:
    url = reverse("inventory:speak", args=[address.secret])
    answer = Client().get(url, {"action": "getConfig", "machineid": "x", "task[Collect]": "2.8"})
    assert (answer.status_code, answer.json()["schedule"]) == (200, [])
    tried = Client().get(url)
    assert (tried.status_code, "Landerneau" in tried.content.decode()) == (200, True)


@pytest.mark.parametrize("query", ["NETDISCOVERY", "SNMPQUERY", "UPDATE"])
def test_what_is_not_done_here_is_answered_and_not_kept(address: Address, query: str) -> None:
    probe = Probe(address.secret)
    probe.send(xml_request(query, "<DEVICE/>"))
    assert probe.status == 200
    assert not Report.objects.exists()


def test_the_last_slash_does_not_matter(address: Address) -> None:
    url = reverse("inventory:speak", args=[address.secret]).rstrip("/")
    for each in (url, url + "/"):
        assert Client().post(each, xml_request("PROLOG"), content_type="application/xml").status_code == 200


def test_a_device_keeps_its_moment(address: Address) -> None:
    ProbeToken.objects.update(frequency_hours=8)
    answers = {Probe(address.secret).send(xml_request("PROLOG", device=f"pc-{n}")) for n in range(40)}
    assert len({said(answer, "PROLOG_FREQ") for answer in answers}) > 4
    assert all(4 <= int(said(answer, "PROLOG_FREQ")) <= 12 for answer in answers)


def refused(probe: Probe, data: bytes, status: int, words: str) -> None:
    """With words the agent can read, and nothing kept."""
    answer = probe.send_raw(data)
    assert probe.status == status
    assert words in said(answer, "ERROR")
    assert not Report.objects.exists()
    assert not Asset.objects.exists()


def test_an_unknown_or_revoked_address_is_refused(address: Address) -> None:
    body = zlib.compress(probe_reports.fusion().encode())
    refused(Probe("x" * 43), body, 403, "inconnue ou révoquée")
    tokens.revoke_token(actor=address.technician, token=address.token, now=clock.now())
    refused(Probe(address.secret), body, 403, "inconnue ou révoquée")
    assert glpi_agent(address.secret).send_json(probe_reports.CONTACT)["status"] == "error"


def test_an_address_of_a_closed_service_is_refused(address: Address) -> None:
    address.commune.closed_date = clock.today()
    address.commune.save()
    refused(Probe(address.secret), b"", 403, "inconnue ou révoquée")


def test_who_guesses_addresses_is_told_to_wait(address: Address, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(view, "WRONG_PER_HOUR", 3)
    guesses = [Probe(f"{n}" * 43) for n in range(5)]
    for guess in guesses:
        guess.send(xml_request("PROLOG"))
    assert [guess.status for guess in guesses] == [403, 403, 403, 429, 429]
    real = Probe(address.secret)
    real.send(xml_request("PROLOG"))
    assert real.status == 200, "or anybody on a site's network would silence its probes"


def test_twenty_megabytes_are_refused(address: Address) -> None:
    refused(Probe(address.secret), b"<" * (20 * 2**20), 413, "trop volumineux")
    refused(Probe(address.secret), zlib.compress(bytes(20 * 2**20)), 413, "trop volumineux")
    refused(Probe(address.secret), bytes(limits.MOST_SENT + 1), 413, "trop volumineux")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("bonjour", "mal formé"),
        ("<REQUEST>", "mal formé"),
        ("<!DOCTYPE r [<!ENTITY x SYSTEM 'file:///etc/passwd'>]><REQUEST>&x;</REQUEST>", "interdites"),
        ("<REQUEST>" + "<A>" * 50 + "</A>" * 50 + "</REQUEST>", "trop d’éléments"),
        ("<HTML/>", "pas un message"),
        ("<REQUEST><QUERY>PROLOG</QUERY></REQUEST>", "quelle machine"),
    ],
)
def test_what_cannot_be_read_is_refused(address: Address, text: str, words: str) -> None:
    refused(Probe(address.secret), zlib.compress(text.encode()), 400, words)


def test_a_broken_compression_is_refused(address: Address) -> None:
    refused(Probe(address.secret), zlib.compress(probe_reports.fusion().encode())[:-9], 400, "décompressé")


def test_a_device_that_sends_without_end_is_told_to_wait(address: Address, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reports, "PER_HOUR", 3)
    probe = Probe(address.secret)
    statuses = []
    for _ in range(5):
        probe.send(probe_reports.fusion())
        statuses.append(probe.status)
    assert statuses == [200, 200, 200, 429, 429]
    probe.send(probe_reports.fusion("PC-MAIRIE-043"))
    assert probe.status == 200, "another computer with the same copied identifier"
    Report.objects.update(received_at=clock.now() - timedelta(hours=2))
    probe.send(probe_reports.fusion())
    assert probe.status == 200


def test_a_full_queue_sends_probes_away(address: Address, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reports, "MOST_WAITING", 2)
    probe = Probe(address.secret)
    statuses = []
    for number in range(4):
        probe.send(probe_reports.fusion(f"PC-{number}", device=f"pc-{number}"))
        statuses.append(probe.status)
    assert statuses == [200, 200, 503, 503]


def test_the_queue_has_one_report_of_a_device(address: Address) -> None:
    probe = Probe(address.secret)
    for _ in range(3):
        probe.send(probe_reports.fusion())
    states = list(Report.objects.order_by("pk").values_list("state", "problem"))
    assert states == [("discarded", "superseded"), ("discarded", "superseded"), ("queued", "")]
    assert Report.objects.exclude(body=None).count() == 1


def test_a_partial_report_does_not_replace_the_whole_one_that_waits(address: Address) -> None:
    probe = Probe(address.secret, "GLPI-Agent_v1.12", "application/json", {"GLPI-Agent-ID": "x"})
    for message in (probe_reports.glpi(), probe_reports.glpi(partial=True), probe_reports.glpi(partial=True)):
        probe.send_json(message)
    assert set(Report.objects.values_list("state", flat=True)) == {"queued"}
    probe.send_json(probe_reports.glpi())
    assert sorted(Report.objects.values_list("state", flat=True)) == ["discarded"] * 3 + ["queued"]


def test_the_secret_is_nowhere_in_the_database(address: Address) -> None:
    Probe(address.secret).send(probe_reports.fusion())
    token = ProbeToken.objects.get()
    assert address.secret not in repr([vars(token), vars(Report.objects.get())])
    assert token.digest == tokens.digest(address.secret)


def test_a_report_costs_few_queries(address: Address, django_assert_max_num_queries: object) -> None:
    probe = Probe(address.secret)
    probe.send(probe_reports.fusion())
    with django_assert_max_num_queries(12):  # type: ignore[operator]
        probe.send(probe_reports.fusion())
