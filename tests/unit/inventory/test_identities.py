"""Values of the firmware that say nothing, and the one form of those that do."""

from __future__ import annotations

import uuid

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from parvis.portal.inventory.content import Content, Network
from parvis.portal.inventory.rules import POINTS, identities, kind_of, normal_identity

calmly = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
"""On a busy machine, slowness says nothing of the rules."""

BAD_SERIALS = [
    "To Be Filled By O.E.M.", "to be filled by O.E.M", "System Serial Number", "Default string", "Not Specified",
    "None", "N/A", "0123456789", "0", "00000000", "XXXXXXX", "............", "  ", "Not Applicable", "12", "\x00\x01",
]  # fmt: skip
BAD_UUIDS = [
    "FFFFFFFF-FFFF-FFFF-FFFF-FFFFFFFFFFFF",
    "00000000-0000-0000-0000-000000000000",
    "03000200-0400-0500-0006-000700080009",
    "00020003-0004-0005-0006-000700080009",
    "not a uuid",
    "",
]
BAD_MACS = [
    "00:00:00:00:00:00", "ff:ff:ff:ff:ff:ff", "00:50:56:c0:00:08", "00:0c:29:12:34:56", "08:00:27:11:22:33",
    "0A-00-27-00-00-05", "52:54:00:12:34:56", "00:15:5D:01:02:03", "02:42:ac:11:00:02", "50:50:54:50:30:30",
    "00:e0:4c:68:01:02", "00:50:b6:11:22:33", "garbage", "",
]  # fmt: skip


@pytest.mark.parametrize("value", BAD_SERIALS)
def test_a_serial_nobody_set_says_nothing(value: str) -> None:
    assert normal_identity("serial", value) == ""
    assert normal_identity("board", value) == ""


@pytest.mark.parametrize("value", BAD_UUIDS)
def test_a_uuid_of_cheap_firmware_says_nothing(value: str) -> None:
    assert normal_identity("uuid", value) == ""


@pytest.mark.parametrize("value", BAD_MACS)
def test_virtual_cards_and_docks_say_nothing(value: str) -> None:
    assert normal_identity("mac", value) == ""


def test_the_s_of_hp_bar_codes() -> None:
    assert normal_identity("serial", "S5CG1234ABC", manufacturer="HP") == "5CG1234ABC"
    assert normal_identity("serial", "s5cg1234abc", manufacturer="Hewlett-Packard") == "5CG1234ABC"
    assert normal_identity("serial", "S5CG1234ABC", manufacturer="LENOVO") == "S5CG1234ABC"
    assert normal_identity("serial", "SGH123", manufacturer="HP") == "SGH123"


@calmly
@given(st.uuids())
def test_a_uuid_is_the_same_with_its_bytes_swapped(value: uuid.UUID) -> None:
    """As ESX and old firmware readers tell it."""
    swapped = uuid.UUID(bytes_le=value.bytes)
    assert normal_identity("uuid", str(value)) == normal_identity("uuid", f"{{{str(swapped).upper()}}}")


@calmly
@given(st.sampled_from(sorted(POINTS)), st.text(max_size=60), st.sampled_from(["", "HP", "Dell Inc."]))
def test_the_usual_form_is_usual(kind: str, value: str, maker: str) -> None:
    once = normal_identity(kind, value, manufacturer=maker)
    assert normal_identity(kind, once, manufacturer="") == once
    assert len(once) <= 200


@calmly
@given(st.text(alphabet="ABCDEFGHJKLMNPQR123456789", min_size=6, max_size=12), st.booleans())
def test_serials_do_not_depend_on_case_and_spaces(serial: str, lower: bool) -> None:
    typed = f" {serial[:3]} {serial[3:]} "
    assert normal_identity("serial", typed.lower() if lower else typed) == normal_identity("serial", serial)


def test_virtual_interfaces_are_not_cards() -> None:
    content = Content(
        device_id="host-1",
        client="x",
        name="host.example.fr",
        networks=(Network("eth0", "3c:52:82:00:00:01"), Network("br0", "3c:52:82:00:00:09", virtual=True)),
    )
    assert identities(content) == {("mac", "3C:52:82:00:00:01"), ("device", "host-1"), ("name", "HOST")}


@pytest.mark.parametrize(
    ("said", "kind"),
    [
        ({"chassis": "Notebook"}, "laptop"),
        ({"chassis": "Sub Notebook"}, "laptop"),
        ({"chassis": "Desktop"}, "office"),
        ({"chassis": "Mini Tower"}, "office"),
        ({"chassis": "Rack Mount Chassis"}, "server"),
        ({"chassis": "Tower", "os_name": "Microsoft Windows Server 2022 Standard"}, "server"),
        ({"chassis": "Other", "manufacturer": "VMware, Inc.", "os_name": "Debian GNU/Linux 12"}, "server"),
        ({"chassis": "Other", "manufacturer": "QEMU", "os_name": "Microsoft Windows 11"}, "office"),
        ({"itemtype": "Printer"}, "printer"),
        ({"itemtype": "NetworkEquipment"}, "network"),
        ({"itemtype": "Phone"}, "phone"),
        ({"itemtype": "Unmanaged"}, ""),
    ],
)
def test_what_kind_of_thing_it_is(said: dict[str, str], kind: str) -> None:
    assert kind_of(Content(device_id="x", client="x", **said)) == kind  # type: ignore[arg-type]
