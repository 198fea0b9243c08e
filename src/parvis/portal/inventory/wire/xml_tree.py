"""XML of FusionInventory and OCS, read element by element: no document in memory, no DTD, no entity.

Expat's own parser, not one built on it: three times as fast, and it takes a report a second per computer. A document
type is refused where it begins, before anything in it could be declared.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Callable
from typing import NoReturn
from xml.parsers import expat

from parvis.portal.inventory.wire import limits
from parvis.portal.inventory.wire.problems import Unreadable
from parvis.portal.inventory.wire.tree import ITSELF, SECTIONS, Row, Scalar, Tree, most_rows

_DECLARED = re.compile(rb"""\A\s*<\?xml[^>]{0,100}?encoding\s*=\s*["']([A-Za-z0-9._-]{1,30})["']""")
_ENCODINGS = {
    "utf-8": "utf-8",
    "ascii": "cp1252",
    "iso8859-1": "cp1252",
    "iso8859-15": "iso8859-15",
    "cp1252": "cp1252",
}
"""Python's name of an encoding → what it is read as: those who say ISO-8859-1 on Windows mean its superset."""
_FORBIDDEN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")
_FORBIDDEN_REFERENCES = re.compile(r"&#(?:[xX]0*(?:[0-8bcefBCEF]|1[0-9a-fA-F])|0*(?:[0-8]|1[124-9]|2[0-9]|3[01]));")
"""Control characters that agents write as they found them: XML forbids them in both forms."""
_AT_A_GLANCE = frozenset({"hardware"})


def glance(text: bytes) -> Tree:
    """The message with its `hardware` only: whether it is well-formed and within limits, what it is, of whom.

    Raises:
        Unreadable: it is not.
    """
    return _read(text, _AT_A_GLANCE)


def read(text: bytes) -> Tree:
    """The whole message.

    Raises:
        Unreadable: malformed, a document type, too much of anything, no `REQUEST`.
    """
    return _read(text, SECTIONS)


def _read(text: bytes, wanted: frozenset[str]) -> Tree:
    parser = expat.ParserCreate("utf-8")
    reader = _Reader(parser, wanted)
    parser.buffer_text = True
    parser.StartDoctypeDeclHandler = parser.EntityDeclHandler = _refuse_declaration
    parser.StartElementHandler, parser.EndElementHandler = reader.start, reader.end
    try:
        parser.Parse(_decoded(text).encode(), True)
    except (expat.ExpatError, ValueError):
        raise Unreadable("malformed") from None
    if not reader.is_request:
        raise Unreadable("not_a_report")
    return Tree("xml", reader.root, reader.sections, reader.has_content)


def _decoded(text: bytes) -> str:
    """The characters XML allows, in whatever encoding they came; what fits none becomes a question mark."""
    text = text.removeprefix(codecs.BOM_UTF8)
    found = _DECLARED.match(text)
    encoding = "utf-8"
    if found:
        try:
            encoding = _ENCODINGS.get(codecs.lookup(found[1].decode("ascii")).name, "utf-8")
        except LookupError:
            encoding = "utf-8"
    try:
        plain = text.decode(encoding)
    except UnicodeDecodeError:
        plain = text.decode("cp1252", "replace")  # agents say UTF-8 and copy what Windows gave them
    return _FORBIDDEN_REFERENCES.sub("", _FORBIDDEN.sub("", plain))


def _refuse_declaration(*_about: object) -> NoReturn:
    raise Unreadable("declares_entities")


class _Reader:
    """Where the parser stands: REQUEST / CONTENT / a section / a field; what is below a field is passed over."""

    def __init__(self, parser: expat.XMLParserType, wanted: frozenset[str]) -> None:
        self._parser = parser
        self.root: dict[str, Scalar] = {}
        self.sections: dict[str, list[Row]] = {}
        self.is_request = self.has_content = False
        self._wanted = wanted
        self._path: list[str] = []
        self._elements = 0
        self._row: Row | None = None
        self._text: list[str] = []
        self._keep: Callable[[str], None] = self._text.append
        self._listening = False

    def start(self, tag: str, _attributes: object) -> None:
        """`<tag>`."""
        self._elements += 1
        depth = len(self._path)
        if self._elements > limits.MOST_ELEMENTS or depth >= limits.MOST_DEPTH:
            raise Unreadable("too_complex")
        name = tag.lower()
        self._path.append(name)
        if depth == 0:
            self.is_request = name == "request"
        elif depth == 1:
            self.has_content = self.has_content or name == "content"
            self._listen(name != "content")
        elif depth == 2:
            self._row = self._new_row(name) if self._path[1] == "content" else None
            self._listen(self._row is not None)
        else:
            self._listen(depth == 3 and self._row is not None)

    def end(self, _tag: str) -> None:
        """`</tag>`."""
        name = self._path.pop()
        if not self._listening:
            return
        depth, text = len(self._path), "".join(self._text)[: limits.MOST_FIELD].strip()
        if depth == 1 and len(self.root) < limits.MOST_FIELDS:
            self.root.setdefault(name, text)
        elif self._row is not None and len(self._row) < limits.MOST_FIELDS and text:
            self._row.setdefault(ITSELF if depth == 2 else name, text)
        self._listen(False)

    def data(self, text: str) -> None:
        """Characters, in as many pieces as the parser likes."""
        if len(self._text) < limits.MOST_FIELD:
            self._keep(text[: limits.MOST_FIELD])

    def _listen(self, on: bool) -> None:
        if on != self._listening:  # nothing is called for the spaces between, half of all calls otherwise
            self._parser.CharacterDataHandler = self.data if on else None
            self._listening = on
        self._text.clear()

    def _new_row(self, section: str) -> Row | None:
        if section not in self._wanted:
            return None
        rows = self.sections.setdefault(section, [])
        if len(rows) >= most_rows(section):
            return None
        rows.append({})
        return rows[-1]
