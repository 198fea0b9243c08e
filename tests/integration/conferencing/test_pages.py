"""The pages of the tools, as each person sees them."""

from __future__ import annotations

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from parvis.portal.conferencing import capabilities, tasks
from parvis.portal.conferencing.models import Provider
from parvis.portal.kernel import clock
from tests.integration.conferencing.tools import SECRET, Authority, make_authority
from tests.integration.signing_in import browser_of, program_of

pytestmark = pytest.mark.django_db

MANAGE = "/reunions/outils/gerer/"


@pytest.fixture
def here() -> Authority:
    return make_authority()


def test_an_agent_sees_what_is_offered_and_how_it_is(here: Authority) -> None:
    here.tool("jitsi", "Jitsi de la ville", note="Pour quelques personnes.", health="up")
    here.tool("teams", "Teams en panne", health="down", failure="secret", failure_detail="HTTP 401")
    here.tool("other", "Fermé", is_open=False)
    here.tool("capvisio", "CapVisio", booking_url="https://capvisio.example/reserver")
    make_authority().tool("jitsi", "Celui des autres")
    text = browser_of(here.user).get("/reunions/outils/").content.decode()
    assert "Jitsi de la ville" in text
    assert "Pour quelques personnes." in text
    assert "Répond" in text
    assert "Ne répond pas" in text
    assert "HTTP 401" not in text
    assert "https://capvisio.example/reserver" in text
    assert "Fermé" not in text
    assert "Celui des autres" not in text
    assert MANAGE not in text


def test_nothing_declared_is_said(here: Authority) -> None:
    assert "Aucun outil pour le moment" in browser_of(here.user).get("/reunions/outils/").content.decode()


@pytest.mark.parametrize("kind", list(capabilities.TABLE))
def test_everybody_reads_the_guides(here: Authority, kind: str) -> None:
    response = browser_of(here.user).get(f"/reunions/outils/guides/{kind}/")
    assert response.status_code == 200
    assert "Si cela ne marche pas" in response.content.decode()
    assert browser_of(here.user).get("/reunions/outils/guides/rien/").status_code == 404


def test_the_it_team_sees_what_goes_wrong_and_what_to_do(here: Authority) -> None:
    tool = here.tool("bbb", "BBB", base_url="https://bbb.example", secret=SECRET, failures=4, health="down",
                     failure="secret", failure_detail="checksumError", failing_since=clock.now())  # fmt: skip
    for user in (here.technician, here.head_of_it):
        text = browser_of(user).get(f"{MANAGE}{tool.pk}/").content.decode()
        assert "ne reconnaît pas le compte ou le secret" in text
        assert "Copiez à nouveau" in text
        assert "checksumError" in text
        assert "Vérifier maintenant" in text
        assert SECRET not in text
        assert tool.sealed_secret not in text
    assert browser_of(here.user).get(f"{MANAGE}{tool.pk}/").status_code == 404
    assert browser_of(make_authority().head_of_it).get(f"{MANAGE}{tool.pk}/").status_code == 404


def test_a_check_is_asked_for_and_followed(here: Authority) -> None:
    tool = here.tool("jitsi", base_url="https://meet.example")
    browser = browser_of(here.technician)
    answer = browser.post(f"{MANAGE}{tool.pk}/verifier/", headers={"HX-Request": "true"}).content.decode()
    assert "Vérification en cours" in answer
    assert "hx-get" in answer
    assert tasks.is_under_way(tool.pk)
    assert browser_of(here.user).post(f"{MANAGE}{tool.pk}/verifier/").status_code == 404


def test_checks_are_no_tool_to_explore_a_network(here: Authority) -> None:
    tool = here.tool("jitsi", base_url="https://meet.example")
    browser = browser_of(here.technician)
    answers = [browser.post(f"{MANAGE}{tool.pk}/verifier/").status_code for _ in range(11)]
    assert answers[-1] == 429


def test_a_tool_is_declared_in_the_words_of_its_kind(here: Authority) -> None:
    browser = browser_of(here.head_of_it)
    assert "BigBlueButton" in browser.get(f"{MANAGE}nouveau/").content.decode()
    page = f"{MANAGE}nouveau/bbb/"
    form = browser.get(page).content.decode()
    assert "bbb-conf --secret" in form
    assert 'name="tenant"' not in form
    data = {"entity": here.entity.pk, "name": "BBB", "base_url": "https://bbb.ville.example/bigbluebutton",
            "checksum": "sha256", "phone_number": "02 98 00 12 34", "rank": 20, "is_open": "on"}  # fmt: skip
    refused = browser.post(page, data)
    assert refused.status_code == 200
    assert not Provider.objects.exists()
    assert SECRET not in browser.post(page, {**data, "secret": SECRET, "phone_number": "rien"}).content.decode()
    answer = browser.post(page, {**data, "secret": SECRET})
    tool = Provider.objects.get()
    assert answer["Location"] == f"{MANAGE}{tool.pk}/"
    assert (tool.phone_number, tool.secret, tool.is_open) == ("+33298001234", SECRET, True)


