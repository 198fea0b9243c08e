"""What the three probes say becomes the same `Content`."""

from __future__ import annotations

import json
from datetime import date
from typing import Any

import pytest

from parvis.portal.inventory.content import Content, Network, Program, Screen
from parvis.portal.inventory.wire import limits
from parvis.portal.inventory.wire.messages import understand
from parvis.portal.inventory.wire.problems import Unreadable
from parvis.portal.inventory.wire.reading import read
from tests import probe_reports
from tests.probe_reports import DEVICE, MAC, SERIAL, UUID


def of(text: str) -> Content:
    return read(text.encode())


def of_glpi(**content: Any) -> Content:
    whole = probe_reports.glpi()
    whole["content"] = {"versionclient": "x", **content}
    return read(json.dumps(whole).encode())


def refusal_of(data: bytes) -> str:
    with pytest.raises(Unreadable) as caught:
        understand(data)
    return caught.value.key


def test_a_report_of_fusioninventory() -> None:
    content = of(probe_reports.fusion(programs=2))
    assert (content.device_id, content.client, content.tag) == (DEVICE, "FusionInventory-Agent_v2.6-3", "MAIRIE")
    assert (content.name, content.serial, content.board_serial, content.uuid) == (
        "PC-MAIRIE-042",
        SERIAL,
        "CARTE042",
        UUID,
    )
    assert (content.manufacturer, content.model, content.chassis) == ("Fabricant SA", "Portable 14 G9", "Notebook")
    assert (content.asset_tag, content.last_user) == ("INV-042", "claire.legoff")
    assert (content.os_name, content.os_version) == ("Microsoft Windows 11 Professionnel", "23H2")
    assert (content.processor, content.memory_mb) == ("Processeur 7 @ 2.80GHz", 16384)
    assert (content.disk_mb, content.disk_free_mb, content.encrypted) == (475000, 120000, True)
    assert (content.antivirus, content.antivirus_current) == ("Bouclier 7.2", True)
    assert content.battery_health == 82
    assert content.networks == (
        Network("Ethernet", MAC, ("10.20.0.42", "fd00::42")),
        Network("lo", "00:00:00:00:00:00", ("127.0.0.1",), virtual=True),
    )
    assert content.screens == (Screen("Écran 24", "Dalle SA", "ECR0042"),)
    assert content.programs[0] == Program("Suite bureautique", "25.2", "Éditeur", date(2026, 3, 14))
    assert len(content.programs) == 3
    assert not content.partial


def test_a_report_of_ocs() -> None:
    content = of(probe_reports.ocs())
    assert (content.name, content.serial, content.chassis) == ("PC-ECOLE-007", "ECOLE007", "Desktop")
    assert (content.os_name, content.os_version, content.processor) == ("Debian GNU/Linux 12", "12", "Processeur 3")
    assert (content.disk_mb, content.disk_free_mb) == (258019, 73898), "the network drive is not its own"
    assert (content.antivirus, content.antivirus_current) == ("Garde", False)
    assert content.encrypted is None
    assert content.last_user == "élève"
    assert content.programs == (Program("adduser", "3.134", "", date(2025, 4, 20)),)
    assert content.details["storages"] == [{"name": "sda", "size_mb": "274877.906944", "type": "disk"}]


def test_of_people_nothing_is_kept_but_whose_session_it_was() -> None:
    """The last session is hidden, exported and forgotten in time; lists of logins would be none of that."""
    content = of(probe_reports.ocs().replace("</CONTENT>", "<USERS><LOGIN>canari</LOGIN></USERS></CONTENT>"))
    assert "canari" not in json.dumps(content.details)
    assert "canari" not in json.dumps(of_glpi(users=[{"login": "x"}, {"login": "canari"}]).details)


