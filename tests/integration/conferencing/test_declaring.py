"""Tools are declared by heads of IT; their secrets are written once and read by nobody."""

from __future__ import annotations

import json

import pytest

from parvis.portal.booking.models import Pool
from parvis.portal.conferencing.models import Provider
from parvis.portal.conferencing.services import declaring
from parvis.portal.conferencing.services.declaring import ProviderData
from parvis.portal.kernel import clock
from parvis.portal.kernel.errors import Conflict, Invalid, NotAllowed
from parvis.portal.kernel.models import AuditRecord
from tests.integration.authority import make_entity
from tests.integration.conferencing.tools import SECRET, Authority, make_authority

pytestmark = pytest.mark.django_db


@pytest.fixture
def here() -> Authority:
    return make_authority()


def jitsi(here: Authority, **facts: object) -> ProviderData:
    values = {"entity": here.entity, "kind": "jitsi", "name": "Jitsi", "base_url": "https://meet.ville.example"}
    return ProviderData(**{**values, "account": "parvis", **facts})  # type: ignore[arg-type]


def declare(here: Authority, data: ProviderData, secret: str = SECRET) -> Provider:
    return declaring.declare(actor=here.head_of_it, data=data, secret=secret, now=clock.now())


def test_the_secret_is_sealed_and_in_no_trail(here: Authority) -> None:
    tool = declare(here, jitsi(here))
    assert SECRET not in tool.sealed_secret
    assert tool.secret == SECRET
    change = declaring.change(
        actor=here.head_of_it, provider=tool, data=jitsi(here, name="Autre nom"), secret="encore-un", now=clock.now()
    )
    assert change.secret == "encore-un"
    trail = json.dumps(list(AuditRecord.objects.values("action", "data", "target_label")), default=str)
    assert "conferencing.tool_declared" in trail
    assert "conferencing.tool_changed" in trail
    assert SECRET not in trail
    assert "encore-un" not in trail
    assert tool.sealed_secret not in trail


def test_an_empty_secret_stays_as_it_is(here: Authority) -> None:
    tool = declare(here, jitsi(here))
    declaring.change(actor=here.head_of_it, provider=tool, data=jitsi(here, rank=3), now=clock.now())
    tool.refresh_from_db()
    assert (tool.secret, tool.rank) == (SECRET, 3)


def test_a_secret_does_not_follow_to_another_address(here: Authority) -> None:
    tool = declare(here, jitsi(here))
    data = jitsi(here, base_url="https://ailleurs.example")
    with pytest.raises(Invalid) as caught:
        declaring.change(actor=here.head_of_it, provider=tool, data=data, now=clock.now())
    assert "secret" in caught.value.fields
    tool.refresh_from_db()
    assert tool.base_url == "https://meet.ville.example"
    declaring.change(actor=here.head_of_it, provider=tool, data=data, secret="neuf", now=clock.now())


def test_what_was_known_of_its_health_ends_with_its_connection(here: Authority) -> None:
    tool = declare(here, jitsi(here))
    Provider.objects.filter(pk=tool.pk).update(health="up", checked_at=clock.now())
    tool.refresh_from_db()
    declaring.change(actor=here.head_of_it, provider=tool, data=jitsi(here, note="Nouveau"), now=clock.now())
    assert tool.health == "up"
    declaring.change(actor=here.head_of_it, provider=tool, data=jitsi(here, account="autre"), now=clock.now())
    tool.refresh_from_db()
    assert (tool.health, tool.checked_at) == ("unknown", None)


@pytest.mark.parametrize(
    ("facts", "field"),
    [
        ({"kind": "bbb", "base_url": "https://b.example"}, "secret"),
        ({"kind": "teams", "base_url": ""}, "tenant"),
        ({"kind": "phone", "base_url": ""}, "pool"),
        ({"kind": "capvisio", "base_url": ""}, "booking_url"),
        ({"base_url": "http://meet.ville.example"}, "base_url"),
        ({"base_url": "https://moi:secret@meet.ville.example"}, "base_url"),
        ({"base_url": "https://meet.ville.example/?a=1"}, "base_url"),
        ({"kind": "other", "base_url": "", "booking_url": "http://a.example"}, "booking_url"),
    ],
)
def test_what_is_missing_or_wrong_is_said_beside_its_field(
    here: Authority, facts: dict[str, object], field: str
) -> None:
    with pytest.raises(Invalid) as caught:
        declare(here, jitsi(here, **facts), secret="")
    assert field in caught.value.fields
    assert not Provider.objects.exists()


def test_places_come_from_the_right_pool(here: Authority) -> None:
    data = {"kind": "phone", "base_url": "", "account": ""}
    rooms = Pool.objects.create(entity=here.entity, kind="room", name="Salles")
    below = Pool.objects.create(entity=here.department, kind="phone_room", name="Du service")
    for pool in (rooms, below, Pool.objects.create(entity=make_entity(), kind="phone_room", name="Ailleurs")):
        with pytest.raises(Invalid) as caught:
            declare(here, jitsi(here, **data, pool=pool))
        assert "pool" in caught.value.fields
    assert declare(here, jitsi(here, **data, pool=here.phones())).pool is not None


def test_a_name_is_had_once(here: Authority) -> None:
    declare(here, jitsi(here))
    with pytest.raises(Invalid) as caught:
        declare(here, jitsi(here))
    assert "name" in caught.value.fields


def test_only_heads_of_it_declare_and_only_at_home(here: Authority) -> None:
    for actor in (here.technician, here.user, make_authority().head_of_it):
        with pytest.raises(NotAllowed):
            declaring.declare(actor=actor, data=jitsi(here), secret=SECRET, now=clock.now())
    tool = declare(here, jitsi(here))
    with pytest.raises(NotAllowed):
        declaring.remove(actor=here.technician, provider=tool, now=clock.now())
    with pytest.raises(NotAllowed):
        declaring.change(actor=here.head_of_it, provider=tool, data=jitsi(here, entity=make_entity()), now=clock.now())


def test_technicians_offer_and_withhold(here: Authority) -> None:
    tools = [here.tool(name="a"), here.tool(name="b", is_open=False)]
    assert declaring.set_open(actor=here.technician, providers=tools, is_open=False, now=clock.now()) == 1
    assert not Provider.objects.filter(is_open=True).exists()
    with pytest.raises(NotAllowed):
        declaring.set_open(actor=here.user, providers=tools, is_open=True, now=clock.now())


def test_a_kind_stays(here: Authority) -> None:
    tool = declare(here, jitsi(here))
    with pytest.raises(Conflict):
        declaring.change(
            actor=here.head_of_it, provider=tool, data=jitsi(here, kind="livekit"), secret=SECRET, now=clock.now()
        )


def test_a_tool_nobody_used_is_taken_away(here: Authority) -> None:
    declaring.remove(actor=here.head_of_it, provider=declare(here, jitsi(here)), now=clock.now())
    assert not Provider.objects.exists()


def test_by_hand_keeps_no_secret(here: Authority) -> None:
    data = jitsi(here, kind="zoom", by_hand=True, base_url="", booking_url="https://visio.ville.example")
    assert declare(here, data).sealed_secret == ""
