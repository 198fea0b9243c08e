"""Tools that let people in by a signed token: verified here with the standard library, not by what made it."""

from __future__ import annotations

import time
from collections.abc import Iterator
from urllib.parse import parse_qs, urlsplit

import pytest

from parvis.portal.conferencing.adapters.jitsi import Jitsi
from parvis.portal.conferencing.adapters.livekit import LiveKit
from parvis.portal.conferencing.errors import Refused, Unanswered
from tests.integration.conferencing.asking import GUEST, HOST, a_meeting, a_tool
from tests.servers.conferencing import jitsi as fake_jitsi
from tests.servers.conferencing import livekit as fake
from tests.servers.conferencing.vendor import running

SECRET = "un-autre-secret-de-plus-de-32-octets-pour-HS256"


@pytest.fixture
def livekit() -> Iterator[fake.LiveKit]:
    with running(fake.LiveKit()) as found:
        yield found


@pytest.fixture
def meet() -> Iterator[fake_jitsi.Jitsi]:
    with running(fake_jitsi.Jitsi()) as found:
        yield found


def a_livekit(server: fake.LiveKit, **facts: str) -> LiveKit:
    values = {"account": fake.KEY, "secret": fake.SECRET, "booking_url": "https://meet.ville.example/"}
    return LiveKit(a_tool("livekit", base_url=server.url, **(values | facts)))


def test_livekit_room_is_made_when_somebody_comes_and_only_once(livekit: fake.LiveKit) -> None:
    tool, wanted = a_livekit(livekit), a_meeting()
    opened = tool.open(wanted)
    assert livekit.rooms == {}
    assert opened.join_url == ""
    tool.link_for(opened, HOST, wanted)
    tool.link_for(opened, GUEST, wanted)
    assert list(livekit.rooms) == [opened.external_id]
    tool.close(opened.external_id)
    tool.close(opened.external_id)
    assert livekit.rooms == {}


def test_livekit_token_says_who_may_enter_where(livekit: fake.LiveKit) -> None:
    tool, wanted = a_livekit(livekit), a_meeting()
    opened = tool.open(wanted)
    for person, is_admin in ((HOST, True), (GUEST, False)):
        link = urlsplit(tool.link_for(opened, person, wanted))
        assert (link.netloc, link.path) == ("meet.ville.example", "/custom")
        params = parse_qs(link.query)
        assert params["liveKitUrl"] == [livekit.url.replace("http", "ws")]
        claims = fake.claims_of(params["token"][0], fake.SECRET)
        assert claims is not None
        assert claims["iss"] == fake.KEY
        assert claims["sub"] == person.ref
        assert claims["name"] == person.name
        assert claims["video"]["room"] == opened.external_id
        assert claims["video"]["roomJoin"] is True
        assert claims["video"]["roomAdmin"] is is_admin
        assert claims["nbf"] <= time.time() < claims["exp"] <= time.time() + 7300


def test_livekit_with_a_wrong_secret(livekit: fake.LiveKit) -> None:
    with pytest.raises(Refused) as caught:
        a_livekit(livekit, secret=SECRET).open(a_meeting())
    assert caught.value.code == "secret"


def test_jitsi_token_in_jitsis_words(meet: fake_jitsi.Jitsi) -> None:
    tool = Jitsi(a_tool("jitsi", base_url=meet.url, account="parvis", secret=SECRET, tenant="meet.ville.example"))
    wanted = a_meeting()
    opened = tool.open(wanted)
    assert opened.join_url == ""  # without a token it opens nothing
    link = urlsplit(tool.link_for(opened, GUEST, wanted))
    assert link.path == f"/{opened.external_id}"
    claims = fake.claims_of(parse_qs(link.query)["jwt"][0], SECRET)
    assert claims is not None
    assert (claims["iss"], claims["aud"], claims["sub"]) == ("parvis", "parvis", "meet.ville.example")
    assert claims["room"] == opened.external_id
    assert claims["moderator"] is False
    user = claims["context"]["user"]
    assert user == {"id": "g2", "name": "Élu & Cie", "email": "", "avatar": "", "affiliation": "member"}
    assert all(isinstance(value, str) for value in user.values())


def test_jitsi_open_to_all_has_a_name_nobody_guesses(meet: fake_jitsi.Jitsi) -> None:
    tool = Jitsi(a_tool("jitsi", base_url=f"{meet.url}/"))
    first, other = tool.open(a_meeting()), tool.open(a_meeting(uid="b@parvis.example"))
    assert first.join_url == f"{meet.url}/{first.external_id}" != other.join_url
    assert "d3b07384" not in first.join_url
    assert tool.open(a_meeting()) == first
    assert tool.link_for(first, HOST, a_meeting()) == first.join_url


def test_jitsi_is_checked_by_its_configuration(meet: fake_jitsi.Jitsi) -> None:
    Jitsi(a_tool("jitsi", base_url=meet.url)).check()
    meet.faults = ["garbage"]
    with pytest.raises(Unanswered):
        Jitsi(a_tool("jitsi", base_url=meet.url)).check()
