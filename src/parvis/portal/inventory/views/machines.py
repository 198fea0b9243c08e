"""Computers from inside: the state of their protection in figures, the lists behind, what reports contradict."""

from __future__ import annotations

from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_safe

from parvis.portal.directory.access import signed_in
from parvis.portal.directory.permissions import NOT_STAFF
from parvis.portal.directory.queries import is_staff
from parvis.portal.inventory import anomalies, permissions, posture, queries
from parvis.portal.inventory.filters import AnomalyFilter, MachineFilter
from parvis.portal.inventory.models import Inventory
from parvis.portal.inventory.services import anomalies as services
from parvis.portal.inventory.tables import AnomalyTable, MachineTable
from parvis.portal.kernel import authz, clock
from parvis.portal.parc.models import COMPUTER_KINDS
from parvis.portal.ui.listing import BulkAction, ListingView


class MachineList(ListingView):
    """The list behind the figures."""

    table_class, filterset_class = MachineTable, MachineFilter
    template_name = "inventory/machines.html"
    title = gettext_lazy("Ordinateurs vus de l’intérieur")
    lead = gettext_lazy("Système, protection et place libre, d’après leur dernier relevé.")
    search_fields = ("asset__name", "os_name", "processor")
    export_name = "ordinateurs-interieur"
    empty_icon = "device-desktop"
    empty_title = gettext_lazy("Aucun relevé")
    empty_text = gettext_lazy("Donnez une adresse à vos sondes\u202f: leurs relevés arriveront ici.")

    def authorize(self) -> authz.Decision:
        """The IT team and auditors."""
        return permissions.can_watch(signed_in(self.request))

    def get_queryset(self) -> QuerySet[Inventory]:
        """Computers of the perimeter."""
        inside = queries.inventories_visible_to(signed_in(self.request))
        return inside.filter(asset__kind__in=COMPUTER_KINDS).order_by("asset__name")


@require_safe
def security(request: HttpRequest) -> HttpResponse:
    """Encryption, antivirus and systems out of support: figures, by entity, with the lists behind."""
    user = signed_in(request)
    authz.require(permissions.can_watch(user))
    return render(request, "inventory/security.html", {"posture": posture.of(user)})


def _acknowledge(request: HttpRequest, rows: QuerySet[Inventory]) -> str:
    count = services.acknowledge(actor=signed_in(request), inventories=rows, now=clock.now())
    return ngettext("%(n)d anomalie est classée.", "%(n)d anomalies sont classées.", count) % {"n": count}


class AnomalyList(ListingView):
    """What reports contradict, until a person looked at it."""

    table_class, filterset_class = AnomalyTable, AnomalyFilter
    template_name = "inventory/anomalies.html"
    title = gettext_lazy("Anomalies")
    lead = gettext_lazy("Ce que les relevés disent autrement que la liste\u202f: utilisateur, silence, signe de vie.")
    search_fields = ("asset__name", "asset__serial")
    export_name = "anomalies"
    empty_icon = "circle-check"
    empty_title = gettext_lazy("Aucune anomalie")
    empty_text = gettext_lazy("Les relevés confirment qui utilise quoi.")
    bulk_actions = (
        BulkAction(
            name="fine",
            label=gettext_lazy("C’est normal"),
            icon="check",
            run=_acknowledge,
            question=gettext_lazy("Classer ces anomalies\u202f?"),
            consequence=gettext_lazy("Elles ne reviendront que si autre chose se passe."),
            allowed=is_staff,
        ),
    )

    def authorize(self) -> authz.Decision:
        """The IT team: who opened which session is personal."""
        user = signed_in(self.request)
        return authz.YES if is_staff(user) else NOT_STAFF

    def get_queryset(self) -> QuerySet[Inventory]:
        """Those of the IT perimeter."""
        return anomalies.anomalies_visible_to(signed_in(self.request), clock.now()).order_by("-reported_at")
