"""Addresses of probes: the list, a new one (shown once), one of them."""

from __future__ import annotations

from django.conf import settings
from django.contrib import messages
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods

from parvis.portal.accounts.second_factor import fresh_second_factor
from parvis.portal.directory.access import one, show_problems, signed_in
from parvis.portal.directory.permissions import NOT_STAFF
from parvis.portal.directory.queries import is_staff
from parvis.portal.inventory import probe_queries
from parvis.portal.inventory.models import ProbeToken
from parvis.portal.inventory.probe_forms import FrequencyForm, TokenForm, frequency_words
from parvis.portal.inventory.probe_tables import TokenTable
from parvis.portal.inventory.services import tokens
from parvis.portal.kernel import authz, clock
from parvis.portal.kernel.errors import Conflict, Invalid
from parvis.portal.parc.permissions import can_manage
from parvis.portal.ui.listing import ListingView


class TokenList(ListingView):
    """Of the perimeter."""

    table_class = TokenTable
    template_name = "inventory/tokens.html"
    title = gettext_lazy("Sondes")
    lead = gettext_lazy(
        "Les adresses données aux sondes d’inventaire déjà installées (FusionInventory, OCS, GLPI-Agent)."
    )
    search_fields = ("name", "entity__name")
    export_name = "adresses-de-sondes"
    empty_icon = "activity"
    empty_title = gettext_lazy("Aucune adresse pour le moment")
    empty_text = gettext_lazy("Créez-en une et donnez-la à vos sondes\u202f: c’est leur seul réglage à changer.")

    def authorize(self) -> authz.Decision:
        """The IT team and auditors."""
        return probe_queries.can_watch(signed_in(self.request))

    def get_queryset(self) -> QuerySet[ProbeToken]:
        """The standing ones first."""
        visible = probe_queries.tokens_visible_to(signed_in(self.request))
        counted = probe_queries.with_counts(visible, clock.now())
        return counted.annotate(is_revoked=Q(revoked_at__isnull=False)).order_by("is_revoked", "name")

    def extra_context(self) -> dict[str, object]:
        """Whether the user may make one."""
        return {"may_create": is_staff(signed_in(self.request))}


@require_http_methods(["GET", "HEAD", "POST"])
@fresh_second_factor
def create(request: HttpRequest) -> HttpResponse:
    """Ask; then show the address, once, with the lines to copy."""
    user = signed_in(request)
    authz.require(authz.YES if is_staff(user) else NOT_STAFF)
    form = TokenForm(request.POST or None, user=user)
    if form.is_valid():
        data = form.cleaned_data
        try:
            token, secret = tokens.create_token(
                actor=user,
                entity=data["entity"],
                name=data["name"],
                frequency_hours=data["frequency_hours"],
                now=clock.now(),
            )
        except Invalid as problem:
            show_problems(form, problem)
        except Conflict as problem:
            form.add_error(None, str(problem.message))
        else:
            address = settings.PARVIS.url + reverse("inventory:speak", args=[secret]) + "/"
            response = render(request, "inventory/token_created.html", {"token": token, "address": address})
            response["Cache-Control"] = "no-store"
            return response
    return render(request, "inventory/token_form.html", {"form": form})


@require_http_methods(["GET", "HEAD", "POST"])
def detail(request: HttpRequest, probe_token_id: int) -> HttpResponse:
    """One address; POST: another frequency."""
    user, now = signed_in(request), clock.now()
    token = one(probe_queries.with_counts(probe_queries.tokens_visible_to(user), now), probe_token_id)
    form = FrequencyForm(request.POST or None, initial={"frequency_hours": token.frequency_hours})
    if request.method == "POST":
        authz.require(can_manage(user, token.entity))
        if form.is_valid():
            hours = form.cleaned_data["frequency_hours"]
            tokens.change_frequency(actor=user, token=token, frequency_hours=hours, now=now)
            messages.success(
                request, _("La fréquence est changée\u202f: chaque sonde l’apprend à son prochain relevé.")
            )
            return redirect("inventory:token", token.pk)
    context = {
        "token": token,
        "form": form,
        "may_manage": bool(can_manage(user, token.entity)),
        "frequency": frequency_words(token.frequency_hours),
    }
    return render(request, "inventory/token.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
def revoke(request: HttpRequest, probe_token_id: int) -> HttpResponse:
    """Ask, then refuse the probes that have it."""
    user = signed_in(request)
    token = one(probe_queries.tokens_visible_to(user), probe_token_id)
    authz.require(can_manage(user, token.entity))
    if request.method == "POST":
        tokens.revoke_token(actor=user, token=token, now=clock.now())
        messages.success(request, _("L’adresse est révoquée."))
        return redirect("inventory:token", token.pk)
    context = {
        "question": _("Révoquer l’adresse «\u202f%(token)s\u202f»\u202f?") % {"token": token},
        "consequence": _(
            "Les sondes qui l’utilisent sont refusées tout de suite, jusqu’à ce que vous leur en donniez une autre."
            " Les relevés déjà reçus restent."
        ),
        "yes": _("Révoquer"),
        "danger": True,
        "back_url": reverse("inventory:token", args=[token.pk]),
    }
    return render(request, "ui/confirm.html", context)
