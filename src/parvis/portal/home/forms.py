"""Forms of the IT team's pages. They ask and shape; the services decide."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from parvis.portal.accounts.models import User
from parvis.portal.directory.models import Entity, Role
from parvis.portal.home import queries, rules
from parvis.portal.home.icons import ICONS
from parvis.portal.home.models import Announcement, Hosting, Service, Tile
from parvis.portal.home.services.announcements import AnnouncementContent
from parvis.portal.home.services.published import AudienceChoice
from parvis.portal.home.services.states import ServiceContent
from parvis.portal.home.services.tiles import TileContent
from parvis.portal.kernel.errors import Invalid, ParvisError
from parvis.portal.ui.templatetags.ui import icon

COLOUR_NAMES = {
    "blue": _("Bleu"), "azure": _("Azur"), "indigo": _("Indigo"), "purple": _("Violet"), "pink": _("Rose"),
    "red": _("Rouge"), "orange": _("Orange"), "yellow": _("Jaune"), "lime": _("Vert clair"), "green": _("Vert"),
    "teal": _("Vert d’eau"), "cyan": _("Cyan"),
}  # fmt: skip
EVERYONE, SOME = "everyone", "some"


class TreeChoiceField(forms.ModelMultipleChoiceField):  # type: ignore[type-arg]
    """Entities to tick, each indented by its depth in the tree."""

    def label_from_instance(self, obj: Any) -> str:
        """The name, after as many dashes as there are entities above it."""
        depth = max(obj.path.count(".") - 1, 0)
        return format_html('<span class="tree-depth-{}">{}</span>', min(depth, 4), obj.name)


class OwnedForm(forms.Form):
    """What is published in an entity's name: only the entities of the user's perimeter are offered."""

    entity = forms.ModelChoiceField(Entity.objects.none(), label=_("Publié par"), empty_label=None)

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        entities = queries.entities_managed_by(user)
        self.user = user
        self.fields["entity"].queryset = entities  # type: ignore[attr-defined]

    def refuse(self, error: ParvisError) -> None:
        """Show a service's refusal beside the fields it names, or above the form."""
        named = error.fields if isinstance(error, Invalid) else {}
        for name, problems in named.items():
            for problem in problems:
                self.add_error(name if name in self.fields else None, problem)
        if not named:
            self.add_error(None, str(error.message))


