"""Providers, for the heads of IT: list, set up, test, enable, remove."""

from __future__ import annotations

import django_tables2 as tables
from django.contrib import messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST

from parvis.portal.accounts import throttle
from parvis.portal.accounts.models import User
from parvis.portal.accounts.second_factor import fresh_second_factor
from parvis.portal.directory.access import one, show_problems, signed_in
from parvis.portal.federation import checking, permissions, queries, rules, services
from parvis.portal.federation.door import button_text
from parvis.portal.federation.forms import ProviderForm
from parvis.portal.federation.models import IdentityProvider
from parvis.portal.kernel import authz, clock
from parvis.portal.kernel.errors import Conflict, Invalid
from parvis.portal.ui.listing import ListingTable, ListingView
from parvis.portal.ui.templatetags.ui import state_badge

TESTS_A_MINUTE = 10
"""A test says what answers on the network: not a tool to explore it."""


class ProviderTable(ListingTable):
    """One provider a row."""

    name = tables.Column(linkify=("federation:provider", {"provider_id": tables.A("pk")}))
    identity_count = tables.Column(verbose_name=gettext_lazy("Agents liés"))
    tested_at = tables.DateTimeColumn(verbose_name=gettext_lazy("Dernier test"), format="d/m/Y H:i", default="—")

    class Meta(ListingTable.Meta):
        model = IdentityProvider
        fields = ("name", "kind", "entity", "identity_count", "enabled", "tested_at")
        sequence = fields

    def render_enabled(self, value: bool) -> str:
        """In words."""
        return state_badge(_("Proposé"), "green") if value else state_badge(_("Désactivé"), "secondary")

    def value_enabled(self, value: bool) -> str:
        """In words, for the CSV."""
        return _("Proposé") if value else _("Désactivé")


class ProviderList(ListingView):
    """The providers of the user's entities."""

    table_class = ProviderTable
    template_name = "federation/providers.html"
    title = gettext_lazy("Fournisseurs d’identité")
    lead = gettext_lazy("Ceux avec qui vos agents peuvent se connecter\u202f: ProConnect, Keycloak, Microsoft Entra…")
    search_fields = ("name", "issuer", "entity__name")
    export_name = "fournisseurs-identite"
    empty_icon = "id-badge-2"
    empty_title = gettext_lazy("Aucun fournisseur d’identité")
    empty_text = gettext_lazy("Sans fournisseur, chacun se connecte avec son mot de passe et sa deuxième étape.")

    def authorize(self) -> authz.Decision:
        """For heads of IT."""
        return permissions.can_see_providers(signed_in(self.request))

    def get_queryset(self) -> QuerySet[IdentityProvider]:
        """Those the user manages."""
        return queries.providers_managed_by(signed_in(self.request))


@never_cache
def detail(request: HttpRequest, provider_id: int) -> HttpResponseBase:
    """One provider: what it is for, what to paste there."""
    _user, provider = _ask(request, provider_id)
    return render(request, "federation/provider.html", _context(provider))


@fresh_second_factor
def create(request: HttpRequest) -> HttpResponseBase:
    """A new provider."""
    user = signed_in(request)
    authz.require(permissions.can_see_providers(user))
    form = ProviderForm(request.POST or None, user=user)
    if form.is_valid():
        try:
            provider = services.create_provider(actor=user, now=clock.now(), **form.cleaned_data)
        except Invalid as problem:
            show_problems(form, problem)
        else:
            messages.success(request, _("Le fournisseur est enregistré. Testez-le, puis activez-le."))
            return redirect("federation:provider", provider_id=provider.pk)
    return render(request, "federation/provider_form.html", {"form": form, "back_url": reverse("federation:providers")})