def test_a_report_of_glpi_agent() -> None:
    content = read(probe_reports.glpi_bytes(), client="GLPI-Agent_v1.12")
    assert (content.name, content.tag, content.itemtype, content.serial) == (
        "PC-CCAS-011",
        "CCAS",
        "Computer",
        "CCAS011",
    )
    assert (content.encrypted, content.battery_health, content.antivirus_current) == (False, 50, True)
    assert content.networks == (Network("Wi-Fi", "02:42:ac:28:00:0b", ("10.40.0.11",)),)
    assert content.programs == (Program("Navigateur", "128.4", "Éditeur", date(2026, 10, 1)),)


def test_a_switch_that_an_agent_looked_at() -> None:
    device = {"name": "sw-1", "serial": "SW1", "mac": "02:00:00:00:00:09", "manufacturer": "F", "model": "24 ports"}
    content = of_glpi(network_device={**device, "ips": ["10.0.0.2", "10.0.0.3"], "type": "Networking"})
    assert (content.name, content.serial, content.model) == ("sw-1", "SW1", "24 ports")
    assert [each.mac for each in content.networks] == ["02:00:00:00:00:09"]


def test_a_partial_report_says_so() -> None:
    assert read(probe_reports.glpi_bytes(partial=True)).partial


def test_what_is_none_of_our_business_is_not_even_read() -> None:
    assert "motdepasse" not in repr(of(probe_reports.fusion()))


@pytest.mark.parametrize(
    ("written", "read_as"),
    [
        ("encoding='ISO-8859-1'", "iso-8859-1"),
        ("encoding='iso-8859-15'", "iso-8859-15"),
        ("encoding='windows-1252'", "cp1252"),
        ("encoding='UTF-8'", "utf-8"),
        ("", "utf-8"),
        ("encoding='UTF-8'", "cp1252"),  # it says one and is the other
        ("encoding='klingon'", "utf-8"),
    ],
)
def test_french_letters_arrive_in_every_encoding(written: str, read_as: str) -> None:
    text = probe_reports.fusion("Mairie-Été").replace('<?xml version="1.0" encoding="UTF-8" ?>', "")
    body = f"<?xml version='1.0' {written}?>".encode() + text.encode(read_as)
    assert understand(body).name == "Mairie-Été"
    assert read(body).name == "Mairie-Été"


def test_a_mark_of_byte_order_is_no_harm() -> None:
    assert read(b"\xef\xbb\xbf" + probe_reports.fusion().encode()).name == "PC-MAIRIE-042"
    assert read(b"\xef\xbb\xbf" + probe_reports.glpi_bytes()).name == "PC-CCAS-011"


def test_control_characters_go_raw_or_written_out() -> None:
    dirty = "PC\x01-&#2;MAIRIE&#x1F;-\x00042\x1b"
    assert of(probe_reports.fusion(dirty)).name == "PC-MAIRIE-042"
    assert of_glpi(hardware={"name": "PC\u0000\u202e\ud800-1"}).name == "PC -1"


def test_texts_are_no_longer_than_their_columns_and_stripped() -> None:
    content = of(probe_reports.fusion("  " + "N" * 500 + " "))
    assert content.name == "N" * 120
    assert of_glpi(softwares=[{"name": "p " * 4000}]).programs[0].name == ("p " * 100).strip()


@pytest.mark.parametrize(
    ("value", "expected"),
    [("16384", 16384), ("16384.7 MB", 16384), ("-5", None), ("", None), ("NaN", None), ("9" * 40, None), ("1e400", 1)],
)
def test_memory_is_a_number_a_column_holds_or_is_not_said(value: str, expected: int | None) -> None:
    assert of_glpi(hardware={"memory": value}).memory_mb == expected


@pytest.mark.parametrize("value", [1e308, -1, 10**400, True, None, [], {"a": 1}])
def test_json_numbers_too(value: object) -> None:
    assert of_glpi(hardware={"memory": value}).memory_mb is None


@pytest.mark.parametrize("number", ["NaN", "-Infinity", "9" * 5000])
def test_a_number_that_is_none_of_json_makes_the_report_malformed(number: str) -> None:
    body = probe_reports.glpi_bytes().replace(b'"memory": 32768', f'"memory": {number}'.encode())
    assert refusal_of(body) == "malformed"


