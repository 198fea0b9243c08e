"""Signing in: django-allauth's page, with the demo's people on it when there are some."""

from __future__ import annotations

from typing import Any

from allauth.account.views import LoginView
from django.conf import settings
from django.utils.http import url_has_allowed_host_and_scheme

from parvis.portal.accounts import elsewhere, queries


class SignInView(LoginView):
    """E-mail and password, a passkey, or an identity provider; in demo mode, a person to choose."""

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """The personas too, in demo mode only."""
        personas = list(queries.personas()) if settings.PARVIS.demo else []
        back = self.request.GET.get("next", "")
        safe = url_has_allowed_host_and_scheme(back, {self.request.get_host()})
        ways = elsewhere.door().ways_in(back if safe else "")
        context = {**super().get_context_data(**kwargs), "personas": personas, "ways": ways}
        if personas or ways:  # a focused field would scroll them out of sight
            context["form"].fields["login"].widget.attrs.pop("autofocus", None)
        return context


login = SignInView.as_view()
