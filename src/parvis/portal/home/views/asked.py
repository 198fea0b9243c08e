"""What a request says, for every page of the room."""

from __future__ import annotations

from django.http import HttpRequest

from parvis.portal.accounts.models import User
from parvis.portal.kernel.errors import Invalid

STEPS = {"up": -1, "down": 1}


def signed_in(request: HttpRequest) -> User:
    """The user: LoginRequiredMiddleware lets nobody else in."""
    assert isinstance(request.user, User)  # noqa: S101
    return request.user


def step_of(request: HttpRequest) -> int:
    """-1 or 1, from the button pressed.

    Raises:
        Invalid: neither.
    """
    step = STEPS.get(request.POST.get("step", ""))
    if step is None:
        raise Invalid
    return step
