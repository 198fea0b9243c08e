"""Reference pages made from the code: settings and API. `--check` compares instead of writing."""

from __future__ import annotations

import dataclasses
import json
import os
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
REFERENCE = ROOT / "docs" / "reference"


def settings_page() -> str:
    """`docs/reference/settings.md`."""
    from parvis.portal.config.env import Environment

    lines = [
        "# Settings",
        "",
        "Every setting is an environment variable, read once at the start. This page is made from",
        "`portal/config/env.py` (`python deploy/reference.py`).",
        "",
        "| variable | default | meaning |",
        "|---|---|---|",
    ]
    for field in dataclasses.fields(Environment):
        default = field.default
        shown = "" if default in ("", frozenset()) else f"`{default}`"
        lines.append(f"| `PARVIS_{field.name.upper()}` | {shown} | {field.metadata['doc']} |")
    return "\n".join(lines) + "\n"


def openapi_document() -> str:
    """`docs/reference/openapi.json`: what `/api/v1/openapi.json` answers."""
    import django

    os.environ.update(PARVIS_MODE="development", PARVIS_DATA_DIR=tempfile.mkdtemp())
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "parvis.portal.config.settings")
    django.setup()
    from parvis.portal.config.api import api

    return json.dumps(api.get_openapi_schema(), indent=1, ensure_ascii=False, sort_keys=True, default=str) + "\n"


PAGES = {"settings.md": settings_page, "openapi.json": openapi_document}


def main(check: bool) -> int:
    """Write the pages, or say which are out of date."""
    stale = []
    for name, make in PAGES.items():
        path, text = REFERENCE / name, make()
        if check:
            if not path.exists() or path.read_text(encoding="utf-8") != text:
                stale.append(name)
        else:
            path.write_text(text, encoding="utf-8")
    if stale:
        print("out of date:", ", ".join(stale), "— run: python deploy/reference.py")
    return 1 if stale else 0


if __name__ == "__main__":
    sys.exit(main("--check" in sys.argv))
