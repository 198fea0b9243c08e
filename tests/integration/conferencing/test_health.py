"""Whether tools answer: what passes, what does not, said once; and who stands in for whom."""

from __future__ import annotations

import uuid
from datetime import timedelta

import pytest

from parvis.portal.conferencing import queries, rules, tasks
from parvis.portal.conferencing.errors import Refused, Unanswered
from parvis.portal.conferencing.events import ProviderCameBack, ProviderWentDown
from parvis.portal.conferencing.models import Provider
from parvis.portal.conferencing.services import health, opening
from parvis.portal.kernel import clock, events
from parvis.portal.kernel.errors import Unavailable
from parvis.portal.live_rooms.models import LiveRoom, VoiceServer
from tests.integration.conferencing.asking import a_meeting
from tests.integration.conferencing.tools import Authority, make_authority
from tests.servers import free_port
from tests.servers.conferencing import bigbluebutton as fake
from tests.servers.conferencing.vendor import running

pytestmark = pytest.mark.django_db


@pytest.fixture
def here() -> Authority:
    return make_authority()


def failed(tool: Provider) -> None:
    health.note_failure(provider=tool, failure=Unanswered("slow", "ReadTimeout"), now=clock.now())
    tool.refresh_from_db()


def test_one_failure_is_no_reason_to_give_a_tool_up(here: Authority) -> None:
    tool = here.tool(health="up")
    failed(tool)
    assert (tool.health, tool.failures, tool.failure) == ("up", 1, "slow")
    assert tool.failing_since is not None


def test_down_is_said_once_and_back_is_said_once(here: Authority) -> None:
    tool = here.tool(health="up")
    with events.recorded(ProviderWentDown) as down, events.recorded(ProviderCameBack) as back:
        for _ in range(rules.DOWN_AFTER + 2):
            failed(tool)
        assert tool.health == "down"
        for _ in range(2):
            health.note_answer(provider=tool, now=clock.now())
    tool.refresh_from_db()
    assert (len(down), len(back)) == (1, 1)
    assert (tool.health, tool.failures, tool.failing_since, tool.failure) == ("up", 0, None, "")


def test_failing_since_is_the_first_failure(here: Authority) -> None:
    tool, first = here.tool(), clock.now() - timedelta(hours=2)
    health.note_failure(provider=tool, failure=Unanswered("slow"), now=first)
    failed(tool)
    assert tool.failing_since == first


def test_a_wrong_secret_does_not_pass_by_itself(here: Authority) -> None:
    tool = here.tool(health="up")
    health.note_failure(provider=tool, failure=Refused("secret"), now=clock.now())
    tool.refresh_from_db()
    assert tool.health == "down"


def test_a_check_asks_the_tool_and_notes_what_it_says(here: Authority) -> None:
    with running(fake.BigBlueButton()) as server:
        tool = here.tool("bbb", base_url=server.url, secret=fake.SECRET)
        tasks.check.func(tool.pk)
        tool.refresh_from_db()
        assert (tool.health, tool.failure) == ("up", "")
        wrong = here.tool("bbb", name="Autre", base_url=server.url, secret="faux")
        tasks.check.func(wrong.pk)
        wrong.refresh_from_db()
        assert (wrong.health, wrong.failure) == ("down", "secret")
        assert "faux" not in wrong.failure_detail


def test_a_meeting_that_finds_nobody_tells_the_next_one(here: Authority) -> None:
    tool = here.tool("bbb", base_url=f"http://127.0.0.1:{free_port()}", secret="s", health="up")
    for _ in range(rules.DOWN_AFTER):
        with pytest.raises(Unavailable):
            opening.open_meeting(provider=tool, wanted=a_meeting(), now=clock.now())
    tool.refresh_from_db()
    assert tool.health == "down"
    with pytest.raises(Unavailable) as caught:
        opening.open_meeting(provider=tool, wanted=a_meeting(), now=clock.now())
    assert caught.value.code == "provider_down"


