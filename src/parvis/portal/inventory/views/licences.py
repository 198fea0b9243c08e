"""Licences: the list with its balance, the form."""

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

from parvis.portal.directory.access import one, show_problems, signed_in
from parvis.portal.directory.permissions import NOT_STAFF
from parvis.portal.directory.queries import is_staff
from parvis.portal.inventory import counting, permissions, queries
from parvis.portal.inventory.filters import LicenceFilter
from parvis.portal.inventory.forms import LicenceForm
from parvis.portal.inventory.models import Licence
from parvis.portal.inventory.services import licences
from parvis.portal.inventory.tables import LicenceTable
from parvis.portal.kernel import authz, clock
from parvis.portal.kernel.errors import Invalid
from parvis.portal.ui.listing import ListingView


class LicenceList(ListingView):
    """Of the perimeter; those used beyond what is owned first."""

    table_class, filterset_class = LicenceTable, LicenceFilter
    template_name = "inventory/licences.html"
    title = gettext_lazy("Licences")
    lead = gettext_lazy("Ce qui est acheté, ce qui est installé dans l’entité et au-dessous, et ce qui reste.")
    search_fields = ("name", "software__name")
    export_name = "licences"
    empty_icon = "certificate"
    empty_title = gettext_lazy("Aucune licence")
    empty_text = gettext_lazy("Saisissez vos licences\u202f: leur solde se calcule avec les relevés des sondes.")

    def authorize(self) -> authz.Decision:
        """The IT team and auditors."""
        return permissions.can_watch(signed_in(self.request))

    def get_queryset(self) -> QuerySet[Licence]:
        """Those of the perimeter."""
        return queries.licences_visible_to(signed_in(self.request)).order_by("left", "name")

    def extra_context(self) -> dict[str, object]:
        """How many are over-used, whether the user enters some, when it was counted."""
        user = signed_in(self.request)
        return {
            "over": queries.licences_visible_to(user).filter(over=True).count(),
            "manages": is_staff(user),
            "counted_at": counting.counted_at(),
        }


@require_http_methods(["GET", "HEAD", "POST"])
def create(request: HttpRequest) -> HttpResponse:
    """A new licence; `?software=` fills in the program."""
    user = signed_in(request)
    authz.require(authz.YES if is_staff(user) else NOT_STAFF)
    return _form(request, None)


@require_http_methods(["GET", "HEAD", "POST"])
def change(request: HttpRequest, licence_id: int) -> HttpResponse:
    """See a licence, or change it."""
    user = signed_in(request)
    licence = one(queries.licences_visible_to(user), licence_id)
    if request.method == "POST":
        authz.require(permissions.can_manage_licences(user, licence.entity))
    return _form(request, licence)


@require_http_methods(["GET", "HEAD", "POST"])
def delete(request: HttpRequest, licence_id: int) -> HttpResponse:
    """Ask, then remove."""
    user = signed_in(request)
    licence = one(queries.licences_visible_to(user), licence_id)
    authz.require(permissions.can_manage_licences(user, licence.entity))
    if request.method == "POST":
        licences.delete_licence(actor=user, licence=licence, now=clock.now())
        messages.success(request, _("La licence est retirée."))
        return redirect("software:licences")
    context = {
        "question": _("Retirer la licence «\u202f%(licence)s\u202f»\u202f?") % {"licence": licence},
        "consequence": _("Son solde n’est plus suivi. Les logiciels installés ne changent pas."),
        "yes": _("Retirer"),
        "danger": True,
        "back_url": reverse("software:licence", args=[licence.pk]),
    }
    return render(request, "ui/confirm.html", context)


def _form(request: HttpRequest, licence: Licence | None) -> HttpResponse:
    user = signed_in(request)
    initial = {"software": request.GET.get("software")} if licence is None else None
    form = LicenceForm(request.POST or None, instance=copy(licence) if licence else None, user=user, initial=initial)
    if form.is_valid():
        try:
            licences.save_licence(actor=user, licence=licence, data=form.data_for_service(), now=clock.now())
        except Invalid as problem:
            show_problems(form, problem)
        else:
            messages.success(request, _("La licence est enregistrée."))
            return redirect("software:licences")
    editable = licence is None or bool(permissions.can_manage_licences(user, licence.entity))
    return render(request, "inventory/licence.html", {"form": form, "licence": licence, "editable": editable})
