"""Accounts whose password is kept elsewhere, in the authority's directory: a room above says whose."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import render

from parvis.portal.accounts.models import User
from parvis.portal.kernel.errors import Text

Keeper = Callable[[User], Text]
"""Where this user changes their password, in a sentence for them; empty: it is kept here."""
View = Callable[..., HttpResponseBase]

_TOLD = "_parvis_password_problem"


def _here(user: User) -> Text:
    return ""


_keeper: Keeper = _here


def provide(keeper: Keeper) -> None:
    """Set who knows. Called once, by the wiring."""
    global _keeper
    _keeper = keeper


def kept_elsewhere(user: User) -> Text:
    """Where this user changes their password, if that is not here."""
    return _keeper(user)


def tell(request: HttpRequest, sentence: Text) -> None:
    """What the sign-in page says instead of « ce n’est pas le bon », when another room has looked at the password."""
    setattr(request, _TOLD, sentence)


def told(request: HttpRequest) -> Text:
    """What `tell` was given for this request; empty if nothing."""
    found: Text = getattr(request, _TOLD, "")
    return found


def own_password_only(view: View) -> View:
    """For pages that choose a password here: an account of the directory reads where to change it instead."""

    @wraps(view)
    def guarded(request: HttpRequest, *args: object, **kwargs: object) -> HttpResponseBase:
        where = kept_elsewhere(request.user) if isinstance(request.user, User) else ""
        if where:
            return render(request, "accounts/password_elsewhere.html", {"where": where})
        return view(request, *args, **kwargs)

    return guarded
