"""The lists of the IT team: sessions, refusals, rights, display settings."""

from __future__ import annotations

from typing import Any

import django_tables2 as tables
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from parvis.portal.kernel import clock
from parvis.portal.parc.models import Computer
from parvis.portal.remote_desktop import facts, wording
from parvis.portal.remote_desktop.models import Refusal, RemoteSession, Right
from parvis.portal.ui import formats
from parvis.portal.ui.listing import ListingTable
from parvis.portal.ui.templatetags.ui import icon, state_badge

_WHOLE = {"td": {"class": "text-nowrap"}}
"""Dates and names of computers are not broken over two lines."""


class InstantColumn(tables.Column):
    """An instant on the wall clock of Paris; ISO 8601 in the CSV."""

    def __init__(self, **options: Any) -> None:
        super().__init__(attrs=_WHOLE, **options)

    def render(self, value: Any) -> str:
        """As read."""
        return f"{value.astimezone(clock.PARIS):%d/%m/%Y %H:%M}"

    def value(self, value: Any) -> str:
        """For programs."""
        return str(value.astimezone(clock.PARIS).isoformat(timespec="seconds")) if value else ""


class DayColumn(tables.Column):
    """A day."""

    def __init__(self, **options: Any) -> None:
        super().__init__(attrs=_WHOLE, **options)

    def render(self, value: Any) -> str:
        """As read."""
        return f"{value:%d/%m/%Y}"

    def value(self, value: Any) -> str:
        """For programs."""
        return value.isoformat() if value else ""


class BytesColumn(tables.Column):
    """A number of bytes."""

    def render(self, value: int) -> str:
        """In the closest unit."""
        return formats.size(value)

    def value(self, value: int) -> int:
        """As it is."""
        return value


class HistoryTable(ListingTable):
    """One session a row, ended or not."""

    requested_at = InstantColumn(
        linkify=("remote_desktop_staff:session", {"session_id": tables.A("pk")}), verbose_name=_("Début")
    )
    agent = tables.Column(accessor="user", order_by=("user__last_name", "user__first_name"), verbose_name=_("Agent"))
    computer = tables.Column(order_by=("computer__name",), verbose_name=_("Ordinateur"), attrs=_WHOLE)
    duration = tables.Column(empty_values=(), orderable=False, verbose_name=_("Durée"))
    bytes_down = BytesColumn(verbose_name=_("Reçu"))
    bytes_up = BytesColumn(verbose_name=_("Envoyé"))
    end_reason = tables.Column(verbose_name=_("Fin"))
    protocol = tables.Column(verbose_name=_("Protocole"))

    class Meta(ListingTable.Meta):
        model = RemoteSession
        fields = ("requested_at", "agent", "computer", "duration", "bytes_down", "bytes_up", "protocol", "end_reason")
        order_by = ("-requested_at",)

    def render_duration(self, record: RemoteSession) -> str:
        """From the first picture to the end."""
        if record.started_at is None:
            return "—"
        end = record.ended_at or clock.now()
        return wording.length((end - record.started_at).total_seconds())

    def value_duration(self, record: RemoteSession) -> int | str:
        """In seconds."""
        if record.started_at is None or record.ended_at is None:
            return ""
        return round((record.ended_at - record.started_at).total_seconds())

    def render_end_reason(self, record: RemoteSession) -> Any:
        """In words."""
        return wording.end_words(record.end_reason).label

    def value_end_reason(self, record: RemoteSession) -> str:
        """The code."""
        return record.end_reason

    def render_protocol(self, record: RemoteSession) -> str:
        """Short."""
        return record.protocol.upper()


class RefusalTable(ListingTable):
    """One refusal a row."""

    at = InstantColumn(verbose_name=_("Quand"))
    user = tables.Column(order_by=("user__last_name", "user__first_name"), verbose_name=_("Agent"), default="—")
    computer = tables.Column(order_by=("computer__name",), verbose_name=_("Ordinateur"), default="—", attrs=_WHOLE)
    reason = tables.Column(verbose_name=_("Motif"))
    detail = tables.Column(verbose_name=_("Détail technique"), default="", orderable=False)
    source = tables.Column(verbose_name=_("Par"))
    client_address = tables.Column(verbose_name=_("Adresse"), default="")

    class Meta(ListingTable.Meta):
        model = Refusal
        fields = ("at", "user", "computer", "reason", "source", "detail", "client_address")
        order_by = ("-at",)

    def render_reason(self, record: Refusal) -> Any:
        """In words."""
        return wording.refusal_words(record.reason).label

    def value_reason(self, record: Refusal) -> str:
        """The code."""
        return record.reason


STANDINGS = {
    "active": (_("En vigueur"), "green", "circle-check"),
    "future": (_("À venir"), "blue", "calendar-time"),
    "expired": (_("Expiré"), "secondary", "clock"),
    "revoked": (_("Retiré"), "red", "ban"),
}


