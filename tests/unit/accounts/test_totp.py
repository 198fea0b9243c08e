"""RFC 6238: codes, steps, tolerance. The vectors are those of the RFC's appendix B (SHA-1), cut to six digits."""

from datetime import UTC, datetime, timedelta

import pyotp
import pytest
from hypothesis import given
from hypothesis import strategies as st

from parvis.portal.accounts import totp

SECRET = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"  # "12345678901234567890" in base 32
VECTORS = [
    (59, "287082"),
    (1111111109, "081804"),
    (1111111111, "050471"),
    (1234567890, "005924"),
    (2000000000, "279037"),
    (20000000000, "353130"),
]


@pytest.mark.parametrize(("seconds", "code"), VECTORS)
def test_the_vectors_of_the_rfc(seconds: int, code: str) -> None:
    assert totp.matching_step(SECRET, code, now=datetime.fromtimestamp(seconds, UTC)) == seconds // 30


@pytest.mark.parametrize("typed", ["287 082", " 287082", "287082 ", "28 70 82"])
def test_spaces_do_not_matter(typed: str) -> None:
    assert totp.matching_step(SECRET, typed, now=datetime.fromtimestamp(59, UTC)) == 1


@pytest.mark.parametrize("typed", ["", "28708", "2870820", "２８７０８２", "28708a", "-87082", "287082\x00"])
def test_anything_else_is_not_a_code(typed: str) -> None:
    assert totp.matching_step(SECRET, typed, now=datetime.fromtimestamp(59, UTC)) is None


@given(st.integers(0, 4 * 10**9), st.integers(-120, 120))
def test_one_step_each_way_and_no_more(seconds: int, drift: int) -> None:
    now = datetime.fromtimestamp(seconds, UTC) + timedelta(minutes=5)
    theirs = now + timedelta(seconds=drift)
    code = pyotp.TOTP(SECRET).at(theirs)
    step, here = int(theirs.timestamp()) // 30, int(now.timestamp()) // 30
    found = totp.matching_step(SECRET, code, now=now)
    if abs(step - here) <= 1:
        assert found is not None
        assert pyotp.TOTP(SECRET).at(found * 30) == code
    elif found is not None:  # two steps may share a code, one in a million
        assert pyotp.TOTP(SECRET).at(found * 30) == code