def test_a_meeting_that_is_opened_forgets_earlier_failures(here: Authority) -> None:
    with running(fake.BigBlueButton()) as server:
        tool = here.tool("bbb", base_url=server.url, secret=fake.SECRET, health="up", failures=2, failure="slow")
        opening.open_meeting(provider=tool, wanted=a_meeting(), now=clock.now())
        tool.refresh_from_db()
        assert (tool.failures, tool.failure) == (0, "")


def test_the_sweep_asks_those_whose_turn_has_come_once(here: Authority) -> None:
    long_ago = clock.now() - timedelta(seconds=rules.CHECK_SECONDS + 1)
    here.tool(name="jamais")
    here.tool(name="ancien", checked_at=long_ago)
    here.tool(name="récent", checked_at=clock.now())
    here.tool(name="fermé", is_open=False)
    assert tasks.sweep() == 2
    assert tasks.sweep() == 0  # they are under way


def test_telephone_rooms_without_a_number_are_no_tool(here: Authority) -> None:
    pool = here.phones()
    tool = here.tool("phone", pool=pool)
    assert health.check(provider=tool, now=clock.now()) is None
    pool.resources.update(is_active=False)
    found = health.check(provider=tool, now=clock.now())
    assert found is not None
    assert found.code == "incomplete"


def test_parvis_itself_says_whether_a_voice_server_is_there(here: Authority) -> None:
    tool = here.tool("parvis")
    found = health.check(provider=tool, now=clock.now())
    tool.refresh_from_db()
    assert found is not None
    assert (found.code, tool.health) == ("no_voice", "down")  # at once: it will not come by itself
    server = VoiceServer.objects.create(name="voix", boot=uuid.uuid4(), seen_at=clock.now(), available=True)
    assert health.check(provider=tool, now=clock.now()) is None
    wanted = a_meeting(entity_id=here.entity.pk)
    tool.refresh_from_db()
    room = LiveRoom.objects.get(key=opening.open_meeting(provider=tool, wanted=wanted, now=clock.now()).external_id)
    assert (room.title, room.entity, room.has_lobby) == ("Réunion de chantier", here.entity, True)
    VoiceServer.objects.filter(pk=server.pk).update(seen_at=clock.now() - timedelta(minutes=5))
    found = health.check(provider=tool, now=clock.now())
    tool.refresh_from_db()
    assert found is not None
    assert (found.code, tool.health) == ("voice", "up")  # silent for a moment
    moved = a_meeting(entity_id=here.entity.pk, title="Reportée")
    opening.change_meeting(provider=tool, external_id=room.key, wanted=moved, now=clock.now())
    opening.close_meeting(provider=tool, external_id=room.key, now=clock.now())
    opening.close_meeting(provider=tool, external_id=room.key, now=clock.now())
    room.refresh_from_db()
    assert room.title == "Reportée"
    assert room.closed_at is not None


def test_an_answer_too_long_to_keep_is_no_answer(here: Authority) -> None:
    tool = here.tool("phone", pool=here.phones())
    with pytest.raises(Unavailable):
        opening.open_meeting(provider=tool, wanted=a_meeting(phone_number="+3", pin="1" * 21), now=clock.now())


def test_who_stands_in(here: Authority) -> None:
    failing = here.tool("bbb", phone_number="+33298001234", rank=10)
    twin = here.tool("bbb", name="Jumeau", phone_number="+33298001235", rank=20)
    phone = here.tool("phone", pool=here.phones(), rank=40)
    teams = here.tool("teams", features=["phone_in"], rank=50)
    here.tool("jitsi", rank=30)  # no telephone
    here.tool("livekit", health="down", rank=1)
    here.tool("capvisio", rank=2)
    here.tool("visio", name="Petit", features=["phone_in"], max_people=3, rank=3)
    elsewhere = make_authority().tool("teams", features=["phone_in"])
    found = queries.alternatives(failing, a_meeting(phone_number="+33298001234"), here.agent)
    assert found == [phone, teams, twin]
    assert elsewhere not in queries.open_providers(here.agent)


def test_those_that_are_down_are_offered_last(here: Authority) -> None:
    down = here.tool("jitsi", rank=1, health="down")
    up = here.tool("livekit", rank=90)
    here.tool("other", is_open=False)
    assert queries.open_providers(here.agent) == [up, down]
