"""The IT team's list of tools."""

from __future__ import annotations

from typing import Any

import django_filters
import django_tables2 as tables
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from parvis.portal.conferencing import capabilities, looks, permissions, queries
from parvis.portal.conferencing.models import Provider
from parvis.portal.conferencing.services import declaring
from parvis.portal.directory.access import signed_in
from parvis.portal.directory.queries import is_staff
from parvis.portal.kernel import authz, clock
from parvis.portal.ui.listing import BulkAction, ListingTable, ListingView
from parvis.portal.ui.templatetags.ui import state_badge


class ToolTable(ListingTable):
    """One tool a row."""

    name = tables.Column(linkify=("conferencing:tool", {"tool_id": tables.A("pk")}))
    health = tables.Column()
    can = tables.Column(empty_values=(), orderable=False, visible=False, verbose_name=gettext_lazy("Permet"))
    pool = tables.Column(order_by=("pool__name",), default="—", verbose_name=gettext_lazy("Groupe"))
    rank = tables.Column(verbose_name=gettext_lazy("Ordre"))
    is_open = tables.Column(verbose_name=gettext_lazy("Proposé"))
    checked_at = tables.DateTimeColumn(verbose_name=gettext_lazy("Vérifié"), format="d/m/Y H:i", default="—")

    class Meta(ListingTable.Meta):
        model = Provider
        fields = ("name", "kind", "entity", "health", "can", "pool", "rank", "is_open", "checked_at")

    def render_health(self, record: Provider) -> SafeString:
        """A badge."""
        return looks.health_badge(record)

    def value_health(self, record: Provider) -> str:
        """The words."""
        return looks.health_words(record)

    def value_can(self, record: Provider) -> str:
        """All of it."""
        return ", ".join(str(words) for _icon, words in capabilities.words_of(capabilities.of(record)))

    def render_is_open(self, value: bool) -> SafeString:
        """In words."""
        return state_badge(_("Oui"), "green") if value else state_badge(_("Non"), "secondary")

    def value_is_open(self, value: bool) -> str:
        """In words, for the CSV."""
        return _("Oui") if value else _("Non")


class ToolFilter(django_filters.FilterSet):
    """By kind, health, offered or not."""

    kind = django_filters.ChoiceFilter(
        label=gettext_lazy("Type"), empty_label=gettext_lazy("Tous"), choices=Provider.Kind.choices
    )
    health = django_filters.ChoiceFilter(
        label=gettext_lazy("État"), empty_label=gettext_lazy("Tous"), choices=Provider.Health.choices
    )
    is_open = django_filters.ChoiceFilter(
        label=gettext_lazy("Proposé aux agents"),
        empty_label=gettext_lazy("Tous"),
        choices=[("True", gettext_lazy("Oui")), ("False", gettext_lazy("Non"))],
    )


def _opener(is_open: bool) -> Any:
    def run(request: HttpRequest, rows: QuerySet[Provider]) -> str:
        count = declaring.set_open(actor=signed_in(request), providers=list(rows), is_open=is_open, now=clock.now())
        return ngettext("%(n)d outil a changé.", "%(n)d outils ont changé.", count) % {"n": count}

    return run


class Tools(ListingView):
    """Every tool of the perimeter, in the order agents are offered them."""

    table_class = ToolTable
    filterset_class = ToolFilter
    template_name = "conferencing/manage.html"
    title = gettext_lazy("Outils de réunion")
    lead = gettext_lazy("Ce avec quoi vos agents se réunissent à distance, et ce qui répond en ce moment.")
    search_fields = ("name", "note", "entity__name")
    search_label = gettext_lazy("Nom, remarque ou entité")
    export_name = "outils-de-reunion"
    empty_icon = "video"
    empty_title = gettext_lazy("Aucun outil de réunion")
    empty_text = gettext_lazy("Déclarez ce dont vous disposez\u202f: salles téléphoniques, salle Parvis, Teams, Zoom…")

    bulk_actions = (
        BulkAction(
            name="open",
            label=gettext_lazy("Proposer aux agents"),
            icon="eye",
            run=_opener(True),
            question=gettext_lazy("Proposer ces outils aux agents\u202f?"),
            allowed=is_staff,
        ),
        BulkAction(
            name="close",
            label=gettext_lazy("Ne plus proposer"),
            icon="eye-off",
            run=_opener(False),
            question=gettext_lazy("Ne plus proposer ces outils\u202f?"),
            consequence=gettext_lazy("Les réunions déjà prévues les gardent."),
            allowed=is_staff,
        ),
    )

    def authorize(self) -> authz.Decision:
        """For the IT team and auditors."""
        return permissions.can_watch(signed_in(self.request))

    def get_queryset(self) -> QuerySet[Provider]:
        """Those of the perimeter."""
        return queries.providers_run_by(self.request.user).order_by("rank", "name")

    def extra_context(self) -> dict[str, object]:
        """Whether to show what changes something."""
        return {"manages": bool(permissions.can_manage(signed_in(self.request)))}
