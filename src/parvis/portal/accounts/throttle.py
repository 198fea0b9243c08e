"""How often something may be done: fixed windows counted in the shared cache."""

from __future__ import annotations

from django.core.cache import cache

from parvis.portal.kernel.errors import TooMany


def hit(scope: str, key: str, *, limit: int, seconds: int) -> None:
    """Count one use of `key`.

    Raises:
        TooMany: more than `limit` in this window of `seconds`.
    """
    name = f"parvis-throttle:{scope}:{key}"
    cache.add(name, 0, timeout=seconds)
    try:
        count = cache.incr(name)
    except ValueError:  # the window closed between the two calls
        cache.set(name, 1, timeout=seconds)
        count = 1
    if count > limit:
        raise TooMany
