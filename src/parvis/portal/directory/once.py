"""What a page asks the directory from ten places (menu, badges, lists, permissions), read once.

While a request that only reads is answered, the first answer is kept. Whoever writes always asks the database.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, TypeVar

from django.http import HttpRequest, HttpResponse

from parvis.portal.accounts.models import User
from parvis.portal.directory.models import RoleGrant

Held = tuple[tuple[str, str], ...]
Answer = TypeVar("Answer")

_kept: ContextVar[dict[tuple[str, object], Any] | None] = ContextVar("directory_read_once", default=None)

READING = frozenset({"GET", "HEAD"})


def once(question: str, about: object, ask: Callable[[], Answer]) -> Answer:
    """The answer of `ask`, or the one it gave to this question about the same thing earlier on this page."""
    kept = _kept.get()
    if kept is None:
        return ask()
    key = (question, about)
    if key not in kept:
        kept[key] = ask()
    answer: Answer = kept[key]
    return answer


def held_roles(user: User) -> Held:
    """Role and path of its entity, for each role that holds today. One query, or none within a page."""
    grants = RoleGrant.objects.filter(user_id=user.pk).values_list("role", "entity__path")
    return once("roles", user.pk, lambda: tuple(grants))


@contextmanager
def read_once() -> Iterator[None]:
    """Within, the same question is asked once."""
    page = _kept.set({})
    try:
        yield
    finally:
        _kept.reset(page)


class ReadOnceMiddleware:
    """Opens the page within which the directory is read once; a stream that outlives it asks again."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Answer the request."""
        if request.method not in READING:
            return self._get_response(request)
        with read_once():
            return self._get_response(request)
