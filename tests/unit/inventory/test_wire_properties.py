"""Whatever the bytes: a `Content` a database takes, or a clean refusal."""

from __future__ import annotations

import dataclasses
import json
import zlib
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from parvis.portal.inventory.content import Content
from parvis.portal.inventory.models import Inventory, Report
from parvis.portal.inventory.wire.body import unpack
from parvis.portal.inventory.wire.messages import understand
from parvis.portal.inventory.wire.problems import PROBLEMS, Unreadable
from parvis.portal.inventory.wire.reading import read
from tests import probe_reports

SEEDS = [
    probe_reports.fusion().encode(),
    probe_reports.ocs().encode(),
    probe_reports.glpi_bytes(),
    probe_reports.xml_request("PROLOG").encode(),
]

scalars = st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=30))
values = st.recursive(scalars, lambda each: st.lists(each) | st.dictionaries(st.text(), each), max_leaves=8)
SECTIONS = st.sampled_from(
    ["hardware", "bios", "drives", "softwares", "networks", "antivirus", "batteries", "monitors", "users", "storages",
     "memories", "cpus", "operatingsystem", "network_device", "versionclient", "accountinfo", "securitycenter"]
)  # fmt: skip
FIELDS = st.sampled_from(
    ["name", "memory", "uuid", "ssn", "letter", "total", "free", "encrypt_status", "enabled", "uptodate", "capacity",
     "real_capacity", "install_date", "version", "mac", "ipaddress", "virtualdev", "login", "ips", "speed", "type"]
)  # fmt: skip
contents = st.dictionaries(
    SECTIONS, st.one_of(values, st.lists(st.dictionaries(FIELDS, values), max_size=4), st.dictionaries(FIELDS, values))
)


def outcome_of(data: bytes) -> Content | None:
    """What comes out; any other exception than the documented one is a failure."""
    try:
        message = understand(data)
        if message.wish != "inventory":
            return None
        content = read(unpack(data), client="x")
    except Unreadable as problem:
        known(problem)
        return None
    check(content)
    return content


def known(problem: Unreadable) -> None:
    assert problem.key in PROBLEMS


def check(content: Content) -> None:
    """A database takes it as it is."""
    for field in dataclasses.fields(content):
        value = getattr(content, field.name)
        if isinstance(value, str):
            value.encode()
            assert value == value.strip()
            assert "\x00" not in value
    for model, names in ((Inventory, ("os_name", "os_version", "processor", "antivirus", "last_user", "client")),
                         (Report, ("device_id", "name"))):  # fmt: skip
        for name in names:
            field_of_model: Any = model._meta.get_field(name)
            assert len(getattr(content, name)) <= field_of_model.max_length
    for number in (content.memory_mb, content.battery_health, content.disk_mb, content.disk_free_mb):
        assert number is None or 0 <= number < 2**63
    assert len(content.programs) <= 4000
    json.dumps(content.details).encode()


@given(st.binary(max_size=400))
def test_any_bytes(data: bytes) -> None:
    outcome_of(data)
    outcome_of(zlib.compress(data))


@given(st.sampled_from(SEEDS), st.lists(st.tuples(st.integers(0, 10**6), st.binary(max_size=6)), max_size=8))
@settings(max_examples=150)
def test_any_change_of_a_real_report(seed: bytes, changes: list[tuple[int, bytes]]) -> None:
    data = bytearray(seed)
    for where, what in changes:
        where %= len(data)
        data[where : where + len(what)] = what
    outcome_of(bytes(data))
    packed = bytearray(zlib.compress(seed))
    for where, what in changes:
        where %= len(packed)
        packed[where : where + len(what)] = what
    outcome_of(bytes(packed))


@given(contents)
@settings(max_examples=150)
def test_any_json_content(content: dict[str, Any]) -> None:
    whole = {"deviceid": "x", "content": {"versionclient": "v", **content}}
    data = json.dumps(whole, allow_nan=True).encode()
    found = outcome_of(data)
    if not any(word in data for word in (b"NaN", b"Infinity")):
        assert found is not None, "nothing in a section makes a report unreadable"


@given(st.dictionaries(SECTIONS, st.dictionaries(FIELDS, st.text(max_size=40), max_size=5), max_size=5))
def test_any_xml_content(content: dict[str, dict[str, str]]) -> None:
    def text(value: str) -> str:
        return value.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")

    def row_of(row: dict[str, str]) -> str:
        return "".join(f"<{name.upper()}>{text(value)}</{name.upper()}>" for name, value in row.items())

    inside = "".join(f"<{name.upper()}>{row_of(row)}</{name.upper()}>" for name, row in content.items())
    assert outcome_of(probe_reports.xml_request("INVENTORY", inside or "<A/>").encode(errors="replace")) is not None
