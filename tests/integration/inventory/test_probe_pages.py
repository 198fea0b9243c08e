"""Pages of the probes' side: addresses, reports, silent computers."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
from django.core.cache import cache
from django.urls import reverse

from parvis.portal.directory.models import Role
from parvis.portal.inventory.models import Inventory, ProbeToken, Report
from parvis.portal.inventory.services.tokens import digest
from parvis.portal.kernel import clock
from parvis.portal.kernel.models import AuditRecord
from tests.integration.authority import make_computer, make_entity, make_member
from tests.integration.inventory.probes import Address, Probe, open_address
from tests.integration.signing_in import browser_of
from tests.probe_reports import xml_request

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _no_throttle() -> None:
    cache.clear()


@pytest.fixture
def address(db: None) -> Address:
    return open_address()


def page(browser: Any, name: str, *args: object, **query: str) -> str:
    answer = browser.get(reverse(f"inventory:{name}", args=args), query)
    assert answer.status_code == 200
    return str(answer.content.decode())


def test_an_address_is_made_shown_once_and_works(address: Address) -> None:
    browser = browser_of(address.technician)
    answer = browser.post(
        reverse("inventory:create_token"),
        {"entity": address.commune.pk, "name": "Écoles", "frequency_hours": "12"},
    )
    text = answer.content.decode()
    secret = re.findall(r"/parc/sondes/(parvis_[\w-]+)/", text)[0]
    assert answer["Cache-Control"] == "no-store"
    token = ProbeToken.objects.get(name="Écoles")
    assert (token.digest, token.frequency_hours) == (digest(secret), 12)
    for line in ("server = http", "server=http", "Server=http", "reg add"):
        assert line in text
    probe = Probe(secret)
    probe.send(xml_request("PROLOG"))
    assert probe.status == 200
    for name in ("tokens", "reports"):
        assert secret not in page(browser, name)
    assert secret not in page(browser, "token", token.pk)
    assert AuditRecord.objects.filter(action="inventory.token_created", target_id=token.pk).exists()
    assert secret not in repr(list(AuditRecord.objects.values()))


def test_it_wants_a_fresh_second_factor(address: Address) -> None:
    stale = browser_of(address.technician, age=3600)
    answer = stale.post(
        reverse("inventory:create_token"),
        {"entity": address.commune.pk, "name": "Écoles", "frequency_hours": "12"},
    )
    assert answer.status_code == 302
    assert not ProbeToken.objects.filter(name="Écoles").exists()


@pytest.mark.parametrize(
    ("data", "words"),
    [
        ({"name": "Postes"}, "porte déjà ce nom"),
        ({"name": ""}, "obligatoire"),
        ({"frequency_hours": "1"}, "choix valide"),
        ({"entity": "999999"}, "choix"),
    ],
)
def test_what_is_wrong_is_said(address: Address, data: dict[str, str], words: str) -> None:
    whole = {"entity": str(address.commune.pk), "name": "Autre", "frequency_hours": "24", **data}
    answer = browser_of(address.technician).post(reverse("inventory:create_token"), whole)
    assert words in answer.content.decode()
    assert ProbeToken.objects.count() == 1


def test_the_frequency_changes_and_probes_are_told(address: Address) -> None:
    browser = browser_of(address.technician)
    url = reverse("inventory:token", args=[address.token.pk])
    assert browser.post(url, {"frequency_hours": "4"}).status_code == 302
    assert ProbeToken.objects.get().frequency_hours == 4
    assert browser.post(url, {"frequency_hours": "5"}).status_code == 200
    assert ProbeToken.objects.get().frequency_hours == 4


def test_an_address_is_revoked_after_a_question(address: Address) -> None:
    browser = browser_of(address.technician)
    url = reverse("inventory:revoke_token", args=[address.token.pk])
    assert "refusées tout de suite" in browser.get(url).content.decode()
    assert ProbeToken.objects.get().revoked_at is None
    assert browser.post(url, {"confirmed": "1"}).status_code == 302
    assert ProbeToken.objects.get().revoked_at is not None
    assert "Révoquée" in page(browser, "token", address.token.pk)
    assert (
        browser.post(reverse("inventory:token", args=[address.token.pk]), {"frequency_hours": "4"}).status_code == 409
    )
    probe = Probe(address.secret)
    probe.send(xml_request("PROLOG"))
    assert probe.status == 403


def test_an_auditor_sees_and_changes_nothing(address: Address) -> None:
    browser = browser_of(make_member(address.commune, Role.AUDITOR))
    assert "Postes" in page(browser, "tokens")
    assert "Révoquer" not in page(browser, "token", address.token.pk)
    for name, args in (("revoke_token", [address.token.pk]), ("token", [address.token.pk]), ("create_token", [])):
        assert browser.post(reverse(f"inventory:{name}", args=args), {"frequency_hours": "4"}).status_code == 403
    assert ProbeToken.objects.get().revoked_at is None


def test_who_is_not_of_the_team_sees_none_of_it(address: Address) -> None:
    browser = browser_of(make_member(address.commune))
    for name in ("tokens", "reports", "silent", "create_token"):
        assert browser.get(reverse(f"inventory:{name}")).status_code == 403
    assert browser.get(reverse("inventory:token", args=[address.token.pk])).status_code == 404


def test_another_commune_is_not_there(address: Address) -> None:
    elsewhere = open_address(make_entity("Loperhet"))
    Report.objects.create(token=elsewhere.token, received_at=clock.now(), name="PC-AILLEURS", size=1)
    browser = browser_of(address.technician)
    assert "Loperhet" not in page(browser, "tokens") + page(browser, "reports") + page(browser, "create_token")
    assert "PC-AILLEURS" not in page(browser, "reports")
    assert browser.get(reverse("inventory:token", args=[elsewhere.token.pk])).status_code == 404


def csv_of(browser: Any) -> str:
    return b"".join(browser.get(reverse("inventory:reports"), {"format": "csv"}).streaming_content).decode()


def reported(address: Address, state: str, name: str, **fields: Any) -> Report:
    return Report.objects.create(
        token=address.token, received_at=clock.now(), state=state, name=name, size=1, client="GLPI-Agent", **fields
    )


def test_reports_say_what_became_of_them(address: Address) -> None:
    computer = make_computer(address.commune, name="PC-CONNU")
    reported(address, "applied", "PC-CONNU", asset=computer)
    reported(address, "refused", "PC-MAUVAIS", problem="declares_entities", device_id="PC-MAUVAIS-2026")
    reported(address, "quarantined", "PC-DOUTE", problem="several")
    browser = browser_of(address.technician)
    text = page(browser, "reports")
    for words in ("Pris en compte", "Refusé", "À trancher", "déclarations interdites", "PC-MAUVAIS-2026"):
        assert words in text
    assert reverse("parc:computer", args=[computer.pk]) in text
    refused = page(browser, "reports", state="refused")
    assert "PC-MAUVAIS" in refused
    assert "PC-CONNU" not in refused
    assert "PC-DOUTE" in page(browser, "reports", q="doute")
    exported = csv_of(browser)
    assert "déclarations interdites" in exported


def test_a_hostile_name_is_only_text(address: Address) -> None:
    name = '<script>alert(1)</script>"{{ 7|add:7 }}%s'
    reported(address, "refused", name, problem="failed", device_id="=cmd|' /C calc'!A0")
    browser = browser_of(address.technician)
    text = page(browser, "reports")
    assert "<script>alert" not in text
    assert "&lt;script&gt;alert(1)" in text
    exported = csv_of(browser)
    assert "\n=cmd" not in exported


def silent(address: Address, days: float | None, **fields: Any) -> str:
    computer = make_computer(address.commune, **fields)
    if days is not None:
        Inventory.objects.create(asset_id=computer.pk, reported_at=clock.now() - timedelta(days=days))
    return computer.name


def test_silent_computers_are_those_in_service_without_a_report_for_two_weeks(address: Address) -> None:
    mute, fresh = silent(address, 15), silent(address, 13)
    stored, never = silent(address, 40, state="stock"), silent(address, None)
    browser = browser_of(address.technician)
    text = page(browser, "silent")
    assert mute in text
    for other in (fresh, stored, never):
        assert other not in text
    text = page(browser, "silent", depuis="jamais")
    assert never in text
    assert mute not in text


@pytest.mark.parametrize("name", ["tokens", "reports", "silent"])
def test_many_rows_cost_no_more_queries(address: Address, name: str, django_assert_max_num_queries: Any) -> None:
    now = clock.now()
    for number in range(30):
        open_address(address.commune, name=f"Adresse {number}")
        silent(address, 20)
    computers = [inventory.asset for inventory in Inventory.objects.select_related("asset")]
    Report.objects.bulk_create(
        Report(token=address.token, received_at=now, name=f"PC-{n}", size=1, asset=computers[n % 30], state="applied",
               body=b"x" * 1000)
        for n in range(300)
    )  # fmt: skip
    browser = browser_of(address.technician)
    page(browser, name)
    with django_assert_max_num_queries(18) as queries:
        page(browser, name)
    assert not [query["sql"] for query in queries.captured_queries if '"body"' in query["sql"]]