@pytest.mark.parametrize("kind", list(capabilities.TABLE))
@pytest.mark.parametrize("query", ["", "?a-la-main=1"])
def test_every_form_opens(here: Authority, kind: str, query: str) -> None:
    assert browser_of(here.head_of_it).get(f"{MANAGE}nouveau/{kind}/{query}").status_code == 200


def test_a_tool_by_hand_is_declared(here: Authority) -> None:
    page = f"{MANAGE}nouveau/zoom/?a-la-main=1"
    data = {"entity": here.entity.pk, "name": "Zoom", "booking_url": "https://visio.ville.example/", "rank": 60,
            "features": ["phone_in", "public_viewing"], "max_people": 300, "is_open": "on"}  # fmt: skip
    assert browser_of(here.head_of_it).post(page, data).status_code == 302
    tool = Provider.objects.get()
    assert tool.by_hand
    assert tool.features == ["phone_in", "public_viewing"]


def test_changing_shows_everything_but_the_secret(here: Authority) -> None:
    tool = here.tool("jitsi", "Jitsi", base_url="https://meet.example", account="parvis", secret=SECRET)
    browser, page = browser_of(here.head_of_it), f"{MANAGE}{tool.pk}/modifier/"
    text = browser.get(page).content.decode()
    assert "https://meet.example" in text
    assert SECRET not in text
    assert tool.sealed_secret not in text
    data = {"entity": here.entity.pk, "name": "Jitsi", "base_url": "https://meet.example", "account": "parvis",
            "rank": 5, "is_open": "on"}  # fmt: skip
    assert browser.post(page, data).status_code == 302
    tool.refresh_from_db()
    assert (tool.rank, tool.secret) == (5, SECRET)
    moved = browser.post(page, {**data, "base_url": "https://ailleurs.example"})
    assert "saisissez à nouveau le secret" in moved.content.decode()


def test_technicians_neither_declare_nor_change(here: Authority) -> None:
    tool = here.tool("jitsi")
    browser = browser_of(here.technician)
    for page in (
        f"{MANAGE}nouveau/",
        f"{MANAGE}nouveau/bbb/",
        f"{MANAGE}{tool.pk}/modifier/",
        f"{MANAGE}{tool.pk}/retirer/",
    ):
        assert browser.get(page).status_code == 403


def test_setting_up_takes_a_fresh_second_factor(here: Authority) -> None:
    answer = browser_of(here.head_of_it, age=3600).get(f"{MANAGE}nouveau/bbb/")
    assert answer.status_code == 302
    assert "/compte/" in answer["Location"]


def test_offered_or_not_and_removed(here: Authority) -> None:
    tool = here.tool("jitsi")
    browser = browser_of(here.head_of_it)
    browser.post(f"{MANAGE}{tool.pk}/proposer/", {"open": "0"})
    tool.refresh_from_db()
    assert not tool.is_open
    assert "Retirer" in browser.get(f"{MANAGE}{tool.pk}/retirer/").content.decode()
    assert browser.post(f"{MANAGE}{tool.pk}/retirer/")["Location"] == MANAGE
    assert not Provider.objects.exists()


def test_the_list_is_searched_filtered_and_exported(here: Authority) -> None:
    here.tool("jitsi", "Celui du quai", health="up")
    here.tool("zoom", "Celui du conseil", by_hand=True)
    make_authority().tool("jitsi", "Ailleurs")
    browser = browser_of(here.technician)

    def rows(**asked: str) -> str:
        return b"".join(browser.get(MANAGE, {"format": "csv", **asked})).decode("utf-8-sig")

    assert "Celui du quai" in browser.get(MANAGE).content.decode()
    assert "Ailleurs" not in rows()
    assert "conseil" not in rows(kind="jitsi")
    assert "conseil" not in rows(health="up")
    assert "quai" not in rows(q="conseil")
    assert "Réservé à la main" in rows()
    assert browser_of(here.user).get(MANAGE).status_code == 403


@pytest.mark.parametrize("page", [MANAGE, "/reunions/outils/"])
def test_pages_ask_as_much_for_many_tools_as_for_two(here: Authority, page: str) -> None:
    browser = browser_of(here.technician)
    pool = here.phones()

    def queries() -> int:
        with CaptureQueriesContext(
            connection,
        ) as asked:
            browser.get(page)
        return len(asked)

    for number in range(2):
        here.tool("phone", f"Salle {number}", pool=pool)
    queries()
    before = queries()
    for number in range(2, 30):
        here.tool("phone", f"Salle {number}", pool=pool)
    assert queries() <= before


def test_a_program_reads_the_tools_without_their_accounts(here: Authority) -> None:
    tool = here.tool("bbb", "BBB", base_url="https://bbb.example", account="compte", secret=SECRET)
    make_authority().tool("jitsi", "Ailleurs")
    program = program_of(here.user)
    (line,) = program.get("/api/v1/meeting-tools").json()["items"]
    assert (line["id"], line["capabilities"]["browser"], line["health"]) == (tool.pk, True, "unknown")
    assert program.get("/api/v1/meeting-tools", {"kind": "zoom"}).json()["items"] == []
    one = program.get(f"/api/v1/meeting-tools/{tool.pk}")
    assert "compte" not in one.content.decode()
    assert "bbb.example" not in one.content.decode()
