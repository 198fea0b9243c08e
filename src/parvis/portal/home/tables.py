"""The lists of the IT team's pages: columns and filters."""

from __future__ import annotations

from typing import Any, ClassVar

import django_filters
import django_tables2 as tables
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext, pgettext_lazy
from django.utils.translation import gettext_lazy as _

from parvis.portal.directory.models import Entity, Role
from parvis.portal.home import queries
from parvis.portal.home.models import Announcement, Hosting, Service, Tile
from parvis.portal.kernel import clock
from parvis.portal.ui import formats
from parvis.portal.ui.listing import ListingTable
from parvis.portal.ui.templatetags.ui import icon, since, state_badge


def audience_text(published: Tile | Announcement) -> str:
    """`Tous les agents`, or the services and roles chosen."""
    if published.for_everyone:
        return gettext("Tous les agents")
    names = [entity.name for entity in published.services_concerned.all()]
    names += [str(Role(role).label) for role in published.roles_concerned if role in Role.values]
    return ", ".join(names)


def announcement_state(announcement: Announcement) -> tuple[str, str]:
    """Its state in words and the colour of the mark."""
    now = clock.now()
    if announcement.starts_at > now:
        return gettext("Programmée"), "blue"
    if announcement.ends_at is not None and announcement.ends_at <= now:
        return gettext("Terminée"), "secondary"
    return gettext("En cours"), "green"


class EntityChoiceFilter(django_filters.ModelChoiceFilter):
    """One of the entities the user publishes for."""

    def get_queryset(self, request: Any) -> Any:
        """Those of the perimeter."""
        return queries.entities_managed_by(request.user) if request is not None else Entity.objects.none()


class TileTable(ListingTable):
    """Tiles."""

    title = tables.Column(verbose_name=_("Tuile"), linkify=("home:tile", {"tile_id": tables.A("pk")}))
    category = tables.Column(verbose_name=_("Rubrique"))
    url = tables.Column(verbose_name=_("Adresse"))
    entity = tables.Column(verbose_name=_("Publiée par"))
    audience = tables.Column(verbose_name=_("Qui la voit"), empty_values=(), orderable=False)
    for_teleworkers = tables.Column(verbose_name=_("Télétravail"))
    is_published = tables.Column(verbose_name=_("État"))

    class Meta(ListingTable.Meta):
        pass

    def render_title(self, record: Tile) -> SafeString:
        """Icon and title."""
        return format_html(
            '<span class="tile-mark tile-mark-small tile-{}">{}</span> {}', record.colour, icon(record.icon), record
        )

    def value_title(self, record: Tile) -> str:
        """For the CSV."""
        return record.title

    def render_url(self, value: str) -> str:
        """Without the part everyone knows."""
        return value.removeprefix("https://").removeprefix("mailto:")

    def value_url(self, value: str) -> str:
        """For the CSV."""
        return value

    def render_audience(self, record: Tile) -> str:
        """In words."""
        return audience_text(record)

    def value_audience(self, record: Tile) -> str:
        """For the CSV."""
        return audience_text(record)

    def render_for_teleworkers(self, value: bool) -> SafeString | str:
        """Reserved or not."""
        return state_badge(gettext("Réservée"), "azure", "home") if value else "—"

    def value_for_teleworkers(self, value: bool) -> str:
        """For the CSV."""
        return gettext("Réservée") if value else ""

    def render_is_published(self, value: bool) -> SafeString:
        """Published or not."""
        return state_badge(gettext("Publiée"), "green") if value else state_badge(gettext("Masquée"), "secondary")

    def value_is_published(self, value: bool) -> str:
        """For the CSV."""
        return gettext("Publiée") if value else gettext("Masquée")


