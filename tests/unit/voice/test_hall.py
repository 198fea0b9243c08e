"""Who is let in by telephone, and who is taken to try PINs out."""

from __future__ import annotations

import asyncio
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from parvis.gateway.portal_client import PortalRefused
from parvis.voice.hall import Hall
from parvis.voice.metrics import Metrics
from parvis.voice.settings import Settings

TRUNK = "198.51.100.20"


def hall_of(folder: Path, detail: str) -> Hall:
    """One whose portal refuses every PIN."""

    async def pin(pin: str, caller: str) -> Any:
        raise PortalRefused("pin_refused", detail)

    settings = Settings(
        name="voix", portal_url="http://127.0.0.1:8000", secret="s" * 32, origins=frozenset(), state_dir=folder
    )
    portal, events = SimpleNamespace(pin=pin), SimpleNamespace()
    return Hall(settings, portal, events, Metrics())  # type: ignore[arg-type]


@pytest.mark.parametrize(("detail", "status"), [("", 603), ("not_now", 0)])
def test_who_calls_early_closes_the_telephone_to_nobody(tmp_path: Path, detail: str, status: int) -> None:
    async def many_callers() -> int:
        hall, call = hall_of(tmp_path, detail), SimpleNamespace(trunk=TRUNK)
        for number in range(40):
            assert await hall.by_pin("123456", f"+336000000{number}", call) is None  # type: ignore[arg-type]
        return hall.may_call("+33612345678", TRUNK)

    assert asyncio.run(many_callers()) == status
