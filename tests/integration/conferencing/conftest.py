"""Fixtures of this room's tests."""

from __future__ import annotations

from collections.abc import Iterator

import httpx
import pytest
from django.core.cache import cache

from parvis.portal.conferencing import transport


@pytest.fixture(autouse=True)
def _no_waiting(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Retries come at once, silence is noticed soon, nothing is remembered between tests."""
    monkeypatch.setattr(transport, "pause", lambda _seconds: None)
    monkeypatch.setattr(transport, "_TIMEOUT", httpx.Timeout(0.5))
    cache.clear()
    yield
    cache.clear()
