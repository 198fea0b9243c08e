"""« En retard »: what should be back, with a mail to all at once and the CSV."""

from __future__ import annotations

import django_tables2 as tables
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy, ngettext

from parvis.portal.directory.access import signed_in
from parvis.portal.directory.queries import is_staff
from parvis.portal.kernel import authz, clock
from parvis.portal.loans import overdue, permissions, queries
from parvis.portal.loans.models import Item, Loan
from parvis.portal.loans.services import reminding
from parvis.portal.ui.listing import BulkAction, ListingTable, ListingView


class LateTable(ListingTable):
    """Who, what, since when, reminded when."""

    agent = tables.Column(
        verbose_name=gettext_lazy("Agent"),
        linkify=("loans:loan", {"loan_id": tables.A("pk")}),
        order_by=("agent__last_name", "agent__first_name"),
    )
    email = tables.Column(verbose_name=gettext_lazy("Courriel"), accessor="agent__email", visible=False)
    entity = tables.Column(verbose_name=gettext_lazy("Service"), accessor="agent__entity")
    offer = tables.Column(verbose_name=gettext_lazy("Prêt"))
    things = tables.Column(verbose_name=gettext_lazy("Matériel"), empty_values=(), orderable=False)
    ends_date = tables.DateColumn(verbose_name=gettext_lazy("À rendre le"), format="d/m/Y")
    late = tables.Column(verbose_name=gettext_lazy("Jours de retard"), empty_values=(), order_by=("-ends_date",))
    reminded = tables.Column(verbose_name=gettext_lazy("Dernier rappel"), empty_values=(), orderable=False)

    class Meta(ListingTable.Meta):
        model = Loan
        fields = ("agent", "email", "entity", "offer", "things", "ends_date", "late", "reminded")

    def render_things(self, record: Loan) -> str:
        """What is still out."""
        return ", ".join(str(item.asset) for item in record.items.all() if item.state == Item.State.OUT)

    value_things = render_things

    def render_late(self, record: Loan) -> int:
        """In days."""
        return overdue.days_late(record, clock.today())

    value_late = render_late

    def render_reminded(self, record: Loan) -> str:
        """The day of the newest reminder."""
        sent = max((each.sent_at for each in record.reminders.all()), default=None)
        return f"{clock.today(sent):%d/%m/%Y}" if sent else "—"

    value_reminded = render_reminded


def _remind(request: HttpRequest, rows: QuerySet[Loan]) -> str:
    told = reminding.remind_now(actor=signed_in(request), loans=list(rows[:1000]), now=clock.now())
    return ngettext("%(n)d rappel est parti.", "%(n)d rappels sont partis.", told) % {"n": told}


class Late(ListingView):
    """Late loans of the perimeter, the longest late first."""

    table_class = LateTable
    template_name = "loans/late.html"
    title = gettext_lazy("Prêts en retard")
    lead = gettext_lazy(
        "Des rappels partent d’eux-mêmes le lendemain puis chaque semaine\u202f; le responsable est prévenu après une"
        " semaine."
    )
    search_folded_fields = ("agent__search",)
    search_label = gettext_lazy("Agent")
    export_name = "prets-en-retard"
    empty_icon = "circle-check"
    empty_title = gettext_lazy("Rien n’est en retard")
    empty_text = gettext_lazy("Tout ce qui devait être rendu l’est.")
    bulk_actions = (
        BulkAction(
            name="remind",
            label=gettext_lazy("Envoyer un rappel"),
            icon="mail",
            run=_remind,
            question=gettext_lazy("Envoyer un rappel à ces agents\u202f?"),
            consequence=gettext_lazy("Un courriel part à chacun, une fois par jour au plus."),
            allowed=is_staff,
        ),
    )

    def authorize(self) -> authz.Decision:
        """The IT team and auditors."""
        return permissions.can_watch(signed_in(self.request))

    def get_queryset(self) -> QuerySet[Loan]:
        """Late, of the perimeter."""
        late = queries.loans_run_by(signed_in(self.request)).filter(queries.is_overdue(clock.today()))
        return late.prefetch_related("items__asset", "reminders").order_by("ends_date", "pk")
