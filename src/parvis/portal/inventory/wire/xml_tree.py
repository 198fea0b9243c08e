"""XML of FusionInventory and OCS, read element by element: no document in memory, no DTD, no entity.

Expat's own parser, not one built on it: three times as fast, and it takes a report a second per computer. A document
type is refused where it begins, before anything in it could be declared.
"""

from __future__ import annotations

import codecs
import re
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
    reader = _Reader(wanted)
    parser.buffer_text = True
    parser.StartDoctypeDeclHandler = parser.EntityDeclHandler = _refuse_declaration
    parser.StartElementHandler, parser.EndElementHandler = reader.start, reader.end
    parser.CharacterDataHandler = reader.text.append
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
    """Where the parser stands: REQUEST / CONTENT / a section / a field; what is below a field is passed over.

    Called twice for each of some ten thousand elements, hence its shape: texts go to a list without a function of
    ours, and the most frequent case, a field, comes first.
    """

    def __init__(self, wanted: frozenset[str]) -> None:
        self.root: dict[str, Scalar] = {}
        self.sections: dict[str, list[Row]] = {}
        self.is_request = self.has_content = False
        self.text: list[str] = []
        """Pieces of text since the last tag; what they belong to is known at the next."""
        self._wanted = wanted
        self._depth = self._elements = 0
        self._in_content = False
        self._row: Row | None = None
        self._is_leaf = False
        """Whether the element that is open may be a field: no other has begun in it."""

    def start(self, tag: str, _attributes: object) -> None:
        """`<tag>`."""
        depth = self._depth
        self._depth = depth + 1
        self._elements += 1
        self.text.clear()
        if depth == 3:
            self._is_leaf = self._row is not None
            if self._elements > limits.MOST_ELEMENTS:
                raise Unreadable("too_complex")
            return
        if self._elements > limits.MOST_ELEMENTS or depth >= limits.MOST_DEPTH:
            raise Unreadable("too_complex")
        self._is_leaf = False
        if depth == 2:
            self._row = self._new_row(tag.lower()) if self._in_content else None
            self._is_leaf = self._row is not None
        elif depth == 1:
            self._in_content = tag.lower() == "content"
            self.has_content = self.has_content or self._in_content
            self._is_leaf = not self._in_content
        elif depth == 0:
            self.is_request = tag.lower() == "request"

    def end(self, tag: str) -> None:
        """`</tag>`."""
        self._depth = depth = self._depth - 1
        if not self._is_leaf:
            return
        self._is_leaf = False
        text = "".join(self.text)[: limits.MOST_FIELD].strip()
        if depth == 1:
            if len(self.root) < limits.MOST_FIELDS:
                self.root.setdefault(tag.lower(), text)
        elif text and self._row is not None and len(self._row) < limits.MOST_FIELDS:
            self._row.setdefault(ITSELF if depth == 2 else tag.lower(), text)

    def _new_row(self, section: str) -> Row | None:
        if section not in self._wanted:
            return None
        rows = self.sections.setdefault(section, [])
        if len(rows) >= most_rows(section):
            return None
        row: Row = {}
        rows.append(row)
        return row
