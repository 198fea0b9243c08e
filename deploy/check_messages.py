"""Every French sentence of the pages has its English translation: extract, compare, name what is missing.

Extraction is done by Babel with the settings below, in memory: nothing is written unless `--update` is given.
"""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import tempfile
from io import StringIO
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.pofile import read_po, write_po

ROOT = Path(__file__).resolve().parents[1]
LOCALE = ROOT / "src" / "parvis" / "portal" / "locale"
PORTAL = ROOT / "src" / "parvis" / "portal"


def extract() -> Catalog:
    """All msgids of the portal, by Django's own extraction (needs gettext's xgettext)."""
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder) / "portal"
        shutil.copytree(PORTAL, copy, ignore=shutil.ignore_patterns("locale", "static", "__pycache__"))
        (copy / "locale").mkdir()
        subprocess.run(
            [sys.executable, "-m", "django", "makemessages", "--locale", "en", "--no-location", "--no-wrap"],
            check=True,
            cwd=copy,
            capture_output=True,
            env={"PATH": "/usr/bin:/bin:/usr/local/bin", "LC_ALL": "C.UTF-8"},
        )
        found = (copy / "locale" / "en" / "LC_MESSAGES" / "django.po").read_text("utf-8")
    return read_po(StringIO(_escapes_read(found)))


def _escapes_read(po: str) -> str:
    r"""xgettext leaves a Python source's `\u202f` as six characters; at run time the msgid holds the space itself."""
    return re.sub(r"\\\\u([0-9a-f]{4})", lambda found: chr(int(found[1], 16)), po)


def main(update: bool) -> int:
    """Compare each language with the pages; 1 and a list if something is missing, fuzzy or left over."""
    wanted = extract()
    faults: list[str] = []
    for path in sorted(LOCALE.glob("*/LC_MESSAGES/django.po")):
        with path.open("rb") as file:
            have = read_po(file, locale=path.parts[-3])
        if update:
            have.update(wanted, no_fuzzy_matching=True)
            have.obsolete.clear()
            with path.open("wb") as file:
                write_po(file, have, width=100, omit_header=False, sort_output=True, no_location=True)
        faults += [f"{path.parts[-3]}: {problem}" for problem in _problems(wanted, have)]
    print("\n".join(faults))
    return 1 if faults else 0


def _problems(wanted: Catalog, have: Catalog) -> list[str]:
    problems = []
    for message in wanted:
        if not message.id:
            continue
        found = have.get(message.id, message.context)
        name = message.id if isinstance(message.id, str) else message.id[0]
        if found is None or not found.string or (isinstance(found.string, tuple) and not all(found.string)):
            problems.append(f"not translated: {name!r}")
        elif found.fuzzy:
            problems.append(f"uncertain: {name!r}")
        elif _placeholders(name) != _placeholders(found.string if isinstance(found.string, str) else found.string[0]):
            problems.append(f"other placeholders: {name!r}")
    known = {(message.id if isinstance(message.id, str) else message.id[0]) for message in wanted}
    problems += [
        f"left over: {message.id!r}"
        for message in have
        if message.id and (message.id if isinstance(message.id, str) else message.id[0]) not in known
    ]
    return problems


def _placeholders(text: str) -> set[str]:
    return set(re.findall(r"%\(\w+\)[sd]|%[sd]|\{\w*\}", text))


if __name__ == "__main__":
    sys.exit(main("--update" in sys.argv))