def test_a_number_without_end_is_not_said() -> None:
    assert read(probe_reports.glpi_bytes().replace(b'"memory": 32768', b'"memory": 1e999')).memory_mb is None


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("2026-03-14", date(2026, 3, 14)),
        ("2026/03/14 10:00:00", date(2026, 3, 14)),
        ("14/03/2026", date(2026, 3, 14)),
        ("20260314", date(2026, 3, 14)),
        ("2026-02-30", None),
        ("0000-00-00", None),
        ("1970-01-01", None),
        ("demain", None),
        (1773446400, None),
    ],
)
def test_days_in_all_their_forms(value: object, expected: date | None) -> None:
    assert of_glpi(softwares=[{"name": "p", "install_date": value}]).programs[0].installed_date == expected


def test_a_program_twice_is_once_and_there_are_not_too_many() -> None:
    rows = [{"name": "p", "version": "1"}] * 3 + [{"name": f"p{number}"} for number in range(5000)]
    programs = of_glpi(softwares=rows).programs
    assert len(programs) <= limits.MOST_PROGRAMS
    assert len(set(programs)) == len(programs)


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        ([], ("", None)),
        ([{"name": "A"}], ("A", None)),
        ([{"name": "A", "enabled": False, "uptodate": True}], ("A", False)),
        ([{"name": "A", "enabled": True, "uptodate": False}], ("A", False)),
        ([{"name": "A", "enabled": False}, {"name": "B", "enabled": True, "uptodate": True}], ("B", True)),
        ([{"company": "sans nom"}], ("", None)),
    ],
)
def test_the_antivirus_that_counts(rows: list[dict[str, object]], expected: tuple[str, bool | None]) -> None:
    content = of_glpi(antivirus=rows)
    assert (content.antivirus, content.antivirus_current) == expected


@pytest.mark.parametrize(
    ("drives", "expected"),
    [
        ([{"letter": "C:", "encrypt_status": "Yes"}], True),
        ([{"letter": "C:", "encrypt_status": "Partially"}], False),
        ([{"letter": "D:", "encrypt_status": "Yes"}, {"letter": "C:", "encrypt_status": "No"}], False),
        ([{"type": "/", "encrypt_status": "Yes"}], True),
        ([{"letter": "D:", "encrypt_status": "Yes"}], None),
        ([{"letter": "C:"}], None),
    ],
)
def test_encryption_is_that_of_the_drive_with_the_system(
    drives: list[dict[str, object]], expected: bool | None
) -> None:
    assert of_glpi(drives=drives).encrypted is expected


def test_a_volume_mounted_twice_counts_once() -> None:
    volume = {"volumn": "/dev/sda1", "total": 1000, "free": 400, "filesystem": "ext4"}
    content = of_glpi(drives=[{**volume, "type": "/"}, {**volume, "type": "/var"}, {"type": "tmpfs", "total": 5}])
    assert (content.disk_mb, content.disk_free_mb) == (1005, 400)


def test_a_message_is_understood_without_its_report() -> None:
    message = understand(probe_reports.fusion().encode())
    assert (message.wish, message.device_id, message.name, message.form) == (
        "inventory",
        DEVICE,
        "PC-MAIRIE-042",
        "xml",
    )
    assert understand(probe_reports.xml_request("PROLOG").encode()).wish == "prolog"
    assert understand(probe_reports.xml_request("SNMPQUERY").encode()).wish == "other"
    assert understand(json.dumps(probe_reports.CONTACT).encode()).wish == "contact"
    assert understand(probe_reports.glpi_bytes()).wish == "inventory"
    assert understand(probe_reports.glpi_bytes(action="netdiscovery")).wish == "other"


