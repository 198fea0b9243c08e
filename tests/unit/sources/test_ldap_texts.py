"""Values of a directory are hostile input: whatever the bytes, short clean texts come out."""

from __future__ import annotations

import unicodedata
import uuid
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from parvis.portal.sources.ldap import texts


@given(st.binary(max_size=9000), st.integers(1, 200))
def test_any_bytes_give_a_clean_line_or_nothing(raw: bytes, limit: int) -> None:
    found = texts.text(raw, limit)
    if found is not None:
        assert len(found) <= limit
        assert found == found.strip()
        assert not {unicodedata.category(character) for character in found} & {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}
        assert "  " not in found


@given(st.text(st.characters(categories=["L", "N"]), min_size=1, max_size=50))
def test_letters_come_through(word: str) -> None:
    assert texts.text(word.encode(), 100) == word


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        ("Gaëlle".encode(), "Gaëlle"),
        ("Gaëlle".encode("cp1252"), "Gaëlle"),
        ("L\u2019Hôte".encode("cp1252"), "L’Hôte"),
        ("  Le\u00a0Goff\n ".encode(), "Le Goff"),
        ("Le\u202eGoff".encode(), "LeGoff"),
        (b"\x89PNG\r\n\x1a\n\x00\x00", None),
        (b"x" * 10_000, None),
        (b"", ""),
        (b"\x00", ""),
    ],
)
def test_encodings(raw: bytes, expected: str | None) -> None:
    assert texts.text(raw, 100) == expected


@given(st.uuids())
def test_a_guid_is_a_key_and_back(guid: uuid.UUID) -> None:
    assert texts.key("objectGUID", guid.bytes_le) == str(guid)
    assert texts.key_bytes("objectguid", str(guid)) == guid.bytes_le


def test_keys() -> None:
    assert texts.key("entryUUID", b"0b55dd47-9b2a-4a5c-8f8f-3d4c3b2a1f00") == "0b55dd47-9b2a-4a5c-8f8f-3d4c3b2a1f00"
    assert texts.key("octets", b"\x81\x8d\x00") == "818d00"
    assert len(texts.key("octets", b"\x81" * 5000)) <= 200
    with pytest.raises(ValueError):
        texts.key_bytes("objectGUID", "not a guid")


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        (b"20261122", date(2026, 11, 22)),
        (b"20261122233000Z", date(2026, 11, 23)),  # past midnight in Paris
        (b"20261122003000+0200", date(2026, 11, 21)),
        (b"20261122010000.0Z", date(2026, 11, 22)),
        (b"2026-11-22", date(2026, 11, 22)),
        (b"22/11/2026", date(2026, 11, 22)),
        (b"31/02/2026", None),
        (b"99999999", None),
        (b"demain", None),
        (b"\xff\xfe", None),
    ],
)
def test_days(raw: bytes, expected: date | None) -> None:
    assert texts.day(raw) == expected


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        (b"0", None),
        (b"9223372036854775807", None),
        (b"9223372036854775806", None),
        (b"-1", None),
        (b"x", None),
        # 23 November 2026, 00:00 in Paris (UTC+1): the 22nd is the last day.
        (str((1795388400 + 11644473600) * 10_000_000).encode(), date(2026, 11, 22)),
    ],
)
def test_the_last_day_of_an_active_directory_account(raw: bytes, expected: date | None) -> None:
    assert texts.last_day("accountExpires", raw) == expected


@given(st.binary(max_size=60))
def test_no_bytes_break_a_date(raw: bytes) -> None:
    texts.day(raw)
    texts.last_day("accountExpires", raw)