class PublishedForm(OwnedForm):
    """With an audience."""

    reach = forms.ChoiceField(
        label=_("Qui la voit"),
        choices=[(EVERYONE, _("Tous les agents de cette entité")), (SOME, _("Seulement certains services ou rôles"))],
        widget=forms.RadioSelect,
        initial=EVERYONE,
    )
    services_concerned = TreeChoiceField(
        Entity.objects.none(),
        label=_("Services"),
        help_text=_("Un service coché compte avec tous ceux qui en dépendent."),
        required=False,
        widget=forms.CheckboxSelectMultiple(attrs={"class": "choices-scroll", "data-filter-list": ""}),
    )
    roles_concerned = forms.MultipleChoiceField(
        label=_("Rôles"),
        help_text=_("En plus des services cochés."),
        choices=Role.choices,
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        entities = self.fields["entity"].queryset  # type: ignore[attr-defined]
        self.fields["services_concerned"].queryset = entities  # type: ignore[attr-defined]

    @property
    def audience(self) -> AudienceChoice:
        """The chosen audience, once valid."""
        everyone = self.cleaned_data["reach"] == EVERYONE
        return AudienceChoice(
            for_everyone=everyone,
            services=() if everyone else list(self.cleaned_data["services_concerned"]),
            roles=() if everyone else self.cleaned_data["roles_concerned"],
        )


class IconSelect(forms.RadioSelect):
    """Icons to choose from, shown as they are."""


def _icon_choices() -> list[tuple[str, SafeString]]:
    return [
        (name, format_html('{}<span class="visually-hidden">{}</span>', icon(name), label))
        for name, label in ICONS.items()
    ]


def _colour_choices() -> list[tuple[str, SafeString]]:
    return [
        (name, format_html('<span class="swatch tile-{}"></span>{}', name, COLOUR_NAMES[name]))
        for name in rules.COLOURS
    ]


class TileForm(PublishedForm):
    """A tile."""

    title = forms.CharField(label=_("Titre"), max_length=60)
    url = forms.CharField(
        label=_("Adresse"),
        max_length=rules.MAX_URL,
        help_text=_("Par exemple https://messagerie.ma-collectivite.fr"),
        widget=forms.TextInput(attrs={"inputmode": "url", "autocomplete": "off", "spellcheck": "false"}),
    )
    description = forms.CharField(
        label=_("Description"), max_length=140, required=False, help_text=_("Une ligne, sous le titre.")
    )
    category = forms.CharField(
        label=_("Rubrique"),
        max_length=60,
        help_text=_("Les tuiles d’une même rubrique sont rangées ensemble."),
        widget=forms.TextInput(attrs={"list": "categories"}),
    )
    icon = forms.ChoiceField(
        label=_("Icône"), choices=_icon_choices, widget=IconSelect(attrs={"class": "choices-icons"}), initial="apps"
    )
    colour = forms.ChoiceField(
        label=_("Couleur"),
        choices=_colour_choices,
        widget=forms.RadioSelect(attrs={"class": "choices-row"}),
        initial="blue",
    )
    hosting = forms.ChoiceField(label=_("Hébergement"), choices=Hosting.choices)
    opens_new_tab = forms.BooleanField(label=_("Ouvrir dans un nouvel onglet"), required=False, initial=True)
    service = forms.ModelChoiceField(
        Service.objects.none(),
        label=_("Service numérique"),
        required=False,
        empty_label=_("Aucun"),
        help_text=_("La tuile signale ses perturbations."),
    )
    for_teleworkers = forms.BooleanField(
        label=_("Réserver aux agents qui télétravaillent"),
        required=False,
        help_text=_(
            "Elle apparaît dès que leur télétravail est ouvert, par une vague ou non, et disparaît quand il est"
            " suspendu ou terminé."
        ),
    )
    field_order = (
        "title", "url", "description", "category", "icon", "colour", "hosting", "opens_new_tab", "service",
        "entity", "reach", "services_concerned", "roles_concerned", "for_teleworkers",
    )  # fmt: skip
    plain_fields = (
        "entity", "title", "url", "category", "description", "icon", "colour", "hosting", "opens_new_tab",
        "for_teleworkers", "service",
    )  # fmt: skip
    """Those that are the tile's own, word for word."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["service"].queryset = queries.services_managed_by(self.user)  # type: ignore[attr-defined]

    @property
    def content(self) -> TileContent:
        """What the service takes."""
        values = {name: self.cleaned_data[name] for name in self.plain_fields}
        return TileContent(**values, audience=self.audience)

    @staticmethod
    def initial_of(tile: Tile) -> dict[str, Any]:
        """The form's first values for a tile that exists."""
        return {name: getattr(tile, name) for name in TileForm.plain_fields} | _audience_of(tile)


class LocalDateTimeInput(forms.DateTimeInput):
    """The browser's own date and time picker."""

    input_type = "datetime-local"

    def __init__(self) -> None:
        super().__init__(format="%Y-%m-%dT%H:%M")


class AnnouncementForm(PublishedForm):
    """An announcement."""

    title = forms.CharField(label=_("Titre"), max_length=120)
    text = forms.CharField(
        label=_("Texte"),
        max_length=2000,
        required=False,
        widget=forms.Textarea(attrs={"rows": 5}),
        help_text=_("Texte simple\u202f: les retours à la ligne sont gardés, les adresses deviennent des liens."),
    )
    level = forms.ChoiceField(label=_("Importance"), choices=Announcement.Level.choices, widget=forms.RadioSelect)
    starts_at = forms.DateTimeField(label=_("Visible à partir du"), widget=LocalDateTimeInput)
    ends_at = forms.DateTimeField(
        label=_("Jusqu’au"), required=False, widget=LocalDateTimeInput, help_text=_("Vide\u202f: jusqu’à nouvel ordre.")
    )
    field_order = (
        "title", "text", "level", "starts_at", "ends_at", "entity", "reach", "services_concerned", "roles_concerned",
    )  # fmt: skip

    @property
    def content(self) -> AnnouncementContent:
        """What the service takes."""
        names = ("entity", "title", "text", "level", "starts_at", "ends_at")
        return AnnouncementContent(**{name: self.cleaned_data[name] for name in names}, audience=self.audience)

    @staticmethod
    def initial_of(announcement: Announcement) -> dict[str, Any]:
        """The form's first values for an announcement that exists."""
        names = ("entity", "title", "text", "level", "starts_at", "ends_at")
        return {name: getattr(announcement, name) for name in names} | _audience_of(announcement)


class ServiceForm(OwnedForm):
    """A service, but for its state."""

    name = forms.CharField(label=_("Nom"), max_length=100)
    hosting = forms.ChoiceField(label=_("Hébergement"), choices=Hosting.choices)
    provider = forms.CharField(
        label=_("Hébergeur"), max_length=100, required=False, help_text=_("S’il est hébergé à l’extérieur.")
    )
    owner = forms.CharField(
        label=_("Responsable"), max_length=100, required=False, help_text=_("La personne ou l’équipe qui en répond.")
    )
    check_url = forms.CharField(
        label=_("Adresse vérifiée automatiquement"),
        max_length=rules.MAX_URL,
        required=False,
        help_text=_("Toutes les deux minutes. Vide\u202f: l’état n’est donné qu’à la main."),
        widget=forms.TextInput(attrs={"inputmode": "url", "autocomplete": "off", "spellcheck": "false"}),
    )
    field_order = ("name", "hosting", "provider", "owner", "check_url", "entity")

    @property
    def content(self) -> ServiceContent:
        """What the service layer takes."""
        return ServiceContent(**{name: self.cleaned_data[name] for name in self.field_order})

    @staticmethod
    def initial_of(service: Service) -> dict[str, Any]:
        """The form's first values for a service that exists."""
        return {name: getattr(service, name) for name in ServiceForm.field_order}


class StateForm(forms.Form):
    """How a service is, told by a person."""

    state = forms.ChoiceField(label=_("État"), choices=Service.State.choices, widget=forms.RadioSelect)
    message = forms.CharField(
        label=_("Message aux agents"),
        max_length=300,
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("Ce qui ne marche pas, ce qu’il faut faire en attendant, quand cela revient."),
    )


def _audience_of(published: Tile | Announcement) -> dict[str, Any]:
    return {
        "reach": EVERYONE if published.for_everyone else SOME,
        "services_concerned": published.services_concerned.all(),
        "roles_concerned": published.roles_concerned,
    }
