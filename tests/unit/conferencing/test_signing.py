"""BigBlueButton's checksum, whatever people write in a title."""

from __future__ import annotations

import hashlib
from urllib.parse import parse_qsl

from hypothesis import given
from hypothesis import strategies as st

from parvis.portal.conferencing.adapters.bigbluebutton import signed

TEXTS = st.text(st.characters(codec="utf-8"), max_size=40)


def test_the_documented_example() -> None:
    # docs.bigbluebutton.org, « API security model »: create, its query string, its secret, SHA-1.
    params = {
        "name": "Test Meeting", "meetingID": "abc123", "attendeePW": "111222", "moderatorPW": "333444",
    }  # fmt: skip
    query = "name=Test%20Meeting&meetingID=abc123&attendeePW=111222&moderatorPW=333444"
    secret = "639259d4-9dd8-4b25-bf01-95f9567eaf4b"
    told = hashlib.sha1(f"create{query}{secret}".encode(), usedforsecurity=False).hexdigest()
    assert signed("create", params, secret, "sha1") == f"{query}&checksum={told}"


@given(
    params=st.dictionaries(TEXTS.filter(bool), TEXTS, max_size=5),
    secret=TEXTS,
    call=st.sampled_from(["create", "join"]),
)
def test_the_server_computes_the_same_and_reads_what_was_meant(params: dict[str, str], secret: str, call: str) -> None:
    sent = signed(call, params, secret, "sha256")
    query, _, told = sent.rpartition("checksum=")
    query = query.removesuffix("&")
    assert hashlib.sha256(f"{call}{query}{secret}".encode()).hexdigest() == told
    assert dict(parse_qsl(query, keep_blank_values=True)) == params


@given(title=TEXTS)
def test_a_title_adds_no_parameter(title: str) -> None:
    sent = signed("create", {"name": title, "meetingID": "m"}, "s", "sha512")
    assert [name for name, _ in parse_qsl(sent, keep_blank_values=True)] == ["name", "meetingID", "checksum"]
