"""Every link between our own pages leads somewhere, and every page of docs/ can be found."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PAGES = [*sorted(ROOT.glob("*.md")), *sorted((ROOT / "docs").rglob("*.md")), ROOT / "frontend" / "README.md"]


def _links(page: Path) -> set[Path]:
    text = re.sub(r"```.*?```", "", page.read_text(encoding="utf-8"), flags=re.DOTALL)
    found = re.findall(r"\]\(([^)#\s]+)", text)
    return {(page.parent / link).resolve() for link in found if "://" not in link and not link.startswith("mailto:")}


def test_links_lead_somewhere() -> None:
    broken = {f"{page.relative_to(ROOT)} → {link}" for page in PAGES for link in _links(page) if not link.exists()}
    assert broken == set()


def test_every_page_of_the_documentation_is_linked() -> None:
    linked = set().union(*(_links(page) for page in PAGES))
    alone = {
        page.relative_to(ROOT).as_posix()
        for page in (ROOT / "docs").rglob("*.md")
        if page.resolve() not in linked and page.parent.name != "adr"
    }
    assert alone <= {"docs/README.md"}
