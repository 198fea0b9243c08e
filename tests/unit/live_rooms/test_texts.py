"""The words of the browser's room are the same here, where they are translated, and there."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from parvis.portal.live_rooms import room_texts

FRONTEND = Path(__file__).parents[3] / "frontend" / "src"


@pytest.mark.parametrize(
    ("folder", "translated"),
    [("room", room_texts.translated), ("soundcheck", room_texts.check_translated)],
)
def test_every_text_is_in_both_places(folder: str, translated: object) -> None:
    french = json.loads((FRONTEND / folder / "texts.json").read_text())
    assert translated() == french  # type: ignore[operator]
