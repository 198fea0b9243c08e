"""Fields of an asset that a probe may contradict and not change: rooms above, registered by `config`, say which."""

from __future__ import annotations

from collections.abc import Callable

from parvis.portal.parc.models import Asset

Holder = Callable[[Asset], frozenset[str]]
"""The fields of this asset on which something of the room above hangs."""

_holders: list[Holder] = []


def register(holder: Holder) -> None:
    """Ask this room too; the same one twice is once."""
    if holder not in _holders:
        _holders.append(holder)


def held(asset: Asset) -> frozenset[str]:
    """All that rooms above hold."""
    return frozenset().union(*(holder(asset) for holder in _holders))
