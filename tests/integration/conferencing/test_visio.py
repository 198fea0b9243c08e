"""La Suite Visio's interface for applications, against a contract fake."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from parvis.portal.conferencing.adapters.visio import Visio
from parvis.portal.conferencing.errors import Refused, Unanswered
from tests.integration.conferencing.asking import GUEST, a_meeting, a_tool
from tests.servers.conferencing import visio as fake
from tests.servers.conferencing.vendor import running


@pytest.fixture
def service() -> Iterator[fake.Visio]:
    with running(fake.Visio()) as found:
        yield found


def adapter(service: fake.Visio, **facts: str) -> Visio:
    values = {"account": fake.CLIENT, "secret": fake.SECRET, "host_account": fake.FALLBACK}
    return Visio(a_tool("visio", base_url=service.url, **(values | facts)))


def test_a_room_in_the_organisers_name_with_its_number(service: fake.Visio) -> None:
    opened = adapter(service).open(a_meeting())
    assert service.rooms == ["a.martin@ville.example"]
    assert opened.join_url == f"{service.url}/abc-defg-001"
    assert (opened.phone_number, opened.pin) == ("+33190000000", "1234567890")
    assert service.asked[0].json == {
        "client_id": fake.CLIENT,
        "client_secret": fake.SECRET,
        "grant_type": "client_credentials",
        "scope": "a.martin@ville.example",
    }


@pytest.mark.parametrize("email", ["inconnu@ville.example", "quelqu.un@ailleurs.example", ""])
def test_an_organiser_unknown_there_has_a_room_all_the_same(service: fake.Visio, email: str) -> None:
    assert adapter(service).open(a_meeting(organiser_email=email)).join_url
    assert service.rooms == [fake.FALLBACK]


@pytest.mark.parametrize("fault", ["lost", "500", "cut", "silent"])
def test_a_room_is_never_asked_for_twice(service: fake.Visio, fault: str) -> None:
    tool = adapter(service)
    service.faults = ["", fault]
    with pytest.raises(Unanswered):
        tool.open(a_meeting())
    assert len([each for each in service.asked if each.path.endswith("/rooms/")]) == 1


def test_without_telephony_there_is_no_number(service: fake.Visio) -> None:
    service.telephony = False
    assert adapter(service).open(a_meeting()).phone_number == ""


def test_a_token_that_ended_is_asked_for_anew(service: fake.Visio) -> None:
    tool = adapter(service)
    tool.open(a_meeting())
    service.ended = set(service.tokens)
    tool.open(a_meeting())
    assert len(service.tokens) == 2


def test_wrong_secret_wrong_account(service: fake.Visio) -> None:
    adapter(service).check()
    for facts, code in (({"secret": "faux"}, "secret"), ({"host_account": "nul@ville.example"}, "host")):
        with pytest.raises(Refused) as caught:
            adapter(service, **facts).check()
        assert caught.value.code == code


def test_nothing_is_changed_or_taken_away_there(service: fake.Visio) -> None:
    tool = adapter(service)
    opened = tool.open(a_meeting())
    asked = len(service.asked)
    assert tool.change(opened.external_id, a_meeting()).external_id == opened.external_id
    tool.close(opened.external_id)
    assert tool.link_for(opened, GUEST, a_meeting()) == opened.join_url
    assert len(service.asked) == asked
