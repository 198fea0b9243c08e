"""Zoom's meetings, against a contract fake."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from parvis.portal.conferencing.adapters.zoom import Zoom
from parvis.portal.conferencing.errors import Gone, Refused, Unanswered
from parvis.portal.kernel import ical
from tests.integration.conferencing.asking import GUEST, HOST, a_meeting, a_tool
from tests.servers.conferencing import zoom as fake
from tests.servers.conferencing.vendor import running

WANTED = a_meeting(host_ref=fake.HOST)


@pytest.fixture
def account() -> Iterator[fake.Zoom]:
    with running(fake.Zoom()) as found:
        yield found


def adapter(account: fake.Zoom, **facts: str) -> Zoom:
    values = {"tenant": fake.ACCOUNT, "account": fake.CLIENT, "secret": fake.SECRET}
    return Zoom(a_tool("zoom", base_url=account.url, **(values | facts)))


def test_a_meeting_is_made_as_documented(account: fake.Zoom) -> None:
    opened = adapter(account).open(WANTED)
    assert account.paths() == [
        "POST /oauth/token",
        f"GET /v2/users/{fake.HOST}/meetings",
        f"POST /v2/users/{fake.HOST}/meetings",
    ]
    (made,) = account.meetings.values()
    assert (made["topic"], made["type"], made["duration"]) == ("Réunion de chantier", 2, 60)
    assert made["start_time"] == "2026-11-24T09:00:00Z"
    assert made["settings"]["waiting_room"] is True
    assert made["settings"]["join_before_host"] is False
    assert "parvis.example" not in made["agenda"]
    assert opened.join_url == made["join_url"]


def test_by_telephone_the_french_number_and_both_codes(account: fake.Zoom) -> None:
    opened = adapter(account).open(WANTED)
    assert opened.phone_number == "+33170372246"
    assert opened.pin == f"81234567890#{account.meetings[81234567890]['password']}"
    assert len(opened.pin) <= 20
    assert ical.dial(opened.phone_number, opened.pin).startswith("tel:+33170372246,,81234567890#,,")


@pytest.mark.parametrize("fault", ["lost", "500", "cut", "silent"])
def test_a_meeting_whose_answer_was_lost_is_found_again(account: fake.Zoom, fault: str) -> None:
    tool = adapter(account)
    tool.check()
    tool._find(fake.HOST, WANTED)  # the next question is the one that makes
    account.asked.clear()

    account.faults = ["", fault]
    with pytest.raises(Unanswered):
        tool.open(WANTED)
    assert [each.method for each in account.asked] == ["GET", "POST"]  # never asked twice by itself
    opened = tool.open(WANTED)
    assert len(account.meetings) == 1
    assert opened.external_id in {str(number) for number in account.meetings}


def test_it_is_found_on_the_second_page_too(account: fake.Zoom) -> None:
    tool = adapter(account)
    account.page = 2
    for number in range(3):
        tool.open(a_meeting(uid=f"{number}@parvis.example", host_ref=fake.HOST))
    tool.open(a_meeting(uid="2@parvis.example", host_ref=fake.HOST))
    assert len(account.meetings) == 3


def test_the_hosts_secret_address_is_fresh_and_theirs_alone(account: fake.Zoom) -> None:
    tool = adapter(account)
    opened = tool.open(WANTED)
    assert opened.host_url == ""
    first, second = (tool.link_for(opened, HOST, WANTED) for _ in range(2))
    assert first != second
    assert "zak=" in first
    assert tool.link_for(opened, GUEST, WANTED) == opened.join_url


def test_a_token_ended_by_another_program_is_asked_for_anew_once(account: fake.Zoom) -> None:
    tool = adapter(account)
    tool.open(WANTED)
    assert len(account.tokens) == 1
    account.tokens.append("d’un autre programme")
    tool.open(WANTED)
    assert len(account.tokens) == 3


def test_all_processes_share_one_token(account: fake.Zoom) -> None:
    declared = adapter(account).provider
    for _ in range(3):
        Zoom(declared).check()
    assert len(account.tokens) == 1


def test_changed_and_taken_away(account: fake.Zoom) -> None:
    tool = adapter(account)
    opened = tool.open(WANTED)
    changed = tool.change(opened.external_id, a_meeting(title="Reportée", host_ref=fake.HOST))
    assert (changed.join_url, changed.external_id) == (opened.join_url, opened.external_id)
    assert account.meetings[81234567890]["topic"] == "Reportée"
    tool.close(opened.external_id)
    tool.close(opened.external_id)
    with pytest.raises(Gone):
        tool.change(opened.external_id, WANTED)


@pytest.mark.parametrize(
    ("facts", "code"),
    [({"secret": "faux"}, "secret"), ({"tenant": "autre"}, "secret"), ({"host_account": "x@y"}, "host")],
)
def test_what_is_wrong_is_said(account: fake.Zoom, facts: dict[str, str], code: str) -> None:
    with pytest.raises(Refused) as caught:
        adapter(account, **facts).check()
    assert caught.value.code == code
