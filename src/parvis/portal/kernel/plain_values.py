"""Values as JSON text and back: what may be kept where others could write, and read again without running anything.

Never pickle: who writes into a cache server would run code here. Plain values, dates, ids, sets and our own frozen
dataclasses, enumerations and named tuples are kept; a class is named by its place in `parvis`, and nothing else is
ever looked up. A shape that an earlier version left cannot be read, and counts as not kept.
"""

from __future__ import annotations

import base64
import dataclasses
import importlib
import json
from collections.abc import Callable, Mapping
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from enum import Enum
from types import NoneType
from typing import Any
from uuid import UUID

OURS = "parvis."
_TAG = "!"


class Unreadable(ValueError):
    """No text of `dumps`, or of another version's classes."""


def dumps(value: object) -> bytes:
    """The value as UTF-8 JSON.

    Raises:
        TypeError: something in it is of no known kind.
    """
    return json.dumps(_plain(value), ensure_ascii=False, separators=(",", ":")).encode()


def loads(text: bytes) -> Any:
    """What `dumps` was given.

    Raises:
        Unreadable: see there.
    """
    try:
        return _value(json.loads(text))
    except (ValueError, TypeError, KeyError, AttributeError, ImportError, RecursionError) as error:
        raise Unreadable(type(error).__name__) from None


_AS_TEXT: Mapping[type, tuple[str, Callable[[Any], str], Callable[[str], Any]]] = {
    datetime: ("datetime", datetime.isoformat, datetime.fromisoformat),
    date: ("date", date.isoformat, date.fromisoformat),
    time: ("time", time.isoformat, time.fromisoformat),
    UUID: ("uuid", str, UUID),
    Decimal: ("decimal", str, Decimal),
    bytes: ("bytes", lambda value: base64.b64encode(value).decode(), base64.b64decode),
}
_FROM_TEXT = {name: read for name, _write, read in _AS_TEXT.values()}
_COLLECTIONS: Mapping[str, Callable[[list[Any]], Any]] = {"tuple": tuple, "set": set, "frozenset": frozenset}


def _plain(value: Any) -> Any:
    kind = type(value)
    if kind in (NoneType, bool, int, float, str):
        return value
    if kind in _AS_TEXT:
        name, write, _read = _AS_TEXT[kind]
        return {_TAG: name, "v": write(value)}
    if kind is list:
        return [_plain(each) for each in value]
    if kind in (tuple, set, frozenset):
        return {_TAG: kind.__name__, "v": [_plain(each) for each in value]}
    if kind is timedelta:
        return {_TAG: "timedelta", "v": [value.days, value.seconds, value.microseconds]}
    if isinstance(value, Mapping) and not kind.__module__.startswith(OURS):
        return _plain_mapping(value)
    return _plain_ours(value, kind)


def _plain_mapping(value: Mapping[Any, Any]) -> Any:
    if _TAG not in value and all(type(key) is str for key in value):
        return {key: _plain(each) for key, each in value.items()}
    return {_TAG: "map", "v": [[_plain(key), _plain(each)] for key, each in value.items()]}


def _plain_ours(value: Any, kind: type) -> Any:
    if not kind.__module__.startswith(OURS):
        raise TypeError(f"{kind.__module__}.{kind.__qualname__} is not kept: give plain values")
    if isinstance(value, Enum):
        return {_TAG: "enum", "of": _place(kind), "v": value.name}
    if dataclasses.is_dataclass(value):
        return {_TAG: "object", "of": _place(kind), "v": {name: _plain(getattr(value, name)) for name in _names(kind)}}
    if isinstance(value, tuple):
        return {_TAG: "named", "of": _place(kind), "v": [_plain(each) for each in value]}
    raise TypeError(f"{_place(kind)} is neither a dataclass nor an enumeration")


def _value(plain: Any) -> Any:
    if isinstance(plain, list):
        return [_value(each) for each in plain]
    if not isinstance(plain, dict):
        return plain
    if _TAG not in plain:
        return {key: _value(each) for key, each in plain.items()}
    tag, inner = plain[_TAG], plain["v"]
    if tag in _FROM_TEXT:
        return _FROM_TEXT[tag](inner)
    if tag in _COLLECTIONS:
        return _COLLECTIONS[tag]([_value(each) for each in inner])
    if tag == "timedelta":
        return timedelta(*inner)
    if tag == "map":
        return {_value(key): _value(each) for key, each in inner}
    return _value_of_ours(tag, _class_at(plain["of"]), inner)


def _value_of_ours(tag: str, kind: Any, inner: Any) -> Any:
    if tag == "enum" and issubclass(kind, Enum):
        return kind[inner]
    if tag == "object" and dataclasses.is_dataclass(kind):
        if set(inner) != set(_names(kind)):
            raise Unreadable("another version's")
        made: Any = kind  # mypy takes every dataclass for one that cannot be called
        return made(**{name: _value(each) for name, each in inner.items()})
    if tag == "named" and issubclass(kind, tuple):
        return kind(*[_value(each) for each in inner])
    raise Unreadable(tag)


def _names(kind: Any) -> list[str]:
    return [each.name for each in dataclasses.fields(kind) if each.init]


def _place(kind: type) -> str:
    return f"{kind.__module__}:{kind.__qualname__}"


def _class_at(place: str) -> Any:
    module, _, name = place.partition(":")
    if not module.startswith(OURS):
        raise Unreadable(place)
    found: Any = importlib.import_module(module)
    for part in name.split("."):
        found = getattr(found, part)
    if not isinstance(found, type) or found.__module__ != module:
        raise Unreadable(place)
    return found
