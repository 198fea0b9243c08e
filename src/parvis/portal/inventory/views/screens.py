"""Screens that computers saw and that are not in the list yet."""

from __future__ import annotations

import django_filters
from django.contrib import messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_POST

from parvis.portal.directory.access import one, signed_in
from parvis.portal.directory.queries import is_staff
from parvis.portal.inventory import permissions, queries
from parvis.portal.inventory.filters import Below
from parvis.portal.inventory.links import asset_url
from parvis.portal.inventory.models import SeenScreen
from parvis.portal.inventory.services import screens
from parvis.portal.inventory.tables import ScreenTable
from parvis.portal.kernel import authz, clock
from parvis.portal.ui.listing import BulkAction, ListingView


def _add(request: HttpRequest, rows: QuerySet[SeenScreen]) -> str:
    made = screens.add_screens(actor=signed_in(request), screens=rows, now=clock.now())
    return ngettext("%(n)d écran est ajouté au parc.", "%(n)d écrans sont ajoutés au parc.", made) % {"n": made}


def _ignore(request: HttpRequest, rows: QuerySet[SeenScreen]) -> str:
    count = screens.ignore_screens(actor=signed_in(request), screens=rows, now=clock.now())
    return ngettext("%(n)d écran n’est plus proposé.", "%(n)d écrans ne sont plus proposés.", count) % {"n": count}


class ScreenFilter(django_filters.FilterSet):
    """By entity."""

    entity = Below("asset__entity__path")

    class Meta:
        model = SeenScreen
        fields: tuple[str, ...] = ()


class ScreenList(ListingView):
    """Proposals: one click and they are assets, where their computer is."""

    table_class, filterset_class = ScreenTable, ScreenFilter
    title = gettext_lazy("Écrans repérés")
    lead = gettext_lazy("Branchés sur vos ordinateurs, avec leur numéro de série, et absents du parc.")
    search_fields = ("name", "manufacturer", "serial", "asset__name")
    export_name = "ecrans-reperes"
    empty_icon = "device-imac"
    empty_title = gettext_lazy("Aucun écran à proposer")
    empty_text = gettext_lazy("Ceux qui disent leur numéro de série arrivent ici avec les relevés.")
    bulk_actions = (
        BulkAction(
            name="add",
            label=gettext_lazy("Ajouter au parc"),
            icon="plus",
            run=_add,
            question=gettext_lazy("Ajouter ces écrans au parc\u202f?"),
            consequence=gettext_lazy("Ils sont rangés avec leur ordinateur et confiés aux mêmes agents."),
            allowed=is_staff,
        ),
        BulkAction(
            name="ignore",
            label=gettext_lazy("Ne plus proposer"),
            icon="x",
            run=_ignore,
            question=gettext_lazy("Ne plus proposer ces écrans\u202f?"),
            consequence=gettext_lazy("Par exemple un écran personnel. Ils ne reviendront pas dans cette liste."),
            allowed=is_staff,
        ),
    )

    def authorize(self) -> authz.Decision:
        """The IT team and auditors."""
        return permissions.can_watch(signed_in(self.request))

    def get_queryset(self) -> QuerySet[SeenScreen]:
        """Those of the perimeter."""
        return queries.screens_visible_to(signed_in(self.request)).order_by("-seen_at")


@require_POST
def add(request: HttpRequest, screen_id: int) -> HttpResponse:
    """One, from the page of its computer."""
    user = signed_in(request)
    seen = one(queries.screens_visible_to(user), screen_id)
    screens.add_screens(actor=user, screens=[seen], now=clock.now())
    messages.success(request, _("L’écran est ajouté au parc."))
    return redirect(asset_url(seen.asset_id))
