"""Networks: the list, and one of them."""

from __future__ import annotations

from copy import copy

from django.contrib import messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods

from parvis.portal.accounts.second_factor import fresh_second_factor, require_fresh
from parvis.portal.directory.access import one, show_problems, signed_in
from parvis.portal.directory.models import Role
from parvis.portal.directory.permissions import NOT_HEAD_OF_IT
from parvis.portal.directory.queries import has_role
from parvis.portal.kernel import authz, clock
from parvis.portal.kernel.errors import Conflict, Invalid
from parvis.portal.kernel.middleware import client_address
from parvis.portal.trust import permissions, queries
from parvis.portal.trust.forms import NetworkForm
from parvis.portal.trust.models import Network
from parvis.portal.trust.services import networks as services
from parvis.portal.trust.tables import NetworkFilter, NetworkTable
from parvis.portal.ui.listing import ListingView


class NetworkList(ListingView):
    """Networks of the perimeter."""

    table_class, filterset_class = NetworkTable, NetworkFilter
    template_name = "trust/networks.html"
    title = gettext_lazy("Réseaux")
    lead = gettext_lazy(
        "D’où viennent les connexions. Une adresse qui n’est dans aucun réseau est «\u202fAilleurs\u202f»."
    )
    search_fields = ("name", "note")
    export_name = "reseaux"
    empty_icon = "network"
    empty_title = gettext_lazy("Aucun réseau déclaré")
    empty_text = gettext_lazy("Déclarez d’abord le réseau de la collectivité et son VPN.")

    def authorize(self) -> authz.Decision:
        """The IT team and auditors."""
        return permissions.can_watch(signed_in(self.request))

    def get_queryset(self) -> QuerySet[Network]:
        """Those of the perimeter."""
        return queries.networks_visible_to(signed_in(self.request)).order_by("name")

    def extra_context(self) -> dict[str, object]:
        """Whether the user may declare one, and where they are."""
        user = signed_in(self.request)
        return {"declares": has_role(user, Role.HEAD_OF_IT), "trust": queries.trust_of(self.request)}


@require_http_methods(["GET", "HEAD", "POST"])
@fresh_second_factor
def create(request: HttpRequest) -> HttpResponse:
    """A new network."""
    user = signed_in(request)
    authz.require(authz.YES if has_role(user, Role.HEAD_OF_IT) else NOT_HEAD_OF_IT)
    return _form(request, None)


@require_http_methods(["GET", "HEAD", "POST"])
def change(request: HttpRequest, network_id: int) -> HttpResponse:
    """See a network, or change it."""
    user = signed_in(request)
    network = one(queries.networks_visible_to(user), network_id)
    if request.method == "POST":
        authz.require(permissions.can_declare(user, network.entity))
        require_fresh(request)
    return _form(request, network)


@require_http_methods(["GET", "HEAD", "POST"])
@fresh_second_factor
def delete(request: HttpRequest, network_id: int) -> HttpResponse:
    """Ask, then remove."""
    user = signed_in(request)
    network = one(queries.networks_visible_to(user), network_id)
    authz.require(permissions.can_declare(user, network.entity))
    if request.method == "POST":
        services.delete_network(actor=user, network=network, now=clock.now())
        messages.success(request, _("Le réseau est retiré."))
        return redirect("trust:networks")
    context = {
        "question": _("Retirer le réseau «\u202f%(network)s\u202f»\u202f?") % {"network": network},
        "consequence": _("Ses adresses seront «\u202fAilleurs\u202f», tout de suite."),
        "yes": _("Retirer"),
        "danger": True,
        "back_url": reverse("trust:network", args=[network.pk]),
    }
    return render(request, "ui/confirm.html", context)


def _form(request: HttpRequest, network: Network | None) -> HttpResponse:
    user = signed_in(request)
    form = NetworkForm(request.POST or None, instance=copy(network) if network else None, user=user)
    if form.is_valid():
        data = form.cleaned_data
        try:
            services.save_network(
                actor=user,
                network=network,
                entity=data["entity"],
                name=data["name"],
                kind=data["kind"],
                ranges=data["ranges"],
                note=data["note"],
                address=client_address(request),
                now=clock.now(),
            )
        except Invalid as problem:
            show_problems(form, problem)
        except Conflict as problem:
            form.add_error(None, str(problem.message))
        else:
            messages.success(request, _("Le réseau est enregistré."))
            return redirect("trust:networks")
    editable = network is None or bool(permissions.can_declare(user, network.entity))
    return render(request, "trust/network.html", {"form": form, "network": network, "editable": editable})
