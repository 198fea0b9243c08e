"""The demo's telework: whole, and as the rules of the room would have made it."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime

import pytest
from django.test import Client

from parvis.portal.accounts.models import User
from parvis.portal.directory import demo as directory
from parvis.portal.parc import demo as parc
from parvis.portal.remote_desktop import demo as remote_desktop
from parvis.portal.telework import demo, proofs, rules
from parvis.portal.telework.models import Acceptance, Document, Enrolment, HelpCall, JobRule, Policy, Request, Try
from parvis.portal.telework.services import documents
from tests.integration.signing_in import browser_of

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)


@pytest.fixture
def built() -> None:
    for room in (directory, parc, remote_desktop, demo):
        assert room.build(NOW) is not False
    assert demo.build(NOW) is False


def test_the_demo_has_telework_at_every_state(built: None) -> None:
    states = Counter(Request.objects.values_list("state", flat=True))
    assert set(states) == set(Request.State.values)
    assert states["open"] > 400
    assert Policy.objects.count() >= 2
    assert JobRule.objects.count() >= 4
    assert Document.objects.filter(published_at=None).count() == 1
    assert set(HelpCall.objects.values_list("state", flat=True)) == {"waiting", "taken", "closed"}
    for request in Request.objects.exclude(opened_at=None)[:50]:
        assert request.decided_at is not None
        assert request.requested_at <= request.decided_at <= NOW
        assert request.requested_at <= (request.opened_at or NOW) <= NOW


def test_each_path_stands_where_its_tries_say(built: None) -> None:
    passed: dict[int, list[str]] = {}
    for enrolment_id, stage in Try.objects.exclude(outcome="failed").values_list("enrolment_id", "stage"):
        passed.setdefault(enrolment_id, []).append(stage)
    for enrolment in Enrolment.objects.select_related("request"):
        left = rules.next_stage(enrolment.level, passed.get(enrolment.pk, []))
        assert (left is None) is (enrolment.finished_at is not None)
        assert enrolment.stage == (left or rules.STAGES[enrolment.level][-1])
        assert enrolment.request.opened_at is not None
    stages = set(Enrolment.objects.filter(finished_at=None).values_list("stage", flat=True))
    assert stages == {"factor", "connection", "computer", "guide"}


def test_proofs_of_the_demo_hold(built: None) -> None:
    for acceptance in Acceptance.objects.select_related("agent__entity", "document")[:40]:
        proofs.check(acceptance)
    yann = User.objects.get(email__startswith="yann.kerbrat@")
    assert documents.charter_to_accept(yann.agent) is not None  # the whole way is there to be tried


def test_pages_of_the_demo_open(built: None) -> None:
    head = browser_of(User.objects.get(email__startswith="helene.marchand@"))
    agent = browser_of(User.objects.get(email__startswith="claire.legoff@"))
    charter = Document.objects.get(kind="charter", version=2)
    addresses: list[tuple[Client, str]] = [(head, f"/teletravail/demandes/{tail}") for tail in (
        "textes/", f"textes/{charter.pk}/", f"textes/{charter.pk}/acceptations/", "regles/", "metiers/")]  # fmt: skip
    addresses += [(agent, "/mon-teletravail/textes/"), (agent, f"/mon-teletravail/textes/{charter.pk}/")]
    for client, address in addresses:
        assert client.get(address).status_code == 200, address
