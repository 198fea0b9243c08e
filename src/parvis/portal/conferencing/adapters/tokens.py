"""Access tokens of providers, asked for once and kept for all processes: a new one may put an end to the old (Zoom)."""

from __future__ import annotations

import hashlib
from collections.abc import Callable

from cryptography.exceptions import InvalidTag
from django.core.cache import cache

from parvis.portal.accounts import vault
from parvis.portal.conferencing.models import Provider
from parvis.portal.conferencing.transport import Answer

MARGIN = 120
"""Seconds before its end that a token is not used any more."""
Fetch = Callable[[], tuple[str, int]]
"""Asks the provider: the token, and the seconds it lasts."""


def token(provider: Provider, fetch: Fetch, *, whose: str = "") -> str:
    """The one that is kept, else a new one. `whose`: the person it speaks for, where it does."""
    key = _key(provider, whose)
    if (kept := cache.get(key)) is not None:
        try:
            return vault.decrypt(kept)
        except InvalidTag:
            cache.delete(key)
    found, seconds = fetch()
    if seconds > MARGIN:
        cache.set(key, vault.encrypt(found), timeout=min(seconds, 86_400) - MARGIN)
    return found


def forget(provider: Provider, *, whose: str = "") -> None:
    """It was refused: the next question asks for a new one."""
    cache.delete(_key(provider, whose))


def with_token(provider: Provider, fetch: Fetch, ask: Callable[[str], Answer], *, whose: str = "") -> Answer:
    """Ask with the token; where it has ended before its time, once more with a new one."""
    answer = ask(token(provider, fetch, whose=whose))
    if answer.status != 401:
        return answer
    forget(provider, whose=whose)
    return ask(token(provider, fetch, whose=whose))


def _key(provider: Provider, whose: str) -> str:
    # A changed secret, account or address is another key: nothing old is used.
    facts = "\0".join((provider.base_url, provider.account, provider.tenant, provider.sealed_secret, whose))
    return f"conferencing:token:{provider.pk}:{hashlib.sha256(facts.encode()).hexdigest()[:32]}"
