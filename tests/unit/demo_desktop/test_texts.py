"""Names, options, French, storage."""

from __future__ import annotations

import os
import stat
from datetime import UTC, date, datetime

import pytest

from parvis.demo_desktop import french
from parvis.demo_desktop.names import Identity, NamesError, default_identity, load_names
from parvis.demo_desktop.options import Options, OptionsError, add_arguments, from_arguments, parse, parse_ports
from parvis.demo_desktop.storage import Storage


def test_the_clock_is_french_and_in_paris():
    assert french.clock(datetime(2026, 11, 21, 13, 32, 7, tzinfo=UTC).timestamp()) == "sam. 21 nov. 2026 14:32:07"
    assert french.clock(datetime(2026, 7, 31, 22, 0, 0, tzinfo=UTC).timestamp()) == "sam. 1er août 2026 00:00:00"
    assert french.long_date(date(2026, 11, 23)) == "lundi 23 novembre 2026"
    assert french.euros(1234567) == "1\u202f234\u202f567\u00a0€"


def test_names_keep_defaults_for_what_is_missing(tmp_path):
    file = tmp_path / "names.json"
    file.write_text('{"5902": {"computer": "PC-DSI", "agent": "Zoé Ça"}}', encoding="utf-8")
    names = load_names(file, [5901, 5902])
    assert names[5901] == default_identity(0)
    assert (names[5902].computer, names[5902].agent) == ("PC-DSI", "Zoé Ça")
    assert names[5902].service == default_identity(1).service


@pytest.mark.parametrize("content", ["[]", "{", '{"5901": []}', '{"5901": {"agent": 3}}', '{"5901": {"agent": " "}}'])
def test_bad_names_say_so(tmp_path, content):
    file = tmp_path / "names.json"
    file.write_text(content)
    with pytest.raises(NamesError):
        load_names(file, [5901])


def test_addresses_are_fictional_and_plain():
    assert Identity("PC", "Hélène Mercœur", "S", "E").e_mail.endswith("@rivemarine.example")
    assert Identity("PC", "Hélène Mercœur", "S", "E").e_mail.isascii()
    assert len({default_identity(index).computer for index in range(40)}) == 40


def test_ports():
    assert parse_ports("5901-5903,5910") == (5901, 5902, 5903, 5910)
    assert parse(["--base-port", "6000", "--count", "2"]).ports == (6000, 6001)
    assert parse(["--ports", "5901-5902", "--size", "1024x640"]) == Options(ports=(5901, 5902), size=(1024, 640))


@pytest.mark.parametrize(
    "argv",
    [["--ports", "a"], ["--ports", "5903-5901"], ["--ports", "1-9999"], ["--size", "big"], ["--size", "99999x10"],
     ["--count", "0"], ["--base-port", "70000"], ["--host", "0.0.0.0"]],
)  # fmt: skip
def test_wrong_options_are_refused_with_a_reason(argv, capsys, monkeypatch):
    monkeypatch.delenv("PARVIS_DEMO_DESKTOP_PASSWORD", raising=False)
    with pytest.raises(SystemExit) as leaving:
        parse(argv)
    assert leaving.value.code == 2
    assert "error:" in capsys.readouterr().err


def test_the_password_comes_from_the_flag_or_the_environment():
    import argparse

    parser = argparse.ArgumentParser()
    add_arguments(parser)
    environ = {"PARVIS_DEMO_DESKTOP_PASSWORD": "env"}
    assert from_arguments(parser.parse_args([]), environ).password == "env"
    assert from_arguments(parser.parse_args(["--password", "flag"]), environ).password == "flag"
    assert from_arguments(parser.parse_args([]), {}).password is None
    assert from_arguments(parser.parse_args(["--host", "0.0.0.0"]), environ).host == "0.0.0.0"


def test_beyond_this_machine_only_with_a_password():
    with pytest.raises(OptionsError):
        Options(host="192.0.2.1")
    assert Options(host="::1").password is None


def test_documents_are_replaced_whole(tmp_path):
    storage = Storage(tmp_path / "5901")
    assert storage.read("a.txt") is None
    storage.write("a.txt", "Élève\nœuf\r\n")
    storage.write("a.txt", "Élève\nœuf €")
    assert storage.read("a.txt") == "Élève\nœuf €"
    assert os.listdir(tmp_path / "5901") == ["a.txt"]
    assert not stat.S_IMODE((tmp_path / "5901" / "a.txt").stat().st_mode) & 0o077


def test_a_failed_write_leaves_the_old_document(tmp_path, monkeypatch):
    storage = Storage(tmp_path)
    storage.write("a.txt", "old")
    monkeypatch.setattr(os, "replace", lambda *_: (_ for _ in ()).throw(OSError("full")))
    with pytest.raises(OSError, match="full"):
        storage.write("a.txt", "new")
    assert storage.read("a.txt") == "old"
    assert os.listdir(tmp_path) == ["a.txt"]


def test_bytes_that_are_not_text_are_no_document(tmp_path):
    (tmp_path / "a.txt").write_bytes(b"\xff\xfe\x00")
    assert Storage(tmp_path).read("a.txt") is None


def test_a_very_long_name_is_cut(tmp_path):
    file = tmp_path / "names.json"
    file.write_text('{"5901": {"service": "' + "S" * 500 + '"}}')
    assert load_names(file, [5901])[5901].service == "S" * 80
