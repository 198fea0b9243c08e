"""How often something may be done: windows that begin at the first use, counted in the shared cache.

Not with `cache.incr`: on the file cache it gives the entry the default life of five minutes again at
every use, so that a window of a minute never ends for who keeps trying, and one of an hour lasts five.
"""

from __future__ import annotations

import threading
import time
from ipaddress import IPv6Address, IPv6Network, ip_address

from django.core.cache import cache

from parvis.portal.kernel.errors import TooMany

_lock = threading.Lock()  # reading and writing the count is no single step; requests are threads of one process


def hit(scope: str, key: str, *, limit: int, seconds: int) -> None:
    """Count one use of `key`.

    Raises:
        TooMany: more than `limit` in this window of `seconds`.
    """
    if count(scope, key, seconds=seconds) > limit:
        raise TooMany


def count(scope: str, key: str, *, seconds: int) -> int:
    """Count one use of `key`; how many there are in this window, this one included."""
    name = _name(scope, key)
    if (counter := getattr(cache, "count", None)) is not None:  # of several machines: `kernel.shared_cache`
        return int(counter(name, seconds=seconds))
    with _lock:
        now = time.time()  # in here: of two at once, the later one to count must not be the earlier one by its clock
        began, used = cache.get(name, (now, 0))
        if not 0 <= now - began < seconds:
            began, used = now, 0
        cache.set(name, (began, used + 1), timeout=began + seconds - now)
    return int(used) + 1


def counted(scope: str, key: str) -> int:
    """How many uses `count` has seen in the window under way."""
    if (counter := getattr(cache, "counted", None)) is not None:
        return int(counter(_name(scope, key)))
    return int(cache.get(_name(scope, key), (0, 0))[1])


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
