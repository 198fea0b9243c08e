"""Who changed what of one's days, and when."""

from __future__ import annotations

import django_tables2 as tables
from django.db.models import QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from parvis.portal.directory.access import signed_in
from parvis.portal.presence import queries
from parvis.portal.presence.models import Change, State
from parvis.portal.presence.showing import label_of
from parvis.portal.presence.views.mine import own_agent
from parvis.portal.ui import formats
from parvis.portal.ui.listing import ListingTable, ListingView


class ChangeTable(ListingTable):
    """One changed day a row."""

    at = tables.Column(accessor="operation__at", verbose_name=gettext_lazy("Quand"))
    date = tables.Column(verbose_name=gettext_lazy("Jour"))
    before = tables.Column(empty_values=(), orderable=False, verbose_name=gettext_lazy("Avant"))
    after = tables.Column(empty_values=(), orderable=False, verbose_name=gettext_lazy("Après"))
    kind = tables.Column(accessor="operation__kind", orderable=False, verbose_name=gettext_lazy("Opération"))
    actor = tables.Column(accessor="operation__actor_label", orderable=False, verbose_name=gettext_lazy("Par"))

    class Meta(ListingTable.Meta):
        model = Change
        fields = ("at", "date", "before", "after", "kind", "actor")
        sequence = fields

    def __init__(self, *args: object, **kwargs: object) -> None:
        self.statuses = queries.statuses()
        super().__init__(*args, **kwargs)

    def render_at(self, record: Change) -> str:
        """`lundi 23 novembre 2026 à 14:32`."""
        return formats.instant(record.operation.at)

    def render_date(self, record: Change) -> str:
        """`lundi 23 novembre 2026`."""
        return formats.day(record.date)

    def render_before(self, record: Change) -> str:
        """Both halves."""
        return self._words(record.before_am, record.before_pm, record.before_state)

    def render_after(self, record: Change) -> str:
        """Both halves."""
        return self._words(record.after_am, record.after_pm, record.after_state)

    def render_kind(self, record: Change) -> str:
        """In words."""
        return str(record.operation.get_kind_display())

    def _words(self, am: str, pm: str, state: str) -> str:
        if not state:
            return _("Semaine habituelle")
        morning, afternoon = label_of(self.statuses, am), label_of(self.statuses, pm)
        text = morning if am == pm else _("%(am)s puis %(pm)s") % {"am": morning, "pm": afternoon}
        return text if state == State.DECLARED else f"{text} ({State(state).label.lower()})"


class History(ListingView):
    """Of one's own days only."""

    table_class = ChangeTable
    title = gettext_lazy("Historique de ma présence")
    lead = gettext_lazy("Chaque changement de vos jours, et qui l’a fait.")
    export_name = "historique-presence"
    empty_icon = "history"
    empty_title = gettext_lazy("Rien n’a encore changé")

    def get_queryset(self) -> QuerySet[Change]:
        """Newest first."""
        signed_in(self.request)
        return queries.changes_of(own_agent(self.request))