@pytest.mark.parametrize(
    ("body", "key"),
    [
        (b"", "malformed"),
        (b"bonjour", "malformed"),
        (b"<REQUEST>", "malformed"),
        (b"<REQUEST><DEVICEID>x</DEVICEID>&inconnue;</REQUEST>", "malformed"),
        (b"<html></html>", "not_a_report"),
        (b"<REQUEST><QUERY>PROLOG</QUERY></REQUEST>", "no_device"),
        (b"<REQUEST><DEVICEID> </DEVICEID><QUERY>INVENTORY</QUERY><CONTENT/></REQUEST>", "no_device"),
        (b"<REQUEST><DEVICEID>x</DEVICEID><QUERY>INVENTORY</QUERY></REQUEST>", "not_a_report"),
        (b"[1]", "malformed"),
        (b"{", "malformed"),
        (b'{"deviceid": "x", "action": "inventory"}', "not_a_report"),
        (b'{"deviceid": "x", "content": {"versionclient": "v"}, "partial": "oui"}', "not_a_report"),
        (b'{"deviceid": "x", "content": {}}', "not_a_report"),
        (b'{"deviceid": "x", "content": {"versionclient": "v"}, "itemtype": "Voiture"}', "not_a_report"),
        (b'{"deviceid": "x", "content": []}', "malformed"),
        (b'{"deviceid": ["x"], "action": "contact"}', "no_device"),
    ],
)
def test_what_is_no_message_is_refused(body: bytes, key: str) -> None:
    assert refusal_of(body) == key


LAUGHS = "".join(f'<!ENTITY l{n + 1} "{f"&l{n};" * 10}">' for n in range(9))


@pytest.mark.parametrize(
    "prologue",
    [
        '<!DOCTYPE r [<!ENTITY x SYSTEM "file:///etc/passwd">]>',
        '<!DOCTYPE r [<!ENTITY x SYSTEM "http://127.0.0.1:1/">]>',
        '<!DOCTYPE r SYSTEM "http://127.0.0.1:1/r.dtd">',
        '<!DOCTYPE r PUBLIC "-//W3C//DTD" "http://127.0.0.1:1/r.dtd">',
        "<!DOCTYPE r>",
        '<!DOCTYPE r [<!ENTITY % p SYSTEM "file:///etc/passwd"> %p;]>',
        f'<!DOCTYPE r [<!ENTITY l0 "ha">{LAUGHS}]>',
    ],
)
@pytest.mark.parametrize("reader", [understand, read])
def test_a_document_type_is_refused_before_anything_in_it(prologue: str, reader: Any) -> None:
    text = probe_reports.xml_request("INVENTORY", "<HARDWARE><NAME>&x;&l9;</NAME></HARDWARE>", head=prologue)
    with pytest.raises(Unreadable) as caught:
        reader(text.encode())
    assert caught.value.key == "declares_entities"


@pytest.mark.parametrize(
    "body",
    [
        ("<REQUEST>" + "<A>" * 100 + "</A>" * 100 + "</REQUEST>").encode(),
        b"<REQUEST><CONTENT>" + b"<A/>" * (limits.MOST_ELEMENTS + 1) + b"</CONTENT></REQUEST>",
        b'{"a":' * 100_000 + b"1" + b"}" * 100_000,
        b'{"deviceid":"x","content":{"a":' + b"[" * 90_000 + b"]" * 90_000 + b"}}",
        b'{"deviceid":"x","content":[' + b"{}," * (limits.MOST_ELEMENTS + 1) + b"{}]}",
        b'{"deviceid":"x","content":[' + b"1," * (limits.MOST_SCALARS + 1) + b"1]}",
    ],
    ids=["deep xml", "many elements", "deep json", "deep lists", "many objects", "many numbers"],
)
def test_too_deep_or_too_many_is_refused(body: bytes) -> None:
    assert refusal_of(body) == "too_complex"


def test_rows_and_fields_are_bounded() -> None:
    many = "".join(f"<NETWORKS><DESCRIPTION>e{n}</DESCRIPTION></NETWORKS>" for n in range(1000))
    fields = "".join(f"<F{n}>x</F{n}>" for n in range(1000))
    content = of(probe_reports.fusion(more=f"{many}<DRIVES>{fields}</DRIVES>"))
    assert len(content.networks) <= 60
    assert all(len(lines) <= 40 for lines in content.details.values() if isinstance(lines, list))
