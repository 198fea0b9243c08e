"""Templates nobody renders: each must be named somewhere, unless a library looks its name up by itself."""

from __future__ import annotations

import re
import sys
from pathlib import Path

PORTAL = Path(__file__).resolve().parents[1] / "src" / "parvis" / "portal"
BY_CONVENTION = re.compile(
    r"^(account|mfa|usersessions|allauth|django|django_tables2|django_filters|admin|registration)/|^\d{3}\.html$"
)
"""Names that a library looks up by itself."""


def main() -> int:
    """Print the unused templates; 1 if there are any."""
    sources = "\n".join(
        path.read_text(encoding="utf-8") for suffix in ("*.py", "*.html", "*.txt") for path in PORTAL.rglob(suffix)
    )
    unused = []
    for path in sorted([*PORTAL.rglob("templates/**/*.html"), *PORTAL.rglob("templates/**/*.txt")]):
        name = path.as_posix().split("/templates/", 1)[1]
        if not BY_CONVENTION.search(name) and not _is_named(name, sources):
            unused.append(name)
    for name in unused:
        print(name)
    return 1 if unused else 0


def _is_named(name: str, sources: str) -> bool:
    folder, _, file = name.rpartition("/")
    # In full, or as `f"folder/{…}.txt"` with the file's stem written elsewhere.
    return f'"{name}' in sources or (f'"{folder}/{{' in sources and f'"{file.rpartition(".")[0]}"' in sources)


if __name__ == "__main__":
    sys.exit(main())
