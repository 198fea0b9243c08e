"""The words of charters and agreements: a plain text with a few marks, shown on pages and in PDF. Pure.

`# Titre` begins a part, `- ` an item of a list, an empty line ends a paragraph. `{agent}`, `{jours}`… are filled in
for who reads (`FIELDS`). Nothing else is markup: the text is escaped where it is shown.
"""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from parvis.portal.telework.models import Document

FIELDS: Mapping[str, str | Promise] = {
    "agent": _("prénom et nom de l’agent"),
    "fonction": _("sa fonction"),
    "service": _("son service"),
    "collectivite": _("nom de la collectivité"),
    "niveau": _("niveau de télétravail"),
    "jours": _("jours de télétravail"),
    "debut": _("premier jour"),
    "fin": _("dernier jour, ou «\u202fsans date de fin\u202f»"),
}
"""What may be filled in, and what it stands for."""

OF_A_REQUEST = frozenset({"niveau", "jours", "debut", "fin"})
"""Known of a request only: an agreement may have them, a charter not."""

_FIELD = re.compile(r"\{([^{}\n]{1,30})\}")


@dataclass(frozen=True, slots=True)
class Block:
    """A part of a text: `heading`, `paragraph` or `list`; its lines."""

    kind: str
    lines: tuple[str, ...]

    @property
    def words(self) -> str:
        """The lines as they follow one another."""
        return "\n".join(self.lines)


def blocks(text: str) -> list[Block]:
    """The parts of a text, in order."""
    return list(_blocks(text))


def _blocks(text: str) -> Iterator[Block]:
    kind = ""
    lines: list[str] = []
    for line in [*text.splitlines(), ""]:
        found, words = _line(line)
        if lines and found != kind:
            yield Block(kind, tuple(lines))
            lines = []
        if found == "heading":
            yield Block(found, (words,))
        elif found:
            lines.append(words)
        kind = found


def _line(line: str) -> tuple[str, str]:
    words = line.strip()
    if not words:
        return "", ""
    if words.startswith("#") and words.strip("# "):
        return "heading", words.lstrip("#").strip()
    if words.startswith(("- ", "• ")):
        return "list", words[2:].strip()
    return "paragraph", words


def unknown_fields(text: str, kind: str) -> list[str]:
    """The fields of a text that nothing would fill in, in their order, once each."""
    known = set(FIELDS) if kind == Document.Kind.AGREEMENT else set(FIELDS) - OF_A_REQUEST
    return [name for name in dict.fromkeys(_FIELD.findall(text)) if name not in known]


def filled(text: str, values: Mapping[str, str]) -> str:
    """The text with its fields filled in, in one pass: a value that looks like a field stays as it is."""
    return _FIELD.sub(lambda match: values.get(match[1], match[0]), text)


def digest(text: str) -> str:
    """SHA-256, hexadecimal."""
    return hashlib.sha256(text.encode()).hexdigest()


def published_digest(title: str, text: str) -> str:
    """The digest of a document as published."""
    return digest(f"{title}\n\n{text}")


def normal(text: str) -> str:
    """As it is kept: one kind of line end, no trailing spaces, no control characters."""
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    return "\n".join("".join(char for char in line if _is_kept(char)).rstrip() for line in lines).strip()


def _is_kept(char: str) -> bool:
    # Spaces of every width stay; controls and marks that turn the direction of a line do not.
    return char == "\t" or (unicodedata.category(char)[0] != "C" and unicodedata.category(char) not in ("Zl", "Zp"))
