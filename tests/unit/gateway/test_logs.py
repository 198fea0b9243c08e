from __future__ import annotations

from typing import Any

import pytest

from parvis.gateway.logs import redact

TICKET = "parvis1.eyJhIjoxfQ.c2lnbmF0dXJl"


@pytest.mark.parametrize(
    "event",
    [
        {"event": f"refused {TICKET}"},
        {"event": "refused " + TICKET.replace("parvis1", "parvisroom1")},
        {"event": "x", "ticket": "CANARY"},
        {"event": "x", "user_password": "CANARY"},
        {"event": "x", "Authorization": "CANARY"},
        {"event": "x", "headers": {"cookie": "CANARY", "deep": {"secret": "CANARY"}}},
        {"event": "x", "items": ["Bearer CANARY", f"a {TICKET} b"]},
        {"event": "x", "data": b"CANARY", "view": memoryview(b"CANARY")},
        {"event": "x", "exception": f"Traceback … {TICKET}"},
    ],
)
def test_secrets_do_not_get_past(event: dict[str, Any]) -> None:
    written = repr(redact(None, "", event))
    assert "CANARY" not in written
    assert "eyJh" not in written


def test_the_rest_does() -> None:
    event = {"event": "session_started", "correlation": "c" * 32, "target": "10.0.0.1", "up": 12, "rtt_ms": None}
    assert redact(None, "", dict(event)) == event
