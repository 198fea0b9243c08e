"""Microsoft Graph's online meetings, against a contract fake."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from parvis.portal.conferencing.adapters.teams import Teams
from parvis.portal.conferencing.errors import Gone, Refused, Unanswered
from tests.integration.conferencing.asking import GUEST, a_meeting, a_tool
from tests.servers.conferencing import teams as fake
from tests.servers.conferencing.vendor import Reply, running, says


@pytest.fixture
def graph() -> Iterator[fake.Teams]:
    with running(fake.Teams()) as found:
        yield found


def adapter(graph: fake.Teams, **facts: str) -> Teams:
    values = {"tenant": fake.TENANT, "account": fake.APP, "secret": fake.SECRET, "host_account": fake.HOST}
    return Teams(a_tool("teams", base_url=graph.url, **(values | facts)))


def test_a_meeting_is_made_as_documented(graph: fake.Teams) -> None:
    opened = adapter(graph).open(a_meeting())
    assert graph.paths()[:2] == [
        f"POST /{fake.TENANT}/oauth2/v2.0/token",
        f"POST /v1.0/users/{fake.HOST}/onlineMeetings/createOrGet",
    ]
    assert graph.asked[1].json == {
        "externalId": "d3b07384@parvis.example",
        "subject": "Réunion de chantier",
        "startDateTime": "2026-11-24T09:00:00Z",
        "endDateTime": "2026-11-24T10:00:00Z",
    }
    (made,) = graph.meetings.values()
    assert opened.join_url == made["joinWebUrl"]
    assert (opened.phone_number, opened.pin) == ("+33170990000", "123456789")
    assert made["lobbyBypassSettings"] == {"scope": "organization", "isDialInBypassEnabled": False}


@pytest.mark.parametrize("fault", ["lost", "500", "cut", "silent"])
def test_asked_again_it_is_the_same_meeting(graph: fake.Teams, fault: str) -> None:
    tool = adapter(graph)
    tool.check()
    graph.faults = [fault]
    first = tool.open(a_meeting())
    assert tool.open(a_meeting()) == first
    assert len(graph.meetings) == 1


def test_the_host_account_of_the_pool_comes_first(graph: fake.Teams) -> None:
    with pytest.raises(Refused) as caught:
        adapter(graph).open(a_meeting(host_ref="compte-inconnu"))
    assert caught.value.code == "host"


def test_without_audio_conferencing_there_is_no_number(graph: fake.Teams) -> None:
    graph.has_audio = False
    opened = adapter(graph).open(a_meeting())
    assert (opened.phone_number, opened.pin) == ("", "")


def test_it_is_changed_and_taken_away_by_its_name_with_a_slash_in_it(graph: fake.Teams) -> None:
    tool = adapter(graph)
    opened = tool.open(a_meeting())
    changed = tool.change(opened.external_id, a_meeting(title="Reportée"))
    assert changed.join_url == opened.join_url
    assert [made["subject"] for made in graph.meetings.values()] == ["Reportée"]
    tool.close(opened.external_id)
    tool.close(opened.external_id)
    assert graph.meetings == {}
    with pytest.raises(Gone):
        tool.change(opened.external_id, a_meeting())


def test_one_token_serves_until_it_is_refused(graph: fake.Teams) -> None:
    tool = adapter(graph)
    tool.open(a_meeting())
    tool.open(a_meeting(uid="b@parvis.example"))
    assert len(graph.tokens) == 1
    graph.tokens.append("un autre programme en a pris un")
    tool.open(a_meeting(uid="c@parvis.example"))
    assert len(graph.tokens) == 3


def test_a_changed_secret_uses_no_old_token(graph: fake.Teams) -> None:
    adapter(graph).check()
    with pytest.raises(Refused) as caught:
        adapter(graph, secret="faux").open(a_meeting())
    assert caught.value.code == "secret"


def test_a_missing_policy_is_said(graph: fake.Teams) -> None:
    graph.has_policy = False
    with pytest.raises(Refused) as caught:
        adapter(graph).check()
    assert caught.value.code == "rights"


@pytest.mark.parametrize(
    "reply", [says({"id": 5}), says([]), Reply(200, b"{"), says({"id": "x", "joinWebUrl": "javascript:alert(1)"})]
)
def test_what_is_no_meeting_is_refused(graph: fake.Teams, reply: Reply, monkeypatch: pytest.MonkeyPatch) -> None:
    tool = adapter(graph)
    tool.check()
    monkeypatch.setattr(graph, "reply", lambda _asked: reply)
    with pytest.raises(Unanswered):
        tool.open(a_meeting())


def test_a_check_needs_the_right_and_the_policy_and_no_meeting(graph: fake.Teams) -> None:
    adapter(graph).check()
    assert graph.asked[-1].method == "GET"
    assert graph.meetings == {}


def test_everybody_has_the_same_link(graph: fake.Teams) -> None:
    tool = adapter(graph)
    opened = tool.open(a_meeting())
    assert tool.link_for(opened, GUEST, a_meeting()) == opened.join_url