def standing(right: Right) -> str:
    """Where a right stands today: a key of `STANDINGS`."""
    today = clock.today()
    if right.revoked_at is not None:
        return "revoked"
    if right.starts_date > today:
        return "future"
    return "active" if facts.dated(right).active_on(today) else "expired"


class RightTable(ListingTable):
    """One right a row."""

    agent = tables.Column(order_by=("agent__last_name", "agent__first_name"), verbose_name=_("Agent"))
    entity = tables.Column(accessor="agent__entity", order_by=("agent__entity__name",), verbose_name=_("Service"))
    computer = tables.Column(order_by=("computer__name",), verbose_name=_("Ordinateur"), attrs=_WHOLE)
    standing = tables.Column(empty_values=(), orderable=False, verbose_name=_("État"))
    starts_date = DayColumn(verbose_name=_("Du"))
    ends_date = DayColumn(verbose_name=_("Au"), default=_("sans fin"))
    reason = tables.Column(verbose_name=_("Motif"), default="")
    granted_by = tables.Column(orderable=False, verbose_name=_("Donné par"), default="—")
    actions = tables.Column(empty_values=(), orderable=False, exclude_from_export=True, verbose_name="")

    class Meta(ListingTable.Meta):
        model = Right
        fields = (
            "agent", "entity", "computer", "standing", "starts_date", "ends_date", "reason", "granted_by", "actions",
        )  # fmt: skip
        order_by = ("agent",)

    def render_standing(self, record: Right) -> SafeString:
        """A badge."""
        return state_badge(*STANDINGS[standing(record)])

    def value_standing(self, record: Right) -> str:
        """The word."""
        return standing(record)

    def render_actions(self, record: Right) -> SafeString | str:
        """Take it back."""
        if standing(record) not in ("active", "future"):
            return ""
        return format_html(
            '<a class="btn btn-sm" href="{}" aria-label="{}">{} {}</a>',
            reverse("remote_desktop_staff:revoke", args=[record.pk]),
            _("Retirer le droit de %(agent)s") % {"agent": record.agent},
            icon("ban"),
            _("Retirer"),
        )


class DisplayTable(ListingTable):
    """One computer a row, with its display settings."""

    name = tables.Column(
        linkify=("remote_desktop_staff:display", {"computer_id": tables.A("pk")}), verbose_name=_("Ordinateur")
    )
    entity = tables.Column(order_by=("entity__name",), verbose_name=_("Service"))
    kind = tables.Column(verbose_name=_("Type"))
    access = tables.Column(empty_values=(), orderable=False, verbose_name=_("Télétravail"))
    protocol = tables.Column(accessor="display__protocol", verbose_name=_("Protocole"), default="—")
    port = tables.Column(accessor="display__port", verbose_name=_("Port"), default="—")
    clipboard = tables.Column(empty_values=(), orderable=False, verbose_name=_("Presse-papiers"))
    pin = tables.Column(empty_values=(), orderable=False, verbose_name=_("Certificat"))

    class Meta(ListingTable.Meta):
        model = Computer
        fields = ("name", "entity", "kind", "access", "protocol", "port", "clipboard", "pin")
        order_by = ("name",)

    def render_protocol(self, value: str) -> str:
        """Short."""
        return value.upper()

    def render_access(self, record: Computer) -> SafeString:
        """Open or not."""
        display = facts.display_of(record)
        if display is None:
            return state_badge(_("Non configuré"), "secondary", "device-desktop-off")
        if not display.enabled:
            return state_badge(_("Désactivé"), "secondary", "ban")
        return state_badge(_("Ouvert"), "green", "circle-check")

    def value_access(self, record: Computer) -> str:
        """The word."""
        display = facts.display_of(record)
        return "missing" if display is None else "enabled" if display.enabled else "disabled"

    def render_clipboard(self, record: Computer) -> Any:
        """The directions that are open."""
        display = facts.display_of(record)
        if display is None:
            return "—"
        both = {
            (True, True): _("Dans les deux sens"),
            (True, False): _("Vers l’ordinateur"),
            (False, True): _("Depuis l’ordinateur"),
            (False, False): _("Fermé"),
        }
        return both[display.clipboard_to_pc, display.clipboard_from_pc]

    def render_pin(self, record: Computer) -> SafeString | str:
        """Known, none yet, or another one waits to be looked at."""
        display = facts.display_of(record)
        if display is not None and display.presented_pin:
            return state_badge(_("À vérifier"), "red", "alert-triangle")
        if display is not None and display.pin:
            return state_badge(_("Connu"), "green", "shield-check")
        return "—"

    def value_pin(self, record: Computer) -> str:
        """The fingerprint."""
        display = facts.display_of(record)
        return display.pin if display is not None else ""
