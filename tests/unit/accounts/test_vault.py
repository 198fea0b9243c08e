"""Secrets at rest: unreadable and unalterable without the installation's key."""

import base64
from typing import Any

import pytest
from cryptography.exceptions import InvalidTag
from hypothesis import given
from hypothesis import strategies as st

from parvis.portal.accounts import vault


@given(st.text(max_size=200))
def test_what_goes_in_comes_out(text: str) -> None:
    text = text.encode("utf-8", "ignore").decode()
    assert vault.decrypt(vault.encrypt(text)) == text


def test_the_same_secret_is_never_stored_the_same_way() -> None:
    assert vault.encrypt("JBSWY3DP") != vault.encrypt("JBSWY3DP")
    assert "JBSWY3DP" not in base64.urlsafe_b64decode(vault.encrypt("JBSWY3DP")).decode("latin-1")


def test_another_installation_cannot_read_it(settings: Any) -> None:
    stored = vault.encrypt("JBSWY3DP")
    settings.SECRET_KEY = "another one"
    with pytest.raises(InvalidTag):
        vault.decrypt(stored)


@pytest.mark.parametrize("position", [0, 11, 12, 20, -1])
def test_an_altered_byte_is_seen(position: int) -> None:
    raw = bytearray(base64.urlsafe_b64decode(vault.encrypt("JBSWY3DP")))
    raw[position] ^= 1
    with pytest.raises(InvalidTag):
        vault.decrypt(base64.urlsafe_b64encode(bytes(raw)).decode())
