"""What a room above adds to signing in: identity providers. `config.wiring` provides it here."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest

from parvis.portal.accounts.models import User

_KEPT = "accounts.elsewhere"


@dataclass(frozen=True, slots=True)
class Way:
    """A button that leads to another way of proving who one is."""

    label: str
    url: str
    official: bool = False
    """ProConnect's, whose wording and colour are imposed."""


class Elsewhere:
    """Nothing is added, until another room has spoken."""

    def ways_in(self, back: str) -> list[Way]:
        """The buttons of the sign-in page. `back`: a safe address to go to afterwards, or empty."""
        return []

    def ways_to_confirm(self, request: HttpRequest, back: str) -> list[Way]:
        """The buttons that give a second factor again, of the signed-in user."""
        return []

    def signed_in(self, request: HttpRequest, user: User) -> None:
        """Somebody has just signed in, by whatever way."""

    def leaving(self, request: HttpRequest) -> dict[str, Any]:
        """Somebody is about to sign out: what the page after it will need, as JSON; empty for our own page."""
        return {}

    def page_after(self, request: HttpRequest) -> str:
        """The address of that page; empty for ours. Asked before `leaving`."""
        return ""

    def security_sections(self, request: HttpRequest) -> list[str]:
        """More of the page « Sécurité » of the request's user, rendered."""
        return []

    def account_sections(self, request: HttpRequest, shown: User) -> list[str]:
        """More of the IT team's page about an account, rendered."""
        return []


_elsewhere = Elsewhere()


def provide(elsewhere: Elsewhere) -> None:
    """Set who adds something. Called once, by the wiring."""
    global _elsewhere
    _elsewhere = elsewhere


def door() -> Elsewhere:
    """Who adds something."""
    return _elsewhere


def keep(request: HttpRequest, content: dict[str, Any]) -> None:
    """Hand what `leaving` said over to the anonymous session that follows."""
    if content:
        request.session[_KEPT] = content


def take_kept(request: HttpRequest) -> dict[str, Any]:
    """What was handed over; once."""
    kept = request.session.pop(_KEPT, {})
    return kept if isinstance(kept, dict) else {}