class TileFilter(django_filters.FilterSet):
    """By heading, state, entity."""

    category = django_filters.AllValuesFilter(label=_("Rubrique"), empty_label=_("Toutes"))
    is_published = django_filters.ChoiceFilter(
        label=_("État"), choices=[("True", _("Publiées")), ("False", _("Masquées"))], empty_label=_("Toutes")
    )
    for_teleworkers = django_filters.ChoiceFilter(
        label=_("Télétravail"),
        choices=[("True", _("Réservées au télétravail")), ("False", _("Pour tous"))],
        empty_label=_("Toutes"),
    )
    entity = EntityChoiceFilter(label=_("Publiées par"), empty_label=_("Toutes"))

    class Meta:
        model = Tile
        fields: ClassVar[list[str]] = ["category", "is_published", "for_teleworkers", "entity"]


class AnnouncementTable(ListingTable):
    """Announcements."""

    title = tables.Column(verbose_name=_("Annonce"), linkify=("home:announcement", {"announcement_id": tables.A("pk")}))
    level = tables.Column(verbose_name=_("Importance"))
    starts_at = tables.Column(verbose_name=_("Du"))
    ends_at = tables.Column(verbose_name=_("Au"), default="")
    audience = tables.Column(verbose_name=_("Qui la voit"), empty_values=(), orderable=False)
    state = tables.Column(verbose_name=_("État"), empty_values=(), orderable=False)

    class Meta(ListingTable.Meta):
        pass

    def render_starts_at(self, value: Any) -> str:
        """In words."""
        return formats.instant(value)

    render_ends_at = render_starts_at

    def render_audience(self, record: Announcement) -> str:
        """In words."""
        return audience_text(record)

    value_audience = render_audience

    def render_state(self, record: Announcement) -> SafeString:
        """Programmed, running, over."""
        return state_badge(*announcement_state(record))

    def value_state(self, record: Announcement) -> str:
        """For the CSV."""
        return announcement_state(record)[0]

    def value_starts_at(self, value: Any) -> Any:
        """For the CSV."""
        return value

    value_ends_at = value_starts_at


class AnnouncementFilter(django_filters.FilterSet):
    """By importance, entity."""

    level = django_filters.ChoiceFilter(
        label=_("Importance"), choices=Announcement.Level.choices, empty_label=_("Toutes")
    )
    entity = EntityChoiceFilter(label=_("Publiées par"), empty_label=_("Toutes"))

    class Meta:
        model = Announcement
        fields: ClassVar[list[str]] = ["level", "entity"]


class ServiceTable(ListingTable):
    """Services."""

    name = tables.Column(
        verbose_name=pgettext_lazy("digital", "Service"), linkify=("home:service", {"service_id": tables.A("pk")})
    )
    state = tables.Column(verbose_name=_("État"))
    state_since = tables.Column(verbose_name=_("Depuis"))
    hosting = tables.Column(verbose_name=_("Hébergement"))
    provider = tables.Column(verbose_name=_("Hébergeur"), default="")
    owner = tables.Column(verbose_name=_("Responsable"), default="")
    checked_at = tables.Column(verbose_name=_("Vérifié"), empty_values=())

    class Meta(ListingTable.Meta):
        pass

    def render_state(self, record: Service) -> SafeString:
        """With its mark."""
        return state_badge(record.get_state_display(), record.colour, record.icon)

    def render_state_since(self, value: Any) -> str:
        """Short."""
        return since(value)

    def value_state_since(self, value: Any) -> Any:
        """For the CSV."""
        return value

    def render_checked_at(self, record: Service) -> str:
        """When, or that nothing checks it."""
        if not record.check_url:
            return gettext("À la main")
        return formats.ago(record.checked_at, clock.now()) if record.checked_at else gettext("Pas encore")

    def value_checked_at(self, record: Service) -> Any:
        """For the CSV."""
        return record.checked_at


class ServiceFilter(django_filters.FilterSet):
    """By state, hosting, entity."""

    state = django_filters.ChoiceFilter(label=_("État"), choices=Service.State.choices, empty_label=_("Tous"))
    hosting = django_filters.ChoiceFilter(label=_("Hébergement"), choices=Hosting.choices, empty_label=_("Tous"))
    entity = EntityChoiceFilter(label=_("Gérés par"), empty_label=_("Toutes"))

    class Meta:
        model = Service
        fields: ClassVar[list[str]] = ["state", "hosting", "entity"]
