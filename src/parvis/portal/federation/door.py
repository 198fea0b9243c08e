"""What this room adds to the pages of `accounts`: buttons, what follows a sign-in and a sign-out, linked identities."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.translation import gettext as _

from parvis.portal.accounts import sign_ins
from parvis.portal.accounts.elsewhere import Elsewhere, Way
from parvis.portal.accounts.models import User
from parvis.portal.federation import arrivals, identities, queries
from parvis.portal.federation.models import IdentityProvider
from parvis.portal.federation.rules import PROCONNECT


class Door(Elsewhere):
    """Given to `accounts.elsewhere` by the wiring."""

    def ways_in(self, back: str) -> list[Way]:
        """A button per provider that is offered. One query."""
        return [
            Way(button_text(each), _with_next("federation:start", each, back), each.kind == PROCONNECT)
            for each in queries.offered()
        ]

    def ways_to_confirm(self, request: HttpRequest, back: str) -> list[Way]:
        """The linked providers whose second factor stands for this account's."""
        user = request.user
        if not isinstance(user, User):
            return []
        linked = queries.identities_of(user).filter(provider__enabled=True, provider__trusts_second_factor=True)
        return [
            Way(
                _("Confirmer avec %(provider)s") % {"provider": each.provider.name},
                _with_next("federation:confirm", each.provider, back),
            )
            for each in linked
            if queries.serves(each.provider, user) and not queries.reaches_beyond(each.provider, user)
        ]

    def signed_in(self, request: HttpRequest, user: User) -> None:
        """Note it if they came from a provider."""
        arrivals.settle(request, user)

    def leaving(self, request: HttpRequest) -> dict[str, Any]:
        """What signing out at the provider takes; the token stays encrypted."""
        row = queries.federated(sign_ins.current(request))
        if row is None:
            return {}
        return {"provider": row.identity.provider_id, "id_token": row.stored_id_token}

    def page_after(self, request: HttpRequest) -> str:
        """The page that leads to the provider's sign-out."""
        return reverse("federation:bye") if queries.federated(sign_ins.current(request)) is not None else ""

    def security_sections(self, request: HttpRequest) -> list[str]:
        """One's own identities, and the providers one may link."""
        user = request.user
        if not isinstance(user, User) or user.is_demo_persona:
            return []
        mine, more = list(queries.identities_of(user)), list(queries.linkable_by(user))
        if not mine and not more:
            return []
        context = {"identities": mine, "providers": more, "may_unlink": identities.may_unlink(user)}
        return [render_to_string("federation/own_identities.html", context, request)]

    def account_sections(self, request: HttpRequest, shown: User) -> list[str]:
        """The identities of an account of the IT team's perimeter."""
        theirs = list(queries.identities_of(shown))
        return (
            [render_to_string("federation/account_identities.html", {"identities": theirs}, request)] if theirs else []
        )


def button_text(provider: IdentityProvider) -> str:
    """The words on the button. ProConnect's are imposed by its documentation."""
    if provider.kind == PROCONNECT:
        return _("S’identifier avec ProConnect")
    return provider.button_text or _("Se connecter avec %(provider)s") % {"provider": provider.name}


def _with_next(name: str, provider: IdentityProvider, back: str) -> str:
    address = reverse(name, kwargs={"slug": provider.slug})
    return f"{address}?{urlencode({'next': back})}" if back else address
