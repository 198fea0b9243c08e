"""How often something may be done: windows that begin at the first use, counted in the shared cache.

Not with `cache.incr`: on a file cache it gives the entry the default life of five minutes again at every use, so that
a window of a minute never ends for who keeps trying, and one of an hour lasts five. Both caches that an installation
may have (`config.caching`) count by themselves, so that no two who count at once are one.
"""

from __future__ import annotations

from ipaddress import IPv6Address, IPv6Network, ip_address

from django.core.cache import cache

from parvis.portal.kernel.errors import TooMany


def hit(scope: str, key: str, *, limit: int, seconds: int) -> None:
    """Count one use of `key`.

    Raises:
        TooMany: more than `limit` in this window of `seconds`.
    """
    if count(scope, key, seconds=seconds) > limit:
        raise TooMany


def count(scope: str, key: str, *, seconds: int) -> int:
    """Count one use of `key`; how many there are in this window, this one included."""
    return int(cache.count(_name(scope, key), seconds=seconds))  # type: ignore[attr-defined]


def counted(scope: str, key: str) -> int:
    """How many uses `count` has seen in the window under way."""
    return int(cache.counted(_name(scope, key)))  # type: ignore[attr-defined]


def network(address: str) -> str:
    """Whose address this is, for counting: IPv4 as it is; IPv6 by its /64, which one line at home has to itself."""
    try:
        parsed = ip_address(address)
    except ValueError:
        return address
    if isinstance(parsed, IPv6Address):
        if parsed.ipv4_mapped:
            return str(parsed.ipv4_mapped)
        return str(IPv6Network((parsed, 64), strict=False))
    return str(parsed)


def _name(scope: str, key: str) -> str:
    return f"parvis-count:{scope}:{key}"
