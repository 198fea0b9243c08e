"""BigBlueButton's interface, against a contract fake that checks the checksum by itself."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import parse_qs, urlsplit

import pytest

from parvis.portal.conferencing.adapters.bigbluebutton import BigBlueButton
from parvis.portal.conferencing.errors import Refused, Unanswered
from parvis.portal.kernel.errors import Unavailable
from tests.integration.conferencing.asking import GUEST, HOST, a_meeting, a_tool
from tests.servers.conferencing import bigbluebutton as fake
from tests.servers.conferencing.vendor import Reply, running


@pytest.fixture
def server() -> Iterator[fake.BigBlueButton]:
    with running(fake.BigBlueButton()) as found:
        yield found


def adapter(server: fake.BigBlueButton, **facts: str) -> BigBlueButton:
    values = {"base_url": f"{server.url}/bigbluebutton/", "phone_number": "+33298001234", "secret": fake.SECRET}
    return BigBlueButton(a_tool("bbb", **(values | facts)))


def test_a_meeting_is_promised_then_made_when_somebody_comes(server: fake.BigBlueButton) -> None:
    tool, wanted = adapter(server), a_meeting()
    opened = tool.open(wanted)
    assert server.meetings == {}
    assert opened.phone_number == "+33298001234"
    assert len(opened.pin) == 5
    assert opened.pin.isdigit()
    assert opened.join_url == ""

    link = tool.link_for(opened, HOST, wanted)
    (made,) = server.meetings.values()
    assert made["name"] == "Réunion de chantier"
    assert (made["voiceBridge"], made["dialNumber"]) == (opened.pin, "+33298001234")
    assert made["duration"] == "120"
    params = {name: values[0] for name, values in parse_qs(urlsplit(link).query).items()}
    assert (params["fullName"], params["role"]) == ("Anne Martin", "MODERATOR")
    assert params["meetingID"] == opened.external_id


def test_the_second_person_finds_the_same_meeting(server: fake.BigBlueButton) -> None:
    tool, wanted = adapter(server), a_meeting()
    opened = tool.open(wanted)
    tool.link_for(opened, HOST, wanted)
    link = tool.link_for(opened, GUEST, wanted)
    assert len(server.meetings) == 1
    assert "role=VIEWER" in link
    assert "guest=true" in link
    assert "fullName=%C3%89lu%20%26%20Cie" in link


def test_a_running_meeting_with_other_words_is_that_meeting(server: fake.BigBlueButton) -> None:
    tool = adapter(server)
    opened = tool.open(a_meeting())
    tool.link_for(opened, HOST, a_meeting())
    assert "join?" in tool.link_for(opened, HOST, a_meeting(title="Autre titre"))


def test_a_pin_that_another_meeting_has_does_not_keep_people_out(server: fake.BigBlueButton) -> None:
    tool, wanted = adapter(server), a_meeting()
    opened = tool.open(wanted)
    server.meetings["autre"] = {"voiceBridge": opened.pin}
    assert "join?" in tool.link_for(opened, HOST, wanted)
    assert "voiceBridge" not in server.meetings[opened.external_id]


@pytest.mark.parametrize("algorithm", ["sha1", "sha256", "sha384", "sha512"])
def test_all_hashes_the_server_may_ask_for(algorithm: str) -> None:
    with running(fake.BigBlueButton(algorithm)) as server:
        adapter(server, checksum=algorithm).check()
        with pytest.raises(Refused, match="secret"):
            adapter(server, checksum="sha1" if algorithm != "sha1" else "sha512").check()


def test_a_wrong_secret_is_said(server: fake.BigBlueButton) -> None:
    with pytest.raises(Refused) as caught:
        adapter(server, secret="autre").open(a_meeting())
    assert caught.value.code == "secret"


def test_ending_one_that_is_over_is_fine(server: fake.BigBlueButton) -> None:
    tool, wanted = adapter(server), a_meeting()
    opened = tool.open(wanted)
    tool.close(opened.external_id)
    tool.link_for(opened, HOST, wanted)
    tool.close(opened.external_id)
    assert server.meetings == {}


def test_the_bare_address_of_the_server_is_understood(server: fake.BigBlueButton) -> None:
    adapter(server, base_url=server.url).check()
    adapter(server, base_url=f"{server.url}/bigbluebutton/api").check()


@pytest.mark.parametrize(
    "content",
    [
        b"<html>Bienvenue</html>",
        b"",
        b"\xff\xfe",
        b'<!DOCTYPE r [<!ENTITY a "aaaa">]><response><returncode>&a;</returncode></response>',
        b'<!DOCTYPE r SYSTEM "http://169.254.169.254/"><response/>',
    ],
)
def test_what_is_no_answer_or_a_trap_is_refused(
    server: fake.BigBlueButton, content: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(server, "reply", lambda _asked: Reply(200, content))
    with pytest.raises(Unanswered) as caught:
        adapter(server).check()
    assert caught.value.code == "malformed"
    assert isinstance(caught.value, Unavailable)
