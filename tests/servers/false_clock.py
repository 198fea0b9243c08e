"""Processes whose clock is set by a file, while they live (libfaketime); CLOCK_MONOTONIC goes on as it is."""

from __future__ import annotations

from pathlib import Path

from tests.requirements import require


def environment(setting: Path) -> dict[str, str]:
    """What such a process is started with; fails or skips, as other requirements do, where the library lacks."""
    found = sorted(Path("/usr/lib").glob("*/faketime/libfaketimeMT.so.1"))
    if not found:
        require("faketime")
    jump(setting, 0)
    return {
        "LD_PRELOAD": str(found[0]),
        "FAKETIME_TIMESTAMP_FILE": str(setting),
        "FAKETIME_CACHE_DURATION": "1",
        "FAKETIME_DONT_FAKE_MONOTONIC": "1",
        "FAKETIME_DONT_RESET": "1",
    }


def jump(setting: Path, hours: int) -> None:
    """So far from the true time, within a second or two."""
    draft = setting.with_suffix(".draft")
    draft.write_text(f"{hours:+d}h\n")
    draft.rename(setting)