@fresh_second_factor
def edit(request: HttpRequest, provider_id: int) -> HttpResponseBase:
    """Change it."""
    user, provider = _ask(request, provider_id)
    form = ProviderForm(request.POST or None, instance=provider, user=user)
    back_url = reverse("federation:provider", kwargs={"provider_id": provider.pk})
    if form.is_valid():
        try:
            services.update_provider(actor=user, provider=provider, now=clock.now(), **form.cleaned_data)
        except Invalid as problem:
            show_problems(form, problem)
        except Conflict as problem:
            form.add_error(None, f"{problem.message} {problem.advice}")
        else:
            messages.success(request, _("Les changements sont enregistrés."))
            return redirect(back_url)
    return render(request, "federation/provider_form.html", {"form": form, "provider": provider, "back_url": back_url})


@require_POST
@fresh_second_factor
def test(request: HttpRequest, provider_id: int) -> HttpResponseBase:
    """Ask the provider, show what it says."""
    user, provider = _ask(request, provider_id)
    throttle.hit("provider-test", str(user.pk), limit=TESTS_A_MINUTE, seconds=60)
    report = checking.test(provider)
    services.record_test(actor=user, provider=provider, fault=report.fault, now=clock.now())
    return render(request, "federation/provider.html", {**_context(provider), "report": report})


@require_POST
@fresh_second_factor
def enable(request: HttpRequest, provider_id: int) -> HttpResponseBase:
    """Offer it on the sign-in page."""
    user, provider = _ask(request, provider_id)
    services.set_enabled(actor=user, provider=provider, enabled=True, now=clock.now())
    messages.success(request, _("Le bouton est sur la page de connexion."))
    return redirect("federation:provider", provider_id=provider.pk)


@fresh_second_factor
def disable(request: HttpRequest, provider_id: int) -> HttpResponseBase:
    """Ask, then offer it no longer."""
    user, provider = _ask(request, provider_id)
    if request.method == "POST":
        ended = services.set_enabled(actor=user, provider=provider, enabled=False, now=clock.now())
        closed = ngettext("%(n)d connexion fermée.", "%(n)d connexions fermées.", ended) % {"n": ended}
        messages.success(request, _("Le fournisseur n’est plus proposé.") + " " + closed)
        return redirect("federation:provider", provider_id=provider.pk)
    context = {
        "question": _("Désactiver %(name)s\u202f?") % {"name": provider},
        "consequence": _(
            "Les connexions ouvertes par ce fournisseur se ferment, avec leurs bureaux à distance. Les liens avec les"
            " comptes restent."
        ),
        "yes": _("Désactiver"),
        "danger": True,
        "back_url": reverse("federation:provider", kwargs={"provider_id": provider.pk}),
    }
    return render(request, "ui/confirm.html", context)


@fresh_second_factor
def remove(request: HttpRequest, provider_id: int) -> HttpResponseBase:
    """Ask, then take it away."""
    user, provider = _ask(request, provider_id)
    if request.method == "POST":
        services.remove_provider(actor=user, provider=provider, now=clock.now())
        messages.success(request, _("Le fournisseur est retiré."))
        return redirect("federation:providers")
    linked = provider.identities.count()
    context = {
        "question": _("Retirer %(name)s\u202f?") % {"name": provider},
        "consequence": ngettext(
            "%(n)d agent ne pourra plus se connecter ainsi\u202f; vérifiez qu’il a un mot de passe.",
            "%(n)d agents ne pourront plus se connecter ainsi\u202f; vérifiez qu’ils ont un mot de passe.",
            linked,
        )
        % {"n": linked},
        "yes": _("Retirer"),
        "danger": True,
        "back_url": reverse("federation:provider", kwargs={"provider_id": provider.pk}),
    }
    return render(request, "ui/confirm.html", context)


def _context(provider: IdentityProvider) -> dict[str, object]:
    return {
        "provider": provider,
        "addresses": checking.addresses(provider),
        "scopes": rules.KINDS[provider.kind].scopes,
        "button": button_text(provider),
    }


def _ask(request: HttpRequest, provider_id: int) -> tuple[User, IdentityProvider]:
    user = signed_in(request)
    return user, one(queries.providers_managed_by(user), provider_id)
