"""Who reads each kind of source, and which form sets it up."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING, Any

from parvis.portal.sources.records import Reader, SourceBroken

if TYPE_CHECKING:
    from parvis.portal.sources.models import Run, Source

Factory = Callable[["Source", "Run | None"], Reader]
"""A fresh reading of a source. The run is given for kinds that read what was handed to it (a file)."""


@dataclass(frozen=True, slots=True)
class ReaderKind:
    """A kind: `module:function` of its factory and of its form's class, imported when needed."""

    factory: str
    form: str = ""
    """A `django.forms.Form` taking `source=`, with `store(settings: dict) -> None`; it follows the common fields."""


KINDS: dict[str, ReaderKind] = {
    "file": ReaderKind("parvis.portal.sources.files.reader:reader"),
    "ldap": ReaderKind("parvis.portal.sources.ldap.reader:reader", "parvis.portal.sources.ldap.forms:LdapForm"),
}


def reader_of(source: Source, run: Run | None = None) -> Reader:
    """The reader of this source.

    Raises:
        SourceBroken: no program here reads this kind (`reader_missing`).
    """
    kind = KINDS.get(source.kind)
    if kind is None:
        raise SourceBroken(code="reader_missing")
    factory: Factory = load(kind.factory)
    return factory(source, run)


def load(name: str) -> Any:
    """The object `module:name`."""
    module, _, attribute = name.partition(":")
    return getattr(import_module(module), attribute)
